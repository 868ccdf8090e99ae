"""The next step of a call: what it is, what stands in its way, and taking it.

Steps that are more than a change of state have their own use cases: the opening (an administrator), the freezing of
the ranking by two persons, the decisions, the publication.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from aap.records.calls import CallState
from aap.services.actor import Actor
from aap.services.assignment.proposals import tell_everybody
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, change_state, get_call, hold_call
from aap.services.errors import InvalidInput, Objection, StateForbids
from aap.services.page_links import Links
from aap.services.panel.interests import match_conflicts
from aap.services.permissions import Permission, ensure
from aap.services.ranking.gates import gates_of, obstacles_without_marks
from aap.services.review.progress import ReviewsTotals, reviews_totals
from aap.services.steering.following import Counts, counts_of

STEPS = {
    CallState.OPEN: CallState.CLOSED,
    CallState.CLOSED: CallState.REVIEWING,
    CallState.REVIEWING: CallState.DELIBERATING,
    CallState.PUBLISHED: CallState.ARCHIVED,
}
"""The changes of state that an official makes here."""


@dataclass(frozen=True)
class NextStep:
    """`to` None: the step is taken elsewhere, or there is none. `obstacles` forbid the step,
    `cautions` ask for a reason.
    """

    to: CallState | None
    obstacles: tuple[Objection, ...] = ()
    cautions: tuple[Objection, ...] = ()


def next_step(
    session: Session,
    *,
    actor: Actor,
    call: OpenedCall,
    now: datetime,
    counts: Counts | None = None,
    totals: ReviewsTotals | None = None,
) -> NextStep:
    """The next step from the call's state. `counts` and `totals` where they are known; else at most three queries.

    Before the deliberation, its gates stand in the way (`ranking.gates`): about fifteen queries, and the severities. A page
    that gives `totals` to show them is told only of those that rest on no mark while reviews are missing: the others aren't
    where they will be.
    """
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    to = STEPS.get(call.state)
    if call.state is CallState.OPEN and now <= call.accepted_until:
        return NextStep(to, obstacles=(Objection("steering.still_open", until=call.accepted_until),))
    if call.state not in (CallState.CLOSED, CallState.REVIEWING):
        return NextStep(to)
    early = totals is not None and totals.submitted < totals.assigned
    totals = totals or reviews_totals(session, call)
    if call.state is CallState.REVIEWING and not early:
        return NextStep(to, gates_of(session, call).obstacles, _unreviewed(totals))
    counts = counts or counts_of(session, call.id)
    if call.state is CallState.REVIEWING:
        standing = obstacles_without_marks(session, call, unscreened=counts.unscreened, short=totals.short)
        return NextStep(to, standing, _unreviewed(totals))
    return NextStep(to, cautions=(*_unscreened(counts), *_unassigned(call, totals)))


def _unscreened(counts: Counts) -> tuple[Objection, ...]:
    found = []
    if counts.to_screen:
        found.append(Objection("steering.to_screen", dossiers=counts.to_screen))
    if counts.to_complete:
        found.append(Objection("steering.to_complete", dossiers=counts.to_complete))
    return tuple(found)


def _unassigned(call: OpenedCall, totals: ReviewsTotals) -> tuple[Objection, ...]:
    if not totals.unassigned:
        return ()
    needed = call.file.rubric.min_reviews
    return (Objection("steering.unassigned", dossiers=totals.unassigned, reviewers=needed),)


def _unreviewed(totals: ReviewsTotals) -> tuple[Objection, ...]:
    missing = totals.assigned - totals.submitted
    return (Objection("steering.reviews_missing", reviews=missing),) if missing else ()


def advance_call(
    session: Session,
    *,
    actor: Actor,
    call_id: str,
    to: CallState,
    reason: str,
    now: datetime,
    links: Links | None = None,
) -> None:
    """Takes the next step; what it warns of is gone past with a reason, which the log keeps.

    `links`: with them the reviewers are told when the reviews open.
    Raises StateForbids (another step is next), InvalidInput with the obstacles or the missing reason.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.CALL_ADVANCE, call.target(), kind="call", id=call_id)
    hold_call(session, call)  # whoever takes a waiver back meanwhile waits
    step = next_step(session, actor=actor, call=call, now=now)
    if step.to is None or step.to is not to:
        raise StateForbids(Permission.CALL_ADVANCE, call.state)
    if step.obstacles:
        raise InvalidInput({"": step.obstacles})
    if step.cautions and not reason.strip():
        raise InvalidInput({"reason": Objection("steering.cautions_unanswered")})
    change_state(session, call, to, actor=actor, now=now, reason=reason.strip())
    if to is not CallState.ARCHIVED:
        match_conflicts(session, call, now=now)  # before whoever works on it reads more of it
    if to is CallState.REVIEWING and links:
        tell_everybody(session, call, links=links, now=now)


def ensure_may_draw(actor: Actor, call: OpenedCall) -> None:
    """The seed is drawn after the closing and before the ranking is proposed. Raises NotFound and StateForbids."""
    ensure(actor, Permission.CALL_ADVANCE, call.target(), kind="call", id=call.id)
    if call.state not in (CallState.CLOSED, CallState.REVIEWING, CallState.DELIBERATING):
        raise StateForbids(Permission.CALL_ADVANCE, call.state)


def set_draw_seed(session: Session, *, actor: Actor, call_id: str, seed: str, source: str, now: datetime) -> None:
    """The seed of the public draw that parts perfect ties: from an event after the closing that the call announced.

    Raises StateForbids before the closing and once the ranking is proposed, InvalidInput without seed or source.
    """
    call = get_call(session, call_id)
    ensure_may_draw(actor, call)
    problems = {}
    if not seed.strip() or len(seed.strip()) > 200:
        problems["seed"] = Objection("steering.seed_missing")
    if not source.strip():
        problems["source"] = Objection("steering.source_missing")
    if problems:
        raise InvalidInput(problems)
    before = call.record.draw_seed
    call.record.draw_seed, call.record.draw_source, call.record.draw_seed_at = seed.strip(), source.strip(), now
    session.add(call.record)
    record(
        session,
        actor,
        "call.draw_seed",
        call.record,
        now=now,
        before={"seed": before},
        after={"seed": seed.strip(), "source": source.strip()},
    )
