"""The ranking: who is ranked, in which order, and who may be selected.

`rank` takes the call, the applications, the complete reviews and the jury's decisions, and answers one `Standing` an
application, in the order of the published table, with the candidates of the selection. Scores are exact until they are
rounded, once, half-even, to 4 decimals; the rounded scores rank.

Choices where a rule could be read in several ways:

- A score and its interval are shown wherever there are reviews, also for an application that is not ranked.
- `consensus` replaces the mean of the reviews, so both the raw and the calibrated score are the agreed total and there
  is no interval. It does not replace reviews (with fewer than `min_reviews` the application stays incomplete), and its
  reviews still inform the calibration. An agreed total leaves the mean marks by criterion as they are; marks agreed by
  criterion take their place, for thresholds (also those on each mark), ties and the table.
- A computed criterion has its mark also where nobody has marked anything yet.
- `out` and `declined` leave the status of an application that is not ranked as it is.
- `contested` looks at the applications whose score meets a threshold or not: neither withdrawn, ineligible nor
  incomplete.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist
from typing import Literal

from aap.core.call.canonical import rubric_hash
from aap.core.call.schema import CallFile, Criterion, Rubric
from aap.core.french import NBSP
from aap.core.inputs import Application, JuryDecision, ReviewSummary
from aap.core.notices import Notice
from aap.core.problems import BadInput, Problem
from aap.core.ranking.standing import OVERALL, RANKED, Place, Standing, StoredScores
from aap.core.ranking.tie_break import draw_key, rank_key
from aap.core.ranking.worth import Worths, worths_of
from aap.core.scoring.calibration_notices import few_reviewers
from aap.core.scoring.criteria import computed_marks
from aap.core.scoring.severity import Z90, Calibration, calibrate, require_comparable
from aap.core.scoring.totals import (
    Review,
    exact_mean,
    from_ten_thousandths,
    mean_marks,
    meets_overall,
    review_total,
    ten_thousandths,
)
from aap.core.selection.problem import Candidate

_UNRANKED_ORDER: tuple[Place, ...] = ("below_threshold", "ineligible", "incomplete", "withdrawn")


class ImposedNotCandidate(BadInput):
    """The jury's `in` for applications that are no candidates. `places`: application id -> where it stands."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self.places = dict(places)
        words = {
            "below_threshold": "sous un seuil",
            "ineligible": "irrecevable",
            "incomplete": "à l’évaluation incomplète",
            "withdrawn": "retiré",
            "out": "écarté par le jury",
            "declined": "désisté",
        }
        super().__init__(
            Problem(
                file="décisions",
                heading="decision",
                message=f"Le jury ne peut pas retenir le dossier {name}, qui n’est pas candidat",
                found=words[place],
                allowed="un dossier classé, au-dessus de tous les seuils",
            )
            for name, place in sorted(places.items())
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """Every application in the order of the table, and what the selection takes in.

    `candidates` are in rank order. `worths`: how much applications are worth, as the scores tell. `draw_seed` is the
    one used, `provisional_draw` whether it is only the rubric's hash. `final` is false while an application is incomplete.
    `contested`: application ids in table order.
    """

    standings: tuple[Standing, ...]
    candidates: tuple[Candidate, ...]
    calibration: Calibration
    worths: Worths
    method: Literal["raw", "calibrated"]
    draw_seed: str
    provisional_draw: bool
    contested: tuple[str, ...]
    final: bool
    notices: tuple[Notice, ...]


def rank(
    call: CallFile,
    applications: Sequence[Application],
    reviews: Sequence[Review],
    decisions: Sequence[JuryDecision] = (),
    draw_seed: str | None = None,
    *,
    stored: Mapping[str, StoredScores] | None = None,
    calibration: Calibration | None = None,
    rules_hash: str | None = None,
    summaries: Mapping[str, ReviewSummary] | None = None,
) -> Ranking:
    """Rank the applications of one call; the order of every argument is indifferent.

    `reviews` are the complete ones (see `reviews_from_marks`); a review of an application that is not among
    `applications` raises KeyError. Raises DisconnectedReviews with `calibrated` scoring over several components that
    the call doesn't allow, ImposedNotCandidate for the jury's `in` on no candidate; both are BadInput.

    `stored`: application id -> scores of an earlier run, which take the place of those computed here, so that a replay
    on another platform ranks what that run ranked; those of an application that can't have had them are left aside.
    `calibration`: where more than these reviews are calibrated together. `rules_hash`: what stands in for the seed of the
    draw, the rubric's hash where it isn't given. `summaries`: application id -> what stands for its reviews where there is
    none; the scores are then those `stored`.
    """
    by_application: dict[str, list[Review]] = {application.id: [] for application in applications}
    for review in sorted(reviews, key=lambda review: (review.application_id, review.reviewer_id)):
        by_application[review.application_id].append(review)
    calibration = calibrate(reviews) if calibration is None else calibration
    if call.scoring.method == "calibrated" and call.scoring.components == "error":
        require_comparable(calibration)
    jury = _Jury(decisions)
    standings = [
        _standing(
            call,
            application,
            by_application[application.id],
            calibration,
            jury,
            stored=(stored or {}).get(application.id),
            summary=(summaries or {}).get(application.id),
        )
        for application in applications
    ]
    refused = {s.id: s.place for s in standings if jury.imposes(s.id) and s.place != "candidate"}
    if refused:
        raise ImposedNotCandidate(refused)

    seed = draw_seed if draw_seed is not None else rules_hash or rubric_hash(call)
    in_rank = sorted((s for s in standings if s.place in RANKED), key=lambda s: rank_key(s, call.rubric, seed))
    ranked = [_with_rank(standing, position) for position, standing in enumerate(in_rank, 1)]
    unranked = sorted(
        (s for s in standings if s.place not in RANKED), key=lambda s: (_UNRANKED_ORDER.index(s.place), s.id)
    )
    table = (*ranked, *unranked)
    return Ranking(
        standings=table,
        candidates=tuple(_candidate(s, jury, call, seed) for s in ranked if s.place == "candidate"),
        calibration=calibration,
        worths=worths_of(table, calibration, call.scoring.method) if calibration.severities else Worths(0.0, 0.0),
        method=call.scoring.method,
        draw_seed=seed,
        provisional_draw=draw_seed is None,
        contested=tuple(s.id for s in table if s.contested),
        final=all(s.place != "incomplete" for s in table),
        notices=(
            *calibration.notices,
            *(
                few_reviewers(len(calibration.severities))
                if call.scoring.method == "calibrated" and not summaries
                else ()
            ),
            *_notices(draw_seed is None),
        ),
    )


def contested(
    call: CallFile,
    applications: Sequence[Application],
    reviews: Sequence[Review],
    decisions: Sequence[JuryDecision],
    calibration: Calibration,
) -> frozenset[str]:
    """Ids of the applications that raw and calibrated scores put on different sides of the overall threshold, whatever
    the jury decided about who is retained, and whether or not severities can be compared."""
    by_application: dict[str, list[Review]] = {application.id: [] for application in applications}
    for review in reviews:
        by_application[review.application_id].append(review)
    jury = _Jury(decisions)
    standings = (
        _standing(call, one, by_application[one.id], calibration, jury, stored=None, summary=None)
        for one in applications
    )
    return frozenset(one.id for one in standings if one.contested)


class _Jury:
    """The jury's decisions by application; `amount` may stand beside `in`, and marks agreed by criterion are several.

    What is set aside has left the reviews before (`counted_marks`).
    """

    def __init__(self, decisions: Iterable[JuryDecision]) -> None:
        self._of: dict[tuple[str, str], JuryDecision] = {}
        self._agreed: dict[str, dict[str, Decimal]] = {}
        for decision in decisions:
            if decision.decision == "set_aside":
                continue
            self._of.setdefault((decision.application_id, decision.decision), decision)
            if decision.criterion and decision.amount is not None:
                self._agreed.setdefault(decision.application_id, {})[decision.criterion] = decision.amount

    def agreed(self, application_id: str) -> Mapping[str, Decimal]:
        """The marks agreed by criterion, in scale units; empty where there is none."""
        return self._agreed.get(application_id, {})

    def get(self, application_id: str, kind: str) -> JuryDecision | None:
        return self._of.get((application_id, kind))

    def imposes(self, application_id: str) -> bool:
        return (application_id, "in") in self._of

    def main(self, application_id: str) -> JuryDecision | None:
        """What decides the outcome: of `in` and `amount`, the first."""
        for kind in ("withdrawn", "declined", "out", "in", "consensus", "amount"):
            decision = self.get(application_id, kind)
            if decision is not None:
                return decision
        return None


def _standing(
    call: CallFile,
    application: Application,
    reviews: list[Review],
    calibration: Calibration,
    jury: _Jury,
    *,
    stored: StoredScores | None,
    summary: ReviewSummary | None,
) -> Standing:
    raw = calibrated = low = high = None
    consensus = jury.get(application.id, "consensus")
    agreed = jury.agreed(application.id)
    computed = computed_marks(call.rubric, application.attributes)
    reviewers = tuple(review.reviewer_id for review in reviews) if summary is None else ("",) * summary.reviews
    if agreed:
        raw = calibrated = ten_thousandths(review_total({**computed, **agreed}, call.rubric))
    elif consensus is not None and consensus.amount is not None:
        raw = calibrated = ten_thousandths(consensus.amount)
    elif reviews:
        raw = ten_thousandths(exact_mean([review.total for review in reviews]))
        calibrated = ten_thousandths(calibration.score(reviews))
        if calibration.estimable:
            centre, variance = (
                (raw, calibration.raw_error_variance(len(reviews)))
                if call.scoring.method == "raw"
                else (calibrated, calibration.error_variance(application.id))
            )
            half = ten_thousandths(Z90 * variance**0.5)
            low, high = centre - half, centre + half
    same = stored and (stored.raw_score is None, stored.calibrated_score is None) == (raw is None, raw is None)
    if stored is not None and (same or summary is not None):
        raw, calibrated = stored.raw_score, stored.calibrated_score
        low, high = stored.ci_low, stored.ci_high
    score, other = (raw, calibrated) if call.scoring.method == "raw" else (calibrated, raw)
    reviewed = mean_marks(reviews, call.rubric) if summary is None else dict(summary.means)
    means = reviewed | {name: Fraction(mark) for name, mark in (*computed.items(), *agreed.items())}
    missed, missed_marks = _missed(
        call.rubric, score, means, reviews, agreed, "" if summary is None else summary.missed
    )
    place = _place(call.rubric, application, len(reviewers), missed, jury)
    return Standing(
        application=application,
        place=place,
        rank=None,
        raw_score=raw,
        calibrated_score=calibrated,
        score=score,
        ci_low=low,
        ci_high=high,
        reviewers=reviewers,
        mean_marks=means,
        missed=missed if place == "below_threshold" else "",
        missed_marks=missed_marks if place == "below_threshold" else (),
        agreed=agreed,
        grant=_grant(call, application, jury),
        contested=(place in RANKED or place == "below_threshold")
        and _meets(call.rubric, score) != _meets(call.rubric, other),
        consensus=consensus is not None,
        decision=jury.main(application.id),
    )


def _meets(rubric: Rubric, score: int | None) -> bool:
    """Whether the rounded score reaches the overall threshold, brought to 100 and to 4 decimals: equality does."""
    return score is None or meets_overall(from_ten_thousandths(score), rubric)


def _missed(
    rubric: Rubric,
    score: int | None,
    means: Mapping[str, Fraction],
    reviews: Sequence[Review],
    agreed: Mapping[str, Decimal],
    told: str,
) -> tuple[str, tuple[Decimal, ...]]:
    """The first criterion whose threshold is missed, in rubric order, else the overall one; and the reviews' marks on it
    where they decide. `told`: what a summary of the reviews says."""
    for criterion in rubric.criteria:
        missed = criterion.id in means and _misses(criterion, means[criterion.id], reviews, agreed)
        if missed or criterion.id == told:
            by_reviews = criterion.kind != "computed" and criterion.id not in agreed
            return criterion.id, tuple(review.marks[criterion.id] for review in reviews) if by_reviews else ()
    return "" if _meets(rubric, score) else OVERALL, ()


def _misses(criterion: Criterion, mean: Fraction, reviews: Sequence[Review], agreed: Mapping[str, Decimal]) -> bool:
    if criterion.kind == "gate":
        return mean < 1 if criterion.fails_if == "any" else mean < Fraction(1, 2)
    if criterion.threshold is None:
        return False
    if criterion.threshold_on == "any" and criterion.id not in agreed:
        return any(review.marks[criterion.id] < criterion.threshold for review in reviews)
    return mean < Fraction(criterion.threshold)


def _place(rubric: Rubric, application: Application, count: int, missed: str, jury: _Jury) -> Place:
    """The first that holds of withdrawn, ineligible, incomplete, below a threshold; then the jury's word."""
    if jury.get(application.id, "withdrawn") is not None:
        return "withdrawn"
    if not application.eligible:
        return "ineligible"
    if count < rubric.min_reviews:
        return "incomplete"
    if missed:
        return "below_threshold"
    if jury.get(application.id, "declined") is not None:
        return "declined"
    if jury.get(application.id, "out") is not None:
        return "out"
    return "candidate"


def _grant(call: CallFile, application: Application, jury: _Jury) -> int:
    """What it would be granted, in cents: the jury's amount, else the proposed or the requested one."""
    decided = jury.get(application.id, "amount")
    if decided is not None and decided.amount is not None:
        cents = Fraction(decided.amount) * 100
        if cents.denominator != 1:
            raise ValueError(f"the amount decided for {application.id} has more than two decimals")
        return int(cents)
    if call.selection.amounts == "proposed" and application.proposed_amount is not None:
        return application.proposed_amount
    return application.requested_amount


def _with_rank(standing: Standing, position: int) -> Standing:
    return dataclasses.replace(standing, rank=position)


def _candidate(standing: Standing, jury: _Jury, call: CallFile, seed: str) -> Candidate:
    assert standing.score is not None
    zone = call.selection.draw_zone
    return Candidate(
        id=standing.id,
        score=standing.score,
        grant=standing.grant,
        attributes=standing.application.attributes,
        imposed=jury.imposes(standing.id),
        doubt=None if zone is None else _doubt(standing, zone.interval),
        draw="" if zone is None else draw_key(seed, standing.application),
    )


def _doubt(standing: Standing, probability: Decimal) -> int | None:
    """Half of the interval of that probability, in ten-thousandths, from the one of 90 %; None without an interval."""
    if standing.ci_low is None or standing.ci_high is None:
        return None
    normal = NormalDist()
    share = normal.inv_cdf((1 + float(probability)) / 2) / normal.inv_cdf(0.95)
    return round((standing.ci_high - standing.ci_low) / 2 * share)


def _notices(provisional: bool) -> tuple[Notice, ...]:
    if not provisional:
        return ()
    return (
        Notice(
            "provisional_draw",
            "Le tirage au sort qui départage les égalités est provisoire"
            f"{NBSP}: aucune graine publique n’a été donnée, l’empreinte du règlement en tient lieu.",
        ),
    )
