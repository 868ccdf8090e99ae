"""The jury proposes, the authority decides: its changes to what the jury proposed, each with its reason and author.

The authority decides once the jury's meeting is closed, while the call deliberates. Its decision stands beside the jury's
and counts in its place (`core.ranking.overruling`) in the next run, whose bundle replays it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from aap.core.inputs import AUTHORITY
from aap.core.inputs import JuryDecision as CoreDecision
from aap.core.ranking.overruling import overruled
from aap.core.results import MASKED, ResultRow
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.deliberations import Meeting
from aap.records.people import Person
from aap.records.rankings import DecisionStage, JuryDecision, JuryDecisionKind, RankingRun
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, hold_call
from aap.services.dossier.access import dossier_target, ensure_impartial, get_dossier, recused_references
from aap.services.errors import InvalidInput, NotFound, Objection, RulesConflict
from aap.services.permissions import Permission, ensure
from aap.services.ranking.effects import ListEffect, decided_in, effect_between, list_with, stored_run
from aap.services.ranking.runs import RunView, view_run

ARBITRATED = (JuryDecisionKind.IN, JuryDecisionKind.OUT, JuryDecisionKind.AMOUNT)
"""What the authority decides of a dossier; `in` may come with an amount."""


def proposed_run(session: Session, call_id: str) -> RankingRun | None:
    """The run that the jury proposes: the one of its last closed meeting, else the last one without any decision of the
    authority. One or two queries."""
    held = session.exec(
        select(RankingRun)
        .where(RankingRun.id == Meeting.run_id, Meeting.call_id == call_id, col(Meeting.closed_at).is_not(None))
        .order_by(col(Meeting.number).desc())
        .limit(1)
    ).first()
    # The bundle is canonical JSON, in whose texts every quotation mark is escaped: only a stage is written so.
    return (
        held
        or session.exec(
            select(RankingRun)
            .where(RankingRun.call_id == call_id, col(RankingRun.bundle).not_like(f'%"stage":"{AUTHORITY}"%'))
            .order_by(col(RankingRun.number).desc())
            .limit(1)
        ).first()
    )


def sits(session: Session, call_id: str) -> bool:
    """Whether a meeting of the jury is open. One query."""
    found = select(Meeting.id).where(Meeting.call_id == call_id, col(Meeting.closed_at).is_(None))
    return session.exec(found).first() is not None


@dataclass(frozen=True)
class ArbitratedChange:
    """What the authority wants of a dossier. `amount` in euros: asked for with `amount`, possible with `in`."""

    decision: JuryDecisionKind
    amount: Decimal | None = None

    def parts(self) -> list[tuple[JuryDecisionKind, Decimal | None]]:
        """The decisions that are kept for it."""
        if self.decision is JuryDecisionKind.IN and self.amount is not None:
            return [(JuryDecisionKind.IN, None), (JuryDecisionKind.AMOUNT, self.amount)]
        return [(self.decision, self.amount if self.decision is JuryDecisionKind.AMOUNT else None)]


def effect_of_change(session: Session, *, actor: Actor, application_id: str, change: ArbitratedChange) -> ListEffect:
    """What a change would do after those that are recorded. Raises like `arbitrate`, but for the reason."""
    call, application = get_dossier(session, application_id)
    _ensure_may(session, actor, call, application)
    ensure_impartial(session, actor, call.id)
    return _checked(session, call, application, change)


def arbitrate(
    session: Session, *, actor: Actor, application_id: str, change: ArbitratedChange, reason: str, now: datetime
) -> None:
    """Keeps the authority's decision on a dossier; it counts in the next run.

    Raises InvalidInput, RulesConflict where no selection could hold it, RecusedFromActs.
    """
    call, application = get_dossier(session, application_id)
    hold_call(session, call)
    _ensure_may(session, actor, call, application)
    ensure_impartial(session, actor, call.id)
    reason = reason.strip()
    problems = {} if reason else {"reason": Objection("ranking.arbitration_unexplained")}
    try:
        effect = _checked(session, call, application, change)
    except InvalidInput as refused:
        raise InvalidInput({**refused.problems, **problems}) from None
    if problems:
        raise InvalidInput(problems)
    session.add_all(
        JuryDecision(
            call_id=call.id, application_id=application_id, decision=kind, amount=amount, reason=reason,
            stage=DecisionStage.AUTHORITY, author_id=actor.person_id, created_at=now,
        )
        for kind, amount in change.parts()
    )  # fmt: skip
    session.flush()
    record(
        session,
        actor,
        "arbitration.decided",
        application,
        now=now,
        after={
            "decision": str(change.decision),
            "amount": None if change.amount is None else str(change.amount),
            "reason": reason,
            "enters": list(effect.enters),
            "leaves": list(effect.leaves),
        },
    )


def remove_arbitration(
    session: Session, *, actor: Actor, call_id: str, decision_id: str, reason: str, now: datetime
) -> None:
    """Takes the authority's decision on a dossier back, with a reason that the log keeps: the jury's counts again.

    Raises NotFound, InvalidInput, RecusedFromActs.
    """
    held = session.get(JuryDecision, decision_id)
    if held is None or held.call_id != call_id or held.stage != DecisionStage.AUTHORITY:
        raise NotFound("jury_decision", decision_id)
    call, application = get_dossier(session, held.application_id)
    hold_call(session, call)
    _ensure_may(session, actor, call, application)
    ensure_impartial(session, actor, call.id)
    if not reason.strip():
        raise InvalidInput({"reason": Objection("ranking.removal_unexplained")})
    every = session.exec(
        select(JuryDecision)
        .where(JuryDecision.application_id == application.id, JuryDecision.stage == DecisionStage.AUTHORITY)
        .order_by(col(JuryDecision.created_at), col(JuryDecision.id))
    ).all()
    before = [{"decision": str(one.decision), "amount": str(one.amount or ""), "reason": one.reason} for one in every]
    for one in every:
        session.delete(one)
    record(
        session, actor, "arbitration.removed", application, now=now,
        before={"decisions": before}, after={"reason": reason.strip()},
    )  # fmt: skip


def _ensure_may(session: Session, actor: Actor, call: OpenedCall, application: Application) -> None:
    target = dossier_target(call, application, session=session, actor=actor)
    ensure(actor, Permission.RANKING_ARBITRATE, target, kind="application", id=application.id)


def _checked(session: Session, call: OpenedCall, application: Application, change: ArbitratedChange) -> ListEffect:
    """What the change does, where it can be. Raises InvalidInput, RulesConflict."""
    if sits(session, call.id):
        raise InvalidInput({"": Objection("ranking.meeting_open")})
    run = proposed_run(session, call.id)
    if run is None:
        raise InvalidInput({"": Objection("ranking.nothing_proposed")})
    if change.decision not in ARBITRATED:
        raise InvalidInput({"decision": Objection("ranking.jury_decision_missing")})
    most = Decimal(application.requested_amount) / 100
    amount = change.amount
    asked = change.decision is JuryDecisionKind.AMOUNT
    if (amount is None and asked) or (amount is not None and not (0 < amount <= most and amount == round(amount, 2))):
        raise InvalidInput({"amount": Objection("ranking.jury_amount")})
    base, recorded = decided_in(run), _recorded(session, call.id)
    reference = application.reference
    kinds = {one.decision for one in base if one.application_id == reference}
    if kinds & {"withdrawn", "declined"}:
        raise InvalidInput({"decision": Objection("ranking.given_up")})
    if any(one.application_id == reference for one in recorded):
        raise InvalidInput({"decision": Objection("ranking.arbitrated_already")})
    if asked and "out" in kinds:
        raise InvalidInput({"decision": Objection("ranking.amount_of_left_out")})
    new = [CoreDecision(reference, kind.value, euros, "", "", stage=AUTHORITY) for kind, euros in change.parts()]
    before = list_with(run, overruled(base, recorded))
    if stored_run(run).place(reference, base) != "candidate":
        raise InvalidInput({"decision": Objection("ranking.imposed_no_candidate")})
    return effect_between(before, list_with(run, overruled(base, [*recorded, *new])))


def _recorded(session: Session, call_id: str) -> list[CoreDecision]:
    """The authority's decisions as the engine reads them, in the order in which they were taken; without their words,
    on which no list depends."""
    found = session.exec(
        select(JuryDecision.decision, col(JuryDecision.amount), Application.reference)
        .where(
            JuryDecision.application_id == Application.id,
            JuryDecision.call_id == call_id,
            JuryDecision.stage == DecisionStage.AUTHORITY,
        )
        .order_by(col(JuryDecision.created_at), col(JuryDecision.id))
    )
    return [
        CoreDecision(reference, JuryDecisionKind(kind).value, amount, "", "", stage=AUTHORITY)
        for kind, amount, reference in found
    ]


# --- what is shown ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ArbitrationLine:
    """What the authority decided of one dossier, beside what the jury proposed. Amounts in cents, None: not retained.

    `proposed`: its line in the proposed run. `jury`: the jury's decisions on it, with their reasons. `effect`: of this change
    after those before it; None where none can be told. `masked`: the official is recused of the dossier: only its place is
    here.
    """

    id: str
    reference: str
    association: str
    title: str
    proposed: ResultRow | None
    jury: tuple[tuple[JuryDecisionKind, Decimal | None, str], ...]
    decisions: tuple[tuple[JuryDecisionKind, Decimal | None], ...]
    amount_before: int | None
    amount_after: int | None
    reason: str
    author: str
    at: datetime
    effect: ListEffect | None
    masked: bool = False


@dataclass(frozen=True)
class Arbitration:
    """What the authority changed. `proposed`: the run as the jury proposes it, as the actor may read it; None before one
    is computed. `whole`: from the proposed list to the one with every change; None where it can't be told, `conflict`
    then holds the rules that can't all hold. `sits`: a meeting of the jury is open."""

    proposed: RunView | None
    lines: tuple[ArbitrationLine, ...]
    whole: ListEffect | None
    conflict: tuple[str, ...]
    sits: bool


