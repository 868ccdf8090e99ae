"""What stands in the way of the deliberation and of a freeze: dossiers that nobody looked at. Found in one place, here.

Never waivable: dossiers without a word on their eligibility, dossiers with fewer reviews that count than the rubric asks
for, reviews whose setting aside waits for its second person, dossiers under discussion, proposed amounts that nobody has
closed. Waivable one by one, by the authority and with a reason that the minutes print: dossiers that are divergent beyond
the call's rule, contested between raw and corrected scores, or marked by an erratic reviewer. Everything is computed from
the marks as they stand, never from a stored run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, func, select

from aap.core.ranking.doubts import Doubt, doubts
from aap.core.results import MASKED
from aap.core.scoring.marking import MOST_COMMENT
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.deliberations import Gate, JuryVote, Looking, Waiver
from aap.records.people import Person
from aap.records.reviews import Assignment, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.dossier.access import dossier_of, find_dossier, recused_dossiers
from aap.services.dossier.counted import ShortDossier, waits_for_second_person
from aap.services.dossier.discussed import left_open
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.permissions import Permission, ensure
from aap.services.ranking.input import RankingInput, ranking_input


@dataclass(frozen=True)
class GateLine:
    """One dossier at one gate. `reviews`: how many of it count; `reached`: limits of divergence that it reaches;
    `reviewers`: codes of its erratic ones.

    `looked`: how it was looked at: consensus | further (a further reading settles it) | jury | waiver; empty: not yet.
    `overtaken`: it was waived, and a review was submitted or changed since: the waiver doesn't count any more.
    """

    application_id: str
    reference: str
    gate: Gate
    reviews: int = 0
    reached: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    looked: str = ""
    overtaken: bool = False


@dataclass(frozen=True)
class Gates:
    """`unscreened`, `short`, `discussed`: numbers of dossiers. `lines` in the order of the references, then of the gates.

    `short_of`: (reference, reviews that count, needed).
    """

    unscreened: int
    amounts_open: bool
    short_of: tuple[tuple[str, int, int], ...]
    aside_pending: bool
    lines: tuple[GateLine, ...]
    discussed: int = 0

    @property
    def left(self) -> tuple[GateLine, ...]:
        """What nobody looked at."""
        return tuple(one for one in self.lines if not one.looked)

    @property
    def obstacles(self) -> tuple[Objection, ...]:
        """What forbids the step, in numbers that are the same for everybody."""
        found = list(
            _never_waivable(
                unscreened=self.unscreened,
                short=len(self.short_of),
                aside_pending=self.aside_pending,
                discussed=self.discussed,
                amounts_open=self.amounts_open,
            )
        )
        left = Counter(one.gate for one in self.left)
        if dossiers := left[Gate.DIVERGENT]:
            found.append(Objection("ranking.gate_divergent", dossiers=dossiers))
        if dossiers := left[Gate.CONTESTED]:
            found.append(Objection("ranking.gate_contested", dossiers=dossiers))
        if dossiers := left[Gate.ERRATIC]:
            found.append(Objection("ranking.gate_erratic", dossiers=dossiers))
        return tuple(found)


def _never_waivable(
    *, unscreened: int, short: int, aside_pending: bool, discussed: int, amounts_open: bool
) -> tuple[Objection, ...]:
    found = []
    if unscreened:
        found.append(Objection("ranking.unscreened", dossiers=unscreened))
    if short:
        found.append(Objection("ranking.short", dossiers=short))
    if aside_pending:
        found.append(Objection("ranking.set_aside_pending"))
    if discussed:
        found.append(Objection("ranking.under_discussion", dossiers=discussed))
    if amounts_open:
        found.append(Objection("ranking.amounts_open"))
    return tuple(found)


def obstacles_without_marks(
    session: Session, call: OpenedCall, *, unscreened: int, short: int
) -> tuple[Objection, ...]:
    """What stands in the way whatever the marks will say, as long as reviews are missing: two queries, no severities.

    `unscreened`, `short`: numbers of dossiers, as the call's own numbers tell them.
    """
    return _never_waivable(
        unscreened=unscreened,
        short=short,
        aside_pending=waits_for_second_person(session, call.id),
        discussed=left_open(session, call),
        amounts_open=amounts_open(call),
    )


def flagged_reviewers(session: Session, call: OpenedCall) -> tuple[str, ...]:
    """Codes of the reviewers of the call whose marks scatter, as far as its reviews are in; no mark of theirs."""
    found = doubts(ranking_input(session, call).given)
    return tuple(sorted({code for one in found.values() for code in one.erratic}))


def amounts_open(call: OpenedCall) -> bool:
    """Whether the call grants proposed amounts and nobody has closed them."""
    return call.file.selection.amounts == "proposed" and call.record.amounts_closed_at is None


def gates_of(session: Session, call: OpenedCall, given: RankingInput | None = None) -> Gates:
    """Every gate of the call now. `given` where it is loaded already; else it is loaded (nine queries more). Seven queries."""
    given = given or ranking_input(session, call)
    dossiers, decisions = given.dossiers, given.given.decisions
    found = doubts(given.given, _further(session, call, {one: name for name, one in dossiers.items()}))
    agreed = {one.application_id for one in decisions if one.decision == "consensus"}
    decided = {one.application_id for one in decisions if one.decision in ("in", "out", "amount")}
    decided |= _looked_at_by_jury(session, call)
    waived = _waived(session, call)
    lines = []
    for reference, doubt in sorted(found.items()):
        if doubt.reviews < doubt.needed:
            continue  # it is short of reviews first: what there is of them may still change
        for line in _lines_of(dossiers[reference], doubt):
            waiver = waived.get((line.application_id, line.gate))
            looked = (
                "consensus" if reference in agreed
                else "further" if doubt.read_again and line.gate is not Gate.CONTESTED
                else "jury" if reference in decided
                else "waiver" if waiver
                else ""
            )  # fmt: skip
            lines.append(replace(line, looked=looked, overtaken=waiver is False))
    return Gates(
        unscreened=given.unscreened,
        amounts_open=amounts_open(call),
        short_of=tuple(
            (name, one.reviews, one.needed) for name, one in sorted(found.items()) if one.reviews < one.needed
        ),
        aside_pending=waits_for_second_person(session, call.id),
        lines=tuple(lines),
        discussed=left_open(session, call),
    )


def _lines_of(application_id: str, doubt: Doubt) -> list[GateLine]:
    def line(gate: Gate) -> GateLine:
        return GateLine(application_id, doubt.application_id, gate, doubt.reviews)

    lines = []
    if doubt.reached:
        lines.append(replace(line(Gate.DIVERGENT), reached=doubt.reached))
    if doubt.contested:
        lines.append(line(Gate.CONTESTED))
    if doubt.erratic:
        lines.append(replace(line(Gate.ERRATIC), reviewers=doubt.erratic))
    return lines


def _further(session: Session, call: OpenedCall, references: Mapping[str, str]) -> set[tuple[str, str]]:
    """(reference, reviewer's code) of the readings that were asked for."""
    asked = session.exec(
        select(Assignment.application_id, Reviewer.code).where(
            Assignment.call_id == call.id,
            col(Assignment.further).is_(True),
            col(Assignment.removed_at).is_(None),
            Reviewer.call_id == call.id,
            Reviewer.person_id == Assignment.person_id,
        )
    )
    return {(references[application_id], code) for application_id, code in asked if application_id in references}


def _looked_at_by_jury(session: Session, call: OpenedCall) -> set[str]:
    """References of the dossiers that a jury looked at one by one."""
    return set(
        session.exec(
            select(Application.reference).where(
                JuryVote.application_id == Application.id,
                Application.call_id == call.id,
                col(JuryVote.looking).in_((Looking.KEPT, Looking.CHANGED)),
            )
        )
    )


def _waived(session: Session, call: OpenedCall) -> dict[tuple[str, Gate], bool]:
    """(application, gate) → whether its waiver still counts: no review of it was submitted or changed since."""
    waivers = session.exec(select(Waiver).where(Waiver.call_id == call.id)).all()
    if not waivers:
        return {}
    about = {one.application_id for one in waivers}
    last = dict(
        session.exec(
            select(Review.application_id, func.max(Review.updated_at))
            .where(
                col(Review.application_id).in_(about),
                Review.state == ReviewState.SUBMITTED,
                Assignment.id == Review.assignment_id,
                col(Assignment.removed_at).is_(None),
            )
            .group_by(Review.application_id)
        ).all()
    )
    return {
        (one.application_id, Gate(one.gate)): (at := last.get(one.application_id)) is None or at <= one.created_at
        for one in waivers
    }


# --- waiving ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WaiverLine:
    """A gate that the authority went past for one dossier."""

    reference: str
    gate: Gate
    reason: str
    author: str
    at: datetime


def waivers_of(session: Session, call: OpenedCall) -> tuple[WaiverLine, ...]:
    """Every waiver of the call, in the order of the references: what the minutes print. One query.

    Whoever shows it to an actor takes out the dossiers of which they are recused.
    """
    found = session.exec(
        select(Waiver, Application.reference, Person.name)
        .join(Application, col(Application.id) == col(Waiver.application_id))
        .join(Person, col(Person.id) == col(Waiver.author_id), isouter=True)
        .where(Waiver.call_id == call.id)
        .order_by(col(Application.reference), col(Waiver.gate), col(Waiver.id))
    )
    return tuple(
        WaiverLine(reference, Gate(waiver.gate), waiver.reason, name or "", waiver.created_at)
        for waiver, reference, name in found
    )


def waive_gate(
    session: Session,
    *,
    actor: Actor,
    call: OpenedCall,
    reference: str,
    gate: Gate,
    reason: str,
    now: datetime,
    gates: Gates | None = None,
) -> None:
    """Goes past one gate for one dossier, with a reason. `gates`: what they are now, where they are known.

    Raises NotFound, also where nothing is left to look at there, and InvalidInput.
    """
    hold_call(session, get_call(session, call.id))
    application_id = find_dossier(session, call.id, reference)
    _, application = dossier_of(session, actor=actor, permission=Permission.GATE_WAIVE, application_id=application_id)
    line = next(
        (
            one
            for one in (gates or gates_of(session, call)).left
            if one.application_id == application_id and one.gate is gate
        ),
        None,
    )
    if line is None:
        raise NotFound("gate", f"{reference}/{gate}")
    if not reason.strip():
        raise InvalidInput({"reason": Objection("ranking.waiver_unexplained")})
    if len(reason) > MOST_COMMENT:
        raise InvalidInput({"reason": Objection("ranking.waiver_too_long", most=MOST_COMMENT)})
    kept = _waiver(session, application_id, gate)
    before = {"reason": kept.reason} if kept else None
    kept = kept or Waiver(
        call_id=call.id, application_id=application_id, gate=gate, reason="", author_id="", created_at=now
    )
    kept.reason, kept.author_id, kept.created_at = reason.strip(), actor.person_id, now
    session.add(kept)
    record(session, actor, "gate.waived", application, now=now, before=before, after=_told(line, kept.reason))


def take_waiver_back(
    session: Session, *, actor: Actor, call: OpenedCall, reference: str, gate: Gate, now: datetime
) -> None:
    """The dossier has to be looked at again. Raises NotFound, and StateForbids once a ranking is proposed."""
    hold_call(session, get_call(session, call.id))
    application_id = find_dossier(session, call.id, reference)
    _, application = dossier_of(session, actor=actor, permission=Permission.GATE_WAIVE, application_id=application_id)
    kept = _waiver(session, application_id, gate)
    if kept is None:
        raise NotFound("waiver", f"{reference}/{gate}")
    session.delete(kept)
    record(session, actor, "gate.closed_again", application, now=now, before={"gate": str(gate), "reason": kept.reason})


def _waiver(session: Session, application_id: str, gate: Gate) -> Waiver | None:
    return session.exec(
        select(Waiver).where(Waiver.application_id == application_id, Waiver.gate == gate).with_for_update()
    ).first()


def _told(line: GateLine, reason: str) -> dict[str, object]:
    return {
        "gate": str(line.gate), "reason": reason, "reached": list(line.reached), "reviewers": list(line.reviewers)
    }  # fmt: skip


# --- the page ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownGate:
    """A gate's line as its page shows it; `waiver` where it was gone past. `masked`: the official is recused of it."""

    line: GateLine
    title: str = ""
    association: str = ""
    waiver: WaiverLine | None = None
    masked: bool = False


@dataclass(frozen=True)
class GatesPage:
    """What is left, what was looked at, and what can't be waived; dossiers of which the official is recused keep their
    place only.
    """

    gates: Gates
    left: tuple[ShownGate, ...]
    looked: tuple[ShownGate, ...]
    short: tuple[ShortDossier, ...]


def gates_page(session: Session, *, actor: Actor, call: OpenedCall) -> GatesPage:
    """What stands in the way, as this official may read it: no mark is in it. About eighteen queries.

    Raises StateForbids before the reviews and once a run is frozen.
    """
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    if call.state not in (CallState.REVIEWING, CallState.DELIBERATING, CallState.PROPOSED):
        raise StateForbids(Permission.REVIEWS_FOLLOW, call.state)
    found = gates_of(session, call)
    hidden = recused_dossiers(session, actor, call.id)
    about = {one.reference for one in found.lines} | {reference for reference, *_ in found.short_of}
    named = {
        application.reference: (application.id, application.title, association)
        for application, association in session.exec(
            select(Application, Association.name).where(
                Application.association_id == Association.id,
                Application.call_id == call.id,
                col(Application.reference).in_(about),
            )
        )
    }
    waivers = {(one.reference, one.gate): one for one in waivers_of(session, call)}
    shown = []
    for line in found.lines:
        if line.application_id in hidden:
            place = GateLine("", "", line.gate, looked=line.looked)
            shown.append(ShownGate(place, association=MASKED, masked=True))
        else:
            _id, title, association = named[line.reference]
            shown.append(ShownGate(line, title, association, waivers.get((line.reference, line.gate))))
    shown.sort(key=lambda one: (one.masked, one.line.reference))
    return GatesPage(
        gates=found,
        left=tuple(one for one in shown if not one.line.looked),
        looked=tuple(one for one in shown if one.line.looked),
        short=tuple(
            ShortDossier("", "", reviews, needed, masked=True)
            if named[reference][0] in hidden
            else ShortDossier(reference, named[reference][1], reviews, needed)
            for reference, reviews, needed in found.short_of
        ),
    )
