"""The draws of the parts of a run: lots that are calibrated together share their reviewers, and one leaves money to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from aap.core.call.lots import following
from aap.core.call.schema import CallFile
from aap.core.ranking.by_part import in_turn
from aap.core.ranking.draws import Draws, Scores, draw_selections, drawn_scores
from aap.core.ranking.parts import Part, pooled
from aap.core.ranking.ranking import Ranking
from aap.core.selection.rules import rules_of


def draw_parts(
    call: CallFile,
    parts: Sequence[Part],
    rankings: Sequence[Ranking],
    *,
    number: int,
    processes: int,
    work: int,
    progress: Callable[[int, int], None],
) -> list[Draws]:
    """The draws of each part. In one draw a reviewer has one effect in all lots that are calibrated together, and what a
    lot leaves is what it leaves in that draw."""
    scores = _scores(parts, rankings, number)
    next_of = following(call)
    received: dict[str, Sequence[int]] = {}
    found: dict[int, Draws] = {}
    for turn, at in enumerate(in_turn(call, parts)):
        part, ranking = parts[at], rankings[at]
        rules = rules_of(part.given.call)
        drawn = draw_selections(
            ranking,
            rules,
            number=number,
            processes=processes,
            work=work,
            progress=partial(_further, progress, turn * number, len(parts) * number),
            scores=scores[at],
            received=received.get(part.id),
        )
        if part.id in next_of and rules.budget is not None:
            granted = drawn.granted or (0,) * number
            got = received.get(part.id, (0,) * number)
            received[next_of[part.id]] = [rules.budget + more - less for more, less in zip(got, granted, strict=True)]
        found[at] = drawn
    return [found[at] for at in range(len(parts))]


def _further(progress: Callable[[int, int], None], before: int, total: int, done: int, _of: int) -> None:
    """The progress of one part as that of all."""
    progress(before + done, total)


def _scores(parts: Sequence[Part], rankings: Sequence[Ranking], number: int) -> dict[int, Scores]:
    """Part → its candidates' drawn scores."""
    together: dict[str, list[int]] = {}
    for at, part in enumerate(parts):
        together.setdefault(part.calibration, []).append(at)
    found: dict[int, Scores] = {}
    for name, places in together.items():
        pool = pooled([rankings[at] for at in places])
        # Each calibration its own chance; one for all lots, and none, has that of the call.
        seed = pool.draw_seed if len(together) == 1 else f"{pool.draw_seed}:{name}"
        drawn = drawn_scores(pool, number, seed)
        start = 0
        for at in places:
            end = start + len(rankings[at].candidates)
            found[at] = drawn[:, start:end]
            start = end
    return found