def arbitration(session: Session, *, actor: Actor, call: OpenedCall) -> Arbitration:
    """What the authority changed, in the order in which it did. Six queries.

    References of dossiers of which the actor is recused stand in no effect.
    """
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    run = proposed_run(session, call.id)
    view = None if run is None else view_run(session, run, actor=actor)
    hidden = recused_references(session, actor, call.id)
    decided = _decided(session, call.id)
    lists, conflict = ([], ()) if run is None else _lists(session, call.id, run, [one.reference for one in decided])
    rows = {} if view is None else view.by_reference
    lines = []
    for number, one in enumerate(decided):
        if one.reference in hidden:
            at = one.rows[0].created_at
            lines.append(ArbitrationLine("", "", MASKED, "", None, (), (), None, None, "", "", at, None, masked=True))
            continue
        effect = effect_between(lists[number], lists[number + 1]) if number + 1 < len(lists) else None
        lines.append(
            ArbitrationLine(
                id=one.rows[0].id,
                reference=one.reference,
                association=one.association,
                title=one.title,
                proposed=rows.get(one.reference),
                jury=tuple((JuryDecisionKind(row.decision), row.amount, row.reason) for row in one.jury),
                decisions=tuple((JuryDecisionKind(row.decision), row.amount) for row in one.rows),
                amount_before=lists[0].get(one.reference) if lists else None,
                amount_after=lists[-1].get(one.reference) if lists else None,
                reason=one.rows[0].reason,
                author=one.author,
                at=one.rows[0].created_at,
                effect=None if effect is None else _told(effect, hidden),
            )
        )
    complete = len(lists) == len(decided) + 1
    whole = _told(effect_between(lists[0], lists[-1]), hidden) if complete else None
    return Arbitration(view, tuple(lines), whole, conflict, sits(session, call.id))


