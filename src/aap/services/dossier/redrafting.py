"""What is written in a dossier after its deposit is kept apart (`records/redrafts.py`): opened, given up, lapsed, deposited.

The deposit stands whole for everybody else until the redraft takes its place, in the transaction that makes the receipt. A
redraft of corrections is opened by its association while the call takes dossiers; one of what the service asks for begins with
the first save.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, or_, select

from aap.core.delays import paris
from aap.core.french import moment
from aap.documents.mail_texts import Mail
from aap.records.applications import (
    CORRECTABLE,
    Application,
    Document,
    FileOfRedraft,
    SectionAnswers,
    Submission,
    TypedSection,
)
from aap.records.calls import Call, CallState
from aap.records.redrafts import Redraft, RedraftedSection, VersionEnd
from aap.services.actor import SYSTEM, Actor
from aap.services.association.mails import tell_association
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.dossiers import OpenedDossier, laid_over, open_dossier, submissions_of
from aap.services.dossier.section_history import keep_version
from aap.services.errors import DeadlinePassed
from aap.services.page_links import Links
from aap.services.permissions import Permission, allowed

COPIED = ("answers", "raw", "changes", "version", "updated_by", "updated_at", "began_at")
"""What a section's answers are, wherever they stand."""


def may_correct(dossier: OpenedDossier, actor: Actor, now: datetime) -> bool:
    """Whether corrections of the deposit can be opened, or gone on with: until the end of the grace, as a deposit is judged."""
    in_time = now.replace(microsecond=0) <= dossier.call.accepted_until
    return in_time and allowed(actor, Permission.APPLICATION_CORRECT, dossier.target)


def begin_corrections(
    session: Session, *, actor: Actor, application_id: str, links: Links, now: datetime
) -> OpenedDossier:
    """Opens the dossier for corrections; asked for twice, it is done once. Corrections that an earlier closing stopped go on.

    Everybody of the association is told that the deposit stands. Raises DeadlinePassed, StateForbids, NotFound.
    """
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_CORRECT, lock=True
    )
    if dossier.correcting:
        return dossier
    if now.replace(microsecond=0) > dossier.call.accepted_until:
        raise DeadlinePassed(dossier.call.accepted_until)
    redraft = dossier.redraft or Redraft(application_id=application_id, opened_at=now)
    redraft.lapsed_at, redraft.opened_at, redraft.opened_by = None, now, actor.person_id
    session.add(redraft)
    session.flush()
    record(session, actor, "application.corrections_begun", dossier.application, now=now)
    _tell(session, dossier.call, dossier.application, redraft, "begun", links, now, person=actor.name)
    return open_dossier(session, actor=actor, application_id=application_id)


def abandon_corrections(
    session: Session, *, actor: Actor, application_id: str, links: Links, now: datetime
) -> OpenedDossier:
    """Goes back to what was deposited; what was typed stays among the versions of its sections. Done twice, done once.

    Raises StateForbids (the call isn't open any more: they have lapsed, or will within the minute), NotFound.
    """
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_CORRECT, lock=True
    )
    redraft = dossier.redraft
    if redraft is None:
        return dossier
    written = has_content(session, application_id)
    drop_redraft(session, dossier.application, now=now)
    record(session, actor, "application.corrections_abandoned", dossier.application, now=now)
    if written:
        _tell(session, dossier.call, dossier.application, redraft, "abandoned", links, now, person=actor.name)
    return open_dossier(session, actor=actor, application_id=application_id)


def lapse_corrections(session: Session, *, links: Links, now: datetime) -> int:
    """Corrections that were not deposited in time are frozen: still there to read, without effect. Gives their number.

    Those that hold nothing go without a word.
    """
    due = session.exec(
        select(Redraft, Application, Call)
        .where(
            Redraft.application_id == Application.id,
            Call.id == Application.call_id,
            col(Redraft.lapsed_at).is_(None),
            col(Application.state).in_(CORRECTABLE),
            or_(Call.state != CallState.OPEN, Call.closes_at < now),
        )
        .order_by(col(Redraft.opened_at), col(Redraft.id))
        .with_for_update(of=Application, skip_locked=True)
    ).all()
    lapsed = 0
    for redraft, application, _call in due:
        call = get_call(session, application.call_id)
        if call.state is CallState.OPEN and now.replace(microsecond=0) <= call.accepted_until:
            continue
        if not has_content(session, application.id):
            session.delete(redraft)
            continue
        redraft.lapsed_at = now
        session.add(redraft)
        record(session, SYSTEM, "application.corrections_lapsed", application, now=now)
        _tell(session, call, application, redraft, "lapsed", links, now)
        lapsed += 1
    return lapsed


def _tell(
    session: Session, call: OpenedCall, application: Application, redraft: Redraft, what: str, links: Links, now: datetime,
    *, person: str = "",
) -> None:  # fmt: skip
    """`what`: begun, abandoned or lapsed; `person`: whose act it is."""
    deposits = submissions_of(session, application.id)
    tell_association(
        session, call, application, Mail.CORRECTIONS, now=now,
        key=f"corrections:{redraft.id}:{what}:{int(redraft.opened_at.timestamp())}", link=links.dossier(application.id),
        values={"what": what, "person": person, "closes_at": moment(paris(call.record.closes_at)),
                "deposited": moment(paris(deposits[-1].arrived_at)) if deposits else "",
                "receipt": deposits[-1].receipt_number if deposits else ""},
    )  # fmt: skip


