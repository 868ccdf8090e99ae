"""How sure a selection is: the share of draws of plausible marks in which an application would be retained.

A draw says what the applications could be worth, given the reviews: the reviewers' effects come from their joint
distribution, shared by everything that a reviewer marked; then each application's worth from its own, given them
(aap.core.ranking.worth). So of the applications retained in 80 % of the draws about 80 % are among those that the rules
would retain if their worth were known. Candidates, grants, quotas, the jury's `in` and the scores agreed by consensus
stay; the order and the protected head follow the draw, equal worths in rank order. Ties are left where the solver finds
them.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from aap.core.french import NBSP, count
from aap.core.interruption import deaf_children
from aap.core.notices import Notice
from aap.core.ranking.draw_counts import DEFAULT_DRAWS
from aap.core.ranking.drawn_selections import Counted, select_batch
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.worth import drawn_worths
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.rows import System, compile_system

_BATCH = 10  # draws handed to a process at a time

Scores = NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Draws:
    """`retained`: candidate id -> in how many of `number` draws it is retained.

    `without_head`: draws whose protected head could not hold, run without it. `unended`: draws for which the work of the
    solver was not enough; the best selection found counts, nobody where none was.
    `without_selection`: draws in which another lot left too little for the rules to hold; nobody is retained in them.
    `granted`: cents, by draw. No draws: no candidate is in `retained`.
    """

    number: int
    retained: dict[str, int]
    without_head: int
    unended: int = 0
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
                    f"Dans {count(self.without_head, 'tirage')} sur {self.number}, les premiers du classement ne pouvaient pas "
                    f"tous être retenus d’office{NBSP}: ces tirages ont été faits sans tête de classement protégée.",
                )
            )
        if self.unended:
            found.append(
                Notice(
                    "draws_unended",
                    f"Dans {count(self.unended, 'tirage')} sur {self.number}, le calcul s’est arrêté à la quantité fixée avant "
                    f"la meilleure sélection{NBSP}: les probabilités sont un peu moins sûres (option --work).",
                )
            )
        if self.without_selection:
            found.append(
                Notice(
                    "draws_without_selection",
                    f"Dans {count(self.without_selection, 'tirage')} sur {self.number}, l’argent laissé par un autre lot ne "
                    f"suffisait pas pour respecter toutes les règles{NBSP}: personne n’y est compté comme retenu.",
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
    work: int = 1,
) -> Draws:
    """Draw the scores of the candidates `number` times and select each time.

    `seed`: any text, by default the ranking's draw seed; the same seed gives the same draws whatever `processes` is
    and in whatever order the tables were. `processes` above 1 starts that many fresh processes (safe beside threads;
    the caller's main module must be importable). `progress(done, number)` is called in this process. `work`: how many times
    the usual work of the solver a draw may take. `scores`: drawn already, together with those of other lots. `received`:
    cents that another lot left, by draw.
    """
    if number == 0 or not ranking.candidates:
        return Draws(0, {}, 0)
    if scores is None:
        scores = drawn_scores(ranking, number, ranking.draw_seed if seed is None else seed)
    counts = np.zeros(len(ranking.candidates), dtype=np.int64)
    without_head = without_selection = unended = done = 0
    granted: list[int] = []
    batches = [
        (scores[at : at + _BATCH], None if received is None else tuple(received[at : at + _BATCH]))
        for at in range(0, number, _BATCH)
    ]
    for batch in _selected(ranking.candidates, rules, batches, processes, work):
        counts += batch.retained
        without_head += batch.without_head
        without_selection += batch.without_selection
        unended += batch.unended
        granted += batch.granted
        done = min(done + _BATCH, number)
        if progress is not None:
            progress(done, number)
    names = [candidate.id for candidate in ranking.candidates]
    retained = dict(zip(names, counts.tolist(), strict=True))
    return Draws(number, retained, without_head, unended, without_selection, tuple(granted))


def draw_part(
    ranking: Ranking,
    rules: Rules,
    *,
    number: int,
    start: int,
    end: int,
    progress: Progress | None = None,
    work: int = 1,
) -> Counted:
    """Of `number` draws those from `start` to before `end`. The parts of all draws, added, are what `draw_selections`
    counts."""
    scores = drawn_scores(ranking, number, ranking.draw_seed)[start:end]
    counts = np.zeros(len(ranking.candidates), dtype=np.int64)
    without_head = unended = 0
    system = compile_system(ranking.candidates, rules)
    for at in range(0, len(scores), _BATCH):
        batch = select_batch(system, scores[at : at + _BATCH], work)
        counts += batch.retained
        without_head += batch.without_head
        unended += batch.unended
        if progress is not None:
            progress(min(at + _BATCH, len(scores)), len(scores))
    return Counted(counts, without_head, unended)


def drawn_scores(ranking: Ranking, number: int, seed: str) -> Scores:
    """Drawn worths of the candidates in ten-thousandths: `number` x candidates, in rank order.

    NumPy's Philox generator is keyed by SHA-256 of the seed text; numbers are taken for reviews and reviewers, then
    applications, all sorted by id, so that neither row order nor rank matters.
    """
    key = int.from_bytes(hashlib.sha256(f"{seed}:draws".encode()).digest()[:16], "big")
    generator = np.random.Generator(np.random.Philox(key=key))
    chosen = {candidate.id for candidate in ranking.candidates}
    scored = [standing for standing in ranking.standings if standing.id in chosen]
    return drawn_worths(scored, ranking.calibration, ranking.worths, ranking.method, generator, number)


Batch = tuple[Scores, Sequence[int] | None]
"""The drawn scores of some draws, and the cents that another lot left in each (None: no lot leaves any)."""


def _selected(
    candidates: Sequence[Candidate], rules: Rules, batches: Sequence[Batch], processes: int, work: int
) -> Iterator[Counted]:
    """The answer to each batch, in order."""
    if processes <= 1 or len(batches) == 1:
        system = compile_system(candidates, rules)
        for batch in batches:
            yield select_batch(system, batch[0], work, batch[1])
        return
    pool = ProcessPoolExecutor(
        max_workers=min(processes, len(batches)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_process,
        initargs=(tuple(candidates), rules, work),
    )
    others = set(multiprocessing.active_children())
    try:
        with deaf_children():
            waiting: list[Future[Counted]] = [pool.submit(_in_process, batch) for batch in batches]
        for future in waiting:
            yield future.result()
    finally:  # all is done, or nobody wants the rest any more: leaving a pool would wait for what it has begun
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


_process_problem: list[tuple[System, int]] = []


def _start_process(candidates: Sequence[Candidate], rules: Rules, work: int) -> None:
    """Hand a fresh process its problem once, instead of with each batch."""
    _process_problem[:] = [(compile_system(candidates, rules), work)]


def _in_process(batch: Batch) -> Counted:
    system, work = _process_problem[0]
    return select_batch(system, batch[0], work, batch[1])
