"""What somebody may switch on or off for themselves: the reminders of a dossier started and not submitted, the comments of
co-authors, one mail a day for what isn't urgent.

A further reminder is one entry of `REMINDERS`, anything else one of `SWITCHES` (another channel than mail: off by itself); the
words beside the box are in `web/account/forms.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, select

from aap.records.people import Person, TurnedSwitch
from aap.services.outbox import DIGEST


@dataclass(frozen=True, slots=True)
class Switch:
    """`by_itself`: whether it is on for who never said anything."""

    name: str
    by_itself: bool


@dataclass(frozen=True, slots=True)
class Reminder(Switch):
    """One mail. `before`: how long before the closing; `words`: the same in its mail."""

    before: timedelta
    words: str


REMINDERS = (
    Reminder("7_days", True, timedelta(days=7), "sept jours"),
    Reminder("2_days", True, timedelta(days=2), "deux jours"),
    Reminder("4_hours", True, timedelta(hours=4), "quatre heures"),
)
"""The earliest first."""

COMMENTS = Switch("comments", by_itself=True)
DAILY = Switch(DIGEST, by_itself=False)
"""`services.outbox` reads it."""

SWITCHES: tuple[Switch, ...] = (*REMINDERS, COMMENTS, DAILY)


def wants(switch: Switch) -> ColumnElement[bool]:
    """The person of the query has it on."""
    turned = select(TurnedSwitch.name).where(TurnedSwitch.person_id == Person.id, TurnedSwitch.name == switch.name)
    found = turned.correlate(Person).exists()
    return ~found if switch.by_itself else found


def switched_on(session: Session, person_id: str) -> tuple[str, ...]:
    """The names of what a person has on. One query."""
    turned = set(session.exec(select(TurnedSwitch.name).where(TurnedSwitch.person_id == person_id)))
    return tuple(switch.name for switch in SWITCHES if switch.by_itself != (switch.name in turned))


def switch(session: Session, person_id: str, on: Collection[str]) -> None:
    """Has these on and nothing else. Two choices of one person wait for each other."""
    session.exec(select(Person.id).where(Person.id == person_id).with_for_update()).one()
    session.exec(delete(TurnedSwitch).where(col(TurnedSwitch.person_id) == person_id))
    for one in SWITCHES:
        if one.by_itself != (one.name in on):
            session.add(TurnedSwitch(person_id=person_id, name=one.name))
    session.flush()
