"""Appeals against a decision: by the association on its page, or recorded from paper; answered by letter, or withdrawn.

Against a decision there is one of each kind: sent twice it is one. In the two months that follow its receipt silence
rejects it (CRPA L231-4, L411-7); its acknowledgement says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from aap.core.call.appeal_texts import appeal_number
from aap.core.delays import appeal_silence, end_of, paris
from aap.core.french import day
from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.decided import CorrectionGround, CorrectionState, DecisionCorrection
from aap.records.rankings import Contest, ContestDocument, ContestKind, ContestResult, Decision, Outcome
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, hold_call
from aap.services.decision.answering import notified_decision, opened_by
from aap.services.decision.correcting import UNDER_WAY, WantedDecision, propose_correction
from aap.services.decision.deadlines import appeal_delay
from aap.services.decision.decision_papers import send_paper
from aap.services.dossier.access import dossier_of
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.messages import tell_service
from aap.services.dossier.uploads import ReceivedFile
from aap.services.errors import DeadlinePassed, InvalidInput, NotFound, Objection, StateForbids
from aap.services.page_links import Links
from aap.services.permissions import Permission

LONGEST_APPEAL = 20_000
LONGEST_REPLY = 20_000
MOST_FILES, MEGABYTES = 10, 20
ANSWERS = (ContestResult.UPHELD, ContestResult.PARTLY, ContestResult.REJECTED)


def file_appeal(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    body: str,
    files: Sequence[ReceivedFile],
    links: Links,
    now: datetime,
) -> Contest:
    """A recours gracieux by the association against its last decision; the service is told, the acknowledgement is made.

    Raises InvalidInput, DeadlinePassed after the last day (in Paris),
    StateForbids (nothing was asked for any more), NotFound.
    """
    first = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_ANSWER)
    hold_call(session, first.call)  # numbers are the call's; whoever decides holds it before the dossier, too
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.DECISION_ANSWER, lock=True
    )
    decision = notified_decision(session, application_id)
    if decision.outcome == Outcome.WITHDRAWN:
        raise StateForbids(Permission.DECISION_ANSWER, dossier.state)
    present = _of_kind(session, decision, ContestKind.GRACIEUX)
    if present is not None:
        return present
    opened_by(session, decision, actor, now)
    delay = appeal_delay(session, decision)
    until = delay.until
    assert until is not None
    if delay.is_over(now):
        raise DeadlinePassed(end_of(until))
    problems = _problems(body, files)
    if problems:
        raise InvalidInput(problems)
    contest = _added(
        session, actor, dossier.call, decision, kind=ContestKind.GRACIEUX, body=body, files=files,
        received_on=paris(now).date(), late=False, on_paper=False, now=now,
    )  # fmt: skip
    record(
        session, actor, "decision.contested", dossier.application, now=now,
        after={"contest": contest.id, "decision": decision.id, "number": contest.number},
    )  # fmt: skip
    tell_service(
        session, dossier, Mail.CONTEST, now=now, key=f"contest:{contest.id}",
        link=links.appeal(dossier.call.id, contest.id),
        values={"body": contest.body, "until": day(until), "person": actor.name,
                "number": appeal_number(dossier.call.file, contest.number or 0),
                "silent_on": day(appeal_silence(paris(now).date()))},
    )  # fmt: skip
    send_paper(
        session,
        "acknowledgement",
        contest.id,
        actor=actor,
        call_id=dossier.call.id,
        link=links.decision(application_id),
        now=now,
    )
    return contest


def record_appeal(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    kind: ContestKind,
    received_on: date | None,
    body: str,
    files: Sequence[ReceivedFile],
    link: str,
    now: datetime,
) -> Contest:
    """An official records an appeal that came on paper, with its scan; a late one too, which is said to be late.

    `body`: what it says, in short. Raises InvalidInput, NotFound (also for who is recused), StateForbids.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.APPEALS_MANAGE, application_id=application_id
    )
    hold_call(session, call)
    decision = notified_decision(session, application_id)
    assert decision.notified_at is not None
    until = appeal_delay(session, decision).until
    problems = _problems(body, files)
    if not files:
        problems["files"] = Objection("decision.appeal_scan_missing")
    if received_on is None or not paris(decision.notified_at).date() <= received_on <= paris(now).date():
        problems["received_on"] = Objection("decision.appeal_day", first=paris(decision.notified_at).date())
    present = _of_kind(session, decision, kind)
    if present is not None:
        problems["kind"] = Objection("decision.appeal_is_there", number=appeal_number(call.file, present.number or 0))
    if problems or received_on is None:
        raise InvalidInput(problems)
    contest = _added(
        session, actor, call, decision, kind=kind, body=body, files=files, received_on=received_on,
        late=until is not None and received_on > until, on_paper=True, now=now,
    )  # fmt: skip
    record(
        session, actor, "appeal.recorded", application, now=now,
        after={"contest": contest.id, "decision": decision.id, "number": contest.number, "kind": kind,
               "received_on": received_on.isoformat(), "late": contest.late},
    )  # fmt: skip
    if kind is not ContestKind.CONTENTIEUX:  # the court acknowledges its own
        send_paper(session, "acknowledgement", contest.id, actor=actor, call_id=call.id, link=link, now=now)
    return contest


