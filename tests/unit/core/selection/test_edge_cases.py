"""The corners of the rules, one fact each, both modes where they agree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from aap.core.quotas.bounds import MostShare
from aap.core.selection.outcome import InfeasibleRules, SelectionOutcome
from aap.core.selection.problem import QuotaRule, Rules
from aap.core.selection.replacement import replacement
from aap.core.selection.select import select
from tests.unit.core.selection.small_problems import Problem, problem

MODES = pytest.mark.parametrize("mode", ["value", "merit"])
THREE = [("a", 80, 1000), ("b", 70, 1000), ("c", 60, 1000)]


def selected(given: Problem, **options: Any) -> SelectionOutcome:
    return select(given.candidates, given.core_rules, **options)


def codes(outcome: SelectionOutcome) -> dict[str, str]:
    return {name: str(reason) for name, reason in outcome.reasons.items()}


def conflict(given: Problem) -> tuple[str, ...]:
    with pytest.raises(InfeasibleRules) as caught:
        selected(given)
    return caught.value.names


@MODES
def test_without_candidates_nobody_is_retained(mode: str) -> None:
    outcome = selected(problem([], mode=mode, laureates=3, budget=100, waiting_list=2))
    assert (outcome.retained, outcome.waiting_list, outcome.objective, outcome.granted) == ((), (), 0, 0)
    assert outcome.proven_optimal
    assert outcome.tie_proven


@MODES
def test_without_any_limit_everybody_is_retained(mode: str) -> None:
    assert selected(problem(THREE, mode=mode)).retained == ("a", "b", "c")


@MODES
def test_no_place_retains_nobody_and_says_so(mode: str) -> None:
    outcome = selected(problem(THREE, mode=mode, laureates=0, waiting_list=2))
    assert outcome.retained == ()
    assert outcome.waiting_list == ("a", "b")
    assert set(codes(outcome).values()) == {"count_reached"}


@MODES
def test_an_empty_budget_still_pays_for_what_costs_nothing(mode: str) -> None:
    outcome = selected(problem([("a", 80, 1), ("b", 70, 0), ("c", 60, "0.01")], mode=mode, budget=0))
    assert outcome.retained == ("b",)
    assert codes(outcome) == {"a": "budget_exhausted", "b": "selected", "c": "budget_exhausted"}


@MODES
def test_a_budget_is_kept_to_the_cent(mode: str) -> None:
    people = [("a", 80, "33.33"), ("b", 70, "66.67")]
    assert selected(problem(people, mode=mode, budget=100_00)).retained == ("a", "b")
    assert selected(problem(people, mode=mode, budget=99_99)).retained == ("a",)


@MODES
def test_scores_of_zero_and_below_count_nothing_but_fill_places_in_rank_order(mode: str) -> None:
    people = [("a", 10, 5), ("b", 0, 5), ("c", -3, 5), ("d", -7, 5)]
    outcome = selected(problem(people, mode=mode, laureates=3))
    assert outcome.retained == ("a", "b", "c")
    assert outcome.objective == 100_000


def test_a_negative_score_is_worth_as_much_as_none() -> None:
    people = [("a", 50, 10), ("b", -1, 10), ("c", -90, 10)]
    outcome = selected(problem(people, laureates=2))
    assert outcome.retained == ("a", "b")
    quota = {"id": "q", "where": {"size": "small"}, "min": 1}
    people = [("a", 50, 10), ("b", -1, 10), ("c", -90, 10, {"size": "small"})]
    outcome = selected(problem(people, laureates=2, quotas=[quota]))
    assert outcome.retained == ("a", "c")
    assert outcome.prices == {"q": 0}
    assert codes(outcome) == {"a": "selected", "b": "quota_min:q", "c": "selected_by_quota:q"}


def test_equal_sums_are_settled_by_the_best_ranked() -> None:
    people = [("a", 60, 3), ("b", 40, 2), ("c", 40, 2), ("d", 20, 1)]
    assert selected(problem(people, budget=4_00)).retained == ("a", "d")  # 80, as b and c
    assert selected(problem(people, budget=2_00)).retained == ("b",)  # 40, as c
    many = [(f"p{number:02d}", 50, 1) for number in range(40)]
    assert selected(problem(many, laureates=25)).retained == tuple(f"p{number:02d}" for number in range(25))


@MODES
def test_a_ten_thousandth_of_a_point_decides(mode: str) -> None:
    people = [("a", "50.0003", 1), ("b", "50.0002", 1), ("c", "50.0001", 1), ("d", 50, 1)]
    assert selected(problem(people, mode=mode, laureates=2)).retained == ("a", "b")


def test_value_gives_up_a_costly_first_and_merit_does_not() -> None:
    people = [("a", 90, 100), ("b", 60, 50), ("c", 50, 50)]
    outcome = selected(problem(people, budget=100_00))
    assert outcome.retained == ("b", "c")
    assert codes(outcome)["a"] == "budget_exhausted"
    outcome = selected(problem(people, budget=100_00, mode="merit"))
    assert outcome.retained == ("a",)
    assert selected(problem(people, budget=100_00, protect_top=1)).retained == ("a",)
    assert selected(problem(people, budget=100_00, protect_top=1, mode="merit")).retained == ("a",)


def test_a_protected_head_larger_than_the_candidates_is_everybody() -> None:
    assert selected(problem(THREE, protect_top=40, budget=300_000)).retained == ("a", "b", "c")
    assert conflict(problem(THREE, protect_top=40, budget=299_999)) == ("budget", "protect_top")


# --- quotas ---------------------------------------------------------------------------------------------------------


@MODES
def test_a_minimum_that_nobody_can_fill_conflicts_alone(mode: str) -> None:
    where = {"id": "rural", "where": {"territory": "rural"}, "min": 1}
    assert conflict(problem(THREE, mode=mode, laureates=2, quotas=[where])) == ("quota:rural",)
    assert selected(problem(THREE, mode=mode, quotas=[{**where, "min": 0}])).retained == ("a", "b", "c")


@MODES
def test_a_share_of_nothing_granted_is_kept(mode: str) -> None:
    quota = {"id": "petites", "where": {"size": "small"}, "min_share": "0.15"}
    outcome = selected(problem(THREE, mode=mode, quotas=[quota], budget=500_000))
    assert outcome.retained == ()
    assert set(codes(outcome).values()) == {"quota_min:petites"}
    free = [("a", 80, 0), ("b", 70, 0)]
    assert selected(problem(free, mode=mode, quotas=[quota])).retained == ("a", "b")


@MODES
def test_each_over_an_attribute_that_nobody_has_asks_nothing(mode: str) -> None:
    quota = {"id": "par-zone", "each": "zone", "min": 1, "max": 0}
    outcome = selected(problem(THREE, mode=mode, laureates=2, quotas=[quota]))
    assert outcome.retained == ("a", "b")
    assert outcome.quotas == ()
    assert outcome.prices == {"par-zone": 0}


@MODES
def test_each_asks_for_the_values_that_some_candidate_has(mode: str) -> None:
    people = [("a", 80, 1, {"region": "oise"}), ("b", 70, 1, {"region": "oise"}), ("c", 60, 1, {"region": "corse"})]
    outcome = selected(problem(people, mode=mode, laureates=2, quotas=[{"id": "r", "each": "region", "min": 1}]))
    assert outcome.retained == ("a", "c")
    assert codes(outcome)["c"] == "selected_by_quota:r=corse"
    assert [(q.value, q.members, q.count, q.price) for q in outcome.quotas] == [
        ("corse", 1, 1, 100_000),
        ("oise", 2, 1, 100_000),
    ]


@MODES
def test_a_dossier_with_two_values_counts_for_both_and_splits_its_money(mode: str) -> None:
    people = [("a", 80, 100, {"region": "corse|oise"}), ("b", 70, 50, {"region": "oise"})]
    counts = {"id": "r", "each": "region", "max": 1}
    outcome = selected(problem(people, mode=mode, quotas=[counts]))
    assert outcome.retained == ("a",)
    assert codes(outcome)["b"] == "quota_max:r=oise"
    half = {"id": "r", "each": "region", "max_share": "0.5"}
    outcome = selected(problem(people, mode=mode, budget=200_00, quotas=[half]))
    assert outcome.retained == ("a", "b")  # 50 + 50 of 200 for oise
    assert [(q.value, q.money) for q in outcome.quotas] == [("corse", 50_00), ("oise", 100_00)]
    less = {"id": "r", "each": "region", "max_share": "0.4999"}
    assert selected(problem(people, mode=mode, budget=200_00, quotas=[less])).retained == ("a",)


@MODES
def test_a_share_is_of_the_budget_to_the_exact_fraction(mode: str) -> None:
    people = [("a", 80, "33.34", {"size": "small"}), ("b", 70, "33.33", {"size": "small"})]
    quota = {"id": "q", "where": {"size": "small"}, "max_share": "0.3333"}
    # 33.33 % of 100.01 euros is 33.333333 euros: 33.34 is too much, 33.33 is not
    outcome = selected(problem(people, mode=mode, budget=100_01, quotas=[quota]))
    assert outcome.retained == ("b",)
    assert codes(outcome)["a"] == "quota_max:q"


@MODES
def test_a_least_share_is_of_the_money_granted_to_the_cent(mode: str) -> None:
    quota = {"id": "q", "where": {"size": "small"}, "min_share": "0.5"}
    for other, retained in (("0.50", ("a", "b")), ("0.51", ("a",))):
        people = [("a", 80, "0.50", {"size": "small"}), ("b", 70, other)]
        assert selected(problem(people, mode=mode, quotas=[quota])).retained == retained


@MODES
def test_a_least_share_counts_half_of_a_dossier_with_two_values(mode: str) -> None:
    people = [("a", 80, 100, {"region": "corse|oise"}), ("b", 70, 100, {"region": "lot"})]
    for share, retained in (("0.25", ("a", "b")), ("0.3", ("a",))):  # 50 of 200 for corse
        quota = {"id": "q", "where": {"region": "corse"}, "min_share": share}
        assert selected(problem(people, mode=mode, quotas=[quota])).retained == retained


@MODES
def test_shares_of_twelve_decimals_are_exact_beyond_64_bits(mode: str) -> None:
    people = [("a", 80, 10**10, {"size": "small"}), ("b", 70, 10**10)]
    for share, retained in (("0.5", ("a", "b")), ("0.500000000001", ("a",))):
        quota = {"id": "q", "where": {"size": "small"}, "min_share": share}
        assert selected(problem(people, mode=mode, quotas=[quota])).retained == retained


@MODES
def test_several_attributes_must_all_match(mode: str) -> None:
    quota = {"id": "q", "where": {"size": "small", "zone": ["drom", "com"]}, "min": 1}
    people = [
        ("a", 80, 1, {"size": "small", "zone": "metro"}),
        ("b", 70, 1, {"size": "large", "zone": "drom"}),
        ("c", 60, 1, {"size": "small", "zone": "com"}),
    ]
    assert selected(problem(people, mode=mode, laureates=1, quotas=[quota])).retained == ("c",)


@MODES
def test_the_first_quota_in_file_order_names_who_it_lets_in(mode: str) -> None:
    people = [("a", 80, 1), ("b", 60, 1, {"size": "small", "territory": "rural"})]
    small = {"id": "petites", "where": {"size": "small"}, "min_share": "0.5"}
    rural = {"id": "rural", "where": {"territory": "rural"}, "min": 1}
    # both want b, so that without one of them b stays: nobody is retained by a quota
    assert codes(selected(problem(people, mode=mode, laureates=1, quotas=[small, rural])))["b"] == "selected"
    only = codes(selected(problem(people, mode=mode, laureates=1, quotas=[{**rural, "max": 1}])))
    assert only["b"] == "selected_by_quota:rural"


def test_a_price_is_below_zero_only_in_merit() -> None:
    people = [("a", 90, 100, {"size": "large"}), ("b", 60, 50), ("c", 50, 50)]
    quota = {"id": "q", "where": {"size": "large"}, "max": 0}
    merit = selected(problem(people, mode="merit", budget=100_00, quotas=[quota]))
    assert merit.retained == ("b", "c")
    assert merit.prices == {"q": 900_000 - 1_100_000}
    value = selected(problem(people, mode="value", budget=100_00, quotas=[quota]))
    assert value.prices == {"q": 0}


# --- reasons on equal counts ------------------------------------------------------------------------------------------


def test_on_equal_counts_the_budget_is_named_before_a_maximum_and_a_maximum_before_a_minimum() -> None:
    maximum = {"id": "zz-max", "where": {"size": "large"}, "max": 0}
    minimum = {"id": "aa-min", "where": {"territory": "rural"}, "min": 1}
    a, b = ("a", 80, 100, {"size": "large"}), ("b", 40, 50, {"territory": "rural"})
    everything = problem([a, b], laureates=1, budget=50_00, quotas=[minimum, maximum])
    assert codes(selected(everything))["a"] == "budget_exhausted"
    rich = problem([a, b], laureates=1, budget=500_00, quotas=[minimum, maximum])
    assert codes(selected(rich))["a"] == "quota_max:zz-max"


def test_the_rule_broken_by_more_exchanges_is_named_before_the_budget() -> None:
    quota = {"id": "q", "where": {"size": "large"}, "max": 0}
    people = [("a", 50, 80, {"size": "large"}), ("b", 45, 50), ("c", 40, 80)]
    outcome = selected(problem(people, budget=130_00, quotas=[quota]))
    assert outcome.retained == ("b", "c")
    assert codes(outcome)["a"] == "quota_max:q"  # 2 exchanges; the budget is broken by one


def test_of_two_values_the_first_in_the_cell_is_named() -> None:
    quota = {"id": "r", "each": "region", "max": 1}
    for cell, value in (("oise|corse", "oise"), ("corse|oise", "corse")):
        people = [
            ("a", 80, 1, {"region": "corse"}),
            ("b", 70, 1, {"region": "oise"}),
            ("c", 60, 1, {"region": cell}),
        ]
        for mode in ("value", "merit"):
            assert codes(selected(problem(people, mode=mode, quotas=[quota])))["c"] == f"quota_max:r={value}"


def test_where_the_jury_imposed_all_lower_laureates_the_count_is_named() -> None:
    people = [("a", 80, 1), ("b", 60, 1, {}, True)]
    assert codes(selected(problem(people, laureates=1))) == {"a": "count_reached", "b": "jury_in"}


@MODES
def test_each_of_two_minima_names_whom_it_lets_in(mode: str) -> None:
    people = [("a", 80, 1), ("b", 70, 1), ("c", 60, 1), ("d", 50, 1, {"size": "small"}), ("e", 40, 1, {"zone": "com"})]
    quotas = [{"id": "petites", "where": {"size": "small"}, "min": 1}, {"id": "zones", "each": "zone", "min": 1}]
    found = codes(selected(problem(people, mode=mode, laureates=3, quotas=quotas)))
    assert (found["a"], found["d"], found["e"]) == (
        "selected",
        "selected_by_quota:petites",
        "selected_by_quota:zones=com",
    )


def test_in_merit_the_rule_in_the_way_may_let_others_in_than_those_retained() -> None:
    rural = {"territory": "rural"}
    people = [("a", 80, 50), ("b", 70, 45), ("c", 60, 10, rural), ("d", 50, 5), ("e", 40, 10, rural)]
    quota = {"id": "rural", "where": rural, "min": 1}
    outcome = selected(problem(people, mode="merit", laureates=3, budget=100_00, quotas=[quota]))
    assert outcome.retained == ("a", "c", "d")
    assert str(outcome.certificates["b"].freeing) == "budget"  # without it a, b and c, and not d
    assert codes(outcome)["b"] == "budget_exhausted"


# --- conflicts --------------------------------------------------------------------------------------------------------


@MODES
def test_decisions_beyond_the_places_conflict_with_the_count(mode: str) -> None:
    people = [(name, 50, 1, {}, True) for name in "abcde"]
    names = conflict(problem(people, mode=mode, laureates=2))
    assert names[0] == "laureates"
    assert len(names) == 4
    assert {name.partition(":")[0] for name in names[1:]} == {"decision"}


@MODES
def test_a_conflict_names_the_values_of_a_quota_that_take_part(mode: str) -> None:
    people = [(name, 50, 10, {"region": name}) for name in "abcd"]
    names = conflict(problem(people, mode=mode, laureates=2, quotas=[{"id": "r", "each": "region", "min": 1}]))
    assert names[0] == "laureates"
    assert len(names) == 2
    assert names[1].startswith("quota:r=")
    assert len(names[1].partition("=")[2].split("|")) == 3  # three regions and two places are enough
    names = conflict(problem(people, mode=mode, budget=3_00, quotas=[{"id": "r", "each": "region", "min": 1}]))
    assert names == ("budget", "quota:r=a")


def test_a_decision_on_a_dossier_named_like_a_quota_stays_in_the_conflict() -> None:
    people = [("r", 80, 1, {}, True), ("b", 70, 1, {"region": "corse"})]
    given = problem(people, laureates=1, quotas=[{"id": "r", "each": "region", "min": 1}])
    assert conflict(given) == ("laureates", "quota:r=corse", "decision:r")


def test_a_conflict_is_said_to_be_smallest_only_where_its_values_are_too() -> None:
    people = [(f"{name}{at}", 50, 10, {"region": name}) for name in "abcdef" for at in (1, 2)]
    given = problem(people, laureates=7, quotas=[{"id": "r", "each": "region", "min": 2}])
    proven = []
    for rounds in (3, 600):  # enough for the rules, not for which of the regions
        with patch("aap.core.selection.conflicts._ROUNDS", rounds), pytest.raises(InfeasibleRules) as caught:
            selected(given)
        proven.append((caught.value.names[0], len(caught.value.values["r"]), caught.value.smallest_proven))
    assert proven == [("laureates", 4, False), ("laureates", 4, True)]


# --- replacement ------------------------------------------------------------------------------------------------------


def test_the_first_on_the_list_whose_entry_keeps_every_rule_enters() -> None:
    people = [
        ("a", 80, 60, {"size": "large"}), ("b", 70, 30, {"size": "small"}), ("c", 60, 70, {"size": "small"}),
        ("d", 50, 40, {"size": "large"}), ("e", 40, 40, {"size": "small"}),
    ]  # fmt: skip
    given = problem(
        people,
        mode="merit",
        laureates=2,
        budget=100_00,
        waiting_list=3,
        quotas=[{"id": "s", "where": {"size": "small"}, "min": 1}],
    )
    outcome = selected(given)
    assert outcome.retained == ("a", "b")
    assert outcome.waiting_list == ("c", "d", "e")
    rules = given.core_rules
    # without a: c costs too much beside b only beyond 70, so it enters
    assert replacement(given.candidates, rules, outcome.retained, outcome.waiting_list, "a") == "c"
    # without b: c is too dear beside a, d is not small, e is
    assert replacement(given.candidates, rules, outcome.retained, outcome.waiting_list, "b") == "e"
    assert replacement(given.candidates, rules, outcome.retained, ("c", "d"), "b") is None
    assert replacement(given.candidates, rules, outcome.retained, outcome.waiting_list, ["b", "e"]) is None
    assert replacement(given.candidates, rules, outcome.retained, outcome.waiting_list, ["b", "c"]) == "e"


def test_a_value_that_only_the_leaving_one_had_is_asked_for_no_more() -> None:
    people = [("a", 80, 1, {"region": "corse"}), ("b", 70, 1, {"region": "oise"}), ("c", 60, 1, {"region": "oise"})]
    given = problem(people, laureates=2, waiting_list=1, quotas=[{"id": "r", "each": "region", "min": 1}])
    assert replacement(given.candidates, given.core_rules, ("a", "b"), ("c",), "a") == "c"


def test_an_unknown_dossier_cannot_leave() -> None:
    given = problem(THREE, laureates=2)
    with pytest.raises(KeyError):
        replacement(given.candidates, given.core_rules, ("a", "b"), ("c",), "z")


# --- what makes no sense ----------------------------------------------------------------------------------------------


def test_rules_and_candidates_that_make_no_sense_are_refused() -> None:
    twice = problem([("a", 1, 1), ("a", 1, 1)])
    with pytest.raises(ValueError, match="same id"):
        selected(twice)
    with pytest.raises(ValueError, match="below 0"):
        selected(problem([("a", 1, -1)]))
    share = QuotaRule("q", "q", {"size": frozenset({"small"})}, None, (MostShare(Decimal("0.5")),))
    with pytest.raises(ValueError, match="share of the budget"):
        select(problem(THREE).candidates, Rules("value", None, None, quotas=(share,)))


def test_above_a_thousand_candidates_prices_and_quotas_wait_to_be_asked_for() -> None:
    people = [
        (f"p{number:04d}", 90 - number / 100, 1, {"size": "small" if number > 1000 else "large"})
        for number in range(1001)
    ]
    people.append(("last", 1, 1, {"size": "small"}))
    given = problem(people[1:], laureates=3, quotas=[{"id": "q", "where": {"size": "small"}, "min": 1}])
    outcome = selected(given)
    assert outcome.retained == ("p0001", "p0002", "last")
    assert len(outcome.reasons) == 1001
    assert str(outcome.reasons["last"]) == "selected"
    assert outcome.prices == {}
    assert [quota.price for quota in outcome.quotas] == [None]
    thousand = selected(problem(people[2:], laureates=3, quotas=given.rules["quotas"]))
    assert (len(thousand.reasons), thousand.prices) == (1000, {"q": 899_600 - 10_000})
    asked = selected(given, prices=True)
    assert str(asked.reasons["last"]) == "selected_by_quota:q"
    assert asked.prices == {"q": 899_700 - 10_000}
