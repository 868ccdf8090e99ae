"""The runs that a call has kept: found, listed, read with the names of their dossiers; their rows as they are stored."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from aap.core.results import ResultRow, masked_row, masked_text
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.audit import AuditLine
from aap.records.people import Person
from aap.records.rankings import RankingRow, RankingRun, RunState
from aap.services.actor import Actor
from aap.services.dossier.access import recused_references
from aap.services.errors import NotFound


@dataclass(frozen=True)
class RunView:
    """A kept run as pages and documents show it to one actor. `rows` in the order of the ranking.

    Of the dossiers that the actor is recused of, `rows` hold the place only (`core.results.masked_row`), `titles` and
    `places` (by reference) nothing, and `report` no reference. `masked`: reference → what stands in its place.
    """

    run: RankingRun
    rows: tuple[ResultRow, ...]
    titles: Mapping[str, str]
    places: Mapping[str, str]
    report: Mapping[str, Any]
    masked: Mapping[str, str]

    @property
    def by_reference(self) -> Mapping[str, ResultRow]:
        """Reference → line, also of the masked ones."""
        shown = {name: reference for reference, name in self.masked.items()}
        return {shown.get(row.application_id, row.application_id): row for row in self.rows}


_UNRANKED_ORDER: Mapping[str, int] = {
    status: place for place, status in enumerate(("below_threshold", "ineligible", "incomplete", "withdrawn"), 1)
}


def get_run(session: Session, run_id: str) -> RankingRun:
    """A run by its id. Raises NotFound."""
    run = session.get(RankingRun, run_id)
    if run is None:
        raise NotFound("ranking_run", run_id)
    return run


def find_run(session: Session, call_id: str, number: int) -> RankingRun:
    """A call's run by its number. Raises NotFound."""
    run = session.exec(select(RankingRun).where(RankingRun.call_id == call_id, RankingRun.number == number)).first()
    if run is None:
        raise NotFound("ranking_run", f"{call_id}/{number}")
    return run


@dataclass(frozen=True)
class RunLine:
    """One run in the list of a call's runs."""

    number: int
    state: RunState
    created_at: datetime
    author: str
    frozen_version: int | None = None


def list_runs(session: Session, call_id: str) -> tuple[RunLine, ...]:
    """The call's runs, the newest first. One query, without their bundles and reports."""
    found = session.execute(_LISTED, {"call_id": call_id})
    return tuple(
        RunLine(number, RunState(state), created_at, author or "", frozen_version)
        for number, state, created_at, author, frozen_version in found
    )


_LISTED = (
    sql_select(
        col(RankingRun.number),
        col(RankingRun.state),
        col(RankingRun.created_at),
        col(Person.name),
        col(RankingRun.frozen_version),
    )
    .join(Person, col(Person.id) == col(RankingRun.author_id), isouter=True)
    .where(col(RankingRun.call_id) == bindparam("call_id"))
    .order_by(col(RankingRun.number).desc())
)


def latest_run_number(session: Session, call_id: str) -> int | None:
    """The number of the frozen run where there is one, else of the last computed: without the run, which is long."""
    return session.exec(
        select(RankingRun.number)
        .where(RankingRun.call_id == call_id)
        .order_by(col(RankingRun.state) == RunState.COMPUTED, col(RankingRun.number).desc())
        .limit(1)
    ).first()


def latest_run(session: Session, call_id: str) -> RankingRun | None:
    """The frozen run where there is one, else the last computed."""
    return session.exec(
        select(RankingRun)
        .where(RankingRun.call_id == call_id)
        .order_by(col(RankingRun.state) == RunState.COMPUTED, col(RankingRun.number).desc())
        .limit(1)
    ).first()


def view_run(session: Session, run: RankingRun, *, actor: Actor, marks: bool = True) -> RunView:
    """A run as this actor may read it, with the names of dossiers and associations. Two queries. `marks`: of each criterion
    too, which a table of the whole run does not show.

    What is computed for nobody in particular (letters, lists that are kept) is read by the system, which is recused of
    nothing.
    """
    hidden = recused_references(session, actor, run.call_id)
    found = session.execute(_WITH_MARKS if marks else _VIEWED, {"run_id": run.id}).all()
    ordered = sorted(
        found,
        key=lambda row: (row.rank is None, row.rank or 0, _UNRANKED_ORDER.get(row.status, 0), row.reference),
    )
    whole = RunView(
        run=run,
        rows=tuple(_result(row, row.marks if marks else {}) for row in ordered),
        titles={row.reference: row.title for row in ordered},
        places={row.reference: row.commune_name for row in ordered},
        report=run.report,
        masked={},
    )
    return masked_view(whole, hidden)


