"""Dossiers whose submitted reviews differ, and by how much. Only reads.

Before the deliberation an official reads the marks of the dossiers that the call's rule sends back to them, and of those
in consensus, to settle them; of every other one only that it has reviews.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session, col, select

from aap.core.call.points import in_points
from aap.core.french import NBSP, listed, plain, points, quoted
from aap.core.scoring.agreement import Divergences, divergences
from aap.core.scoring.marking import title_of
from aap.records.applications import Application
from aap.records.reviews import Assignment, Consensus
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import not_recused
from aap.services.harmonising.agreement import submitted_reviews
from aap.services.permissions import Permission, allowed, ensure
from aap.services.review.progress import reviewed_dossiers


@dataclass(frozen=True)
class GivenReview:
    """One submitted review: marks (criterion → mark) and total on 100."""

    code: str
    marks: Mapping[str, Decimal]
    total: Fraction


@dataclass(frozen=True)
class DivergentDossier:
    """A dossier with its submitted reviews and how far they differ.

    `submitted`: how many there are; `waiting`: reviews that are asked for and not yet submitted; `consensus`: none | open |
    decided. `closed`: its marks aren't for this actor as yet, and nothing of them is here.
    """

    application_id: str
    reference: str
    title: str
    reviews: tuple[GivenReview, ...]
    found: Divergences
    submitted: int
    waiting: int
    consensus: str
    closed: bool = False

    @property
    def settled_here(self) -> bool:
        """Whether the call's rule sends it back, or a consensus is opened on it."""
        return bool(self.found.reached) or self.consensus != "none"


def divergent_dossiers(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[DivergentDossier, ...]:
    """Every dossier with two submitted reviews or more, the most divergent first; those whose marks are closed to the actor
    come last, in the order of their references. Five queries.
    """
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    found = compared_dossiers(session, actor=actor, call=call)
    if allowed(actor, Permission.MARKS_READ, call.target()):
        return found
    closed = [
        replace(one, reviews=(), found=Divergences(Fraction(0), {}, ()), closed=True)
        for one in sorted(found, key=lambda one: one.reference)
        if not one.settled_here
    ]
    return (*(one for one in found if one.settled_here), *closed)


def compared_dossiers(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[DivergentDossier, ...]:
    """The same with all marks, for use cases that show none of it: but for the dossiers of which the actor is recused."""
    limits = call.file.reviewing.divergence
    reviews, titles, _ = submitted_reviews(session, call, actor)
    by_reference: dict[str, list[GivenReview]] = defaultdict(list)
    for review in reviews:
        by_reference[review.application_id].append(GivenReview(review.reviewer_id, review.marks, review.total))
    ids = dict(
        session.exec(
            select(Application.reference, Application.id).where(
                reviewed_dossiers(call.id), not_recused(actor.person_id)
            )
        ).all()
    )
    asked: dict[str, int] = defaultdict(int)
    for application_id in session.exec(
        select(Assignment.application_id).where(Assignment.call_id == call.id, col(Assignment.removed_at).is_(None))
    ):
        asked[application_id] += 1
    steps = {
        one.application_id: "decided" if one.decided_at else "open"
        for one in session.exec(
            select(Consensus).where(Consensus.application_id == Application.id, Application.call_id == call.id)
        )
    }
    found = []
    for reference, own in by_reference.items():
        if len(own) < 2 and ids[reference] not in steps:
            continue
        marks = {one.id: [review.marks[one.id] for review in own] for one in call.file.rubric.criteria}
        found.append(
            DivergentDossier(
                application_id=ids[reference],
                reference=reference,
                title=titles[reference],
                reviews=tuple(own),
                found=divergences(
                    [review.total for review in own], marks, overall=limits.overall, criterion=limits.criterion
                ),
                submitted=len(own),
                waiting=max(0, asked[ids[reference]] - len(own)),
                consensus=steps.get(ids[reference], "none"),
            )
        )
    found.sort(key=lambda one: (not one.found.reached, -one.found.overall, one.reference))
    return tuple(found)


def cause_of(call: OpenedCall, dossier: DivergentDossier) -> str:
    """Why the dossier is looked at again, in a sentence; empty where no limit of the call is reached."""
    limits = call.file.reviewing.divergence
    reasons = []
    if "overall" in dossier.found.reached and limits.overall is not None:
        reasons.append(
            f"{_points(call, dossier.found.overall)} entre deux totaux (seuil{NBSP}: {_points(call, limits.overall)})"
        )
    titles = {one.id: title_of(one) for one in call.file.rubric.criteria}
    for name in dossier.found.reached:
        if name != "overall" and limits.criterion is not None:
            reasons.append(
                f"{plain(dossier.found.criteria[name])} entre deux notes du critère {quoted(titles[name])} "
                f"(seuil{NBSP}: {plain(limits.criterion)})"
            )
    return f"Écart de {listed(reasons)}." if reasons else ""


def _points(call: OpenedCall, difference: Fraction | Decimal) -> str:
    """A difference of totals on 100 in the points of the call."""
    return points(in_points(difference, call.file.rubric))


def consensus_step(session: Session, application_id: str, *, lock: bool = False) -> Consensus | None:
    """The dossier's consensus, open or decided. `lock`: to be changed in this transaction."""
    query = select(Consensus).where(Consensus.application_id == application_id)
    return session.exec(query.with_for_update() if lock else query).first()
