"""Domain errors. They carry keys and values, no sentence: `aap.web.wording` words them for pages and commands.

Whoever refuses an input says which field, why and with what values:

    raise InvalidInput({"files": Objection("dossier.safe_full", most=SAFE_MOST)})

The key is `<subject>.<why>`: its sentence stands in `web/wording/<subject>.py`, with the names of the values in it. Tests
compare both sides: a key without a sentence, a sentence without a key and a value that the sentence doesn't know all fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aap.core.identifiers import BadEmail


@dataclass(frozen=True, init=False)
class Objection:
    """Why something can't be taken, or what stands in the way of a step: a key and the values of its sentence.

    Values are numbers, texts, dates and tuples of texts, as they are kept: who words them formats them.
    """

    key: str
    values: Mapping[str, Any]

    def __init__(self, key: str, /, **values: Any) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", values)

    def as_json(self) -> dict[str, Any]:
        """What a job keeps of it; only for values that JSON has (tuples come back as lists)."""
        return {"key": self.key, "values": dict(self.values)}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any] | str) -> Objection:
        """A sentence as it was kept before there were keys is passed on as it is."""
        return said_by_core(kept) if isinstance(kept, str) else cls(kept["key"], **kept["values"])


Objections = Mapping[str, Objection | tuple[Objection, ...]]
"""Field → what is objected. A field is a parameter of the use case: `name`, `marks.impact`, `name.2` (of the third line
typed); "" is the whole. The names of a form's fields are its page's."""


def said_by_core(text: str) -> Objection:
    """A sentence that the core made of what it checked: it is passed on as it is."""
    return Objection("core.said", text=text)


def of_email(bad: BadEmail, otherwise: Objection) -> Objection:
    """What is wrong with an address: the sign that is one too many, where it is known."""
    return said_by_core(bad.slip) if bad.slip else otherwise


class DomainError(Exception):
    """Base of what a use case may refuse."""


@dataclass
class NotFound(DomainError):
    """No such object, or none that this actor may know of: the answer is the same."""

    kind: str
    id: str = ""


@dataclass
class SignInNeeded(DomainError):
    """Nobody is signed in, and the page needs somebody."""


@dataclass
class StateForbids(DomainError):
    """The actor may do this, but not in the present state of the call or of the dossier."""

    permission: str
    state: str


@dataclass
class InvalidInput(DomainError):
    """What was typed can't be taken. `problems`: every objection, by field."""

    problems: Objections = field(default_factory=dict)

    @property
    def objections(self) -> tuple[Objection, ...]:
        """All of them, whatever the field."""
        held = (one if isinstance(one, tuple) else (one,) for one in self.problems.values())
        return tuple(objection for some in held for objection in some)


@dataclass
class StaleVersion(DomainError):
    """Somebody saved in between. `theirs` is what stands now, `version` its number."""

    version: int
    theirs: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class DeadlinePassed(DomainError):
    """Too late. `closed_at` is when it ended, grace included."""

    closed_at: datetime


@dataclass
class RulesConflict(DomainError):
    """The rules of the selection can't all hold: a smallest set of them."""

    rules: tuple[str, ...]


@dataclass
class SamePerson(DomainError):
    """A second person has to confirm, and this is the first."""


@dataclass
class NotASecond(DomainError):
    """A second person has to confirm, and the call names others for it."""

    call_id: str


@dataclass
class OwnRequest(DomainError):
    """Nobody decides on what concerns themselves, or an association that they belong to: somebody else has to."""


@dataclass
class RecusedFromCall(DomainError):
    """What is asked for tells every dossier of the call, and this actor is recused of `dossiers` of them."""

    call_id: str
    dossiers: int


@dataclass
class RecusedFromActs(DomainError):
    """Acts that bind every dossier of a call are not for whoever is recused of one of them: somebody else has to."""

    call_id: str


class InterestsFirst(DomainError):
    """The call opens nothing to a reviewer before their interests are declared."""


@dataclass
class SpecimensFirst(DomainError):
    """The call's specimens come first: this reviewer has some to mark, or a comparison to read."""

    call_id: str
