"""Applications to look at again before anything is decided on their marks: which, and what is doubtful about each.

It takes what a ranking takes in and ranks nothing: severities and scores are computed from the marks, in any state of the
call, whether or not a ranking can be. Whether somebody looked at a doubtful application is for the caller to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aap.core.call.schema import Divergence
from aap.core.ranking.parts import parted
from aap.core.ranking.ranking import contested
from aap.core.scoring.agreement import divergences
from aap.core.scoring.criteria import counted_marks
from aap.core.scoring.severity import calibrate
from aap.core.scoring.totals import Review, reviews_from_marks

if TYPE_CHECKING:
    from aap.core.ranking.run_input import RunInput


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is doubtful about one application that is eligible and not withdrawn.

    `reviews`: complete ones that count, `needed`: what the rubric asks for. `reached`: limits of divergence that its reviews
    reach (`overall`, or a criterion's id). `contested`: raw and calibrated scores put it on different sides of the overall
    threshold. `erratic`: ids of the reviewers among its own whose marks scatter. `read_again`: a further reading, of
    somebody who isn't erratic, agrees with another one within the limits.
    """

    application_id: str
    reviews: int
    needed: int
    reached: tuple[str, ...] = ()
    contested: bool = False
    erratic: tuple[str, ...] = ()
    read_again: bool = False


def doubts(given: RunInput, further: Collection[tuple[str, str]] = ()) -> Mapping[str, Doubt]:
    """Application id → what is doubtful about it; every application that is eligible and not withdrawn is here.

    `further`: (application, reviewer) of the readings that were asked for because the others differ. Reviews that lack a
    mark don't count. Raises WithoutLot.
    """
    limits = given.call.reviewing.divergence
    withdrawn = {one.application_id for one in given.decisions if one.decision == "withdrawn"}
    parts = parted(given)
    reviews = [
        reviews_from_marks(
            counted_marks(part.given.marks, part.given.decisions),
            part.given.call.rubric,
            attributes={one.id: one.attributes for one in part.given.applications},
            drop_incomplete=True,
        )
        for part in parts
    ]
    together: dict[str, list[Review]] = defaultdict(list)
    for part, own in zip(parts, reviews, strict=True):
        together[part.calibration].extend(own)
    calibrations = {name: calibrate(shared) for name, shared in together.items()}
    found: dict[str, Doubt] = {}
    for part, own in zip(parts, reviews, strict=True):
        calibration = calibrations[part.calibration]
        call, applications = part.given.call, part.given.applications
        disputed = contested(call, applications, own, part.given.decisions, calibration)
        scattered = {name for name, one in calibration.severities.items() if one.erratic}
        by_application: dict[str, list[Review]] = defaultdict(list)
        for review in own:
            by_application[review.application_id].append(review)
        for one in applications:
            if not one.eligible or one.id in withdrawn:
                continue
            its = by_application[one.id]
            found[one.id] = Doubt(
                application_id=one.id,
                reviews=len(its),
                needed=call.rubric.min_reviews,
                reached=_reached(its, limits),
                contested=one.id in disputed,
                erratic=tuple(review.reviewer_id for review in its if review.reviewer_id in scattered),
                read_again=_read_again(its, further, scattered, limits),
            )
    return found


def _reached(reviews: Sequence[Review], limits: Divergence) -> tuple[str, ...]:
    """The limits that these reviews of one application reach."""
    if len(reviews) < 2:
        return ()
    marks = {name: [review.marks[name] for review in reviews] for name in reviews[0].marks}
    totals = [review.total for review in reviews]
    return divergences(totals, marks, overall=limits.overall, criterion=limits.criterion).reached


def _read_again(
    reviews: Sequence[Review], further: Collection[tuple[str, str]], scattered: Collection[str], limits: Divergence
) -> bool:
    sound = [review for review in reviews if review.reviewer_id not in scattered]
    return any(
        not _reached([again, other], limits)
        for again in sound
        if (again.application_id, again.reviewer_id) in further
        for other in sound
        if other is not again
    )
