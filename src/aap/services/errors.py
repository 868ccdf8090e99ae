"""Domain errors. They carry values; one handler in the web words them, commands print them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


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
    """What was typed can't be taken. `problems`: field → message in the user's words ("" for the whole form)."""

    problems: Mapping[str, str] = field(default_factory=dict)


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
class OwnRequest(DomainError):
    """Nobody decides on what concerns themselves, or an association that they belong to: somebody else has to."""


@dataclass
class SpecimensFirst(DomainError):
    """The call's specimens come first: this reviewer has some to mark, or a comparison to read."""

    call_id: str
