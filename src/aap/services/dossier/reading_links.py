"""Links by which an association lets somebody without an account read its dossier: its board, most often.

A link opens one dossier, to read, until the end of the day that was chosen or until it is revoked. It shows the dossier as it
stands while the association writes in it, and as it was deposited otherwise. Files are shown question by question: those with
bank details never, nor the power of attorney, nor what its author left out. The token is kept by its hash alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, select

from aap.core.delays import end_of, paris
from aap.core.questions.file import FileQuestion
from aap.core.values import clean_text
from aap.records.applications import WRITABLE, Application, ApplicationState, Document, SectionAnswers, Submission
from aap.records.coauthors import ReadingLink
from aap.records.people import Person
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import record
from aap.services.dossier.dossiers import (
    OpenedDossier,
    announced_deadline,
    open_dossier,
    reader_by_link,
    submissions_of,
)
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.mailed_tokens import new_token, token_hash
from aap.services.permissions import Permission

LINK_DAYS = 14
"""How long a link is open where nothing else is said."""
MOST_DAYS = 30
"""After the closing, or after today once that is past."""
MOST_LINKS = 20
"""Open at once, of a dossier."""
ONE_VISIT = timedelta(minutes=30)
"""Pages that are opened within it count as one opening."""
PRIVATE_SAFE = ("bank_details",)
"""Kinds of documents that no link shows."""
PERSONAL_SAFE = ("officers",)
"""Kinds of documents that are left out unless they are asked for."""


@dataclass(frozen=True)
class OwnLink:
    """A link as its association sees it."""

    link: ReadingLink
    author: str
    over: bool

    @property
    def last_day(self) -> date:
        return last_day_of(self.link)


@dataclass(frozen=True)
class SharedFiles:
    """A question whose files a link may show; `advised` False: better left out."""

    question: str
    label: str
    advised: bool


@dataclass(frozen=True)
class OwnLinks:
    """The links of a dossier, the newest first, and what a new one may be: its files, its usual and its latest day."""

    dossier: OpenedDossier
    links: tuple[OwnLink, ...]
    files: tuple[SharedFiles, ...]
    usual_day: date
    latest_day: date


def own_links(session: Session, *, actor: Actor, application_id: str, now: datetime) -> OwnLinks:
    """Raises NotFound, also for who doesn't write for the association."""
    dossier = _opened(session, actor, application_id)
    found = session.exec(
        select(ReadingLink, Person.name)
        .where(ReadingLink.application_id == application_id, Person.id == ReadingLink.created_by)
        .order_by(col(ReadingLink.created_at).desc(), col(ReadingLink.id))
    )
    latest = _latest_day(dossier, now)
    return OwnLinks(
        dossier,
        tuple(OwnLink(link, name, not _opens(link, now)) for link, name in found),
        shared_files(dossier),
        min(paris(now).date() + timedelta(days=LINK_DAYS), latest),
        latest,
    )


def last_day_of(link: ReadingLink) -> date:
    """The last day on which it opens, in Paris."""
    return paris(link.expires_at - timedelta(minutes=1)).date()


def _latest_day(dossier: OpenedDossier, now: datetime) -> date:
    return max(paris(announced_deadline(dossier)).date(), paris(now).date()) + timedelta(days=MOST_DAYS)


def shared_files(dossier: OpenedDossier) -> tuple[SharedFiles, ...]:
    """The questions whose files a link may show, in the form's order."""
    return tuple(
        SharedFiles(question.id, question.label, question.safe not in PERSONAL_SAFE)
        for section in dossier.visible
        for question in section.questions
        if isinstance(question, FileQuestion) and question.id in dossier.asked and question.safe not in PRIVATE_SAFE
    )


def make_link(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    name: str,
    until: date | None,
    shown: Collection[str],
    now: datetime,
) -> tuple[ReadingLink, str]:
    """The link and its token, which is told this once. `until`: the last day, None: none that can be read. `shown`: the
    questions whose files it opens.

    Raises InvalidInput (no name, a day that is past or too far, too many links, a withdrawn dossier), NotFound.
    """
    dossier = _opened(session, actor, application_id, lock=True)
    problems: dict[str, Objection] = {}
    if not 2 <= len(name := clean_text(name)) <= 200:
        problems["name"] = Objection("dossier.link_name")
    latest = _latest_day(dossier, now)
    if until is None or not paris(now).date() <= until <= latest:
        problems["until"] = Objection("dossier.link_day", latest=latest)
    if dossier.state is ApplicationState.WITHDRAWN:
        problems[""] = Objection("dossier.link_of_withdrawn")
    opened = select(func.count()).where(
        ReadingLink.application_id == application_id,
        col(ReadingLink.revoked_at).is_(None),
        col(ReadingLink.expires_at) > now,
    )
    if session.exec(opened).one() >= MOST_LINKS:
        problems[""] = Objection("dossier.links_full", most=MOST_LINKS)
    if problems or until is None:
        raise InvalidInput(problems)
    token = new_token()
    link = ReadingLink(
        application_id=application_id,
        token_hash=token_hash(token),
        name=name,
        withheld=[one.question for one in shared_files(dossier) if one.question not in shown],
        created_by=actor.person_id,
        created_at=now,
        expires_at=end_of(until) + timedelta(minutes=1),
    )
    session.add(link)
    session.flush()
    record(
        session, actor, "reading_link.made", dossier.application, now=now,
        after={"link": link.id, "name": name, "until": until.isoformat(), "withheld": link.withheld},
    )  # fmt: skip
    return link, token