def masked_view(view: RunView, hidden: Collection[str]) -> RunView:
    """A whole view as somebody reads it who is recused of the dossiers `hidden` (references)."""
    if not hidden:
        return view
    masked: dict[str, str] = {}
    rows = []
    for row in view.rows:
        if row.application_id in hidden:
            place = masked_row(row, len(masked) + 1)
            masked[row.application_id] = place.application_id
            rows.append(place)
        else:
            rows.append(row)
    return RunView(
        run=view.run,
        rows=tuple(rows),
        titles={reference: title for reference, title in view.titles.items() if reference not in masked},
        places={reference: place for reference, place in view.places.items() if reference not in masked},
        report=_masked_report(view.report, masked),
        masked=masked,
    )


def _masked_report(report: Mapping[str, Any], masked: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        **report,
        **{
            key: [masked.get(reference, reference) for reference in report.get(key, ())]
            for key in ("contested", "no_successor")
        },
        # Money by group tells a grant where a group has one laureate, or where all others are known.
        "quotas": [
            {name: value for name, value in quota.items() if name != "achieved_amount"}
            for quota in report.get("quotas", ())
        ],
        "warnings": [masked_text(text, masked) for text in report.get("warnings", ())],
    }


_SHARED = (
    "rank", "status", "reason_code", "reason", "raw_score", "calibrated_score", "ci_low", "ci_high",
    "selection_probability", "reviews", "requested_amount", "granted_amount", "waiting_rank",
)  # fmt: skip
"""What a kept row says as the engine said it; marks are kept as texts."""


def kept_row(run_id: str, application_id: str, row: ResultRow) -> RankingRow:
    """A row of the engine's result, to be stored. `application_id`: the record's."""
    marks = {criterion: str(mark) for criterion, mark in row.marks.items()}
    return RankingRow(
        run_id=run_id, application_id=application_id, marks=marks, **{name: getattr(row, name) for name in _SHARED}
    )


_VIEWED = sql_select(
    *(getattr(RankingRow, name) for name in _SHARED),
    col(Application.reference),
    col(Application.title),
    col(Association.name),
    col(Association.commune_name),
).where(
    col(RankingRow.run_id) == bindparam("run_id"),
    col(RankingRow.application_id) == col(Application.id),
    col(Application.association_id) == col(Association.id),
)
"""Columns, not records: a ranking has hundreds of lines, each of three tables with much else in them. Made once."""

_WITH_MARKS = _VIEWED.add_columns(col(RankingRow.marks))


def _result(row: Row[Any], marks: Mapping[str, str]) -> ResultRow:
    return ResultRow(
        application_id=row.reference,
        association=row.name,
        marks={criterion: Decimal(mark) for criterion, mark in marks.items()},
        **dict(zip(_SHARED, row, strict=False)),  # they come first
    )


_COUNTING = (
    "application.withdrawn", "arbitration.decided", "arbitration.removed", "assignment.applied", "assignment.moved",
    "assignment.removed", "call.draw_seed",
    "completion.answered", "completion.asked", "consensus.decided", "dossier.amount_proposed", "dossier.corrected",
    "dossier.screened", "dossier.unscreened", "jury.decided",
    "jury.removed", "recusal.confirmed", "recusal.declared", "recusal.dismissed", "review.reopened",
    "review.submitted",
)  # fmt: skip


def moved_since(session: Session, run: RankingRun) -> bool:
    """Whether the log tells of something that counts in a ranking since the run was computed. One query.

    Only a hint for who reads the run: `check_freeze` compares everything.
    """
    found = (
        select(AuditLine.sequence)
        .where(
            AuditLine.call_id == run.call_id, col(AuditLine.at) > run.created_at, col(AuditLine.action).in_(_COUNTING)
        )
        .limit(1)
    )
    return run.state != RunState.FROZEN and session.exec(found).first() is not None


def bundle_hash(run: RankingRun) -> str:
    """SHA-256 of the run's bundle as it is kept."""
    return hashlib.sha256(run.bundle.encode()).hexdigest()


def frozen_run(session: Session, call_id: str) -> RankingRun:
    """The run that two persons froze. Raises NotFound."""
    run = session.exec(
        select(RankingRun).where(RankingRun.call_id == call_id, RankingRun.state == RunState.FROZEN)
    ).first()
    if run is None:
        raise NotFound("ranking_run")
    return run


def pseudonym_key(secret: str, call_id: str) -> str:
    """The key of a call's pseudonyms: the same for every file of that call."""
    return hmac.new(secret.encode(), f"public:{call_id}".encode(), hashlib.sha256).hexdigest()
