"""The list in force: which decision counts for a dossier, who is retained, for how much, and who waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.records.applications import Application
from aap.records.rankings import Decision, Outcome

GIVEN_UP = ("declined", "lapsed")
"""Answers after which a laureate's place is free."""


def in_force() -> Any:
    """SQL condition on `Decision`: it was neither replaced by another nor voided with its run."""
    replaced = select(Decision.replaces_id).where(
        col(Decision.replaces_id).is_not(None), col(Decision.voided_at).is_(None)
    )
    return (col(Decision.voided_at).is_(None)) & col(Decision.id).not_in(replaced)


@dataclass(frozen=True)
class InForce:
    """A call's list at one moment. `granted`: application's id → cents; `waiting`: ids in their order; `left`: ids of
    laureates who gave up. `version` counts from 1; 0 before there are decisions."""

    version: int
    at: datetime | None
    granted: Mapping[str, int]
    waiting: tuple[str, ...]
    left: frozenset[str]

    @property
    def total(self) -> int:
        """Cents granted."""
        return sum(self.granted.values())


def current_list(session: Session, call_id: str) -> InForce:
    """The list of a call as it stands now. One query."""
    found = session.exec(
        select(Decision, Application.reference)
        .where(Decision.call_id == call_id, Decision.application_id == Application.id, in_force())
        .order_by(col(Application.reference))
    ).all()
    laureates = [decision for decision, _ in found if decision.outcome == Outcome.LAUREATE]
    waiting = sorted(
        ((decision.row.get("waiting_rank") or 0, reference, decision.application_id)
         for decision, reference in found
         if decision.outcome == Outcome.WAITING_LIST and decision.answer not in GIVEN_UP),
    )  # fmt: skip
    moments = [decision.answered_at or decision.created_at for decision, _ in found]
    return InForce(
        version=1 if found else 0,
        at=max(moments, default=None),
        granted={one.application_id: one.amount or 0 for one in laureates if one.answer not in GIVEN_UP},
        waiting=tuple(application_id for _, _, application_id in waiting),
        left=frozenset(one.application_id for one in laureates if one.answer in GIVEN_UP),
    )