def _of_kind(session: Session, decision: Decision, kind: ContestKind) -> Contest | None:
    return session.exec(select(Contest).where(Contest.decision_id == decision.id, Contest.kind == kind)).first()


def _problems(body: str, files: Sequence[ReceivedFile]) -> dict[str, Objection]:
    problems = {}
    if not body.strip() or len(body) > LONGEST_APPEAL:
        problems["body"] = Objection("decision.contest_length", most=LONGEST_APPEAL)
    if len(files) > MOST_FILES:
        problems["files"] = Objection("decision.appeal_files", most=MOST_FILES)
    return problems


def _added(
    session: Session,
    actor: Actor,
    call: OpenedCall,
    decision: Decision,
    *,
    kind: ContestKind,
    body: str,
    files: Sequence[ReceivedFile],
    received_on: date,
    late: bool,
    on_paper: bool,
    now: datetime,
) -> Contest:
    """The next appeal of the call, with its files; the call is held."""
    last = session.exec(select(func.max(Contest.number)).where(Contest.call_id == call.id)).one()
    contest = Contest(
        call_id=call.id, number=(last or 0) + 1, decision_id=decision.id, kind=kind, on_paper=on_paper,
        received_on=received_on, late=late, person_id=actor.person_id, body=body.strip(), created_at=now,
    )  # fmt: skip
    session.add(contest)
    session.flush()
    session.add_all(
        ContestDocument(
            contest_id=contest.id, name=one.name, media_type=one.content_type, size=one.size, sha256=one.sha256,
            created_at=now,
        )
        for one in {file.sha256: file for file in files}.values()
    )  # fmt: skip
    session.flush()
    return contest


@dataclass(frozen=True)
class HeldAppeal:
    """An appeal with what it is about, for who may know the dossier."""

    contest: Contest
    call: OpenedCall
    application: Application
    decision: Decision

    @property
    def number(self) -> str:
        return appeal_number(self.call.file, self.contest.number or 0)

    @property
    def is_open(self) -> bool:
        return self.contest.result is None


def held_appeal(session: Session, *, actor: Actor, call_id: str, contest_id: str, lock: bool = False) -> HeldAppeal:
    """An appeal of a call. `lock`: nobody else changes it until the transaction ends.

    Raises NotFound, also for who is recused, StateForbids.
    """
    contest = session.get(Contest, contest_id)
    if contest is None or contest.call_id != call_id:
        raise NotFound("contest", contest_id)
    decision = session.get_one(Decision, contest.decision_id)
    call, application = dossier_of(
        session, actor=actor, permission=Permission.APPEALS_MANAGE, application_id=decision.application_id
    )
    if lock:
        hold_call(session, call)
        session.refresh(contest)
    return HeldAppeal(contest, call, application, decision)


def correction_of(session: Session, contest: Contest) -> DecisionCorrection | None:
    """The correction under way that would answer an appeal."""
    return session.exec(
        select(DecisionCorrection).where(
            DecisionCorrection.contest_id == contest.id, col(DecisionCorrection.state).in_(UNDER_WAY)
        )
    ).first()


