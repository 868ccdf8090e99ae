"""How well the submitted reviews agree, each reviewer's severity, and the dossiers that one review decides. Reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session, col, select

from aap.core.inputs import Mark as CoreMark
from aap.core.scoring.agreement import FiveNumbers, alpha, deciding, five_numbers, mean
from aap.core.scoring.severity import Severity, calibrate
from aap.core.scoring.totals import Review as CoreReview
from aap.core.scoring.totals import from_ten_thousandths, on_hundred, reviews_from_marks, ten_thousandths
from aap.records.applications import Application
from aap.records.rankings import RankingRow
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import not_recused, recused_references
from aap.services.dossier.counted import not_set_aside
from aap.services.permissions import Permission, ensure
from aap.services.ranking.runs import latest_run
from aap.services.review.progress import reviewed_dossiers


@dataclass(frozen=True)
class GroupLine:
    """A reviewer's totals on 100 as a box, and the mean mark by criterion (scale units)."""

    code: str
    reviews: int
    box: FiveNumbers
    means: Mapping[str, Fraction]
    severity: Severity | None


@dataclass(frozen=True)
class CriterionAgreement:
    """How well reviewers agree on one criterion: `alpha` is Krippendorff's, None where it can't be measured; `mean` of `marks`
    marks, on the criterion's scale."""

    id: str
    title: str
    marks: int
    mean: Fraction
    alpha: Fraction | None


@dataclass(frozen=True)
class ReadDossier:
    """A dossier with two submitted reviews or more: its totals by reviewer's code, as a box."""

    reference: str
    title: str
    totals: Mapping[str, Fraction]
    box: FiveNumbers
    deciders: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """How well the submitted reviews agree. `line`: the score that parts retained from others; None: not known yet.

    `line_from`: run (the last ranking), count (the number of laureates), threshold.
    """

    reviews: int
    alpha: Fraction | None
    criteria: tuple[CriterionAgreement, ...]
    reviewers: tuple[GroupLine, ...]
    dossiers: tuple[ReadDossier, ...]
    line: Decimal | None
    line_from: str
    notices: tuple[str, ...]

    @property
    def decided_by_one(self) -> tuple[ReadDossier, ...]:
        return tuple(one for one in self.dossiers if one.deciders)


def submitted_reviews(
    session: Session, call: OpenedCall, actor: Actor
) -> tuple[tuple[CoreReview, ...], dict[str, str], Counter[str]]:
    """The complete submitted reviews that count, by reference and reviewer's code, without the dossiers of which the
    actor is recused; the titles by reference; and how many reviews there are by reviewer's code, of all dossiers.

    Three queries.
    """
    codes = dict(session.exec(select(Reviewer.person_id, Reviewer.code).where(Reviewer.call_id == call.id)).all())
    known = {criterion.id for criterion in call.file.rubric.criteria}
    hidden = recused_references(session, actor, call.id)
    rows = session.exec(
        select(  # type: ignore[call-overload]
            Application.reference, Application.title, Review.person_id, Mark.criterion, col(Mark.score)
        )
        .select_from(Mark)
        .join(Review, col(Mark.review_id) == Review.id)
        .join(Assignment, col(Review.assignment_id) == Assignment.id)
        .join(Application, col(Assignment.application_id) == Application.id)
        .where(
            Assignment.call_id == call.id,
            col(Assignment.removed_at).is_(None),
            Review.state == ReviewState.SUBMITTED,
            reviewed_dossiers(call.id),
            col(Mark.score).is_not(None),
            not_recused(),
            not_set_aside(),
        )
        .order_by(col(Application.reference), col(Review.person_id), col(Mark.criterion))
    ).all()
    marks = [
        CoreMark(reference, codes.get(person_id, person_id), criterion, score)
        for reference, _, person_id, criterion, score in rows
        if criterion in known and score is not None
    ]
    reviews = reviews_from_marks(marks, call.file.rubric, drop_incomplete=True)
    return (
        tuple(review for review in reviews if review.application_id not in hidden),
        {row[0]: row[1] for row in rows if row[0] not in hidden},
        Counter(review.reviewer_id for review in reviews),
    )


