"""How sure a selection is: the share of draws of plausible marks in which an application would be retained.

A draw changes the scores as other reviewers, or the same on another day, could have: the reviewers' effects come from
their joint distribution given the reviews (calibrated) or from their prior (raw) and are shared by everything that a
reviewer marked; each application adds its own noise of variance noise / k. A drawn score so has the variance of the
published interval, and scores that share reviewers move together. Candidates, grants, quotas, the jury's `in` and the
scores agreed by consensus stay; the order and the protected head follow the drawn scores. Ties are left where the
solver finds them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from aap.core.french import NBSP
from aap.core.notices import Notice
from aap.core.ranking.draw_counts import DEFAULT_DRAWS
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.standing import Standing
from aap.core.scoring.positive_definite import Floats
from aap.core.scoring.totals import UNIT
from aap.core.selection.merit import best_by_merit
from aap.core.selection.model import free_columns
from aap.core.selection.outcome import SelectionError
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.rows import compile_system
from aap.core.selection.value import best_by_value

_BATCH = 10  # draws handed to a process at a time

Scores = NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Draws:
    """`retained`: candidate id -> in how many of `number` draws it is retained.

    `without_head`: draws whose protected head could not hold, run without it. No draws: no candidate is in `retained`.
    `without_selection`: draws in which another lot left too little for the rules to hold; nobody is retained in them.
    `granted`: cents, by draw.
    """

    number: int
    retained: dict[str, int]
    without_head: int
    without_selection: int = 0
    granted: tuple[int, ...] = ()

    def probability(self, application_id: str) -> Fraction | None:
        """Share of the draws that retain the application; None for no candidate or without draws."""
        count = self.retained.get(application_id)
        return None if count is None else Fraction(count, self.number)

    @property
    def notices(self) -> tuple[Notice, ...]:
        found = []
        if self.without_head:
            found.append(
                Notice(
                    "draws_without_head",
                    f"Dans {self.without_head} tirages sur {self.number}, les premiers du classement ne pouvaient pas tous "
                    f"être retenus d’office{NBSP}: ces tirages ont été faits sans tête de classement protégée.",
                )
            )
        if self.without_selection:
            found.append(
                Notice(
                    "draws_without_selection",
                    f"Dans {self.without_selection} tirages sur {self.number}, l’argent laissé par un autre lot ne suffisait "
                    f"pas pour respecter toutes les règles{NBSP}: personne n’y est compté comme retenu.",
                )
            )
        return tuple(found)


def draw_selections(
    ranking: Ranking,
    rules: Rules,
    *,
    number: int = DEFAULT_DRAWS,
    seed: str | None = None,
    processes: int = 1,
    progress: Progress | None = None,
    scores: Scores | None = None,
    received: Sequence[int] | None = None,
) -> Draws:
    """Draw the scores of the candidates `number` times and select each time.

    `seed`: any text, by default the ranking's draw seed; the same seed gives the same draws whatever `processes` is
    and in whatever order the tables were. `processes` above 1 starts that many fresh processes (safe beside threads;
    the caller's main module must be importable). `progress(done, number)` is called in this process.
    `scores`: drawn already, together with those of other lots. `received`: cents that another lot left, by draw.
    """
    if number == 0 or not ranking.candidates:
        return Draws(0, {}, 0)
    if scores is None:
        scores = drawn_scores(ranking, number, ranking.draw_seed if seed is None else seed)
    counts = np.zeros(len(ranking.candidates), dtype=np.int64)
    without_head = without_selection = done = 0
    granted: list[int] = []
    batches = [
        Batch(scores[at : at + _BATCH], None if received is None else tuple(received[at : at + _BATCH]))
        for at in range(0, number, _BATCH)
    ]
    for batch in _selected(ranking.candidates, rules, batches, processes):
        counts += batch.retained
        without_head += batch.without_head
        without_selection += batch.without_selection
        granted += batch.granted
        done = min(done + _BATCH, number)
        if progress is not None:
            progress(done, number)
    names = [candidate.id for candidate in ranking.candidates]
    retained = dict(zip(names, counts.tolist(), strict=True))
    return Draws(number, retained, without_head, without_selection, tuple(granted))


def draw_part(
    ranking: Ranking, rules: Rules, *, number: int, start: int, end: int, progress: Progress | None = None
) -> tuple[NDArray[np.int64], int]:
    """Of `number` draws those from `start` to before `end`: how often each candidate is retained, in rank order, and how
    many went without the head. The parts of all draws, added, are what `draw_selections` counts."""
    scores = drawn_scores(ranking, number, ranking.draw_seed)[start:end]
    counts = np.zeros(len(ranking.candidates), dtype=np.int64)
    without_head = 0
    for at in range(0, len(scores), _BATCH):
        of_batch = select_batch(ranking.candidates, rules, Batch(scores[at : at + _BATCH]))
        counts += of_batch.retained
        without_head += of_batch.without_head
        if progress is not None:
            progress(min(at + _BATCH, len(scores)), len(scores))
    return counts, without_head


def drawn_scores(ranking: Ranking, number: int, seed: str) -> Scores:
    """Drawn scores of the candidates in ten-thousandths: `number` x candidates, in rank order.

    NumPy's Philox generator is keyed by SHA-256 of the seed text; numbers are taken for reviewers then applications,
    both sorted by id, so that neither row order nor rank matters.
    """
    calibration = ranking.calibration
    key = int.from_bytes(hashlib.sha256(f"{seed}:draws".encode()).digest()[:16], "big")
    generator = np.random.Generator(np.random.Philox(key=key))
    effects = generator.standard_normal((number, len(calibration.severities)))
    if ranking.method == "calibrated":
        effects = np.asarray(effects @ _factor(calibration.covariance).T, dtype=np.float64)
    else:
        effects *= calibration.variances.reviewer**0.5
    standing_of = {standing.id: standing for standing in ranking.standings}
    by_id = sorted(range(len(ranking.candidates)), key=lambda at: ranking.candidates[at].id)
    own = generator.standard_normal((number, len(by_id)))
    drawn = np.empty((number, len(by_id)), dtype=np.int64)
    for column, at in enumerate(by_id):
        candidate = ranking.candidates[at]
        standing: Standing = standing_of[candidate.id]
        if standing.consensus:
            drawn[:, at] = candidate.score
            continue
        reviewers = calibration.positions(standing.reviewers)
        shift = effects[:, reviewers].mean(axis=1)
        shift += own[:, column] * (calibration.variances.noise / len(reviewers)) ** 0.5
        drawn[:, at] = candidate.score + np.rint(shift * UNIT).astype(np.int64)
    return drawn


def _factor(covariance: Floats) -> Floats:
    """A lower factor of a covariance that may be singular.

    The effects of reviewers who can't be told apart are perfectly correlated, or all zero: a millionth of a point of
    standard deviation, at most, keeps the factorisation going and changes no rounded figure that matters.
    """
    largest = float(np.diagonal(covariance).max(initial=0.0))
    if largest == 0.0:
        return np.zeros_like(covariance)
    ridge = 1e-12 * largest * len(covariance)
    factor: Floats = np.linalg.cholesky(covariance + ridge * np.eye(len(covariance))).astype(np.float64, copy=False)
    return factor


@dataclass(frozen=True, slots=True)
class Batch:
    """Some draws: the drawn scores of each, and the cents that another lot left in each (None: no lot leaves any)."""

    scores: Scores
    received: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What some draws gave: how often each candidate is retained, draws that went otherwise, cents granted by draw."""

    retained: NDArray[np.int64]
    without_head: int
    without_selection: int
    granted: tuple[int, ...]


def _selected(
    candidates: Sequence[Candidate], rules: Rules, batches: Sequence[Batch], processes: int
) -> Iterator[Counted]:
    """The answer to each batch, in order."""
    if processes <= 1 or len(batches) == 1:
        for batch in batches:
            yield select_batch(candidates, rules, batch)
        return
    with ProcessPoolExecutor(
        max_workers=min(processes, len(batches)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_process,
        initargs=(tuple(candidates), rules),
    ) as pool:
        waiting: list[Future[Counted]] = [pool.submit(_in_process, batch) for batch in batches]
        for future in waiting:
            yield future.result()


_process_problem: list[tuple[Sequence[Candidate], Rules]] = []


def _start_process(candidates: Sequence[Candidate], rules: Rules) -> None:
    """Hand a fresh process its problem once, instead of with each batch."""
    _process_problem[:] = [(candidates, rules)]


def _in_process(batch: Batch) -> Counted:
    candidates, rules = _process_problem[0]
    return select_batch(candidates, rules, batch)


def select_batch(candidates: Sequence[Candidate], rules: Rules, batch: Batch) -> Counted:
    """The selection with each row of scores, counted."""
    counts = np.zeros(len(candidates), dtype=np.int64)
    without_head = without_selection = 0
    granted = []
    for number, row in enumerate(batch.scores.tolist()):
        if batch.received is not None:
            rules = dataclasses.replace(rules, received=batch.received[number])
        order = sorted(range(len(candidates)), key=lambda at: (-row[at], at))
        drawn = [dataclasses.replace(candidates[at], score=row[at]) for at in order]
        retained = _retained(drawn, rules)
        if retained is None and rules.protect_top:
            retained = _retained(drawn, dataclasses.replace(rules, protect_top=0))
            without_head += retained is not None
        if retained is None and batch.received is None:
            raise ValueError("no selection is feasible: the rules must be checked before drawing")
        if retained is None:
            without_selection += 1
            granted.append(0)
            continue
        counts[np.array(order)[retained]] += 1
        granted.append(sum(candidate.grant for candidate, inside in zip(drawn, retained, strict=True) if inside))
    return Counted(counts, without_head, without_selection, tuple(granted))


def _retained(drawn: Sequence[Candidate], rules: Rules) -> NDArray[np.bool_] | None:
    """Who is retained, by position; None where the rules can't all hold. Among equal optima, any."""
    system = compile_system(drawn, rules)
    fixed = free_columns(system.size, system.imposed | system.protected)
    if rules.mode == "merit":
        retained = best_by_merit(system.rows, fixed, None)
    else:
        best = best_by_value(system.rows, system.worth, fixed, ties=False)
        retained = None if best is None else best.retained
    if retained is not None and not all(row.holds(retained) for row in system.rows):
        raise SelectionError("a drawn selection breaks a rule")
    return retained
