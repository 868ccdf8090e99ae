"""A laureate leaves: who may enter from the waiting list under the call's rules, and the decision of a person.

The rules are those of the frozen run. A decision is never edited: who enters gets a new one that replaces the place on
the waiting list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from aap.core.results import MASKED
from aap.core.selection.replacement import entries
from aap.core.selection.rules import rules_of
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.rankings import Decision, Outcome
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.in_force import in_force
from aap.services.dossier.access import recused_dossiers
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, ensure
from aap.services.ranking.runs import frozen_run
from aap.services.ranking.trials import only_successors, ranked_candidates

CALLED = "Appelé de la liste d’attente, à la suite du renoncement d’un lauréat."


@dataclass(frozen=True)
class Leaving:
    """A laureate who gave the grant up. `amount` in cents; `hidden`: the official is recused of it."""

    reference: str
    association: str
    title: str
    amount: int | None
    at: datetime | None
    hidden: bool = False


@dataclass(frozen=True)
class Waiting:
    """A dossier on the waiting list. `breaks`: rules that its entry would break (`budget`, `quota_max:…`).

    `as_successor`: it waits only because it could take a laureate's place, not by its rank. `hidden`: the official is
    recused of it; it stays in its place, without a name, an amount or what it would break.
    """

    reference: str
    association: str
    title: str
    waiting_rank: int
    grant: int
    breaks: tuple[str, ...]
    hidden: bool
    as_successor: bool = False


@dataclass(frozen=True)
class Succession:
    """Who left, who waits, and the first whose entry keeps every rule (None: nobody's does). Cents.

    `already`: rules that the departures alone break. `not_asked`: the quota that isn't asked of who enters next.
    """

    leaving: tuple[Leaving, ...]
    entered: int
    waiting: tuple[Waiting, ...]
    already: tuple[str, ...]
    next: Waiting | None
    not_asked: str
    laureates: int
    granted: int


def succession(session: Session, *, actor: Actor, call: OpenedCall) -> Succession:
    """Where a call's laureates and its waiting list stand. Four queries.

    Dossiers that the official is recused of stay in their place without a name.
    """
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    found = session.exec(
        select(Decision, Application, Association.name)
        .where(
            Decision.call_id == call.id,
            col(Decision.outcome).in_([Outcome.LAUREATE, Outcome.WAITING_LIST]),
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
            in_force(),
        )
        .order_by(col(Application.reference))
    ).all()
    laureates = [line for line in found if line[0].outcome == Outcome.LAUREATE]
    gone = [line for line in laureates if line[0].answer == "declined"]
    staying = {application.reference for decision, application, _ in laureates if decision.answer != "declined"}
    waiting = sorted(
        (line for line in found if line[0].outcome == Outcome.WAITING_LIST and line[0].answer != "declined"),
        key=lambda line: (line[0].row.get("waiting_rank") or 0, line[1].reference),
    )
    run = frozen_run(session, call.id)
    candidates, successors = ranked_candidates(run), only_successors(run)
    rules = rules_of(call.file)
    left = {application.reference for _, application, _ in gone}
    entering = entries(candidates, rules, staying, [application.reference for _, application, _ in waiting], left)
    grants = {candidate.id: candidate.grant for candidate in candidates}
    listed = tuple(
        Waiting("", MASKED, "", decision.row.get("waiting_rank") or 0, 0, (), hidden=True)
        if application.id in hidden
        else Waiting(
            reference=application.reference,
            association=name,
            title=application.title,
            waiting_rank=decision.row.get("waiting_rank") or 0,
            grant=grants[application.reference],
            breaks=tuple(str(rule) for rule in entering.broken[application.reference]),
            hidden=False,
            as_successor=application.reference in successors,
        )
        for decision, application, name in waiting
    )
    names = [application.reference for _, application, _ in waiting]
    entered = sum(decision.replaces_id is not None for decision, _, _ in laureates)
    return Succession(
        leaving=tuple(
            Leaving("", MASKED, "", None, decision.answered_at, hidden=True)
            if application.id in hidden
            else Leaving(application.reference, name, application.title, decision.amount or 0, decision.answered_at)
            for decision, application, name in gone
        ),
        entered=entered,
        waiting=listed,
        already=tuple(str(rule) for rule in entering.already),
        next=listed[names.index(entering.enters)] if gone and entering.enters is not None else None,
        not_asked=entering.not_asked if gone else "",
        laureates=len(staying),
        granted=sum(decision.amount or 0 for decision, _, _ in laureates if decision.answer != "declined"),
    )


def call_from_waiting_list(
    session: Session, *, actor: Actor, call_id: str, reference: str, reason: str, now: datetime
) -> Decision:
    """A person calls the dossier that the rules name; its letter is a job, its notification another decision.

    Raises InvalidInput (it isn't the one that the rules name, or no laureate left), NotFound.
    """
    call = get_call(session, call_id)
    hold_call(session, call)
    found = succession(session, actor=actor, call=call)
    if found.next is not None and found.next.hidden:
        raise NotFound("application", reference)
    if found.next is None or found.next.reference != reference:
        raise InvalidInput({"": Objection("decision.another_is_called")})
    held = session.exec(
        select(Decision, Application).where(
            Decision.call_id == call_id,
            Decision.application_id == Application.id,
            Application.reference == reference,
            in_force(),
        )
    ).one()
    before, application = held
    entered = replace_decision(
        session, actor=actor, before=before, outcome=Outcome.LAUREATE, amount=found.next.grant, reason=CALLED, now=now
    )
    record(
        session,
        actor,
        "decision.called",
        application,
        now=now,
        before={"decision": before.id},
        after={"decision": entered.id, "amount": entered.amount, "reason": reason.strip()},
    )
    return entered


def replace_decision(
    session: Session,
    *,
    actor: Actor,
    before: Decision,
    outcome: Outcome,
    amount: int | None,
    reason: str,
    now: datetime,
) -> Decision:
    """A new decision in the place of one that is in force; both stay. Its letter and its notification are the callers'.

    `amount` in cents, for a laureate. The log is the callers', who know why. The dossier's own state stays as it is until
    the new decision is notified: its association reads it.
    """
    application = session.get_one(Application, before.application_id)
    number = session.exec(select(func.max(Decision.number)).where(Decision.application_id == application.id)).one() or 0
    granted = amount if outcome is Outcome.LAUREATE else None
    entered = Decision(
        call_id=before.call_id,
        application_id=application.id,
        run_id=before.run_id,
        number=number + 1,
        replaces_id=before.id,
        outcome=outcome,
        amount=granted,
        row={**before.row, "status": str(outcome), "granted_amount": granted, "waiting_rank": None},
        reason=reason,
        rubric_hash=before.rubric_hash,
        bundle_hash=before.bundle_hash,
        author_id=actor.person_id,
        created_at=now,
    )
    session.add(entered)
    session.flush()
    return entered
