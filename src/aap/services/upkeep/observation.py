"""What a check of the machine found: how grave it is, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from aap.services.errors import Objection


class Gravity(IntEnum):
    """Also the exit code of `aap doctor`: the gravest gravity that was found."""

    OK = 0
    ATTENTION = 1
    FAULT = 2


class Check(StrEnum):
    """What is looked at, in the order in which it is said."""

    SETTINGS = "settings"
    DISK = "disk"
    DATABASE = "database"
    KEYS = "keys"
    LOG = "log"
    FILES = "files"
    QUEUE = "queue"
    CLOCK = "clock"
    MAIL = "mail"
    ANTIVIRUS = "antivirus"
    REGISTERS = "registers"
    PROXY = "proxy"
    BACKUP = "backup"


@dataclass(frozen=True)
class Observation:
    """One line of a diagnosis. `said`: a key and values; pages and commands have its sentence, with what to do."""

    check: Check
    gravity: Gravity
    said: Objection


def gravest(findings: Iterable[Observation]) -> Gravity:
    """OK where nothing was found at all."""
    return max((one.gravity for one in findings), default=Gravity.OK)
