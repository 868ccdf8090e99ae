"""One step back: a frozen ranking is taken back by two persons with a reason, until letters have left.

The run stays readable with its version, its persons and its files; the decisions that were prepared from it are void,
and the dossiers are again what they were when it was frozen. What is frozen next is the next version.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from aap.documents.mail_texts import Mail
from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.records.decided import Notification, NotificationState, PostalSending
from aap.records.deliberations import Unfreezing
from aap.records.outbox import Job
from aap.records.rankings import Decision, RankingRun, RunState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.notifying import cancel_proposed
from aap.services.dossier.access import ensure_impartial
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.outbox import cancel, send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure
from aap.services.ranking.runs import get_run
from aap.services.ranking.second_persons import ensure_second, obstacles_to_first, possible_seconds
from aap.services.ranking.trials import run_content
from aap.services.ranking.versions import waiting_unfreezing


def letters_have_left(session: Session, call_id: str) -> bool:
    """Whether an association was told of its decision, by mail or by post, or two persons gave the hour for it."""
    told = select(Decision.id).where(Decision.call_id == call_id, col(Decision.notified_at).is_not(None)).limit(1)
    posted = (
        select(PostalSending.id).where(PostalSending.decision_id == Decision.id, Decision.call_id == call_id).limit(1)
    )
    hour = select(Notification.id).where(
        Notification.call_id == call_id,
        col(Notification.state).in_((NotificationState.CONFIRMED, NotificationState.DONE)),
    )
    return any(session.exec(one).first() is not None for one in (told, posted, hour))


def obstacles_to_unfreeze(session: Session, call: OpenedCall, run: RankingRun, *, first: str) -> tuple[Objection, ...]:
    """What keeps this person from proposing that the run be taken back."""
    found = []
    if run.state != RunState.FROZEN:
        found.append(Objection("decision.not_frozen"))
    if letters_have_left(session, call.id):
        found.append(Objection("decision.letters_have_left"))
    if waiting_unfreezing(session, call.id) is not None:
        found.append(Objection("decision.unfreezing_awaited"))
    return (*found, *obstacles_to_first(session, call, first=first))


def propose_unfreeze(
    session: Session, *, actor: Actor, run_id: str, reason: str, links: Links, now: datetime
) -> Unfreezing:
    """The first person asks for the step back; each possible second is told by mail. Raises InvalidInput."""
    run = get_run(session, run_id)
    call = _call_to_step_back(session, actor, run)
    obstacles = obstacles_to_unfreeze(session, call, run, first=actor.person_id)
    problems: dict[str, Objection | tuple[Objection, ...]] = {"": obstacles} if obstacles else {}
    if not reason.strip():
        problems["reason"] = Objection("decision.unfreezing_unexplained")
    if problems:
        raise InvalidInput(problems)
    asked = Unfreezing(run_id=run.id, reason=reason.strip(), proposed_by=actor.person_id, proposed_at=now)
    session.add(asked)
    session.flush()
    after = {"number": run.number, "version": run.frozen_version, "reason": asked.reason}
    record(session, actor, "ranking.unfreezing_proposed", run, now=now, after=after)
    for second in possible_seconds(session, call, first=actor.person_id):
        send_mail(
            session, Mail.UNFREEZE_PROPOSED, to=second.email, now=now,
            dedupe_key=f"unfreeze:{asked.id}:{second.person_id}",
            values={"call_title": call.record.title, "version": run.frozen_version, "proposer": actor.name,
                    "reason": asked.reason, "link": links.unfreezing(call.id, run.number)},
            sender=call.authority_name,
        )  # fmt: skip
    return asked


def confirm_unfreeze(session: Session, *, actor: Actor, run_id: str, minutes_sha256: str | None, now: datetime) -> int:
    """The second person: the call deliberates again. Gives how many decisions are void.

    `minutes_sha256`: the stored minutes of the version as they stand now (`minutes_to_keep`), which later ones don't tell.
    Raises InvalidInput (letters have left, or nothing waits), SamePerson, NotASecond, RecusedFromActs.
    """
    run = get_run(session, run_id)
    call = _call_to_step_back(session, actor, run)
    asked = _waiting(session, call, run)
    ensure_second(actor, call, first=asked.proposed_by)
    if letters_have_left(session, call.id):
        raise InvalidInput({"": Objection("decision.letters_have_left")})
    asked.confirmed_by, asked.confirmed_at, asked.minutes_sha256 = actor.person_id, now, minutes_sha256
    voided = _void_decisions(session, call, run, now)
    cancel_proposed(session, actor=actor, call=call, now=now)
    _end_letters(session, call, now)
    before = str(call.state)
    call.record.state, run.state = CallState.DELIBERATING, RunState.COMPUTED
    session.add_all([asked, call.record, run])
    record(
        session,
        actor,
        "ranking.unfrozen",
        run,
        now=now,
        before={"state": before, "version": run.frozen_version},
        after={"state": str(call.state), "reason": asked.reason, "decisions": voided},
    )
    return voided


def drop_unfreeze(session: Session, *, actor: Actor, run_id: str, now: datetime) -> None:
    """The second refuses, or the first thinks better of it: the ranking stays frozen. Raises InvalidInput."""
    run = get_run(session, run_id)
    call = _call_to_step_back(session, actor, run)
    asked = _waiting(session, call, run)
    asked.dropped_by, asked.dropped_at = actor.person_id, now
    session.add(asked)
    after = {"number": run.number, "version": run.frozen_version}
    record(session, actor, "ranking.unfreezing_dropped", run, now=now, after=after)


def _call_to_step_back(session: Session, actor: Actor, run: RankingRun) -> OpenedCall:
    """The call of a run, held, for who may take it back now."""
    call = get_call(session, run.call_id)
    ensure(actor, Permission.RANKING_UNFREEZE, call.target(), kind="ranking_run", id=run.id)
    ensure_impartial(session, actor, call.id)
    hold_call(session, call)
    session.refresh(run)
    ensure(actor, Permission.RANKING_UNFREEZE, call.target(), kind="ranking_run", id=run.id)  # perhaps meanwhile
    return call


def _waiting(session: Session, call: OpenedCall, run: RankingRun) -> Unfreezing:
    asked = waiting_unfreezing(session, call.id)
    if asked is None or asked.run_id != run.id:
        raise InvalidInput({"": Objection("decision.unfreezing_ended")})
    return asked


def _void_decisions(session: Session, call: OpenedCall, run: RankingRun, now: datetime) -> int:
    """The run's decisions count no more, and its dossiers are what they were when it was computed."""
    eligible = {one.id: one.eligible for one in run_content(run).given.applications}
    found = session.exec(
        select(Decision, Application).where(
            Decision.call_id == call.id,
            Decision.application_id == Application.id,
            col(Decision.voided_at).is_(None),
        )
    ).all()
    for decision, application in found:
        decision.voided_at = now
        application.state = _state_before(application, eligible)
        session.add_all([decision, application])
    return len(found)


def _state_before(application: Application, eligible: dict[str, bool]) -> ApplicationState:
    """What an association took back stays so; a withdrawal that the jury noted is a decision, not the dossier's state."""
    if application.withdrawn_at is not None:
        return ApplicationState.WITHDRAWN
    if application.reference not in eligible:
        raise NotFound("application", application.id)
    return ApplicationState.ELIGIBLE if eligible[application.reference] else ApplicationState.INELIGIBLE


def _end_letters(session: Session, call: OpenedCall, now: datetime) -> None:
    """Letters that are being laid out are of a list that is gone."""
    for job in session.exec(select(Job).where(Job.call_id == call.id, Job.kind == "letters")).all():
        cancel(session, job, now=now)
