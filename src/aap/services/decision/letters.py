"""The letters of a call: what each says, kept once rendered, all in one archive."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from aap.core.results import Census, ResultRow, Status
from aap.documents.papers.letters import Recipient, letter_facts, letter_view, render_letter
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.outbox import Job
from aap.records.rankings import Decision, Outcome
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.deciding import decision_lines
from aap.services.decision.in_force import in_force
from aap.services.decision.list_versions import retained_when_decided
from aap.services.dossier.access import dossier_of, ensure_impartial, find_dossier
from aap.services.errors import NotFound
from aap.services.outbox import InPieces, Progress, start_job
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.ranking.runs import frozen_run, view_run


@dataclass(frozen=True)
class LetterCase:
    """Everything one letter is made of."""

    decision_id: str
    row: ResultRow
    recipient: Recipient
    reference: str
    project: str
    retained: int
    """How many are on the list once the decision is made."""


def letter_cases(session: Session, call: OpenedCall) -> tuple[tuple[LetterCase, ...], Census]:
    """The letters that aren't notified yet, in the order of the references; how many are ranked. Four queries.

    A letter that an association was told of stays as it is, byte for byte.
    """
    view = view_run(session, frozen_run(session, call.id), actor=SYSTEM)
    rows, census = {row.application_id: row for row in view.rows}, Census.of(view.rows)
    retained = retained_when_decided(session, call.id)
    found = session.exec(
        select(Decision, Application, Association)
        .where(
            Decision.call_id == call.id,
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
            col(Decision.notified_at).is_(None),
            in_force(),
        )
        .order_by(col(Application.reference))
    )
    cases = tuple(
        LetterCase(decision.id, _decided(rows[application.reference], decision), recipient_of(association),
                   application.reference, application.title, retained.get(decision.id, census.retained))
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
    """The address block of an association."""
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
    return render_letter(
        letter_view(
            call.file,
            letter_facts(call.file, case.row, ranked=census.ranked, retained=case.retained),
            recipient=case.recipient,
            application_reference=case.reference,
            project=case.project,
        )
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
    )
    return letter_of(call, case, census)


def kept_letters(
    session: Session, *, actor: Actor, call: OpenedCall, now: datetime, reference: str | None = None
) -> tuple[tuple[str, str], ...]:
    """References and SHA-256 of the rendered letters, all or one; the download is logged. Raises NotFound for none.

    Letters to dossiers that the official is recused of are not among them.
    """
    lines = [
        one
        for one in decision_lines(session, actor=actor, call=call)
        if not one.masked and reference in (None, one.reference)
    ]
    letters = tuple((one.reference, one.letter_sha256) for one in lines if one.letter_sha256)
    if not letters:
        raise NotFound("letter", reference or call.id)
    of_one = Subject("application", lines[0].application_id, call.id)
    record(
        session,
        actor,
        "letters.downloaded",
        of_one if reference else call.record,
        now=now,
        after={"letters": len(letters), "reference": reference or ""},
    )
    return letters


PIECE_OF_LETTERS = 50
_KEPT_TOGETHER = 10


def _split(platform: Platform, job: Job) -> Sequence[Mapping[str, Any]]:
    with platform.database.reading() as session:
        cases, _census = letter_cases(session, get_call(session, job.call_id or ""))
    ids = [case.decision_id for case in cases]
    pieces = [ids[start : start + PIECE_OF_LETTERS] for start in range(0, len(ids), PIECE_OF_LETTERS)]
    return [{"decisions": piece, "size": len(piece)} for piece in pieces]


def _render(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Renders the letters of some decisions and keeps their SHA-256 with them. May be run again."""
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
                    .where(
                        col(Decision.id) == decision_id,
                        col(Decision.notified_at).is_(None),  # perhaps meanwhile
                        col(Decision.voided_at).is_(None),
                    )
                    .values(letter_sha256=sha256)
                )
        pending.clear()

    for done, case in enumerate(cases, 1):
        stored = platform.files.put(io.BytesIO(letter_of(call, case, census)))
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
"""Job `letters`: every letter of the call that isn't notified."""


def start_letters(session: Session, *, actor: Actor, call_id: str, now: datetime) -> Job:
    """Queues the letters that aren't notified. Raises RecusedFromActs."""
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_PREPARE, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    return start_job(session, "letters", actor=actor, now=now, call_id=call_id)


def withheld_letters(session: Session, *, actor: Actor, call: OpenedCall) -> int:
    """How many rendered letters of the call are not handed to this official, who is recused of their dossiers."""
    lines = decision_lines(session, actor=actor, call=call)
    return sum(one.masked and one.letter_sha256 is not None for one in lines)
