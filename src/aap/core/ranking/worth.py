"""What applications are worth: how their true scores spread, as the marks tell, and draws of them given the reviews.

An application's worth is the score that it would have without noise nor severity. Around their mean m the worths of one
calibration's applications vary with the variance v, reported as `variance.application`. Given the reviewers' effects b,
what is known of one worth is normal: precision 1/v + k/noise, mean (m/v + sum(total - b)/noise) / precision, k the number
of its reviews. With raw scores nobody corrects for b, which is then part of the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aap.core.ranking.standing import Standing
from aap.core.scoring.severity import Calibration
from aap.core.scoring.totals import UNIT

Method = Literal["raw", "calibrated"]


@dataclass(frozen=True, slots=True)
class Worths:
    """Mean (points) and variance (points squared) of the worths of the applications that share a calibration."""

    mean: float
    variance: float


def worths_of(standings: Sequence[Standing], calibration: Calibration, method: Method) -> Worths:
    """From the scores by `method` of the applications that have an interval.

    Variance (n - 1) of the scores, less the mean of their errors' variances, plus the mean covariance of the errors of
    two of them, at least 0: errors that are shared spread the scores less. 0 for fewer than two.
    """
    measured = [standing for standing in standings if standing.ci_low is not None and standing.score is not None]
    scores = np.array([standing.score or 0 for standing in measured]) / UNIT
    if len(measured) < 2:
        return Worths(float(scores.sum()), 0.0)
    errors = [
        calibration.raw_error_variance(len(standing.reviewers))
        if method == "raw"
        else calibration.error_variance(standing.id)
        for standing in measured
    ]
    shared = calibration.error_covariance([standing.id for standing in measured], method)
    variance = float(scores.var(ddof=1)) - float(np.mean(errors)) + shared
    return Worths(float(scores.mean()), max(variance, 0.0))


def drawn_worths(
    standings: Sequence[Standing],
    calibration: Calibration,
    worths: Worths,
    method: Method,
    generator: np.random.Generator,
    number: int,
) -> NDArray[np.int64]:
    """`number` draws of the worths of `standings` (scored ones), in ten-thousandths: draws x standings.

    A score that was agreed stays. Random numbers are taken by sorted id, whatever the order of `standings`.
    """
    noise = calibration.variances.noise + (calibration.variances.reviewer if method == "raw" else 0.0)
    off = None
    if method == "calibrated" and calibration.unknown is not None:
        off = calibration.unknown.drawn(generator, number)  # reviewers x draws: true less predicted effects
    drawn = np.empty((number, len(standings)), dtype=np.int64)
    for at in sorted(range(len(standings)), key=lambda at: standings[at].id):
        standing = standings[at]
        own = generator.standard_normal(number)
        assert standing.score is not None
        if standing.ci_low is None:
            drawn[:, at] = standing.score
            continue
        seen = np.full(number, standing.score / UNIT)
        if off is not None:
            seen -= off[list(calibration.panels[standing.id])].mean(axis=0)
        error = noise / len(standing.reviewers)
        share = worths.variance / (worths.variance + error) if error > 0.0 else 1.0
        known = worths.mean + share * (seen - worths.mean)
        drawn[:, at] = np.rint((known + own * (share * error) ** 0.5) * UNIT).astype(np.int64)
    return drawn
