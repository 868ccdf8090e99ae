"""What happens if: another budget, another number, the other mode, on the scores of a kept run. Nothing is stored."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from aap.core.ranking.bundle import rankings_of
from aap.core.ranking.bundle_reading import BundleContent, read_bundle
from aap.core.ranking.counterfactual import NothingToGain
from aap.core.ranking.counterfactual import points_needed as core_points_needed
from aap.core.ranking.later_list import as_granted, first_list, reduced_grants
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.report_figures import score_number
from aap.core.results import ResultRow
from aap.core.scoring.totals import UNIT
from aap.core.selection.conflicts import smallest_conflict
from aap.core.selection.draw_zone import SecondWalk, second_walk
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.rules import rules_of
from aap.core.selection.solving import Solved, solve_selection
from aap.core.selection.work import OutOfWork, allowance
from aap.records.rankings import RankingRun
from aap.services.errors import InvalidInput, Objection, RulesConflict

Way = Literal["value", "skip", "stop", "reduce"]
"""How laureates are chosen: the greatest sum, or down the ranking with what happens where money or places run out."""

WORK_OF_A_TRIAL = 1_000
"""Nodes that the solver may take while a page is waited for: a second or two at most."""


@dataclass(frozen=True)
class Wish:
    """What is tried instead of the call's rules; None keeps the rule. `budget` in euros, None with `no_budget`."""

    way: Way | None = None
    laureates: int | None = None
    budget: Decimal | None = None
    protect_top: int | None = None
    without: frozenset[str] = frozenset()  # ids of quotas left out


@dataclass(frozen=True)
class Scenario:
    """A selection under some rules. Amounts in cents; `total_score` in points; `last_rank`: of the last retained.

    `line`: rank of the application at the funding line; `drawn`: places that the public draw gives.
    """

    way: Way
    laureates: int | None
    budget: int | None
    retained: tuple[str, ...]
    granted: int
    total_score: int | float
    mean_score: Decimal | None
    last_rank: int | None
    passed_over: int  # not retained, though ranked before the last retained
    line: int | None
    drawn: int
    quotas: tuple[tuple[str, str, int], ...]  # id, value, laureates
    proven: bool = True  # else the best that was found with the work of a trial


@dataclass(frozen=True)
class Comparison:
    """Two scenarios, and who enters or leaves from the first to the second, in rank order."""

    first: Scenario
    second: Scenario
    enters: tuple[ResultRow, ...]
    leaves: tuple[ResultRow, ...]


@lru_cache(maxsize=4)
def bundle_content(bundle: str) -> BundleContent:
    """What a kept run was computed from, and its tables, of its bundle's text."""
    return read_bundle(json.loads(bundle))


@lru_cache(maxsize=4)
def _ranked(bundle: str) -> tuple[BundleContent, Ranking]:
    """The inputs of a kept run, ranked again from its stored scores."""
    content = bundle_content(bundle)
    [(_, ranking)] = rankings_of(content)  # a call with lots isn't run here
    return content, ranking


def ranked(run: RankingRun) -> tuple[BundleContent, Ranking]:
    """What a kept run was computed from, and its ranking from the stored scores."""
    return _ranked(run.bundle)


def run_content(run: RankingRun) -> BundleContent:
    """What a kept run was computed from, and its tables."""
    return bundle_content(run.bundle)


def only_successors(run: RankingRun) -> frozenset[str]:
    """Who waits only to take a laureate's place, not by rank: references."""
    content, ranking = _ranked(run.bundle)
    named, told = (content.ranking.header.index(name) for name in ("application_id", "status"))
    status = {row[named]: row[told] for row in content.ranking.rows}
    passed = [one.id for one in ranking.candidates if status[one.id] != "laureate"]
    after = passed[rules_of(content.given.call).waiting_list :]
    return frozenset(name for name in after if status[name] == "waiting_list")


def ranked_candidates(run: RankingRun) -> tuple[Candidate, ...]:
    """The candidates of a kept run in the order of its ranking, with what each was or would be granted."""
    content, ranking = _ranked(run.bundle)
    return tuple(as_granted(ranking.candidates, first_list(content.ranking).granted))


def grants_reduced_by_the_line(run: RankingRun) -> dict[str, tuple[int, int]]:
    """Reference → what a kept run granted and what it would have without its funding line, in cents."""
    content, ranking = _ranked(run.bundle)
    first = first_list(content.ranking)
    return {name: (first.granted[name], own) for name, own in reduced_grants(ranking, first).items()}