def _lists(
    session: Session, call_id: str, run: RankingRun, order: Sequence[str]
) -> tuple[list[Mapping[str, int]], tuple[str, ...]]:
    """The proposed list, then after each change; those that can be, and the rules that then can't all hold."""
    base, recorded = decided_in(run), _recorded(session, call_id)
    given_up = {one.application_id for one in base if one.decision in ("withdrawn", "declined")}
    lists, held = list[Mapping[str, int]](), list[CoreDecision]()
    try:
        lists.append(list_with(run, base))
        for reference in order:
            held += [one for one in recorded if one.application_id == reference and reference not in given_up]
            lists.append(list_with(run, overruled(base, held)))
    except RulesConflict as conflict:
        return lists, conflict.rules
    except InvalidInput:
        return lists, ()
    return lists, ()


def _told(effect: ListEffect, hidden: frozenset[str]) -> ListEffect:
    """As somebody reads it who is recused of the dossiers `hidden`: they keep their number and lose their names, and no
    sum tells their amounts."""
    touched = {*effect.enters, *effect.leaves, *(name for name, _, _ in effect.amounts)}
    if not touched & hidden:
        return effect
    return ListEffect(
        tuple(MASKED if name in hidden else name for name in effect.enters),
        tuple(MASKED if name in hidden else name for name in effect.leaves),
        tuple(one for one in effect.amounts if one[0] not in hidden),
        None,
        None,
    )


@dataclass(frozen=True)
class _Decided:
    reference: str
    association: str
    title: str
    author: str
    rows: tuple[JuryDecision, ...]
    jury: tuple[JuryDecision, ...]


def _decided(session: Session, call_id: str) -> list[_Decided]:
    """The dossiers that the authority decided on, with both sides' decisions. For who asks the door. One query."""
    found = session.exec(
        select(JuryDecision, Application, Association.name, Person.name)
        .join(Application, col(Application.id) == col(JuryDecision.application_id))
        .join(Association, col(Association.id) == col(Application.association_id))
        .join(Person, col(Person.id) == col(JuryDecision.author_id), isouter=True)
        .where(JuryDecision.call_id == call_id)
        .order_by(col(JuryDecision.created_at), col(JuryDecision.id))
    ).all()
    by_dossier: dict[str, list[tuple[JuryDecision, Application, str, str | None]]] = {}
    for line in found:
        decision, application, association, author = line
        by_dossier.setdefault(application.id, []).append((decision, application, association, author))
    made = []
    for lines in by_dossier.values():
        own = [line for line in lines if line[0].stage == DecisionStage.AUTHORITY]
        if own:
            _, application, association, name = own[0]
            made.append(
                _Decided(
                    application.reference, association, application.title, name or "",
                    tuple(line[0] for line in own), tuple(line[0] for line in lines if line not in own),
                )
            )  # fmt: skip
    return sorted(made, key=lambda one: (one.rows[0].created_at, one.rows[0].id))
