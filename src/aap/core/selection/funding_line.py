"""`merit` with a funding line: in order until the count or the budget ends it, below it only who a minimum needs.

The line is the first application that the walk passes over and that would be retained if neither count nor budget bound
(a maximum of a quota passes one over and draws no line). After it: of the feasible selections that contain everyone
retained above, one with the fewest after it, then the lexicographically best by rank.

`reduce` offers the application at the line the largest whole amount in euros below its grant with which a feasible
selection contains it and everyone above. Every row is linear in that amount, so its binary digits are columns of one
integer problem; halving would be wrong, for under a `min_share` a lower amount may be impossible where a larger is not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from aap.core.selection.equal_sums import CHUNK, weights_by_rank
from aap.core.selection.merit import best_by_merit
from aap.core.selection.model import Fixed, free_columns, maximise, reduce_rows
from aap.core.selection.outcome import SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Retained, Row, System, compile_system, make_row

LIMITS = frozenset({"laureates", "budget"})
_EURO = 100
_OFFER = RuleRef("budget", "offer")
_FEWEST = RuleRef("laureates", "after the line")

Parts = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class ReducedGrant:
    """What the application at the line is offered, in cents, and the system with that grant."""

    amount: int
    system: System


@dataclass(frozen=True, slots=True, eq=False)
class ToTheLine:
    """The walk down to the funding line, and what stands after it.

    `line`: column of the application at the line, None where nobody met it. `witness`: a selection that keeps every
    rule at the original grants and holds everyone whom the walk retained above the line. `retained`: the selection
    (with `offer`, at the grants of its system).
    """

    retained: Retained
    witness: Retained
    line: int | None
    offer: ReducedGrant | None = None


def best_to_the_line(system: System, removed: Parts = frozenset(), known: ToTheLine | None = None) -> ToTheLine | None:
    """The selection with `at_limit: stop | reduce`, some quota parts left out; None where no selection is feasible.

    `known`: the walk with more rules, which this one follows as long as nobody enters whom it passed over.
    """
    rows = system.rows_without(removed)
    imposed = free_columns(system.size, system.imposed)
    walked = _walk(rows, imposed, known)
    if walked is None:
        return None
    witness, line = walked
    if line is None:
        return ToTheLine(witness, witness, None)
    above = witness | system.imposed
    above[line:] = system.imposed[line:]
    offer = _offer(system, removed, above, line) if system.rules.at_limit == "reduce" else None
    if offer is not None:
        above[line] = True
        rows = offer.system.rows_without(removed)
    if all(row.holds(above) for row in rows) and (offer is None or above[:line].all()):
        return ToTheLine(above, witness, line, offer)  # nobody is needed after it
    return ToTheLine(_fewest_after(rows, above, line), witness, line, offer)


def first_line(system: System) -> int | None:
    """The column of the application at the line; None where nobody meets it or no selection is feasible."""
    walked = _walk(system.rows, free_columns(system.size, system.imposed))
    return None if walked is None else walked[1]


def _walk(rows: Sequence[Row], fixed: Fixed, known: ToTheLine | None = None) -> tuple[Retained, int | None] | None:
    """A feasible selection with everyone retained above the line, and the line; None where no selection is feasible.

    As in `best_by_merit`, 24 are settled at a time by weights, and more at once as long as all can stay; but the walk
    ends at the line. `known`, the walk with more rules: each whom it passed over is asked about until one enters.
    """
    size = len(fixed)
    imposed = fixed == 1
    unlimited = [row for row in rows if row.rule.kind not in LIMITS]
    settled, stride = 0, CHUNK
    if known is not None and not _is_far(known):
        witness = known.witness
        fixed = fixed.copy()
        for column in range(size if known.line is None else known.line + 1):
            settled = column + 1
            fixed[column] = 1
            if witness[column]:
                continue
            found = maximise(rows, np.zeros(size, np.int64), fixed).retained
            if found is not None:
                witness = found
                break
            fixed[column] = 0
            if _would_stay(unlimited, imposed, witness, column):
                return witness, column
    else:
        found = maximise(rows, np.zeros(size, np.int64), fixed).retained
        if found is None:
            return None
        witness = found
    while True:
        reduced = reduce_rows(rows, fixed)
        if reduced is None:
            raise SelectionError("the walk lost its witness")
        fixed = reduced.fixed
        while settled < size and (fixed[settled] != -1 or witness[settled]):
            if fixed[settled] == -1:
                fixed[settled] = 1
            if fixed[settled] == 0 and _would_stay(unlimited, imposed, witness, settled):
                return witness, settled
            settled += 1
        if settled == size:
            return witness, None
        ahead = np.flatnonzero(fixed[settled:] == -1)[:stride] + settled
        if stride > CHUNK:
            inside = fixed.copy()
            inside[ahead] = 1
            found = maximise(rows, np.zeros(size, np.int64), inside).retained
            if found is not None:
                witness, fixed, stride = found, inside, 2 * stride
                continue
            ahead, stride = ahead[:CHUNK], CHUNK
        found = maximise(rows, weights_by_rank(size, ahead), fixed).retained
        if found is None:
            raise SelectionError("the walk lost its witness")
        witness = found
        fixed[ahead] = witness[ahead]
        if witness[ahead].all():
            stride = 2 * CHUNK


def _is_far(known: ToTheLine) -> bool:
    """Whether asking about each whom a walk passed over costs more than walking again."""
    end = len(known.witness) if known.line is None else known.line
    return end - int(known.witness[:end].sum()) > CHUNK


def _would_stay(unlimited: Sequence[Row], imposed: Retained, witness: Retained, column: int) -> bool:
    """Whether a selection without count and budget holds it with everybody retained before it."""
    inside = imposed.copy()
    inside[:column] |= witness[:column]
    inside[column] = True
    if all(row.holds(inside) for row in unlimited):
        return True
    return maximise(unlimited, np.zeros(len(inside), np.int64), free_columns(len(inside), inside)).retained is not None


def _fewest_after(rows: Sequence[Row], above: Retained, line: int) -> Retained:
    """Everyone above and the fewest after the line, of those the lexicographically best by rank.

    Whom the walk passed over above the line stays out, but where a reduced grant makes room for it.
    """
    size = len(above)
    after = np.zeros(size, np.int64)
    after[line + 1 :] = 1
    fixed = free_columns(size, above)
    fewest = maximise(rows, -after, fixed).retained
    if fewest is None:
        raise SelectionError("the selection above the line lost its witness")
    number = int(after[fewest].sum())
    few = make_row(_FEWEST, dict.fromkeys(range(line + 1, size), 1), number)
    best = best_by_merit([*rows, few], fixed, fewest)
    if best is None:
        raise SelectionError("the selection after the line lost its witness")
    return best


def _offer(system: System, removed: Parts, above: Retained, line: int) -> ReducedGrant | None:
    """The largest amount that can be offered at the line, if it is at least the share that the call asks for."""
    grant = system.candidates[line].grant
    assert system.rules.reduce_to is not None
    least = max(1, ceil(system.rules.reduce_to * Fraction(grant, _EURO)))
    most = ceil(Fraction(grant, _EURO)) - 1
    if least > most:
        return None
    smallest = _at(system, line, least * _EURO)
    slopes = _slopes(system, removed, line)
    digits = (most - least).bit_length()
    size = system.size
    columns = {size + place: 1 << place for place in range(digits)}
    widened = [
        make_row(
            row.rule,
            dict(zip(row.columns.tolist(), (int(value) for value in row.coefficient), strict=True))
            | {column: slope * weight for column, weight in columns.items()},
            row.bound,
        )
        for row, slope in zip(smallest.rows_without(removed), slopes, strict=True)
    ]
    widened.append(make_row(_OFFER, columns, most - least))
    objective = np.zeros(size + digits, np.int64)
    objective[size:] = list(columns.values())
    fixed = free_columns(size + digits)
    fixed[:size][above] = 1
    fixed[line] = 1
    found = maximise(widened, objective, fixed).retained
    if found is None:
        return None
    amount = (least + int(objective[found].sum())) * _EURO
    return ReducedGrant(amount, _at(system, line, amount))


def _slopes(system: System, removed: Parts, line: int) -> list[int]:
    """For each row, what a euro more for the application at the line adds to its coefficient."""
    bare = _at(system, line, 0).rows_without(removed)
    richer = _at(system, line, _EURO).rows_without(removed)
    return [_coefficient(two, line) - _coefficient(one, line) for one, two in zip(bare, richer, strict=True)]


def _coefficient(row: Row, column: int) -> int:
    return int(row.coefficient[row.columns == column].sum())


def _at(system: System, line: int, grant: int) -> System:
    """The system with another grant for one candidate."""
    candidates = list(system.candidates)
    candidates[line] = dataclasses.replace(candidates[line], grant=grant)
    return compile_system(candidates, system.rules)
