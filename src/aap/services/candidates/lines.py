"""The dossiers of a list, each with what this official may know of it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlmodel import Session, col, select

from aap.core.results import MASKED
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.rankings import Decision, Outcome, RankingRow
from aap.records.reviews import Assignment
from aap.records.territories import territories
from aap.services.call.calls import OpenedCall
from aap.services.candidates.candidate_filter import GAVE_UP, Known, current_run, score_column
from aap.services.decision.in_force import InForce, in_force
from aap.services.dossier.facts import region_name
from aap.services.review.progress import ReviewCounts, review_counts

MANY = 50
"""Dossiers above which their reviews are counted with the whole call's."""


@dataclass(frozen=True)
class CandidateLine:
    """A submitted dossier as lists show it. Amounts in cents, `score` on 100; `reviews` given of `expected` asked for.

    `outcome`: of Outcome, or GAVE_UP, empty until it may be known; so are `rank` and `score`. `masked`: the official is recused
    of it; nothing of it is here but that it is one of the call's.
    """

    id: str
    reference: str
    title: str = ""
    theme: str = ""
    state: ApplicationState | Literal[""] = ""
    association: str = ""
    siret: str = ""
    rna: str = ""
    commune: str = ""
    department: str = ""
    region: str = ""
    requested_amount: int | None = None
    proposed_amount: int | None = None
    granted_amount: int | None = None
    submitted_at: datetime | None = None
    screened_at: datetime | None = None
    reviews: int | None = None
    expected: int | None = None
    rank: int | None = None
    score: Decimal | None = None
    outcome: str = ""
    waiting_rank: int | None = None
    attributes: Mapping[str, list[str]] = field(default_factory=dict)
    masked: bool = False


def masked_line(number: int) -> CandidateLine:
    """The place of a dossier that the official is recused of."""
    return CandidateLine(id="", reference=f"déport {number}", association=MASKED, masked=True)


_COLUMNS = (
    Application.id, Application.reference, Application.title, Application.theme, Application.state,
    Application.requested_amount, Application.proposed_amount, Application.submitted_at, Application.screened_at,
    Application.attributes, Association.name, Association.siret, Association.rna, Association.commune_name,
    Association.department,
)  # fmt: skip


def candidate_lines(
    session: Session,
    call: OpenedCall,
    condition: Any,
    known: Known,
    held: InForce,
    *,
    progress: ReviewCounts | None = None,
) -> list[CandidateLine]:
    """The candidates that a condition on `Application` chooses, in no order. One query, two without their `progress`.

    Whoever is recused of one is shown its place instead (`masked_line`): the caller sees to it.
    """
    columns: list[Any] = list(_COLUMNS)
    if known.ranking:
        columns += [RankingRow.rank, score_column(call).label("score")]
    if known.outcomes:
        columns.append(Decision.outcome)
    asked = select(*columns).join(Association, col(Association.id) == col(Application.association_id))
    if known.ranking:
        run = current_run(call.id)
        asked = asked.outerjoin(
            RankingRow, (col(RankingRow.application_id) == col(Application.id)) & (col(RankingRow.run_id) == run)
        )
    if known.outcomes:
        asked = asked.outerjoin(Decision, (col(Decision.application_id) == col(Application.id)) & in_force())
    rows: list[Any] = list(session.execute(asked.where(condition)).all())
    if progress is None:
        here = col(Assignment.application_id).in_([row.id for row in rows])
        progress = review_counts(session, Assignment.call_id == call.id if len(rows) > MANY else here)
    waiting = {application_id: place for place, application_id in enumerate(held.waiting, 1)}
    return [_line(row, known, held, waiting, progress.get(row.id, (0, 0))) for row in rows]


def _line(row: Any, known: Known, held: InForce, waiting: Mapping[str, int], reviews: tuple[int, int]) -> CandidateLine:
    return CandidateLine(
        id=row.id,
        reference=row.reference,
        title=row.title,
        theme=row.theme,
        state=ApplicationState(row.state),
        association=row.name,
        siret=row.siret or "",
        rna=row.rna or "",
        commune=row.commune_name,
        department=row.department,
        region=region_name(row.department),
        requested_amount=row.requested_amount,
        proposed_amount=row.proposed_amount,
        granted_amount=held.granted.get(row.id) if known.outcomes else None,
        submitted_at=row.submitted_at,
        screened_at=row.screened_at,
        reviews=reviews[0],
        expected=reviews[1],
        rank=row.rank if known.ranking else None,
        score=row.score if known.ranking else None,
        outcome=_outcome(row, held, waiting) if known.outcomes else "",
        waiting_rank=waiting.get(row.id) if known.outcomes else None,
        attributes=row.attributes,
    )


def _outcome(row: Any, held: InForce, waiting: Mapping[str, int]) -> str:
    """As the list in force has it; what it doesn't name, as its decision says."""
    if row.id in held.left:
        return GAVE_UP
    if row.id in held.granted:
        return Outcome.LAUREATE
    if row.id in waiting:
        return Outcome.WAITING_LIST
    return row.outcome or ""


def department_name(code: str) -> str:
    """`35 – Ille-et-Vilaine`; the code alone where it isn't known."""
    found = territories().department(code)
    return f"{code} – {found.name}" if found else code
