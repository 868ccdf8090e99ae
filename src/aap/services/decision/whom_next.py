"""Whom the rules of the frozen run name once money or a place is free: one answer for who calls the waiting list and for
what a correction would do, and the one that `aap verify` gives of the changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from aap.core.ranking.later_list import as_granted
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.replacement import EntriesAfter, entries, largest_grant
from aap.core.selection.rules import rules_of
from aap.records.rankings import RankingRun
from aap.services.ranking.trials import grants_reduced_by_the_line, ranked_candidates, run_content


@dataclass(frozen=True)
class RaisedGrant:
    """The first laureate by rank whose reduced grant can be raised. Cents: `to`, what it would have without the line
    (`full`), what is then left of the budget (None without a limit)."""

    reference: str
    to: int
    full: int
    left: int | None


@dataclass(frozen=True)
class WhomNext:
    """`raises` comes before anybody is called. `called`: the one whom the rules name, None where no place is free, a
    grant is raised first, or nobody's entry keeps every rule. `grants`: what each candidate has or would have, in cents.
    """

    raises: RaisedGrant | None
    called: str | None
    entering: EntriesAfter
    grants: Mapping[str, int]


def whom_next(
    run: RankingRun, *, granted: Mapping[str, int], waiting: Sequence[str], gone: Collection[str], places: int
) -> WhomNext:
    """From a list, by references. `granted` in cents; `waiting` in their order; `gone`: laureates once, who are candidates
    no more; `places`: that they left and nobody took."""
    rules = rules_of(run_content(run).given.call)
    candidates = as_granted(ranked_candidates(run), granted)
    entering = entries(candidates, rules, granted, waiting, gone)
    raises = _raised_first(run, rules, candidates, granted, gone)
    called = entering.enters if places > 0 and raises is None else None
    return WhomNext(raises, called, entering, {one.id: one.grant for one in candidates})


def _raised_first(
    run: RankingRun, rules: Rules, candidates: Sequence[Candidate], granted: Mapping[str, int], gone: Collection[str]
) -> RaisedGrant | None:
    """A grant that was cut since is not among them: its decision says why."""
    reduced = grants_reduced_by_the_line(run)
    for candidate in candidates:
        name = candidate.id
        first, full = reduced.get(name, (0, 0))
        if name not in granted or name not in reduced or not first <= granted[name] < full:
            continue
        to = largest_grant(candidates, rules, set(granted), name, full, gone)
        if to > granted[name]:
            total = sum(granted.values()) - granted[name] + to
            return RaisedGrant(name, to, full, None if rules.budget is None else rules.budget - total)
    return None
