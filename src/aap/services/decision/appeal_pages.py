"""Appeals as pages show them: a call's with their clock, one with its files, the association's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from aap.core.call.appeal_texts import appeal_number
from aap.core.delays import appeal_silence, paris
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import DecisionCorrection
from aap.records.people import Person
from aap.records.rankings import Contest, ContestDocument, ContestKind, ContestResult, Decision, Outcome
from aap.services.actor import Actor, person_name
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.decision.appeals import HeldAppeal, correction_of, held_appeal, own_appeal
from aap.services.dossier.access import recused_dossiers
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure


@dataclass(frozen=True)
class AppealLine:
    """An appeal in a call's list. `silent_on`: the day from which silence rejects it, None before the court.

    `masked`: the official is recused of its dossier; what is counted of it stays.
    """

    id: str
    number: str
    kind: ContestKind
    reference: str
    association: str
    title: str
    outcome: Outcome | None
    received_on: date
    late: bool
    on_paper: bool
    result: ContestResult | None
    silent_on: date | None
    body: str
    masked: bool = False

    @property
    def is_open(self) -> bool:
        return self.result is None

    def days_left(self, now: datetime) -> int | None:
        """Whole days until silence rejects it, negative after; None where no clock runs."""
        if self.silent_on is None or not self.is_open:
            return None
        return (self.silent_on - paris(now).date()).days


def silent_on(contest: Contest) -> date | None:
    """The day from which silence rejects an appeal."""
    if contest.kind == ContestKind.CONTENTIEUX or contest.received_on is None:
        return None
    return appeal_silence(contest.received_on)


def appeal_lines(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[AppealLine, ...]:
    """The appeals of a call: the open ones first, the earliest silence first. Two queries."""
    ensure(actor, Permission.APPEALS_MANAGE, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    found = session.exec(
        select(Contest, Decision, Application, Association.name)
        .where(
            Contest.call_id == call.id,
            Contest.decision_id == Decision.id,
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
        )
    ).all()  # fmt: skip
    lines = [_line(call, *one, masked=one[2].id in hidden) for one in found]
    return tuple(sorted(lines, key=lambda one: (not one.is_open, one.silent_on or date.max, one.number, one.id)))


def _line(
    call: OpenedCall, contest: Contest, decision: Decision, application: Application, name: str, *, masked: bool
) -> AppealLine:
    assert contest.received_on is not None
    return AppealLine(
        id="" if masked else contest.id,
        number=appeal_number(call.file, contest.number or 0),
        kind=ContestKind(contest.kind),
        reference="" if masked else application.reference,
        association="" if masked else name,
        title="" if masked else application.title,
        outcome=None if masked else Outcome(decision.outcome),
        received_on=contest.received_on,
        late=contest.late,
        on_paper=contest.on_paper,
        result=ContestResult(contest.result) if contest.result else None,
        silent_on=silent_on(contest),
        body="" if masked else contest.body,
        masked=masked,
    )


@dataclass(frozen=True)
class AppealClock:
    """The open appeals of a call, the same for everybody: how many, and when silence rejects the first of them."""

    waiting: int
    first_silence: date | None

    def days_left(self, now: datetime) -> int | None:
        """Whole days until then, negative after; None where none runs."""
        return None if self.first_silence is None else (self.first_silence - paris(now).date()).days


def appeal_clocks(session: Session, call_ids: Collection[str]) -> Mapping[str, AppealClock]:
    """The clock of each call that has open appeals. One query; numbers are the call's, the same for everybody."""
    if not call_ids:
        return {}
    found = session.exec(
        select(Contest.call_id, func.count(), func.min(Contest.received_on))
        .where(
            col(Contest.call_id).in_(call_ids),
            col(Contest.result).is_(None),
            Contest.kind != ContestKind.CONTENTIEUX,
        )
        .group_by(col(Contest.call_id))
    )
    return {
        call_id: AppealClock(number, appeal_silence(first) if first else None)
        for call_id, number, first in found
        if call_id
    }


