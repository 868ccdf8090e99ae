"""The documents of an association's safe in words."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _


def safe_kinds() -> Mapping[str, str]:
    """What each kind of `SAFE_KINDS` is called, in their order; another kind reads as itself."""
    return {
        "statutes": _("Statuts"),
        "officers": _("Liste des dirigeants"),
        "accounts": _("Comptes annuels"),
        "auditor_report": _("Rapport du commissaire aux comptes"),
        "activity_report": _("Rapport d’activité"),
        "bank_details": _("Relevé d’identité bancaire (RIB)"),
        "other": _("Autre document"),
    }
