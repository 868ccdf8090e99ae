"""How many points more an application would have needed, by selecting again. On demand: about five selections.

Everything else stays: the other scores, the mean marks that settle ties, the amounts, the jury's decisions. More points
never take a retained candidate's place away (`docs/selection.md` has the proof), so the search halves the scale. Nor does
the protected head: where the candidate's entering it is more than the rules can bear, no fewer points were enough. Where to
look first comes from a few questions that don't depend on how many points are added: in `value` the greatest sums with and
without the candidate, in `merit` the last place at which it would still be kept.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction
from math import ceil

from aap.core import french
from aap.core.call.points import in_points
from aap.core.call.schema import CallFile, Rubric
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.standing import OVERALL, Standing
from aap.core.ranking.tie_break import rank_key
from aap.core.scoring.criteria import bonus_of
from aap.core.scoring.totals import UNIT, on_hundred, ten_thousandths
from aap.core.selection.draw_zone import second_walk
from aap.core.selection.model import free_columns, maximise
from aap.core.selection.problem import Candidate
from aap.core.selection.rows import System, compile_system
from aap.core.selection.rules import rules_of
from aap.core.selection.solving import solve_selection
from aap.core.selection.value import best_by_value
from aap.core.selection.work import OutOfWork


def _highest(rubric: Rubric) -> int:
    """The highest score that marks can give, x 10,000: nobody is asked for more."""
    return ten_thousandths(100 + bonus_of(rubric))


class NothingToGain(ValueError):
    """The application is retained, or no score would put it among the candidates."""


def points_needed(call: CallFile, ranking: Ranking, application_id: str, received: int = 0) -> int | None:
    """The fewest points (x 10,000) with which the application is retained; None where the highest score would not be enough.

    For a candidate that was passed over, and for who misses the overall threshold alone. `ranking` is `call`'s.
    `received`: cents that another lot left to this one, whose call `call` then is.

    Raises NothingToGain for all others, KeyError for an unknown application, OutOfWork where the work is not enough.
    """
    by_id = {standing.id: standing for standing in ranking.standings}
    standing = by_id[application_id]
    below = standing.place == "below_threshold" and standing.missed == OVERALL
    if standing.place != "candidate" and not below:
        raise NothingToGain(application_id)
    assert standing.score is not None
    trial = _Trial(call, ranking, by_id, standing, received)
    least = 1
    if below:
        assert call.rubric.threshold is not None
        least = ten_thousandths(on_hundred(call.rubric.threshold, call.rubric)) - standing.score
    elif trial.retained(0):
        raise NothingToGain(application_id)
    most = _highest(call.rubric) - standing.score
    return _least(trial.retained, least, most, trial.guess()) if trial.retained(most) else None


def in_words(points: int | None, rubric: Rubric) -> str:
    """The answer as a French sentence, in the points of the call: rounded up to 4 decimals, they are still enough."""
    if points is None:
        highest = in_points(Fraction(_highest(rubric), UNIT), rubric)
        return (
            f"Aucune note, même de {french.plain(highest)}{french.NBSP}{_points(highest)}, n’aurait suffi{french.NBSP}: les "
            "autres règles de l’appel ne le permettaient pas."
        )
    value = Fraction(ceil(in_points(Fraction(points, UNIT), rubric) * UNIT), UNIT)
    return (
        f"Avec {french.plain(value)}{french.NBSP}{_points(value)} de plus, toutes choses égales par ailleurs, ce projet "
        "aurait été retenu."
    )


def _points(value: Fraction) -> str:
    return "points" if french.is_plural(value) else "point"


def _least(holds: Callable[[int], bool], least: int, enough: int, guess: int | None) -> int:
    """The smallest number from `least` that holds, `enough` being one; `guess` is looked at first."""
    middle = guess
    while least < enough:
        if middle is None or not least <= middle < enough:
            middle = (least + enough) // 2
        if holds(middle):
            enough, middle = middle, middle - 1 if middle == guess else None
        else:
            least, middle = middle + 1, None
    return enough


class _Trial:
    """The selection with some points more for one application."""

    def __init__(
        self, call: CallFile, ranking: Ranking, by_id: dict[str, Standing], standing: Standing, received: int
    ) -> None:
        self.rules = dataclasses.replace(rules_of(call), received=received)
        self.rubric = call.rubric
        self.seed = ranking.draw_seed
        self.standing = standing
        self.others = [candidate for candidate in ranking.candidates if candidate.id != standing.id]
        self.keys = [rank_key(by_id[candidate.id], call.rubric, ranking.draw_seed) for candidate in self.others]
        assert standing.score is not None
        self.own = next(
            (candidate for candidate in ranking.candidates if candidate.id == standing.id),
            Candidate(standing.id, standing.score, standing.grant, standing.application.attributes),
        )

    def place(self, more: int) -> int:
        """How many candidates rank before it."""
        raised = dataclasses.replace(self.standing, score=self.own.score + more)
        return bisect_left(self.keys, rank_key(raised, self.rubric, self.seed))

    def retained(self, more: int) -> bool:
        at = self.place(more)
        raised = dataclasses.replace(self.own, score=self.own.score + more)
        walked = second_walk([*self.others[:at], raised, *self.others[at:]], self.rules)
        solved = solve_selection(walked.system)
        if solved is not None and not solved.proven:
            raise OutOfWork(solved.retained, None)
        return solved is not None and bool(solved.retained[walked.order.index(at)])

    def guess(self) -> int | None:
        """How many points more are likely to be enough, and no fewer; None where nothing says so."""
        system = compile_system([*self.others, dataclasses.replace(self.own, score=0)], self.rules)
        return self._by_place(system) if self.rules.mode == "merit" else self._by_sums(system)

    def _by_sums(self, system: System) -> int | None:
        """The greatest sum without the candidate, less what the others are worth with it: the head aside, ties aside."""
        last = system.size - 1
        sums = []
        for inside in (0, 1):
            fixed = free_columns(system.size, system.imposed | system.protected)
            fixed[last] = inside
            best = best_by_value(system.rows, system.worth, fixed, ties=False)
            if best is None:
                return None
            sums.append(best.total)
        return sums[0] - sums[1] - self.own.score

    def _by_place(self, system: System) -> int | None:
        """The points that lead to the last place at which the candidate can stand beside everybody kept before it."""
        last = system.size - 1
        walked = solve_selection(system)
        if walked is None:
            return None

        def kept(place: int) -> bool:
            fixed = free_columns(system.size, system.imposed)
            fixed[:place] = walked.retained[:place]
            fixed[last] = 1
            return maximise(system.rows, system.worth * 0, fixed).retained is not None

        if not kept(0):
            return None
        place = last - _least(lambda before: kept(last - before), 0, last, None)
        return _least(lambda more: self.place(more) <= place, 0, _highest(self.rubric) - self.own.score, None)