@dataclass(frozen=True)
class ShownAppeal:
    """One appeal whole: its files, who wrote and who answered, the correction under way that would answer it."""

    held: HeldAppeal
    association: str
    person: str
    replied_by: str
    files: tuple[ContestDocument, ...]
    correction: DecisionCorrection | None


def show_appeal(session: Session, *, actor: Actor, call_id: str, contest_id: str) -> ShownAppeal:
    """An appeal for an official. Raises NotFound, also for who is recused, StateForbids."""
    held = held_appeal(session, actor=actor, call_id=call_id, contest_id=contest_id)
    return ShownAppeal(
        held=held,
        association=session.get_one(Association, held.application.association_id).name,
        person=person_name(session, held.contest.person_id),
        replied_by=person_name(session, held.contest.replied_by),
        files=files_of(session, contest_id),
        correction=correction_of(session, held.contest),
    )


def files_of(session: Session, contest_id: str) -> tuple[ContestDocument, ...]:
    """The files of an appeal that its caller has opened, in the order in which they came."""
    found = select(ContestDocument).where(ContestDocument.contest_id == contest_id)
    return tuple(session.exec(found.order_by(col(ContestDocument.created_at), col(ContestDocument.id))))


def open_appeal_file(
    session: Session, *, actor: Actor, call_id: str, contest_id: str, file_id: str, now: datetime
) -> ContestDocument:
    """A file of an appeal, for an official; its download is logged. Raises NotFound, StateForbids."""
    held = held_appeal(session, actor=actor, call_id=call_id, contest_id=contest_id)
    found = next((one for one in files_of(session, contest_id) if one.id == file_id), None)
    if found is None:
        raise NotFound("contest_document", file_id)
    after = {"contest": contest_id, "name": found.name, "sha256": found.sha256}
    record(session, actor, "document.downloaded", held.application, now=now, after=after)
    return found


@dataclass(frozen=True)
class OwnAppeal:
    """An appeal as its association reads it. Nothing is told of an answer that a second person hasn't decided."""

    contest: Contest
    number: str
    person: str
    files: tuple[ContestDocument, ...]
    silent_on: date | None

    @property
    def result(self) -> ContestResult | None:
        return ContestResult(self.contest.result) if self.contest.result else None


def own_appeals(session: Session, dossier: OpenedDossier) -> tuple[OwnAppeal, ...]:
    """Every appeal on a dossier that its association has opened, the first one first. One query, and one each."""
    found = session.exec(
        select(Contest, Person.name)
        .join(Decision, col(Decision.id) == col(Contest.decision_id))
        .join(Person, col(Person.id) == col(Contest.person_id), isouter=True)
        .where(Decision.application_id == dossier.id)
        .order_by(col(Contest.created_at), col(Contest.id))
    ).all()
    return tuple(
        OwnAppeal(
            contest,
            appeal_number(dossier.call.file, contest.number or 0),
            "" if contest.on_paper else (name or ""),
            files_of(session, contest.id),
            silent_on(contest),
        )
        for contest, name in found
    )


def own_appeal_paper(session: Session, *, actor: Actor, application_id: str, contest_id: str, paper: str) -> str:
    """SHA-256 of an appeal's acknowledgement (`accuse`) or answer (`reponse`), for a member of the association.

    Raises NotFound.
    """
    dossier = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ)
    contest = own_appeal(session, dossier, contest_id)
    found = {"accuse": contest.acknowledged_sha256, "reponse": contest.reply_sha256}.get(paper)
    if found is None:
        raise NotFound("paper", paper)
    return found


def own_appeal_file(
    session: Session, *, actor: Actor, application_id: str, contest_id: str, file_id: str
) -> ContestDocument:
    """A file that came with an appeal, for a member of the association. Raises NotFound."""
    dossier = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ)
    contest = own_appeal(session, dossier, contest_id)
    found = next((one for one in files_of(session, contest.id) if one.id == file_id), None)
    if found is None:
        raise NotFound("contest_document", file_id)
    return found
