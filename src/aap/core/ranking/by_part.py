"""Ranking and selection of the parts of a run: alike in each, but for what lots share and leave to each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from aap.core.call.canonical import rubric_hash
from aap.core.call.lots import following, in_spilling_order
from aap.core.call.schema import CallFile
from aap.core.ranking.counted_reviews import reviews_of
from aap.core.ranking.parts import Part, pooled
from aap.core.ranking.ranking import Ranking, rank
from aap.core.ranking.standing import StoredScores
from aap.core.ranking.worth import Worths, worths_of
from aap.core.scoring.severity import calibrate
from aap.core.scoring.totals import Review
from aap.core.selection.outcome import InfeasibleRules, SelectionOutcome
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.rules import rules_of

Select = Callable[[Sequence[Candidate], Rules], SelectionOutcome]


def rank_parts(
    call: CallFile,
    parts: Sequence[Part],
    draw_seed: str | None,
    *,
    stored: Mapping[str, StoredScores] | None = None,
) -> tuple[Ranking, ...]:
    """The ranking of each part; lots that mark alike are calibrated together. Raises what `rank` raises."""
    reviews = [reviews_of(part.given) for part in parts]
    together: dict[str, list[Review]] = {}
    for part, own in zip(parts, reviews, strict=True):
        together.setdefault(part.calibration, []).extend(own)
    calibrations = {name: calibrate(shared) for name, shared in together.items()}
    rankings = [
        rank(
            part.given.call,
            part.given.applications,
            own,
            part.given.decisions,
            draw_seed,
            stored=stored,
            calibration=calibrations[part.calibration],
            rules_hash=rubric_hash(call),
            summaries=part.given.summaries,
        )
        for part, own in zip(parts, reviews, strict=True)
    ]
    worths: dict[str, Worths] = {}
    for name, calibration in calibrations.items():
        pool = pooled([one for part, one in zip(parts, rankings, strict=True) if part.calibration == name])
        worths[name] = (
            worths_of(pool.standings, calibration, pool.method) if calibration.severities else Worths(0.0, 0.0)
        )
    return tuple(
        dataclasses.replace(one, worths=worths[part.calibration]) for part, one in zip(parts, rankings, strict=True)
    )


def select_parts(
    call: CallFile, parts: Sequence[Part], rankings: Sequence[Ranking], select: Select
) -> list[tuple[Rules, SelectionOutcome]]:
    """The rules of each part, with what another lot left to it, and its selection.

    Raises InfeasibleRules with the lot whose rules can't all hold, and what `select` raises.
    """
    next_of = following(call)
    received: dict[str, int] = {}
    found: dict[int, tuple[Rules, SelectionOutcome]] = {}
    for at in in_turn(call, parts):
        part = parts[at]
        rules = dataclasses.replace(rules_of(part.given.call), received=received.get(part.id, 0))
        try:
            outcome = select(rankings[at].candidates, rules)
        except InfeasibleRules as refusal:
            raise InfeasibleRules(
                refusal.conflict, refusal.values, refusal.smallest_proven, refusal.irreducible, part.id
            ) from None
        if part.id in next_of and rules.limit is not None:
            received[next_of[part.id]] = rules.limit - outcome.granted
        found[at] = rules, outcome
    return [found[at] for at in range(len(parts))]


def in_turn(call: CallFile, parts: Sequence[Part]) -> list[int]:
    """The places of the parts, each after the one that leaves it money."""
    order = in_spilling_order(call)
    return sorted(range(len(parts)), key=lambda at: order.index(parts[at].id) if order else at)