def revoke_link(session: Session, *, actor: Actor, application_id: str, link_id: str, now: datetime) -> None:
    """It opens nothing any more, at once. Said twice, it is done once. Raises NotFound."""
    dossier = _opened(session, actor, application_id, lock=True)
    link = session.get(ReadingLink, link_id)
    if link is None or link.application_id != application_id:
        raise NotFound("reading_link", link_id)
    if link.revoked_at is not None:
        return
    link.revoked_at = now
    session.add(link)
    record(session, actor, "reading_link.revoked", dossier.application, now=now, after={"link": link.id})


# --- what it opens ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SharedDossier:
    """What a link shows. `dossier` holds the answers and the files as they are shown; `deposited`: the deposit that they are
    of, None: as they stand. `author`: who made the link. `uncounted`: its opening isn't written down yet; `kept_back`:
    the questions whose files it doesn't show."""

    link: ReadingLink
    author: str
    dossier: OpenedDossier
    deposited: Submission | None
    uncounted: bool
    kept_back: frozenset[str]

    def file(self, document_id: str) -> Document:
        """A file that the link opens. Raises NotFound."""
        for document in self.dossier.documents:
            if document.id == document_id:
                return document
        raise NotFound("document", document_id)


def open_reading(session: Session, *, token: str, now: datetime) -> SharedDossier:
    """What the link opens, for whoever holds it. Raises NotFound: unknown, over and revoked are one."""
    link = session.exec(select(ReadingLink).where(ReadingLink.token_hash == token_hash(token))).first()
    if link is None or not _opens(link, now):
        raise NotFound("reading_link")
    application = session.get_one(Application, link.application_id)
    dossier = open_dossier(session, actor=reader_by_link(application.association_id), application_id=application.id)
    deposits = submissions_of(session, dossier.id) if dossier.state not in WRITABLE else ()
    deposited = deposits[-1] if deposits else None
    if deposited is not None:
        dossier = _as_deposited(session, dossier, deposited)
    shown = {one.question for one in shared_files(dossier)} - set(link.withheld)
    kept_back = frozenset(
        question.id
        for section in dossier.visible
        for question in section.questions
        if isinstance(question, FileQuestion) and question.id not in shown
    )
    dossier = replace(dossier, documents=tuple(one for one in dossier.documents if one.question in shown))
    author = session.get_one(Person, link.created_by).name
    return SharedDossier(link, author, dossier, deposited, _is_new_visit(link, now), kept_back)


def _as_deposited(session: Session, dossier: OpenedDossier, deposit: Submission) -> OpenedDossier:
    content = deposit.content
    answers = SectionAnswers(
        application_id=dossier.id, section="", answers=content.get("answers", {}), updated_at=deposit.arrived_at
    )
    ids = [one["id"] for one in content.get("documents", ())]
    found = session.exec(
        select(Document)
        .where(Document.application_id == dossier.id, col(Document.id).in_(ids))
        .order_by(col(Document.uploaded_at), col(Document.id))
    )
    return replace(dossier, sections={"": answers}, documents=tuple(found))


def note_opening(session: Session, *, token: str, now: datetime) -> None:
    """Counts a visit, and writes the first one of each day into the log."""
    query = select(ReadingLink).where(ReadingLink.token_hash == token_hash(token)).with_for_update()
    link = session.exec(query).first()
    if link is None or not _opens(link, now) or not _is_new_visit(link, now):
        return
    first_today = link.opened_at is None or paris(link.opened_at).date() != paris(now).date()
    link.openings += 1
    link.opened_at = now
    session.add(link)
    if first_today:
        application = session.get_one(Application, link.application_id)
        record(session, SYSTEM, "reading_link.opened", application, now=now, after={"link": link.id})


def _is_new_visit(link: ReadingLink, now: datetime) -> bool:
    return link.opened_at is None or now - link.opened_at > ONE_VISIT


def _opens(link: ReadingLink, now: datetime) -> bool:
    return link.revoked_at is None and now < link.expires_at


def _opened(session: Session, actor: Actor, application_id: str, *, lock: bool = False) -> OpenedDossier:
    return open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_SHARE, lock=lock
    )
