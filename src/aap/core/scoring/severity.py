"""How severe each reviewer is, and what that changes: the two-effects calibration.

A review's total = mean + application effect + reviewer effect + noise, both effects random and independent. Variances
are estimated by restricted maximum likelihood (aap.core.scoring.reml). The reviewers' effects are then predicted from all
complete reviews: they are the severities, in points on 100, positive = lenient. An application's calibrated score is
the mean over its reviews of (total - severity of its reviewer), with severities rounded to 4 decimals: exact rational
arithmetic from there on, which a person can redo by hand.

Where the graph of who reviewed what falls into several components, each component has a mean of its own and the
variances are estimated together: severities are then relative to the reviewers of the same component, and the
difference between two components is left wholly to the applications, as in the raw score. The variances describe how
reviewers of this call mark, which has no reason to differ by component, and a component of two or three reviewers
could not estimate its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from aap.core.french import NBSP
from aap.core.notices import Notice, some
from aap.core.problems import BadInput, Problem
from aap.core.scoring.positive_definite import Floats
from aap.core.scoring.reml import Design, Fit, fit
from aap.core.scoring.review_graph import Component, components, weak_links
from aap.core.scoring.totals import UNIT, Review, exact_mean, exact_sum, ten_thousandths

Z90 = 1.6448536269514722
"""Quantile 0.95 of the standard normal law: half-width, in standard deviations, of a 90 % interval."""


class DisconnectedReviews(BadInput):
    """Severities can't be compared: the graph of the reviews falls into several `components`."""

    def __init__(self, parts: tuple[Component, ...]) -> None:
        self.components = parts
        groups = " ; ".join(
            f"groupe {number}{NBSP}: évaluateurs {some(part.reviewers, 10)} (dossiers {some(part.applications, 10)})"
            for number, part in enumerate(parts, 1)
        )
        super().__init__(
            [
                Problem(
                    file="évaluations",
                    key="scoring.components",
                    message=f"Les évaluations se répartissent en {len(parts)} groupes sans dossier commun, entre "
                    f"lesquels la sévérité des évaluateurs ne peut pas être comparée{NBSP}: {groups}. Faites évaluer "
                    "un dossier par des évaluateurs de chaque groupe, ou demandez un calibrage par groupe",
                    found=f"{len(parts)} groupes",
                    allowed="components: separate",
                )
            ]
        )


@dataclass(frozen=True, slots=True)
class Variances:
    """Estimated variances of a review's total, in points squared."""

    application: float
    reviewer: float
    noise: float


@dataclass(frozen=True, slots=True)
class Severity:
    """One reviewer. `mean_given`, `value`, `low`, `high` are ten-thousandths of points on 100.

    `value`: predicted effect, positive = lenient; `low`, `high`: its 90 % interval, None where the reviews can't tell
    reviewers' severities at all. `component`: number of the reviewer's component, from 0.
    """

    reviewer_id: str
    reviews: int
    mean_given: int
    value: int
    low: int | None
    high: int | None
    component: int


@dataclass(frozen=True)
class Calibration:
    """Severities and what they rest on.

    `severities`: by reviewer id, in sorted order. `means`: one a component, in points. `covariance`: of (true effect -
    predicted effect), reviewers in sorted order, points squared. `estimable`: false when there are too few reviews to
    estimate any variance; intervals are then missing.
    """

    variances: Variances
    means: tuple[float, ...]
    severities: Mapping[str, Severity]
    components: tuple[Component, ...]
    notices: tuple[Notice, ...]
    estimable: bool
    covariance: Floats = field(compare=False, repr=False)
    _position: Mapping[str, int] = field(compare=False, repr=False)

    def score(self, reviews: Sequence[Review]) -> Fraction:
        """Calibrated score of one application from its reviews (at least one): exact, before rounding."""
        return exact_mean([review.total for review in reviews]) - Fraction(
            sum(self.severities[review.reviewer_id].value for review in reviews), UNIT * len(reviews)
        )

    def positions(self, reviewers: Sequence[str]) -> list[int]:
        """Rows of `covariance` of these reviewers."""
        return [self._position[reviewer] for reviewer in reviewers]

    def error_variance(self, reviewers: Sequence[str]) -> float:
        """Variance of (score - expected mark by an average reviewer) for the calibrated score of one application.

        noise / k, plus the variance of the mean of its k reviewers' effects given the reviews: the mean of the block
        of `covariance`, correlations included.
        """
        at = self.positions(reviewers)
        return self.variances.noise / len(at) + max(float(self.covariance[np.ix_(at, at)].mean()), 0.0)

    def raw_error_variance(self, count: int) -> float:
        """The same for the mean of `count` uncorrected reviews: (reviewer variance + noise) / k."""
        return (self.variances.reviewer + self.variances.noise) / count


