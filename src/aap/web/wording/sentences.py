"""Puts objections into words: beside their fields on a page, one after the other in a command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from aap.services.errors import Objection, Objections
from aap.web import figures
from aap.web.wording import (
    account,
    assignment,
    association,
    call,
    candidates,
    core,
    decision,
    dossier,
    harmonising,
    page,
    panel,
    ranking,
    review,
    screening,
    steering,
    upkeep,
)
from aap.web.wording.vocabulary import Words

SUBJECTS: Mapping[str, Words] = {
    "account": account.WORDS,
    "assignment": assignment.WORDS,
    "association": association.WORDS,
    "call": call.WORDS,
    "candidates": candidates.WORDS,
    "core": core.WORDS,
    "decision": decision.WORDS,
    "dossier": dossier.WORDS,
    "harmonising": harmonising.WORDS,
    "page": page.WORDS,
    "panel": panel.WORDS,
    "ranking": ranking.WORDS,
    "review": review.WORDS,
    "screening": screening.WORDS,
    "steering": steering.WORDS,
    "upkeep": upkeep.WORDS,
}
"""Subject (what stands before the point of a key) → its sentences."""


def sentence(objection: Objection | tuple[Objection, ...]) -> str:
    """One sentence, or several one after the other."""
    if isinstance(objection, tuple):
        return " ".join(sentence(one) for one in objection)
    words = SUBJECTS[objection.key.partition(".")[0]][objection.key]
    if callable(words):
        return words(**objection.values)
    return str(words) % {name: _shown(value) for name, value in objection.values.items()}


def worded(problems: Objections, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field of the form → sentence. `names`: what the form calls a field of the use case, where it isn't the same.

    `marks.impact` becomes `note-impact` with `{"marks": "note"}`.
    """
    return {_field(name, names or {}): sentence(objection) for name, objection in problems.items()}


def sentences(problems: Objections) -> str:
    """All of it as one text, for a page that shows it in one place."""
    return " ".join(sentence(objection) for objection in problems.values())


def _field(name: str, names: Mapping[str, str]) -> str:
    field, point, which = name.partition(".")
    return names.get(field, field) + (f"-{which}" if point else "")


def _shown(value: Any) -> str:
    if isinstance(value, int):
        return figures.plain(value)
    if isinstance(value, datetime):
        return figures.moment(value)
    if isinstance(value, date):
        return figures.day(value)
    if isinstance(value, tuple | list):  # a list where a job kept it
        return figures.listed(value)
    return str(value)