def reply_appeal(
    session: Session,
    *,
    actor: Actor,
    call_id: str,
    contest_id: str,
    result: ContestResult,
    reply: str,
    amount: int | None,
    link: str,
    now: datetime,
) -> DecisionCorrection | None:
    """Answers an appeal. Rejected: the letter leaves. Upheld, in whole or in part: a correction in favour is proposed, which
    is given; the appeal is answered by the same letter once a second person has decided it.

    `amount`: cents that the new decision grants. Raises InvalidInput, NotFound, RecusedFromActs, StateForbids (answered).
    """
    held = held_appeal(session, actor=actor, call_id=call_id, contest_id=contest_id, lock=True)
    contest = held.contest
    if not held.is_open or correction_of(session, contest) is not None:
        raise StateForbids(Permission.APPEALS_MANAGE, contest.result or CorrectionState.INTENT)
    problems = {}
    if result not in ANSWERS:
        problems["result"] = Objection("decision.appeal_result")
    if not reply.strip() or len(reply) > LONGEST_REPLY:
        problems["reply"] = Objection("decision.appeal_reply", most=LONGEST_REPLY)
    if problems:
        raise InvalidInput(problems)
    contest.reply = reply.strip()
    session.add(contest)
    if result is not ContestResult.REJECTED:
        wish = WantedDecision(Outcome.LAUREATE, amount, CorrectionGround.FAVOUR, "", reply)
        return propose_correction(
            session, actor=actor, application_id=held.application.id, wish=wish, contest=contest, contest_result=result,
            now=now,
        )  # fmt: skip
    contest.result, contest.replied_at, contest.replied_by = result, now, actor.person_id
    record(
        session, actor, "appeal.answered", held.application, now=now,
        after={"contest": contest.id, "result": result, "reason": contest.reply},
    )  # fmt: skip
    if contest.kind != ContestKind.CONTENTIEUX:  # the court's judgment is its own letter
        send_paper(session, "reply", contest.id, actor=actor, call_id=call_id, link=link, now=now)
    return None


def note_withdrawal(
    session: Session, *, actor: Actor, call_id: str, contest_id: str, reason: str, now: datetime
) -> Contest:
    """An official records that the association gave its appeal up, and how it said so.

    Raises InvalidInput, NotFound, StateForbids (it is answered, or about to be).
    """
    held = held_appeal(session, actor=actor, call_id=call_id, contest_id=contest_id, lock=True)
    if not reason.strip() or len(reason) > LONGEST_REPLY:
        raise InvalidInput({"reason": Objection("decision.appeal_withdrawal_reason")})
    return _withdrawn(session, actor, held.contest, held.application, reason.strip(), now)


def withdraw_appeal(
    session: Session, *, actor: Actor, application_id: str, contest_id: str, links: Links, now: datetime
) -> Contest:
    """The association takes its appeal back; the service is told. Raises NotFound, StateForbids."""
    first = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_ANSWER)
    hold_call(session, first.call)
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.DECISION_ANSWER, lock=True
    )
    contest = own_appeal(session, dossier, contest_id)
    if contest.result == ContestResult.WITHDRAWN:
        return contest
    _withdrawn(session, actor, contest, dossier.application, "", now)
    tell_service(
        session, dossier, Mail.APPEAL_WITHDRAWN, now=now, key=f"appeal-withdrawn:{contest.id}",
        link=links.appeal(dossier.call.id, contest.id),
        values={"person": actor.name, "number": appeal_number(dossier.call.file, contest.number or 0)},
    )  # fmt: skip
    return contest


def own_appeal(session: Session, dossier: OpenedDossier, contest_id: str) -> Contest:
    """An appeal on a dossier that its association has opened. Raises NotFound."""
    found = session.exec(
        select(Contest).where(
            Contest.id == contest_id,
            Contest.decision_id == Decision.id,
            Decision.application_id == dossier.id,
        )
    ).first()
    if found is None:
        raise NotFound("contest", contest_id)
    return found


def _withdrawn(
    session: Session, actor: Actor, contest: Contest, application: Application, reason: str, now: datetime
) -> Contest:
    if contest.result is not None or correction_of(session, contest) is not None:
        raise StateForbids(Permission.APPEALS_MANAGE, contest.result or CorrectionState.INTENT)
    contest.result, contest.replied_at = ContestResult.WITHDRAWN, now
    session.add(contest)
    after = {"contest": contest.id, "reason": reason}
    record(session, actor, "appeal.withdrawn", application, now=now, after=after)
    return contest
