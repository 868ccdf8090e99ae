"""The letters of a call: what each says, kept once rendered, all in one archive."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from aap.core.results import Census, ResultRow, Status
from aap.documents.papers.letters import LetterView, Recipient, letter_facts, letter_view, render_letter
from aap.documents.papers.press import rendered
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import Notification, NotificationState
from aap.records.outbox import Job
from aap.records.rankings import Decision, Outcome
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.deciding import decision_line
from aap.services.decision.in_force import in_force
from aap.services.decision.list_versions import retained_when_decided
from aap.services.decision.numbering import number_letters
from aap.services.dossier.access import dossier_of, ensure_impartial, find_dossier
from aap.services.errors import NotFound
from aap.services.outbox import InPieces, Progress, start_job
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.ranking.runs import frozen_run, view_run


@dataclass(frozen=True)
class LetterCase:
    """Everything one letter is made of. `retained`: how many are on the list once the decision is made."""

    decision_id: str
    row: ResultRow
    recipient: Recipient
    reference: str
    project: str
    retained: int
    number: int | None = None


def still_open() -> ColumnElement[bool]:
    """SQL condition on decisions whose letter may be rendered again. What an association was told, or two persons are to
    tell at an hour that they confirmed, stays as it is, byte for byte."""
    confirmed = select(Notification.id).where(Notification.state == NotificationState.CONFIRMED)
    sealed = col(Decision.notification_id).in_(confirmed)
    untold = col(Decision.notified_at).is_(None) & col(Decision.voided_at).is_(None)
    return untold & (col(Decision.notification_id).is_(None) | ~sealed)


def letter_cases(session: Session, call: OpenedCall) -> tuple[tuple[LetterCase, ...], Census]:
    """The letters that may still be rendered, in the order of the references; how many are ranked. Four queries."""
    view = view_run(session, frozen_run(session, call.id), actor=SYSTEM)
    rows, census = {row.application_id: row for row in view.rows}, Census.of(view.rows)
    retained = retained_when_decided(session, call.id)
    found = session.exec(
        select(Decision, Application, Association)
        .where(
            Decision.call_id == call.id,
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
            still_open(),
            in_force(),
        )
        .order_by(col(Application.reference))
    )
    cases = tuple(
        LetterCase(decision.id, _decided(rows[application.reference], decision), recipient_of(association),
                   application.reference, application.title, retained.get(decision.id, census.retained),
                   decision.letter_number)
        for decision, application, association in found
    )  # fmt: skip
    return cases, census


def _decided(row: ResultRow, decision: Decision) -> ResultRow:
    """The line of the ranking as it was decided: a dossier called from the waiting list is a laureate."""
    if decision.replaces_id is None:
        return row
    outcome: Status = Outcome(decision.outcome).value
    return dataclasses.replace(
        row,
        status=outcome,
        reason_code=decision.row.get("reason_code", row.reason_code),
        granted_amount=decision.amount,
        reason=decision.reason,
        waiting_rank=row.waiting_rank if decision.outcome == Outcome.WAITING_LIST else None,
    )


def recipient_of(association: Association) -> Recipient:
    representative = association.representative_name
    if representative and association.representative_capacity:
        representative = f"{representative}, {association.representative_capacity}"
    town = f"{association.postal_code} {association.commune_name}".strip()
    return Recipient(
        association=association.name,
        representative=representative,
        address=tuple(line for line in (*association.address.splitlines(), town) if line),
    )


def letter_of(call: OpenedCall, case: LetterCase, census: Census) -> bytes:
    """The letter as a PDF."""
    return render_letter(view_of(call, case, census))


def view_of(call: OpenedCall, case: LetterCase, census: Census) -> LetterView:
    """The letter, ready to lay out."""
    return letter_view(
        call.file,
        letter_facts(call.file, case.row, ranked=census.ranked, retained=case.retained),
        recipient=case.recipient,
        application_reference=case.reference,
        project=case.project,
        number=case.number,
    )


def preview_letter(session: Session, *, actor: Actor, call: OpenedCall, reference: str) -> bytes:
    """One letter as it would be rendered now from the frozen run: with decisions prepared or not yet.

    Raises NotFound, also for a dossier that the official is recused of.
    """
    application_id = find_dossier(session, call.id, reference)
    dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id)
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    view = view_run(session, frozen_run(session, call.id), actor=actor)
    row = next((one for one in view.rows if one.application_id == reference), None)
    application = session.get_one(Application, application_id)
    if row is None:
        raise NotFound("letter", reference)
    decision = session.exec(select(Decision).where(Decision.application_id == application_id, in_force())).first()
    census = Census.of(view.rows)
    made = retained_when_decided(session, call.id)
    case = LetterCase(
        "",
        _decided(row, decision) if decision else row,
        recipient_of(session.get_one(Association, application.association_id)),
        reference,
        application.title,
        made.get(decision.id, census.retained) if decision else census.retained,
        decision.letter_number if decision else None,
    )
    return letter_of(call, case, census)


def kept_letter(session: Session, *, actor: Actor, call: OpenedCall, now: datetime, reference: str) -> str:
    """SHA-256 of a rendered letter; the download is logged. Raises NotFound, also for who is recused of its dossier."""
    application_id = find_dossier(session, call.id, reference)
    dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id)
    line = decision_line(session, actor=actor, call=call, application_id=application_id)
    if line is None or line.letter_sha256 is None:
        raise NotFound("letter", reference)
    record(
        session, actor, "letters.downloaded", Subject("application", application_id, call.id), now=now,
        after={"letters": 1, "reference": reference},
    )  # fmt: skip
    return line.letter_sha256


PIECE_OF_LETTERS = 50
_KEPT_TOGETHER = 10


def _split(platform: Platform, job: Job) -> Sequence[Mapping[str, Any]]:
    """Numbers first, all in one transaction: a batch that is killed, cancelled or begun again finds them given."""
    with platform.database.writing() as session:
        call = get_call(session, job.call_id or "")
        number_letters(session, call)
        session.flush()
        cases, _census = letter_cases(session, call)
    ids = [case.decision_id for case in cases]
    pieces = [ids[start : start + PIECE_OF_LETTERS] for start in range(0, len(ids), PIECE_OF_LETTERS)]
    return [{"decisions": piece, "size": len(piece)} for piece in pieces]


def _render(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Renders the letters of some decisions and keeps their SHA-256 with them. May be run again: the same letters come out."""
    wanted = set(job.arguments["decisions"])
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        cases, census = letter_cases(session, call)
    cases = tuple(case for case in cases if case.decision_id in wanted)
    pending: list[tuple[str, str]] = []

    def keep(done: int) -> None:
        progress(done, len(cases), "letters")
        with platform.database.writing() as session:
            for decision_id, sha256 in pending:
                session.execute(
                    update(Decision)
                    .where(col(Decision.id) == decision_id, still_open())  # perhaps meanwhile
                    .values(letter_sha256=sha256)
                )
        pending.clear()

    views = [view_of(call, case, census) for case in cases]
    with closing(rendered(views)) as letters:
        for done, (case, letter) in enumerate(zip(cases, letters, strict=True), 1):
            stored = platform.files.put(io.BytesIO(letter))
            pending.append((case.decision_id, stored.sha256))
            if len(pending) == _KEPT_TOGETHER:
                keep(done)
    keep(len(cases))
    return {"letters": len(cases)}


def _join(
    _platform: Platform, _job: Job, results: Sequence[Mapping[str, Any]], _progress: Progress
) -> Mapping[str, Any]:
    return {"letters": sum(one["letters"] for one in results)}


LETTERS = InPieces(_split, _render, _join)
"""Job `letters`: every letter of the call that isn't notified, nor about to be at an hour that was confirmed."""


def start_letters(session: Session, *, actor: Actor, call_id: str, now: datetime) -> Job:
    """Queues the letters that aren't notified. Raises RecusedFromActs."""
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_PREPARE, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    return start_job(session, "letters", actor=actor, now=now, call_id=call_id)
