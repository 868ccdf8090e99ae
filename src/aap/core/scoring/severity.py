"""How severe each reviewer is, and what that changes: severity within applications.

A review's total = application + reviewer + noise. Applications are fixed: severity is measured between people who read
the same application, so that being dealt better ones is never taken for leniency. Reviewers are random: their effects
are drawn towards zero, the more the less is known of them (aap.core.scoring.reml). They are the severities, in points on
100, positive = lenient. An application's calibrated score is the mean over its reviews of (total - severity of its
reviewer), with severities rounded to 4 decimals: exact rational arithmetic from there on, which a person can redo by hand.

Where the graph of who reviewed what falls into several components, severities balance within each, and the difference
between two components is left wholly to the applications, as in the raw score. The two variances are estimated together:
they describe how reviewers of this call mark, and a component of two or three reviewers could not estimate its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np

from aap.core.french import NBSP
from aap.core.notices import Notice, some
from aap.core.problems import BadInput, Problem
from aap.core.scoring.calibration_notices import calibration_notices
from aap.core.scoring.reml import Unknown, fit
from aap.core.scoring.review_graph import Component, components
from aap.core.scoring.totals import UNIT, Review, exact_mean, exact_sum, ten_thousandths
from aap.core.scoring.within import Design, Floats, Ints

Z90 = 1.6448536269514722
"""Quantile 0.95 of the standard normal law: half-width, in standard deviations, of a 90 % interval."""

ERRATIC = 3
"""A reviewer is erratic whose residual variance is above so many times the noise."""

LEAST_FOR_ERRATIC = 5
"""Reviews of applications that others read too, below which nobody is called erratic."""


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

    reviewer: float
    noise: float


@dataclass(frozen=True, slots=True)
class Severity:
    """One reviewer. `mean_given`, `value`, `low`, `high`, `residual_sd` are ten-thousandths of points on 100.

    `value`: predicted effect, positive = lenient; `low`, `high`: its 90 % interval, None where the reviews can't tell
    reviewers' severities at all. `component`: number of the reviewer's component, from 0. `residual_sd`: how far the
    corrected totals lie from those of the other readers of the same applications, chance of a review included; None
    where nobody else read any. `erratic`: far beyond the others, on `LEAST_FOR_ERRATIC` such reviews at least.
    """

    reviewer_id: str
    reviews: int
    mean_given: int
    value: int
    low: int | None
    high: int | None
    component: int
    residual_sd: int | None = None
    erratic: bool = False


@dataclass(frozen=True)
class Calibration:
    """Severities and what they rest on.

    `severities`: by reviewer id, in sorted order. `estimable`: false when there are too few reviews to estimate any
    variance; intervals are then missing. `unknown`: what the reviews leave unknown of the effects, reviewers in sorted
    order; None without reviews. `panels`: the reviewers of each application that has a review, as positions among the
    severities.
    """

    variances: Variances
    severities: Mapping[str, Severity]
    components: tuple[Component, ...]
    notices: tuple[Notice, ...]
    estimable: bool
    unknown: Unknown | None = field(compare=False, repr=False)
    panels: Mapping[str, tuple[int, ...]] = field(compare=False, repr=False)

    def score(self, reviews: Sequence[Review]) -> Fraction:
        """Calibrated score of one application from its reviews (at least one): exact, before rounding."""
        return exact_mean([review.total for review in reviews]) - Fraction(
            sum(self.severities[review.reviewer_id].value for review in reviews), UNIT * len(reviews)
        )

    @cached_property
    def _panel_variances(self) -> Mapping[str, float]:
        found = np.zeros(0) if self.unknown is None else self.unknown.panel_variances()
        return dict(zip(self.panels, found.tolist(), strict=True))

    def error_variance(self, application_id: str) -> float:
        """Variance of (score - mark that an average reviewer is expected to give) of an application's calibrated score.

        noise / k, plus the variance of the mean of its k reviewers' effects given the reviews, correlations included.
        """
        noise = self.variances.noise / len(self.panels[application_id])
        return noise + max(self._panel_variances[application_id], 0.0)

    def raw_error_variance(self, count: int) -> float:
        """The same for the mean of `count` uncorrected reviews: (reviewer variance + noise) / k."""
        return (self.variances.reviewer + self.variances.noise) / count

    def error_covariance(self, application_ids: Collection[str], method: Literal["raw", "calibrated"]) -> float:
        """Mean covariance of the errors of the scores of two of these applications: they may share reviewers.

        0 for fewer than two. The sum over all pairs is the variance of the sum, less the variances.
        """
        count = len(application_ids)
        if count < 2 or self.unknown is None:
            return 0.0
        shares = np.zeros(len(self.severities))
        single = 0.0
        for name in application_ids:
            panel = list(self.panels[name])
            shares[panel] += 1.0 / len(panel)
            single += self.variances.reviewer / len(panel) if method == "raw" else self._panel_variances[name]
        if method == "raw":
            whole = self.variances.reviewer * float(shares @ shares)
        else:
            whole = float(shares @ self.unknown.times(shares[:, None])[:, 0])
        return (whole - single) / (count * (count - 1))


def calibrate(reviews: Sequence[Review]) -> Calibration:
    """Severities of all reviewers from all complete `reviews`, in any order; none at all is allowed.

    The intervals are 90 % prediction intervals with the variances plugged in; that the level of a component's reviewers
    isn't known is part of them. Severities are rounded half-even to 4 decimals.

    Several components don't raise here (see the module): `require_comparable` does.
    """
    ordered = sorted(reviews, key=lambda review: (review.application_id, review.reviewer_id))
    if not ordered:
        return Calibration(Variances(0.0, 0.0), {}, (), (), False, None, {})
    pairs = [(review.application_id, review.reviewer_id) for review in ordered]
    parts = components(pairs)
    reviewer_ids = sorted({reviewer for _, reviewer in pairs})
    application_ids = list(dict.fromkeys(application for application, _ in pairs))
    position = {reviewer: at for at, reviewer in enumerate(reviewer_ids)}
    place = {application: at for at, application in enumerate(application_ids)}
    part_of = {reviewer: at for at, part in enumerate(parts) for reviewer in part.reviewers}
    design = Design(
        application=np.array([place[application] for application, _ in pairs], dtype=np.intp),
        reviewer=np.array([position[reviewer] for _, reviewer in pairs], dtype=np.intp),
        component_of_reviewer=np.array([part_of[name] for name in reviewer_ids], dtype=np.intp),
    )
    y = np.array([float(review.total) for review in ordered])
    fitted = fit(design, y)
    spread = np.sqrt(np.maximum(fitted.rest.variances(), 0.0)) if fitted.known else None
    values = np.array([ten_thousandths(float(effect)) for effect in fitted.effects])
    residuals, compared = _residuals(design, y - values[design.reviewer] / UNIT)
    totals: dict[str, list[Fraction]] = {reviewer: [] for reviewer in reviewer_ids}
    panels: dict[str, list[int]] = {application: [] for application in application_ids}
    for review in ordered:
        totals[review.reviewer_id].append(review.total)
        panels[review.application_id].append(position[review.reviewer_id])
    severities: dict[str, Severity] = {}
    for at, reviewer in enumerate(reviewer_ids):
        value = int(values[at])
        half = None if spread is None else ten_thousandths(Z90 * float(spread[at]))
        given = totals[reviewer]
        apart = None if compared[at] == 0 else ten_thousandths(float(residuals[at]))
        severities[reviewer] = Severity(
            reviewer_id=reviewer,
            reviews=len(given),
            mean_given=ten_thousandths(exact_sum(given) / len(given)),
            value=value,
            low=None if half is None else value - half,
            high=None if half is None else value + half,
            component=part_of[reviewer],
            residual_sd=apart,
            erratic=apart is not None
            and compared[at] >= LEAST_FOR_ERRATIC
            and (apart / UNIT) ** 2 > ERRATIC * fitted.noise,
        )
    estimable = len(ordered) > len(application_ids)
    return Calibration(
        variances=Variances(fitted.reviewer, fitted.noise),
        severities=severities,
        components=parts,
        notices=calibration_notices(
            parts, pairs, estimable=estimable, known=fitted.known,
            erratic=tuple(name for name, one in severities.items() if one.erratic),
        ),
        estimable=estimable,
        unknown=fitted.rest,
        panels={name: tuple(panel) for name, panel in panels.items()},
    )  # fmt: skip


def _residuals(design: Design, corrected: Floats) -> tuple[Floats, Ints]:
    """For each reviewer the residual standard deviation, and how many of the reviews it rests on.

    `corrected`: totals less severities, in points. sqrt(sum r^2 / sum (1 - 1/k)) over the reviews of applications with
    k >= 2 reviews, r the distance from the mean of the application's: each would be the noise's variance on average,
    were the severities known.
    """
    per = np.bincount(design.application, minlength=design.applications)
    means = np.bincount(design.application, weights=corrected, minlength=design.applications) / per
    k = per[design.application]
    shared = k > 1
    who = design.reviewer[shared]
    squares = np.bincount(
        who, weights=((corrected - means[design.application]) ** 2)[shared], minlength=design.reviewers
    )
    freedom = np.bincount(who, weights=1.0 - 1.0 / k[shared], minlength=design.reviewers)
    counts = np.bincount(who, minlength=design.reviewers)
    return np.sqrt(squares / np.where(freedom > 0.0, freedom, 1.0)), counts


def require_comparable(calibration: Calibration) -> None:
    """Raise DisconnectedReviews when severities of some reviewers can't be compared with those of others."""
    if len(calibration.components) > 1:
        raise DisconnectedReviews(calibration.components)
