"""The letters of a call: what each says, kept once rendered, all in one archive."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from aap.core.call.letter_settings import DecisionTerms
from aap.core.results import Census
from aap.documents.papers.letters import LetterView, render_letter
from aap.documents.papers.press import rendered
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import Notification, NotificationState
from aap.records.outbox import Job
from aap.records.rankings import Decision
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.deciding import decision_line
from aap.services.decision.in_force import in_force
from aap.services.decision.letter_contents import (
    current_terms,
    decision_letter,
    letter_sources,
    ranked_letter,
    terms_of,
)
from aap.services.decision.numbering import number_letters
from aap.services.decision.setting_letters import letters_makeable
from aap.services.dossier.access import dossier_of, ensure_impartial, find_dossier
from aap.services.errors import InvalidInput, NotFound
from aap.services.outbox import InPieces, Progress, start_job
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.ranking.runs import frozen_run, view_run


@dataclass(frozen=True)
class LetterCase:
    """One letter to be made. `settings_id`: the version of the settings that it is made with."""

    decision_id: str
    reference: str
    settings_id: str | None
    view: LetterView


def still_open() -> ColumnElement[bool]:
    """SQL condition on decisions whose letter may be rendered again. What an association was told, or two persons are to
    tell at an hour that they confirmed, stays as it is, byte for byte."""
    confirmed = select(Notification.id).where(Notification.state == NotificationState.CONFIRMED)
    sealed = col(Decision.notification_id).in_(confirmed)
    untold = col(Decision.notified_at).is_(None) & col(Decision.voided_at).is_(None)
    return untold & (col(Decision.notification_id).is_(None) | ~sealed)


def letter_cases(
    session: Session, call: OpenedCall, decision_ids: Collection[str] | None = None
) -> tuple[LetterCase, ...]:
    """The letters that may still be rendered, all or some, in the order of the references. Five queries.

    Raises InvalidInput with everything that stands in the way of making them (`letters_makeable`).
    """
    if objections := letters_makeable(session, call):
        raise InvalidInput({"": objections})
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
    ).all()
    wanted = [line for line in found if decision_ids is None or line[0].id in decision_ids]
    sources = letter_sources(
        session, call, [decision for decision, _, _ in wanted], application_ids={one.id for _, one, _ in wanted}
    )
    terms = terms_of(sources.current)
    settings_id = sources.current.id if sources.current else None
    return tuple(
        LetterCase(
            decision.id,
            application.reference,
            settings_id,
            decision_letter(sources, decision, application, association, terms=terms)[0],
        )
        for decision, application, association in wanted
    )


def preview_letter(session: Session, *, actor: Actor, call: OpenedCall, reference: str) -> bytes:
    """One letter as it would be rendered now from the frozen run: with decisions prepared or not yet.

    Raises NotFound, also for a dossier that the official is recused of.
    """
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    terms = current_terms(session, call.id)
    application_id = find_dossier(session, call.id, reference)
    return render_letter(letter_preview(session, actor=actor, call=call, application_id=application_id, terms=terms))


def letter_preview(
    session: Session, *, actor: Actor, call: OpenedCall, application_id: str, terms: DecisionTerms | None
) -> LetterView:
    """The letter of a dossier as it would be with these terms; what is blank stands between brackets.

    Raises NotFound: a dossier that the official is recused of, or no frozen run.
    """
    dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id)
    run = frozen_run(session, call.id)
    application = session.get_one(Application, application_id)
    association = session.get_one(Association, application.association_id)
    decision = session.exec(select(Decision).where(Decision.application_id == application_id, in_force())).first()
    sources = letter_sources(session, call, [decision] if decision else [], application_ids=[application_id])
    if decision is not None:
        return decision_letter(sources, decision, application, association, terms=terms, show_blanks=True)[0]
    view = view_run(session, run, actor=actor)
    row = next((one for one in view.rows if one.application_id == application.reference), None)
    if row is None:
        raise NotFound("letter", application.reference)
    return ranked_letter(
        sources,
        row,
        Census.of(view.rows, sources.call.file.scoring.method),
        application,
        association,
        terms=terms,
        show_blanks=True,
    )


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
        cases = letter_cases(session, call)
    ids = [case.decision_id for case in cases]
    pieces = [ids[start : start + PIECE_OF_LETTERS] for start in range(0, len(ids), PIECE_OF_LETTERS)]
    return [{"decisions": piece, "size": len(piece)} for piece in pieces]


def _render(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Renders the letters of some decisions and keeps their SHA-256 with them. May be run again: the same letters come out."""
    wanted = set(job.arguments["decisions"])
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        cases = letter_cases(session, call, wanted)
    pending: list[tuple[LetterCase, str]] = []

    def keep(done: int) -> None:
        progress(done, len(cases), "letters")
        with platform.database.writing() as session:
            for case, sha256 in pending:
                session.execute(
                    update(Decision)
                    .where(col(Decision.id) == case.decision_id, still_open())  # perhaps meanwhile
                    .values(letter_sha256=sha256, letter_settings_id=case.settings_id)
                )
        pending.clear()

    with closing(rendered([case.view for case in cases])) as letters:
        for done, (case, letter) in enumerate(zip(cases, letters, strict=True), 1):
            stored = platform.files.put(io.BytesIO(letter))
            pending.append((case, stored.sha256))
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
