"""Which reviews count: not those that two persons set aside."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from aap.records.reviews import Assignment, SetAside


def not_set_aside() -> ColumnElement[bool]:
    """SQL condition on the query's `Assignment`: neither its review nor all of its reviewer's are set aside."""
    return ~(
        exists()
        .where(
            col(SetAside.call_id) == col(Assignment.call_id),
            col(SetAside.person_id) == col(Assignment.person_id),
            or_(col(SetAside.application_id).is_(None), col(SetAside.application_id) == col(Assignment.application_id)),
            col(SetAside.confirmed_at).is_not(None),
        )
        .correlate(Assignment)
    )


def set_aside_of(session: Session, call_id: str) -> tuple[SetAside, ...]:
    """What is set aside in a call, and what waits for its second person, in the order of the proposals. One query."""
    return tuple(
        session.exec(
            select(SetAside).where(SetAside.call_id == call_id).order_by(col(SetAside.proposed_at), col(SetAside.id))
        )
    )


def waits_for_second_person(session: Session, call_id: str) -> bool:
    """Whether a setting aside is proposed and not confirmed. One query."""
    return any(one.confirmed_at is None for one in set_aside_of(session, call_id))


@dataclass(frozen=True)
class ShortDossier:
    """A dossier with fewer reviews that count than it needs."""

    reference: str
    title: str
    counted: int
    needed: int
    masked: bool = False