def holds_something() -> ColumnElement[bool]:
    """SQL condition on the query's application: something was written in its redraft."""
    section = select(RedraftedSection.id).where(RedraftedSection.application_id == Application.id)
    file = select(Document.id).where(
        Document.application_id == Application.id, Document.redraft != FileOfRedraft.UNTOUCHED
    )
    return or_(section.correlate(Application).exists(), file.correlate(Application).exists())


def has_content(session: Session, application_id: str) -> bool:
    """Whether anything was written in the redraft of a dossier. One query."""
    query = select(Application.id).where(Application.id == application_id, holds_something())
    return session.exec(query).first() is not None


def open_redraft(session: Session, dossier: OpenedDossier, actor: Actor, now: datetime) -> Redraft | None:
    """Where this dossier's changes are written: the redraft, begun if need be; None for a draft, which is written in place."""
    if not dossier.is_kept_apart or dossier.redraft is not None:
        return dossier.redraft
    redraft = Redraft(application_id=dossier.id, opened_by=actor.person_id, opened_at=now)
    session.add(redraft)
    session.flush()
    return redraft


def section_to_write(dossier: OpenedDossier, section_id: str, now: datetime) -> TypedSection:
    """The section's row that a save changes: in a deposited dossier the redraft's own, begun as a copy of what stands."""
    held = dossier.sections.get(section_id)
    if not dossier.is_kept_apart:
        return held or SectionAnswers(application_id=dossier.id, section=section_id, version=0, updated_at=now)
    if isinstance(held, RedraftedSection):
        return held
    own = RedraftedSection(application_id=dossier.id, section=section_id, version=0, updated_at=now)
    if held is not None:
        _copy(held, own)
    return own


def _copy(source: TypedSection, target: TypedSection) -> None:
    for name in COPIED:
        value = getattr(source, name)
        setattr(target, name, dict(value) if isinstance(value, dict) else value)


def put_in_place(session: Session, dossier: OpenedDossier, now: datetime) -> None:
    """The redraft becomes what stands. The caller makes the receipt in the same transaction; what stood stays in the former
    deposit and among the versions."""
    redraft = dossier.redraft
    if redraft is None:
        return
    standing = {
        one.section: one
        for one in session.exec(select(SectionAnswers).where(SectionAnswers.application_id == dossier.id))
    }
    for own in _own_sections(session, dossier.id):
        row = standing.get(own.section) or SectionAnswers(
            application_id=dossier.id, section=own.section, updated_at=own.updated_at
        )
        _copy(own, row)
        session.add(row)
    for document in _own_documents(session, dossier.id):
        document.removed_at = None if document.redraft == FileOfRedraft.ADDED else now
        document.redraft = FileOfRedraft.UNTOUCHED
        session.add(document)
    if redraft.eligibility is not None:
        dossier.application.eligibility = dict(redraft.eligibility)
    _forget(session, redraft)


def drop_redraft(session: Session, application: Application, *, now: datetime) -> dict[str, Any]:
    """The deposit stands alone again. The redraft's texts go among the versions of their sections, its files away.

    Gives what was typed, question → answer (for the log of what ends by itself)."""
    redraft = session.exec(select(Redraft).where(Redraft.application_id == application.id)).first()
    if redraft is None:
        return {}
    typed: dict[str, Any] = {}
    for own in _own_sections(session, application.id):
        keep_version(session, own, now=now, ending=VersionEnd.GIVEN_UP)
        typed |= {**own.answers, **own.raw}
    for document in _own_documents(session, application.id):
        document.redraft = FileOfRedraft.UNTOUCHED
        session.add(document)
    _forget(session, redraft)
    return typed


def _own_sections(session: Session, application_id: str) -> tuple[RedraftedSection, ...]:
    found = session.exec(
        select(RedraftedSection)
        .where(RedraftedSection.application_id == application_id)
        .order_by(col(RedraftedSection.section))
    )
    return tuple(found)


def _own_documents(session: Session, application_id: str) -> tuple[Document, ...]:
    found = session.exec(
        select(Document)
        .where(Document.application_id == application_id, Document.redraft != FileOfRedraft.UNTOUCHED)
        .order_by(col(Document.uploaded_at), col(Document.id))
    )
    return tuple(found)


def _forget(session: Session, redraft: Redraft) -> None:
    session.flush()
    session.exec(delete(RedraftedSection).where(col(RedraftedSection.application_id) == redraft.application_id))
    session.delete(redraft)
    session.flush()


def undeposited(session: Session, dossier: OpenedDossier) -> OpenedDossier | None:
    """The dossier with the corrections that lapsed, to read; None where there are none."""
    if dossier.redraft is None or dossier.redraft.lapsed_at is None:
        return None
    return laid_over(session, dossier)


def deposit_that_stands(session: Session, application_id: str) -> Submission | None:
    """The last deposit of a dossier."""
    deposits = submissions_of(session, application_id)
    return deposits[-1] if deposits else None
