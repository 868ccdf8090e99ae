"""What appeals and their results are called, on both sides, and the colour of their badge."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from aap.records.rankings import ContestKind, ContestResult


def appeal_kinds() -> Mapping[str, str]:
    """Before whom a decision is contested."""
    return {
        ContestKind.GRACIEUX: _("Recours gracieux"),
        ContestKind.HIERARCHIQUE: _("Recours hiérarchique"),
        ContestKind.CONTENTIEUX: _("Recours contentieux"),
    }


def appeal_results() -> Mapping[str, str]:
    return {
        ContestResult.UPHELD: _("Accueilli"),
        ContestResult.PARTLY: _("Accueilli en partie"),
        ContestResult.REJECTED: _("Rejeté"),
        ContestResult.WITHDRAWN: _("Retiré"),
    }


APPEAL_RESULT_KINDS: Mapping[str, str] = {ContestResult.UPHELD: "success", ContestResult.PARTLY: "success"}
