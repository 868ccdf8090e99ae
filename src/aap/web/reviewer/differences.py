"""What differs between two versions of a review, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _

from aap.core.french import quoted


def labelled(differences: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Each difference with the name of what differs: label, mine, theirs."""
    return [{"label": _label(one), "mine": one["mine"], "theirs": one["theirs"]} for one in differences]


def _label(difference: Mapping[str, str]) -> str:
    title = quoted(difference["criterion"])
    return {
        "mark": _("Note du critère %(title)s", title=title),
        "comment": _("Commentaire du critère %(title)s", title=title),
        "general": _("Avis général"),
        "notes": _("Notes pour vous"),
    }[difference["part"]]
