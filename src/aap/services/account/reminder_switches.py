"""The reminders of a dossier started and not submitted, and which of them somebody switched off.

A further reminder is one entry of `REMINDERS`, and its words among the boxes of `web/account/forms.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, select

from aap.records.people import Person, ReminderOff


@dataclass(frozen=True, slots=True)
class Reminder:
    """One mail. `name`: of its switch; `before`: how long before the closing; `words`: the same in its mail."""

    name: str
    before: timedelta
    words: str


REMINDERS = (
    Reminder("7_days", timedelta(days=7), "sept jours"),
    Reminder("2_days", timedelta(days=2), "deux jours"),
    Reminder("4_hours", timedelta(hours=4), "quatre heures"),
)
"""The earliest first. Whoever said nothing gets all of them."""


def wants(name: str) -> ColumnElement[bool]:
    """The person of the query wants the reminder of this name."""
    off = select(ReminderOff.name).where(ReminderOff.person_id == Person.id, ReminderOff.name == name)
    return ~off.correlate(Person).exists()


def reminders_of(session: Session, person_id: str) -> tuple[str, ...]:
    """The reminders that a person wants, by their names. One query."""
    off = set(session.exec(select(ReminderOff.name).where(ReminderOff.person_id == person_id)))
    return tuple(reminder.name for reminder in REMINDERS if reminder.name not in off)


def choose_reminders(session: Session, person_id: str, wanted: Collection[str]) -> None:
    """Leaves only these reminders switched on. Two choices of one person wait for each other."""
    session.exec(select(Person.id).where(Person.id == person_id).with_for_update()).one()
    session.exec(delete(ReminderOff).where(col(ReminderOff.person_id) == person_id))
    for reminder in REMINDERS:
        if reminder.name not in wanted:
            session.add(ReminderOff(person_id=person_id, name=reminder.name))
    session.flush()