def compare(run: RankingRun, rows: Mapping[str, ResultRow], wish: Wish) -> Comparison:
    """The run's own rules against the wish. `rows`: the run's by reference, as who tries may read them.

    Raises RulesConflict, InvalidInput.
    """
    content, ranking = _ranked(run.bundle)
    rules = rules_of(content.given.call)
    first = _scenario(ranking, rules)
    second = _scenario(ranking, _changed(rules, wish))
    return Comparison(
        first=first,
        second=second,
        enters=tuple(rows[name] for name in second.retained if name not in set(first.retained)),
        leaves=tuple(rows[name] for name in first.retained if name not in set(second.retained)),
    )


def way_of(rules: Rules) -> Way:
    """How these rules choose."""
    return "value" if rules.mode == "value" else rules.at_limit


def ways_of(rules: Rules) -> tuple[Way, ...]:
    """The ways that can be tried: what is left is offered only where the call says down to which share."""
    return ("value", "skip", "stop") if rules.reduce_to is None else ("value", "skip", "stop", "reduce")


def _changed(rules: Rules, wish: Wish) -> Rules:
    budget = rules.budget if wish.budget is None else int(wish.budget * 100)
    way = wish.way or way_of(rules)
    return dataclasses.replace(
        rules,
        mode="value" if way == "value" else "merit",
        at_limit=rules.at_limit if way == "value" else way,
        laureates=rules.laureates if wish.laureates is None else wish.laureates,
        budget=budget,
        protect_top=rules.protect_top if wish.protect_top is None else wish.protect_top,
        quotas=tuple(quota for quota in rules.quotas if quota.id not in wish.without),
    )


def _solved(ranking: Ranking, rules: Rules) -> tuple[SecondWalk, Solved]:
    with allowance(WORK_OF_A_TRIAL):
        try:
            walked = second_walk(ranking.candidates, rules)
            solved = solve_selection(walked.system)
        except ValueError as error:
            raise InvalidInput({"": Objection("ranking.rules_not_triable")}) from error
        except OutOfWork as error:
            raise InvalidInput({"": Objection("ranking.nothing_found")}) from error
        if solved is None:
            raise RulesConflict(smallest_conflict(walked.system).names)
    return walked, solved


def _kept(walked: SecondWalk, solved: Solved) -> tuple[Candidate, ...]:
    columns = zip(solved.granting(walked.system).candidates, solved.retained.tolist(), strict=True)
    return tuple(one for one, inside in columns if inside)


def _scenario(ranking: Ranking, rules: Rules) -> Scenario:
    walked, solved = _solved(ranking, rules)
    system, kept = walked.system, list(_kept(walked, solved))
    ranks = {standing.id: standing.rank for standing in ranking.standings if standing.rank is not None}
    line = None if solved.walk is None or solved.walk.line is None else system.candidates[solved.walk.line].id
    drawn = 0
    if walked.zone is not None:
        line = ranking.candidates[walked.zone.line].id
        inside = {ranking.candidates[column].id for column in walked.zone.members}
        drawn = sum(one.id in inside and not one.imposed for one in kept)
    kept.sort(key=lambda one: ranks[one.id])
    last = max((ranks[one.id] for one in kept), default=None)
    before = 0 if last is None else sum(ranks[one.id] <= last for one in ranking.candidates)
    total = sum(one.score for one in kept)
    return Scenario(
        way=way_of(rules),
        laureates=rules.laureates,
        budget=rules.budget,
        retained=tuple(one.id for one in kept),
        granted=sum(one.grant for one in kept),
        total_score=score_number(total),
        mean_score=Decimal(total) / len(kept) / UNIT if kept else None,
        last_rank=last,
        passed_over=before - len(kept),
        line=None if line is None else ranks[line],
        drawn=drawn,
        quotas=tuple((part.quota.id, part.value, part.count(solved.retained)) for part in system.parts),
        proven=solved.proven,
    )


def ask_points_needed(run: RankingRun, reference: str) -> int | None:
    """The fewest points (ten-thousandths) with which an application that is not retained is, all else equal.

    None where no score would be enough. By solving again: seconds in a big call.

    Raises InvalidInput for who is retained, or would be no candidate with any score.
    """
    content, ranking = _ranked(run.bundle)
    try:
        with allowance(WORK_OF_A_TRIAL):
            return core_points_needed(content.given.call, ranking, reference)
    except OutOfWork as error:
        raise InvalidInput({"": Objection("ranking.points_unknown")}) from error
    except KeyError as error:
        raise InvalidInput({"": Objection("ranking.not_ranked")}) from error
    except NothingToGain as error:
        place = next(standing.place for standing in ranking.standings if standing.id == reference)
        if place == "candidate":
            raise InvalidInput({"": Objection("ranking.retained_already")}) from error
        raise InvalidInput({"": Objection("ranking.no_candidate")}) from error
