"""What differs between two versions of a review, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _

from aap.core.french import quoted
from aap.web.state_words import confidence_words


def labelled(differences: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Each difference with the name of what differs: label, mine, theirs."""
    return [{"label": _label(one), "mine": _shown(one, "mine"), "theirs": _shown(one, "theirs")} for one in differences]


def _shown(difference: Mapping[str, str], side: str) -> str:
    said = difference[side]
    return str(confidence_words().get(said, said)) if difference["part"] == "confidence" else said


def _label(difference: Mapping[str, str]) -> str:
    title = quoted(difference["criterion"])
    return {
        "mark": _("Note du critère %(title)s", title=title),
        "comment": _("Commentaire du critère %(title)s", title=title),
        "general": _("Avis général"),
        "notes": _("Notes pour vous"),
        "for_service": _("Un mot pour le service"),
        "confidence": _("Votre connaissance du sujet"),
    }[difference["part"]]
