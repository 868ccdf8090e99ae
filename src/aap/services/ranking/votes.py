"""What the jury votes: a list at once, a dossier called out of it, a choice on one dossier; and when all were before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from sqlmodel import Session, select

from aap.core.ranking.effect import UNDONE, JuryChoice
from aap.records.applications import Application, ApplicationState
from aap.records.deliberations import JuryVote, Looking
from aap.records.rankings import DecisionStage, JuryDecision, JuryDecisionKind
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission, ensure
from aap.services.ranking.jury import CHOSEN, keep_decision, take_back_decision
from aap.services.ranking.jury_effects import check_choice, leaving
from aap.services.ranking.jury_room import JuryRoom, jury_room
from aap.services.ranking.meetings import OpenMeeting, end_meeting, ensure_quorum
from aap.services.ranking.screens import take_off_screens

RoomChoice = Literal["keep", "in", "out", "amount", "none", "review"]
"""What the jury may choose on a dossier: keep what is proposed, take it, drop it, another amount, take its own decisions
back, ask for another review."""


@dataclass(frozen=True)
class Votes:
    """Members for and against, and abstentions; all zero where the jury agreed without counting. None: not a number."""

    for_: int | None = 0
    against: int | None = 0
    abstentions: int | None = 0

    @property
    def numbers(self) -> tuple[int, int, int]:
        return self.for_ or 0, self.against or 0, self.abstentions or 0


def _votes_problem(votes: Votes, meeting: OpenMeeting, away: Sequence[str]) -> Objection | None:
    """`away`: ids of members who have left."""
    if None in (votes.for_, votes.against, votes.abstentions) or min(votes.numbers) < 0:
        return Objection("ranking.votes_unreadable")
    there = len({one.id for one in meeting.present} - set(away))
    if sum(votes.numbers) > there:
        return Objection("ranking.too_many_votes", members=there)
    if votes.numbers[1] > votes.numbers[0]:
        return Objection("ranking.votes_against")
    return None


def vote_list(session: Session, *, actor: Actor, call: OpenedCall, name: str, votes: Votes, now: datetime) -> int:
    """Votes at once what the run proposes for the dossiers of one outcome, but for the open ones; gives their number.

    A dossier of which the official is recused stays out, for a substitute. Who of the jury is recused of one of them is
    away. Raises InvalidInput.
    """
    ensure(actor, Permission.JURY_DECIDE, call.target(), kind="call", id=call.id)
    meeting = ensure_quorum(session, call.id)
    room = jury_room(session, actor=actor, call=call)
    if room.stale:
        raise InvalidInput({"": Objection("ranking.inputs_changed")})
    found = next((one for one in room.lists if one.name == name), None)
    lines = [one for one in found.to_vote if not one.masked] if found else []
    if not lines:
        raise InvalidInput({"": Objection("ranking.list_empty")})
    away = [
        one.id for one in leaving(session, call.id, [one.application_id for one in lines]) if one in meeting.present
    ]
    problem = _votes_problem(votes, meeting, away)
    if problem:
        raise InvalidInput({"votes": problem})
    for_, against, abstentions = votes.numbers
    for line in lines:
        session.add(
            JuryVote(
                meeting_id=meeting.id,
                application_id=line.application_id,
                looking=Looking.LISTED,
                list_name=name,
                votes_for=for_,
                votes_against=against,
                abstentions=abstentions,
                away=away,
                author_id=actor.person_id,
                created_at=now,
            )
        )
    session.flush()
    told = {"list": name, "dossiers": [one.reference for one in lines], "votes": list(votes.numbers)}
    record(session, actor, "jury.list_voted", Subject("meeting", meeting.id, call.id), now=now, after=told)
    return len(lines)


def call_out(session: Session, *, actor: Actor, application_id: str, member_id: str, now: datetime) -> None:
    """A member calls a dossier out of its list: it is open until the jury looks at it by itself. Raises InvalidInput."""
    call, application = dossier_of(
        session, actor=actor, permission=Permission.JURY_DECIDE, application_id=application_id
    )
    meeting = ensure_quorum(session, call.id)
    member = next((one for one in meeting.present if one.id == member_id), None)
    if member is None:
        raise InvalidInput({"member": Objection("ranking.member_not_there")})
    if member in leaving(session, call.id, [application_id]):
        raise InvalidInput({"member": Objection("ranking.member_recused")})
    vote = _vote(session, meeting, actor, application, now)
    vote.looking, vote.called_by = Looking.CALLED, member_id
    session.add(vote)
    record(session, actor, "jury.called_out", application, now=now, after={"member": member.name})


def _vote(session: Session, meeting: OpenMeeting, actor: Actor, application: Application, now: datetime) -> JuryVote:
    """The dossier's line of this meeting, a new one where it has none."""
    held = session.exec(
        select(JuryVote)
        .where(JuryVote.meeting_id == meeting.id, JuryVote.application_id == application.id)
        .with_for_update()
    ).first()
    return held or JuryVote(
        meeting_id=meeting.id,
        application_id=application.id,
        looking=Looking.CALLED,
        author_id=actor.person_id,
        created_at=now,
    )


