"""A reviewer's own way of marking: spread and use of the scale; the group's only once all their reviews are in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session, col, select

from aap.core.scoring.agreement import FiveNumbers, five_numbers, mean
from aap.core.scoring.marking import grid, title_of
from aap.core.scoring.totals import Review as CoreReview
from aap.records.applications import Application
from aap.records.calls import CallState
from aap.records.reviews import Assignment, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall, get_call
from aap.services.harmonising.agreement import submitted_reviews
from aap.services.permissions import Permission, Target, ensure, marks_closed
from aap.services.review.reviewer_pages import may_mark

MOST_STEPS = 21
"""A finer scale is counted in this many equal bands at most."""


@dataclass(frozen=True)
class OwnCriterion:
    """One criterion. `counts`: (mark, times given) over the whole scale; `used`: share of the scale between the lowest
    and the highest given; `group`: the others' mean, None while it is hidden."""

    title: str
    counts: tuple[tuple[Decimal, int], ...]
    mean: Fraction
    low: Decimal
    high: Decimal
    used: Fraction
    group: Fraction | None


@dataclass(frozen=True)
class OwnMarking:
    """`left`: reviews still to submit before the group is shown; to an official of the call only once marks are open.
    `later`: with discussions, where others' marks are seen dossier by dossier, once reviewing is over."""

    call: OpenedCall
    reviews: int
    left: int
    criteria: tuple[OwnCriterion, ...]
    totals: FiveNumbers | None
    group_totals: FiveNumbers | None
    later: bool = False


def own_marking(session: Session, *, actor: Actor, call_id: str) -> OwnMarking:
    """The actor's submitted reviews of a call, described. Five queries. Raises NotFound."""
    call = get_call(session, call_id)
    ensure(actor, Permission.REVIEW_READ, Target(call_id=call.id, call_state=call.state, assigned=True), kind="call",
           id=call_id)  # fmt: skip
    code = session.exec(
        select(Reviewer.code).where(Reviewer.call_id == call_id, Reviewer.person_id == actor.person_id)
    ).first()
    reviews, *_ = submitted_reviews(session, call, actor)
    own = [review for review in reviews if review.reviewer_id == (code or actor.person_id)]
    others = [review for review in reviews if review.reviewer_id != (code or actor.person_id)]
    left = _left(session, actor, call_id)
    later = call.file.reviewing.discussion_until is not None and call.state is CallState.REVIEWING
    shown = others if left == 0 and not later and not marks_closed(actor, call.target()) else []
    return OwnMarking(
        call=call,
        reviews=len(own),
        left=left,
        criteria=_criteria(call, own, shown) if own else (),
        totals=five_numbers([review.total for review in own]) if own else None,
        group_totals=five_numbers([review.total for review in shown]) if own and shown else None,
        later=later,
    )


def _left(session: Session, actor: Actor, call_id: str) -> int:
    states = session.exec(
        select(Review.state)
        .select_from(Assignment)
        .join(Application, col(Assignment.application_id) == Application.id)
        .outerjoin(Review, col(Review.assignment_id) == Assignment.id)
        .where(may_mark(actor.person_id, call_id))
    )
    return sum(state != ReviewState.SUBMITTED for state in states)


def _criteria(call: OpenedCall, own: list[CoreReview], others: list[CoreReview]) -> tuple[OwnCriterion, ...]:
    found = []
    for criterion in call.file.rubric.criteria:
        scale = call.file.rubric.scale_of(criterion)
        given = [review.marks[criterion.id] for review in own]
        steps = grid(scale)
        if len(steps) > MOST_STEPS:
            width = (scale.max - scale.min) / (MOST_STEPS - 1)
            steps = tuple(scale.min + width * band for band in range(MOST_STEPS))
        counts = [0] * len(steps)
        for mark in given:
            counts[min(range(len(steps)), key=lambda at: (abs(steps[at] - mark), at))] += 1
        found.append(
            OwnCriterion(
                title=title_of(criterion),
                counts=tuple(zip(steps, counts, strict=True)),
                mean=mean(given),
                low=min(given),
                high=max(given),
                used=Fraction(max(given) - min(given)) / Fraction(scale.max - scale.min),
                group=mean([review.marks[criterion.id] for review in others]) if others else None,
            )
        )
    return tuple(found)