def calibrate(reviews: Sequence[Review]) -> Calibration:
    """Severities of all reviewers from all complete `reviews`, in any order; none at all is allowed.

    The intervals are 90 % prediction intervals with the variances plugged in: the covariance is Henderson's prediction
    error variance, which counts that the mean is estimated too (as after a flat prior on it), so that a level shared
    by all reviewers is part of what isn't known. Severities are rounded half-even to 4 decimals.

    Several components don't raise here (see the module): `require_comparable` does.
    """
    ordered = sorted(reviews, key=lambda review: (review.application_id, review.reviewer_id))
    if not ordered:
        return Calibration(Variances(0.0, 0.0, 0.0), (), {}, (), (), False, np.zeros((0, 0)), {})
    pairs = [(review.application_id, review.reviewer_id) for review in ordered]
    parts = components(pairs)
    reviewer_ids = sorted({reviewer for _, reviewer in pairs})
    application_ids = sorted({application for application, _ in pairs})
    position = {reviewer: at for at, reviewer in enumerate(reviewer_ids)}
    place = {application: at for at, application in enumerate(application_ids)}
    part_of_reviewer = {reviewer: at for at, part in enumerate(parts) for reviewer in part.reviewers}
    part_of_application = {name: at for at, part in enumerate(parts) for name in part.applications}
    design = Design(
        application=np.array([place[application] for application, _ in pairs], dtype=np.intp),
        reviewer=np.array([position[reviewer] for _, reviewer in pairs], dtype=np.intp),
        component_of_application=np.array([part_of_application[name] for name in application_ids], dtype=np.intp),
        component_of_reviewer=np.array([part_of_reviewer[name] for name in reviewer_ids], dtype=np.intp),
    )
    fitted = fit(design, np.array([float(review.total) for review in ordered]))
    estimable = len(ordered) > len(parts)
    spread = np.sqrt(np.maximum(np.diagonal(fitted.covariance), 0.0))
    totals: dict[str, list[Fraction]] = {reviewer: [] for reviewer in reviewer_ids}
    for review in ordered:
        totals[review.reviewer_id].append(review.total)
    severities: dict[str, Severity] = {}
    for at, reviewer in enumerate(reviewer_ids):
        value = ten_thousandths(float(fitted.effects[at]))
        half = ten_thousandths(Z90 * float(spread[at])) if fitted.known else None
        given = totals[reviewer]
        severities[reviewer] = Severity(
            reviewer_id=reviewer,
            reviews=len(given),
            mean_given=ten_thousandths(exact_sum(given) / len(given)),
            value=value,
            low=None if half is None else value - half,
            high=None if half is None else value + half,
            component=part_of_reviewer[reviewer],
        )
    return Calibration(
        variances=Variances(fitted.application, fitted.reviewer, fitted.noise),
        means=tuple(float(mean) for mean in fitted.mean),
        severities=severities,
        components=parts,
        notices=_notices(fitted, parts, pairs, estimable),
        estimable=estimable,
        covariance=fitted.covariance,
        _position=position,
    )


def require_comparable(calibration: Calibration) -> None:
    """Raise DisconnectedReviews when severities of some reviewers can't be compared with those of others."""
    if len(calibration.components) > 1:
        raise DisconnectedReviews(calibration.components)


def _notices(
    fitted: Fit, parts: tuple[Component, ...], pairs: Sequence[tuple[str, str]], estimable: bool
) -> tuple[Notice, ...]:
    found: list[Notice] = []
    if len(parts) > 1:
        found.append(
            Notice(
                "several_components",
                f"Les évaluations se répartissent en {len(parts)} groupes sans dossier commun{NBSP}: la sévérité d’un "
                "évaluateur n’est comparable qu’à celle des évaluateurs de son groupe.",
            )
        )
    weak = weak_links(pairs)
    if weak:
        reasons = []
        if weak.reviews:
            shown = tuple(f"{reviewer} sur {application}" for application, reviewer in weak.reviews)
            reasons.append(f"une seule évaluation ({some(shown)})")
        if weak.applications:
            reasons.append(f"un seul dossier ({some(weak.applications)})")
        if weak.reviewers:
            reasons.append(f"un seul évaluateur ({some(weak.reviewers)})")
        found.append(
            Notice(
                "weak_connection",
                "Des groupes d’évaluateurs ne sont reliés entre eux que par "
                + ", ou par ".join(reasons)
                + f"{NBSP}: la comparaison de leur sévérité est fragile.",
            )
        )
    if not estimable:
        found.append(
            Notice("too_few_reviews", "Il y a trop peu d’évaluations pour estimer la sévérité des évaluateurs.")
        )
    elif not fitted.known:
        found.append(
            Notice(
                "severity_unknown",
                "Les évaluations ne permettent pas de distinguer la sévérité des évaluateurs du hasard des notes"
                f"{NBSP}: elle est comptée pour nulle.",
            )
        )
    return tuple(found)
