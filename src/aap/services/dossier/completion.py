"""Requests for completion after they were asked: what changed between deposits, and what happens when none comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlmodel import Session, col, select

from aap.core.answers.comparing import ChangedSection, changed_answers
from aap.core.answers.conditions import visible_sections
from aap.core.call.schema import CallFile
from aap.core.delays import paris
from aap.core.french import moment, plain
from aap.documents.mail_texts import Mail
from aap.records.applications import (
    Application,
    ApplicationState,
    CompletionRequest,
    Document,
    SectionAnswers,
    Submission,
)
from aap.records.territories import territories
from aap.services.actor import SYSTEM, Actor
from aap.services.association.diary import completion_event
from aap.services.association.mails import editors_of, tell_association
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.access import dossier_of
from aap.services.dossier.dossiers import (
    MANDATE,
    OpenedDossier,
    counting_answers,
    deposit_content,
    submissions_of,
)
from aap.services.dossier.messages import LONGEST_MESSAGE
from aap.services.dossier.redrafting import drop_redraft, undeposited
from aap.services.errors import InvalidInput, Objection
from aap.services.page_links import Links
from aap.services.permissions import Permission


@dataclass(frozen=True)
class ComparedFile:
    """A file as a comparison shows it: its note tells two files of one name apart."""

    name: str
    note: str


@dataclass(frozen=True)
class Revision:
    """What one deposit changed of the one before; `submission` None: what is not deposited again yet."""

    submission: Submission | None
    sections: tuple[ChangedSection, ...]


def revisions_of(session: Session, dossier: OpenedDossier) -> tuple[Revision, ...]:
    """What each deposit after the first one changed, the latest first; first of all what is being written, or was when the
    time was over."""
    deposits = submissions_of(session, dossier.id)
    file = dossier.call.file
    found = [
        Revision(later, compare_contents(file, earlier.content, later.content)) for earlier, later in pairwise(deposits)
    ]
    unsent = dossier if dossier.in_writing else undeposited(session, dossier)
    if deposits and unsent is not None:
        found.append(Revision(None, compare_contents(file, deposits[-1].content, deposit_content(unsent))))
    return tuple(reversed(found))


@dataclass(frozen=True)
class ComparedDeposits:
    """The deposits of a dossier as the service compares them: only what was deposited, never what is being written."""

    call: OpenedCall
    application: Application
    revisions: tuple[Revision, ...]


def compared_deposits(session: Session, *, actor: Actor, application_id: str) -> ComparedDeposits:
    """What each deposit changed, the latest first, for an official. Raises NotFound, also for who is recused."""
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id
    )
    deposits = submissions_of(session, application_id)
    found = [
        Revision(later, compare_contents(call.file, one.content, later.content)) for one, later in pairwise(deposits)
    ]
    return ComparedDeposits(call, application, tuple(reversed(found)))


def compare_contents(file: CallFile, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ChangedSection, ...]:
    """The sections in which two deposited contents differ (see `dossiers.deposit_content`), with both texts."""
    files_before, files_after = _files(before), _files(after)
    changed = []
    for section in file.form.sections:
        answers = changed_answers(
            section, before.get("answers", {}), after.get("answers", {}), territories(),
            files_before=files_before, files_after=files_after,
        )  # fmt: skip
        if answers:
            changed.append(ChangedSection(section.id, section.title, answers))
    return tuple(changed)


def _files(content: Mapping[str, Any]) -> dict[str, list[ComparedFile]]:
    """Question → its files by name: two deposits of the same files are the same, in whatever order they were kept."""
    found: dict[str, list[ComparedFile]] = {}
    for one in sorted(content.get("documents", ()), key=lambda one: (one["name"], one["sha256"])):
        kilobytes = plain(round(int(one.get("size") or 0) / 1000))
        note = f"{kilobytes}\u00a0ko, empreinte {one['sha256'][:8]}"
        found.setdefault(one["question"], []).append(ComparedFile(one["name"], note))
    return found


def lapse_completions(session: Session, *, links: Links, now: datetime) -> int:
    """Requests whose time is over without an answer: the dossier is examined as it was deposited. Gives their number.

    What was changed since and not deposited again is without effect; the audit line and the sections' versions keep it. A
    dossier that was never deposited has nothing to go back to, and is left alone.
    """
    due = session.exec(
        select(CompletionRequest, Application)
        .where(
            CompletionRequest.application_id == Application.id,
            Application.state == ApplicationState.TO_COMPLETE,
            col(CompletionRequest.answered_at).is_(None),
            col(CompletionRequest.lapsed_at).is_(None),
            col(CompletionRequest.due_at) < now.replace(microsecond=0),
        )
        .order_by(col(CompletionRequest.due_at), col(CompletionRequest.id))
        .with_for_update(of=Application, skip_locked=True)
    ).all()
    lapsed = 0
    for request, application in due:
        deposits = submissions_of(session, application.id)
        request.lapsed_at = now
        session.add(request)
        if not deposits or _another_is_open(session, request, now):
            continue
        _take_back(session, application, request, deposits, links, now)
        lapsed += 1
    return lapsed


def _another_is_open(session: Session, request: CompletionRequest, now: datetime) -> bool:
    other = select(CompletionRequest.id).where(
        CompletionRequest.application_id == request.application_id,
        CompletionRequest.id != request.id,
        col(CompletionRequest.answered_at).is_(None),
        col(CompletionRequest.lapsed_at).is_(None),
        col(CompletionRequest.due_at) >= now.replace(microsecond=0),
    )
    return session.exec(other).first() is not None


def _take_back(
    session: Session,
    application: Application,
    request: CompletionRequest,
    deposits: Sequence[Submission],
    links: Links,
    now: datetime,
) -> None:
    """What was written apart goes among the versions; what an instance of before redrafts let stand is put right, too."""
    content = deposits[-1].content
    call = get_call(session, application.call_id)
    held = {
        one.section: one
        for one in session.exec(select(SectionAnswers).where(SectionAnswers.application_id == application.id))
    }
    unsent = drop_redraft(session, application, now=now)
    for section in call.file.form.sections:
        if section.id not in request.sections or section.id not in held:
            continue
        deposited = {q.id: content["answers"][q.id] for q in section.questions if q.id in content.get("answers", {})}
        if (held[section.id].answers, held[section.id].raw) != (deposited, {}):
            held[section.id].answers, held[section.id].raw = deposited, {}
            held[section.id].version += 1
            held[section.id].updated_at = now
            session.add(held[section.id])
    files = {(one["question"], one["sha256"]) for one in content.get("documents", ())}
    _take_files_back(session, application.id, files, now)
    application.state = ApplicationState.SUBMITTED
    application.updated_at = now
    application.version += 1
    session.add(application)
    record(
        session,
        SYSTEM,
        "completion.lapsed",
        application,
        now=now,
        before={"state": "to_complete", "unsent": unsent},
        after={"state": "submitted", "request": request.id},
    )
    tell_association(
        session, call, application, Mail.COMPLETION_LAPSED, now=now, key=f"lapsed:{request.id}",
        link=links.receipt(application.id),
        values={"due": moment(paris(request.due_at)), "deposited": moment(paris(deposits[-1].arrived_at))},
        to=editors_of(session, application.association_id),
    )  # fmt: skip


def _take_files_back(session: Session, application_id: str, deposited: set[tuple[str, str]], now: datetime) -> None:
    """`deposited`: question and SHA-256 of the files that were sent in; the power of attorney is left as it is."""
    found = session.exec(
        select(Document)
        .where(Document.application_id == application_id, Document.question != MANDATE)
        .order_by(col(Document.uploaded_at), col(Document.id))
    ).all()
    missing = set(deposited)
    for document in found:
        if document.removed_at is None and (document.question, document.sha256) in deposited:
            missing.discard((document.question, document.sha256))
        elif document.removed_at is None:
            document.removed_at = now
            session.add(document)
    for document in found:
        if document.removed_at is not None and (document.question, document.sha256) in missing:
            missing.discard((document.question, document.sha256))
            document.removed_at = None
            session.add(document)


def ask_completion(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    sections: Sequence[str],
    message: str,
    due_at: datetime | None,
    links: Links,
    now: datetime,
) -> CompletionRequest:
    """Opens the named sections to the association until `due_at`; its people are told by mail.

    Raises InvalidInput without a section, a message or a later date, StateForbids where nothing may be asked now.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_COMPLETE, application_id=application_id
    )
    shown = visible_sections(call.file.form, counting_answers(session, call, application_id))
    known = [section.id for section in shown if section.id in set(sections)]
    problems = {}
    if not known:
        problems["sections"] = Objection("dossier.no_section_chosen")
    if not message.strip() or len(message) > LONGEST_MESSAGE:
        problems["message"] = Objection("dossier.completion_unexplained", most=LONGEST_MESSAGE)
    if due_at is None or due_at <= now:
        problems["due_at"] = Objection("dossier.date_not_to_come")
    if problems or due_at is None:
        raise InvalidInput(problems)
    request = CompletionRequest(
        application_id=application_id,
        sections=known,
        message=message.strip(),
        due_at=due_at,
        author_id=actor.person_id,
        created_at=now,
    )
    before = str(application.state)
    drop_redraft(session, application, now=now)  # corrections that lapsed: what is asked for begins from the deposit
    application.state = ApplicationState.TO_COMPLETE
    application.version += 1
    session.add(request)
    session.add(application)
    session.flush()
    record(
        session,
        actor,
        "completion.asked",
        application,
        now=now,
        before={"state": before},
        after={"sections": known, "due_at": due_at.isoformat(), "message": message.strip()},
    )
    titles = [section.title for section in shown if section.id in known]
    tell_association(
        session, call, application, Mail.COMPLETION_ASKED, now=now, key=f"completion:{request.id}",
        values={"message": message.strip(), "sections": titles, "due": moment(paris(due_at))},
        link=links.dossier(application_id),
        events=(completion_event(call, application, due_at, links.dossier(application_id)),),
    )  # fmt: skip
    return request
