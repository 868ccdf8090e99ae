"""Which applications are to be looked at again, from the marks alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from aap.core.call.schema import CallFile
from aap.core.inputs import JuryDecision
from aap.core.ranking.doubts import Doubt, doubts
from aap.core.ranking.run import run_call
from aap.core.ranking.run_input import RunInput
from aap.core.scoring.severity import DisconnectedReviews
from tests.unit.core.ranking.ranking_builders import a_call, an_application, marks

LIMITS = {"divergence": {"overall": 25}}


def limited(call: CallFile) -> CallFile:
    """The call with a limit of 25 points between two totals."""
    return CallFile.model_validate(
        {**call.model_dump(mode="json", exclude_none=True, by_alias=True), "reviewing": LIMITS}
    )


def given(
    call: CallFile, table: Mapping[tuple[str, str], str], decisions: Sequence[JuryDecision] = (), **ineligible: str
) -> RunInput:
    names = sorted({name for name, _ in table})
    applications = tuple(
        an_application(name, eligible=name not in ineligible, ineligible_reason=ineligible.get(name, ""))
        for name in names
    )
    return RunInput(call, applications, tuple(marks(table)), tuple(decisions))


def test_a_dossier_is_divergent_from_the_limit_on_and_an_ineligible_or_withdrawn_one_is_no_doubt() -> None:
    call = limited(a_call(min_reviews=2))
    table = {("A", "x"): "5", ("A", "y"): "7.5", ("B", "x"): "5", ("B", "y"): "7.4", ("C", "x"): "1", ("C", "y"): "9",
             ("D", "x"): "1", ("D", "y"): "9", ("E", "x"): "3"}  # fmt: skip
    left = JuryDecision("D", "withdrawn", None, "Retrait.", "")
    assert doubts(given(call, table, [left], C="Trop jeune.")) == {
        "A": Doubt("A", 2, 2, reached=("overall",)),
        "B": Doubt("B", 2, 2),
        "E": Doubt("E", 1, 2),
    }


def test_a_review_that_is_set_aside_counts_for_nothing() -> None:
    call = limited(a_call(min_reviews=2))
    aside = JuryDecision("A", "set_aside", None, "Conflit.", "", reviewer_id="y")
    found = doubts(given(call, {("A", "x"): "1", ("A", "y"): "9", ("A", "z"): "2"}, [aside]))
    assert found == {"A": Doubt("A", 2, 2)}


def test_a_further_reading_settles_only_where_it_agrees_with_another() -> None:
    call = limited(a_call(min_reviews=2))
    both = {("A", "x"): "2", ("A", "y"): "8"}
    settled = {
        mark: doubts(given(call, {**both, ("A", "z"): mark}), {("A", "z")})["A"].read_again
        for mark in ("4", "5", "7.9")
    }
    assert settled == {"4": True, "5": False, "7.9": True}
    assert doubts(given(call, {**both, ("A", "z"): "4"}))["A"].read_again is False  # it was dealt like the others


def scattered() -> dict[tuple[str, str], str]:
    """Forty dossiers read by two of four people who agree, eight of them by `e` too, whose marks jump up and down."""
    table = {}
    for place in range(40):
        name, level = f"{place:02}", Decimal(4) + Decimal(place % 5) / 2
        readers = [reader for at, reader in enumerate("abcd") if (place + at) % 4 < 2]
        for at, reader in enumerate(readers):
            table[name, reader] = str(level + Decimal(at) / 10)
        if place < 8:
            table[name, "e"] = str(level + (3 if place % 2 else -3))
    return table


def test_the_reviewers_whose_marks_scatter_are_those_that_a_run_flags() -> None:
    call = a_call(min_reviews=2, method="calibrated")
    taken = given(call, scattered())
    run = run_call(taken.call, taken.applications, taken.marks)
    assert [one.reviewer_id for one in run.reviewers if one.flag] == ["e"]
    assert {name for name, doubt in doubts(taken).items() if doubt.erratic == ("e",)} == {
        f"{one:02}" for one in range(8)
    }
    beside_e = doubts(taken, {("00", "e")})
    assert beside_e["00"].read_again is False  # a further reading of somebody erratic settles nothing


def test_contested_dossiers_are_those_of_a_run_also_where_severities_can_not_be_compared() -> None:
    call = a_call(min_reviews=2, method="calibrated", threshold=50)
    table = {}
    for place in range(24):
        level = Decimal(3) + Decimal(place) / 6
        for at in (place % 3, (place + 1) % 3):
            table[f"{place:02}", "abc"[at]] = str(round(level + (Decimal(-1), Decimal(0), Decimal(1))[at], 1))
    taken = given(call, table)
    contested = {name for name, doubt in doubts(taken).items() if doubt.contested}
    assert contested == set(run_call(taken.call, taken.applications, taken.marks).report["contested"])
    assert len(contested) > 0
    apart = given(call, {**table, ("98", "u"): "4", ("98", "v"): "6"})  # a second group of reviewers
    with pytest.raises(DisconnectedReviews):
        run_call(apart.call, apart.applications, apart.marks)
    assert doubts(apart)["98"] == Doubt("98", 2, 2)