@dataclass(frozen=True)
class ChoiceEntry:
    """What was chosen on a dossier. `amount` in euros, with `amount` only. `reason`: read by the association in its
    letter, where the choice changes what is proposed; else for the minutes alone."""

    choice: RoomChoice
    amount: Decimal | None = None
    reason: str = ""
    votes: Votes = Votes()


def record_choice(session: Session, *, actor: Actor, application_id: str, entry: ChoiceEntry, now: datetime) -> None:
    """Keeps what the jury chose on one dossier, in place of what it chose before. Agreed marks stand beside it.

    Raises InvalidInput, RulesConflict for what the rules can't bear.
    """
    call, application = dossier_of(
        session, actor=actor, permission=Permission.JURY_DECIDE, application_id=application_id
    )
    meeting = ensure_quorum(session, call.id)
    problems = {}
    reason = entry.reason.strip()
    if entry.choice in ("in", "out", "amount", "none") and not reason:
        problems["reason"] = Objection("ranking.jury_reason_missing")
    if entry.choice == "amount":
        most = Decimal(application.requested_amount) / 100
        if entry.amount is None or not 0 < entry.amount <= most or entry.amount != round(entry.amount, 2):
            problems["amount"] = Objection("ranking.jury_amount")
    if application.state == ApplicationState.WITHDRAWN:
        problems["decision"] = Objection("ranking.withdrawn")
    moves: tuple[str, ...] = ()
    if not problems and entry.choice in ("in", "out", "amount", "none"):
        cents = int(entry.amount * 100) if entry.choice == "amount" and entry.amount is not None else None
        moves = check_choice(session, call=call, choice=JuryChoice(application.reference, entry.choice, cents))
    away = [one.id for one in leaving(session, call.id, [application_id, *_ids(session, call, moves)])]
    problem = _votes_problem(entry.votes, meeting, away)
    if problem:
        problems["votes"] = problem
    if problems:
        raise InvalidInput(problems)
    changed = _decide(session, actor, application, entry, reason, now)
    vote = _vote(session, meeting, actor, application, now)
    vote.looking = Looking.SENT_BACK if entry.choice == "review" else Looking.CHANGED if changed else Looking.KEPT
    vote.votes_for, vote.votes_against, vote.abstentions = entry.votes.numbers
    vote.reason = reason
    vote.away = sorted(away)
    session.add(vote)
    told = {"choice": entry.choice, "votes": list(entry.votes.numbers), "reason": reason}
    record(session, actor, "jury.looked_at", application, now=now, after=told)
    take_off_screens(session, call_id=call.id, application_id=application_id)


def _ids(session: Session, call: OpenedCall, references: Sequence[str]) -> list[str]:
    if not references:
        return []
    found = select(Application.id, Application.reference).where(Application.call_id == call.id)
    return [record_id for record_id, reference in session.exec(found) if reference in set(references)]


def _decide(
    session: Session, actor: Actor, application: Application, entry: ChoiceEntry, reason: str, now: datetime
) -> bool:
    """Writes the decision of a choice in place of the jury's that it undoes; whether any of the jury's stands then."""
    held = session.exec(
        select(JuryDecision).where(
            JuryDecision.application_id == application.id, JuryDecision.stage == DecisionStage.JURY
        )
    ).all()
    chosen = [one for one in held if one.decision in CHOSEN]
    undone = [one for one in chosen if one.decision in UNDONE.get(entry.choice, ())]
    for one in undone:
        take_back_decision(session, actor=actor, application=application, held=one, reason=reason, now=now)
    stands = len(chosen) > len(undone)
    kind = {"in": JuryDecisionKind.IN, "out": JuryDecisionKind.OUT, "amount": JuryDecisionKind.AMOUNT}.get(entry.choice)
    if kind is None:
        return stands
    keep_decision(
        session, actor=actor, application=application, decision=kind, amount=entry.amount, reason=reason, now=now
    )
    return True


def close_meeting(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> None:
    """Closes the meeting on the run that it proposes, once every dossier was before the jury. Raises InvalidInput."""
    ensure(actor, Permission.JURY_HOLD, call.target(), kind="call", id=call.id)
    room: JuryRoom = jury_room(session, actor=actor, call=call)
    end_meeting(session, actor=actor, call=call, missing=len(room.missing), now=now)
