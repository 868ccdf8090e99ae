"""The list in force: which decision counts for a dossier, who is retained, for how much, and who waits.

Its versions are written by `list_versions`; whatever counts laureates or sums grants after the decisions reads the last
one here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from aap.records.calls import Call, CallState
from aap.records.decided import ListVersion
from aap.records.rankings import Decision

DECIDED = frozenset({CallState.DECIDED, CallState.PUBLISHED, CallState.ARCHIVED})
"""States of a call in which a list is in force: one that was sent back to the deliberation has none."""

ACCEPTED, DECLINED, LAPSED = "accepted", "declined", "lapsed"
"""Answers to a grant: said by the association, or by its silence."""

GIVEN_UP = (DECLINED, LAPSED)
"""Answers after which a laureate's place is free."""


def in_force() -> Any:
    """SQL condition on `Decision`: it was neither replaced by another nor voided with its run."""
    replaced = select(Decision.replaces_id).where(
        col(Decision.replaces_id).is_not(None), col(Decision.voided_at).is_(None)
    )
    return (col(Decision.voided_at).is_(None)) & col(Decision.id).not_in(replaced)


def untold(call_id: str) -> Any:
    """SQL condition on `Decision`: in force in this call, and nobody was told of it yet."""
    return (col(Decision.call_id) == call_id) & col(Decision.notified_at).is_(None) & in_force()


def notified_last() -> Any:
    """SQL condition on `Decision`: the last one of its dossier that was notified. What the public may know of."""
    later = aliased(Decision)
    replaced = select(later.replaces_id).where(
        col(later.replaces_id).is_not(None), col(later.voided_at).is_(None), col(later.notified_at).is_not(None)
    )
    return (
        col(Decision.notified_at).is_not(None) & col(Decision.voided_at).is_(None) & col(Decision.id).not_in(replaced)
    )


@dataclass(frozen=True)
class InForce:
    """A call's list at one moment. `granted`: application's id → cents; `waiting`: ids in their order; `left`: ids of
    laureates who gave up. `version` counts from 1; 0 before there are decisions. `bundle_hash`: of its bundle."""

    version: int = 0
    at: datetime | None = None
    granted: Mapping[str, int] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    left: frozenset[str] = frozenset()
    run_id: str = ""
    bundle_hash: str = ""

    @property
    def total(self) -> int:
        """Cents granted."""
        return sum(self.granted.values())


def current_list(session: Session, call_id: str) -> InForce:
    """The list of a call as it stands now: the last version. One query."""
    found = session.exec(
        select(ListVersion)
        .join(Call, col(Call.id) == col(ListVersion.call_id))
        .where(ListVersion.call_id == call_id, col(Call.state).in_(DECIDED))
        .order_by(col(ListVersion.number).desc())
        .limit(1)
    ).first()
    return InForce() if found is None else as_list(found)


def told_list(session: Session, call_id: str) -> InForce:
    """The list as the public may read it: up to the first change that rests on a decision nobody was told of yet.

    Whoever was called, raised or corrected learns it from their own decision, not from the results page. One query.
    """
    hidden = (
        select(func.min(ListVersion.number))
        .join(Decision, col(Decision.id) == col(ListVersion.decision_id))
        .where(ListVersion.call_id == call_id, col(Decision.notified_at).is_(None))
        .scalar_subquery()
    )
    found = session.exec(
        select(ListVersion)
        .join(Call, col(Call.id) == col(ListVersion.call_id))
        .where(
            ListVersion.call_id == call_id,
            col(Call.state).in_(DECIDED),
            hidden.is_(None) | (col(ListVersion.number) < hidden),
        )
        .order_by(col(ListVersion.number).desc())
        .limit(1)
    ).first()
    return InForce() if found is None else as_list(found)


def as_list(version: ListVersion) -> InForce:
    """A kept version as a value."""
    return InForce(
        version=version.number,
        at=version.created_at,
        granted=version.granted,
        waiting=tuple(version.waiting),
        left=frozenset(version.gave_up),
        run_id=version.run_id,
        bundle_hash=version.bundle_hash,
    )
