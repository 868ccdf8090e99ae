"""A laureate leaves, or loses the grant by a correction: whose reduced grant the money that becomes free raises, who may
enter from the waiting list under the call's rules, and the decisions of a person.

The rules are those of the frozen run. A decision is never edited: who enters gets a new one that replaces the place on
the waiting list, and who gets more one that replaces the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from aap.core.results import MASKED
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import ListChange
from aap.records.rankings import Decision, Outcome, RankingRun
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.in_force import GIVEN_UP, LAPSED, current_list, in_force
from aap.services.decision.list_versions import add_version, departures
from aap.services.decision.whom_next import RaisedGrant, WhomNext, whom_next
from aap.services.dossier.access import ensure_impartial, recused_dossiers
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission, ensure
from aap.services.ranking.runs import frozen_run
from aap.services.ranking.trials import only_successors

CALLED = "Appelé de la liste d’attente : une place s’est libérée."
RAISED = "La subvention, réduite là où l’enveloppe s’épuisait, est relevée : de l’argent s’est libéré."


@dataclass(frozen=True)
class Leaving:
    """A laureate who gave the grant up, or let its time pass (`lapsed`). `amount` in cents; `hidden`: the official is
    recused of it."""

    reference: str
    association: str
    title: str
    amount: int | None
    at: datetime | None
    hidden: bool = False
    lapsed: bool = False


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
class Raise:
    """A laureate whose grant the funding line reduced, and what the money that is free gives it. Cents.

    `full`: what it would have without the line; `left`: of the budget once it is raised, None without a limit.
    """

    reference: str
    association: str
    title: str
    granted: int
    to: int
    full: int
    left: int | None
    hidden: bool = False


@dataclass(frozen=True)
class Succession:
    """Who left, who waits, and the first whose entry keeps every rule (None: nobody's does). Cents.

    `places`: that laureates left, by giving up or by a correction, and nobody took: nobody is called without one.
    `raises`: the laureate whose reduced grant is raised before anybody is called; None: there is none. `already`: rules
    that the departures alone break. `not_asked`: the quota that isn't asked of who enters next.
    """

    leaving: tuple[Leaving, ...]
    places: int
    entered: int
    waiting: tuple[Waiting, ...]
    already: tuple[str, ...]
    raises: Raise | None
    next: Waiting | None
    not_asked: str
    version: int
    laureates: int
    granted: int


Line = tuple[Decision, Application, str]
"""A decision in force with its dossier and the association's name."""


def succession(session: Session, *, actor: Actor, call: OpenedCall) -> Succession:
    """Where a call's laureates and its waiting list stand. Seven queries.

    Dossiers that the official is recused of stay in their place without a name.
    """
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    held, since = current_list(session, call.id), departures(session, call.id)
    found = session.exec(
        select(Decision, Application, Association.name)
        .where(
            Decision.call_id == call.id,
            col(Application.id).in_([*held.granted, *held.waiting, *since.gone]),
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
            in_force(),
        )
        .order_by(col(Application.reference))
    ).all()
    lines = {application.id: (decision, application, name) for decision, application, name in found}
    waiting = [lines[id] for id in held.waiting]
    names = [application.reference for _, application, _ in waiting]
    run = frozen_run(session, call.id)
    after = whom_next(
        run,
        granted={lines[id][1].reference: amount for id, amount in held.granted.items()},
        waiting=names,
        gone={lines[id][1].reference for id in since.gone},
        places=since.places,
    )
    listed = _listed(run, after, waiting, hidden)
    return Succession(
        leaving=tuple(_leaving(*lines[id], id in hidden) for id in lines if id in held.left),
        places=max(0, since.places),
        entered=since.called,
        waiting=listed,
        already=tuple(str(rule) for rule in after.entering.already),
        raises=None if after.raises is None else _raised(after.raises, found, hidden),
        next=None if after.called is None else listed[names.index(after.called)],
        not_asked="" if after.called is None else after.entering.not_asked,
        version=held.version,
        laureates=len(held.granted),
        granted=held.total,
    )


def _leaving(decision: Decision, application: Application, association: str, hidden: bool) -> Leaving:
    lapsed = decision.answer == LAPSED
    if hidden:
        return Leaving("", MASKED, "", None, decision.answered_at, hidden=True, lapsed=lapsed)
    amount = decision.amount or 0
    return Leaving(application.reference, association, application.title, amount, decision.answered_at, lapsed=lapsed)


def _listed(run: RankingRun, after: WhomNext, waiting: Sequence[Line], hidden: Collection[str]) -> tuple[Waiting, ...]:
    """The waiting list in its order, with what each entry would break."""
    successors = only_successors(run)
    return tuple(
        Waiting("", MASKED, "", decision.row.get("waiting_rank") or 0, 0, (), hidden=True)
        if application.id in hidden
        else Waiting(
            reference=application.reference,
            association=name,
            title=application.title,
            waiting_rank=decision.row.get("waiting_rank") or 0,
            grant=after.grants[application.reference],
            breaks=tuple(str(rule) for rule in after.entering.broken[application.reference]),
            hidden=False,
            as_successor=application.reference in successors,
        )
        for decision, application, name in waiting
    )


def _raised(raises: RaisedGrant, found: Sequence[Line], hidden: Collection[str]) -> Raise:
    decision, application, name = next(line for line in found if line[1].reference == raises.reference)
    if application.id in hidden:
        return Raise("", MASKED, "", 0, 0, 0, None, hidden=True)
    granted = decision.amount or 0
    return Raise(raises.reference, name, application.title, granted, raises.to, raises.full, raises.left)


def raise_reduced_grant(
    session: Session, *, actor: Actor, call_id: str, reference: str, reason: str, now: datetime
) -> Decision:
    """A person gives the laureate whom the money that is free reaches first what the rules let it have.

    Its letter is a job, its notification another decision. Raises InvalidInput (it isn't the one that the rules name),
    NotFound, RecusedFromActs.
    """
    call, found = _held(session, actor, call_id)
    if found.raises is None or found.raises.reference != reference:
        raise InvalidInput({"": Objection("decision.another_is_raised")})
    before, application = _in_force(session, call.id, reference)
    entered = replace_decision(
        session, actor=actor, before=before, outcome=Outcome.LAUREATE, amount=found.raises.to, reason=RAISED,
        change=ListChange.AMOUNT, now=now,
    )  # fmt: skip
    if found.raises.to == found.raises.full:
        entered.row = {**entered.row, "reason_code": "selected"}  # reduced no longer: its letter and the list say so
        session.add(entered)
    _log(session, actor, "decision.raised", application, before, entered, reason, now)
    return entered


def call_from_waiting_list(
    session: Session, *, actor: Actor, call_id: str, reference: str, reason: str, now: datetime
) -> Decision:
    """A person calls the dossier that the rules name; its letter is a job, its notification another decision.

    Raises InvalidInput (it isn't the one that the rules name, no laureate left, or a reduced grant is raised first),
    NotFound, RecusedFromActs.
    """
    call, found = _held(session, actor, call_id)
    if found.raises is not None:
        raise InvalidInput({"": Objection("decision.raised_first")})
    if found.next is None or found.next.reference != reference:
        raise InvalidInput({"": Objection("decision.another_is_called")})
    before, application = _in_force(session, call.id, reference)
    entered = replace_decision(
        session, actor=actor, before=before, outcome=Outcome.LAUREATE, amount=found.next.grant, reason=CALLED,
        change=ListChange.CALLED, now=now,
    )  # fmt: skip
    _log(session, actor, "decision.called", application, before, entered, reason, now)
    return entered


def _held(session: Session, actor: Actor, call_id: str) -> tuple[OpenedCall, Succession]:
    """The call, which nobody else changes until the transaction ends, and where it stands."""
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    hold_call(session, call)
    return call, succession(session, actor=actor, call=call)


def _in_force(session: Session, call_id: str, reference: str) -> tuple[Decision, Application]:
    return session.exec(
        select(Decision, Application).where(
            Decision.call_id == call_id,
            Decision.application_id == Application.id,
            Application.reference == reference,
            in_force(),
        )
    ).one()


def _log(
    session: Session,
    actor: Actor,
    action: str,
    application: Application,
    before: Decision,
    entered: Decision,
    reason: str,
    now: datetime,
) -> None:
    record(
        session,
        actor,
        action,
        application,
        now=now,
        before={"decision": before.id, "amount": before.amount},
        after={"decision": entered.id, "amount": entered.amount, "reason": reason.strip()},
    )


def replace_decision(
    session: Session,
    *,
    actor: Actor,
    before: Decision,
    outcome: Outcome,
    amount: int | None,
    reason: str,
    change: ListChange,
    now: datetime,
) -> Decision:
    """A new decision in the place of one that is in force; both stay, and the list has a new version where it says
    another one.

    `amount` in cents, for a laureate; `change`: what the version says of it (a laureate's other amount is an `amount`
    whatever was corrected). The letter, the notification and the log are the callers', who know why.
    The dossier's own state stays as it is until the new decision is notified: its association reads it.
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
    if {before.outcome, outcome} & {Outcome.LAUREATE, Outcome.WAITING_LIST}:
        stays = before.outcome == outcome == Outcome.LAUREATE and before.answer not in GIVEN_UP
        add_version(
            session,
            change=ListChange.AMOUNT if stays else change,
            decision=entered,
            reason=reason,
            author=actor.name,
            author_id=actor.row_id,
            now=now,
        )
    return entered