def agreement(session: Session, *, actor: Actor, call: OpenedCall) -> Agreement:
    """Agreement, severities and the dossiers that one review decides, from what is submitted now. Six queries.

    Reviews are counted as they are; what is measured (agreement, means, boxes, severities) is measured on those that
    the actor may read, for with one dossier more or less a mean tells its marks.
    """
    ensure(actor, Permission.MARKS_READ, call.target(), kind="call", id=call.id)
    reviews, titles, given = submitted_reviews(session, call, actor)
    by_dossier: dict[str, list[CoreReview]] = defaultdict(list)
    by_reviewer: dict[str, list[CoreReview]] = defaultdict(list)
    for review in reviews:
        by_dossier[review.application_id].append(review)
        by_reviewer[review.reviewer_id].append(review)
    calibration = calibrate(reviews)
    calibrated = call.file.scoring.method == "calibrated"

    def adjusted(review: CoreReview) -> Fraction:
        lean = from_ten_thousandths(calibration.severities[review.reviewer_id].value) if calibrated else Decimal(0)
        return review.total - Fraction(lean)

    scores = {name: mean([adjusted(review) for review in own]) for name, own in by_dossier.items()}
    line, line_from = _line(session, call, actor, scores)
    criteria = tuple(
        CriterionAgreement(
            id=one.id,
            title=one.title or one.id,
            marks=given.total(),
            mean=mean([review.marks[one.id] for review in reviews]) if reviews else Fraction(0),
            alpha=alpha([[review.marks[one.id] for review in own] for own in by_dossier.values()]),
        )
        for one in call.file.rubric.criteria
    )
    return Agreement(
        reviews=given.total(),
        alpha=alpha([[review.total for review in own] for own in by_dossier.values()]),
        criteria=criteria,
        reviewers=tuple(
            GroupLine(
                code=code,
                reviews=given[code],
                box=five_numbers([review.total for review in own]),
                means={one.id: mean([review.marks[one.id] for review in own]) for one in call.file.rubric.criteria},
                severity=calibration.severities.get(code),
            )
            for code, own in sorted(by_reviewer.items())
        ),
        dossiers=tuple(
            sorted(
                (
                    ReadDossier(
                        reference=name,
                        title=titles[name],
                        totals={review.reviewer_id: review.total for review in own},
                        box=five_numbers([review.total for review in own]),
                        deciders=()
                        if line is None
                        else deciding({review.reviewer_id: adjusted(review) for review in own}, line),
                    )
                    for name, own in by_dossier.items()
                    if len(own) > 1
                ),
                key=lambda one: (one.box.low - one.box.high, one.reference),
            )
        ),
        line=line,
        line_from=line_from,
        notices=tuple(notice.text for notice in calibration.notices),
    )


def _line(
    session: Session, call: OpenedCall, actor: Actor, scores: Mapping[str, Fraction]
) -> tuple[Decimal | None, str]:
    """The score that parts the retained from the others, as far as it can be known."""
    run = latest_run(session, call.id)
    if run is not None:
        lowest = session.exec(
            select(col(RankingRow.raw_score), col(RankingRow.calibrated_score)).where(
                RankingRow.run_id == run.id,
                RankingRow.status == "laureate",
                RankingRow.application_id == Application.id,
                not_recused(actor.person_id),
            )
        ).all()
        known = [raw if call.file.scoring.method == "raw" else fitted for raw, fitted in lowest]
        given = [score for score in known if score is not None]
        if given:
            return min(given), "run"
    count = call.file.selection.laureates
    ordered = sorted(scores.values(), reverse=True)
    if count and len(ordered) > count:
        return from_ten_thousandths(ten_thousandths(ordered[count - 1])), "count"
    rubric = call.file.rubric
    return (None, "") if rubric.threshold is None else (on_hundred(rubric.threshold, rubric), "threshold")
