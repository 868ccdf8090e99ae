"""Groups of reviewers who hardly share applications: found where they were made, counted by the definition."""

from __future__ import annotations

import random

import numpy as np
import pytest

from aap.core.scoring.reviewer_groups import WeakSplit, weakly_joined

Pairs = list[tuple[str, str]]


def themes(sizes: dict[str, int], per_theme: int, *, crossing: int, seed: int = 1) -> Pairs:
    """`per_theme` applications of each theme, three readers of its own each, but for `crossing` reviews of others'."""
    rng = np.random.default_rng(seed)
    found: Pairs = []
    for theme, size in sizes.items():
        for i in range(per_theme):
            found += [(f"{theme}{i:03}", f"{theme}-r{j:02}") for j in rng.choice(size, 3, replace=False)]
    names = list(sizes)
    for at in rng.choice(len(found), crossing, replace=False):
        application = found[at][0]
        other = names[(names.index(application[0]) + 1) % len(names)]
        found[at] = (application, f"{other}-r{rng.integers(sizes[other]):02}")
    return found


def counted(pairs: Pairs, split: WeakSplit) -> tuple[int, int]:
    """The smaller group's reviews that are of applications that the larger read too, and all of them: by definition."""
    own = [pair for pair in pairs if pair[1] in split.smaller]
    read = {application for application, reviewer in pairs if reviewer in split.larger}
    return sum(application in read for application, _ in own), len(own)


def test_two_themes_that_hardly_cross_are_told_apart_and_counted() -> None:
    pairs = themes({"a": 8, "b": 12}, 40, crossing=2)
    (split,) = weakly_joined(pairs)
    groups = {name[0] for name in split.smaller}, {name[0] for name in split.larger}
    assert sorted(map(sorted, groups)) == [["a"], ["b"]]
    assert (split.common, split.reviews) == counted(pairs, split)
    assert 0 < 20 * split.common < split.reviews


def test_four_themes_are_four_groups() -> None:
    pairs = themes(dict.fromkeys("abcd", 10), 59, crossing=8)
    found = weakly_joined(pairs)
    assert len(found) == 3
    for split in found:
        assert not {name[0] for name in split.smaller} & {name[0] for name in split.larger}
        assert (split.common, split.reviews) == counted(pairs, split)
    assert {name[0] for split in found for name in split.smaller + split.larger} == set("abcd")


@pytest.mark.parametrize("crossing", [0, 30])
def test_what_is_not_joined_or_joined_well_is_no_weak_split(crossing: int) -> None:
    assert weakly_joined(themes({"a": 8, "b": 12}, 40, crossing=crossing)) == ()


def test_one_in_twenty_is_enough() -> None:
    def joined(common: int) -> Pairs:
        rows = [(f"a{i:02}", f"a-r{j}") for i in range(20) for j in range(2)]
        rows += [(f"b{i:02}", f"b-r{j}") for i in range(30) for j in range(2)]
        return [*rows, *[(f"b{i:02}", "a-r0") for i in range(common)]]

    # of the smaller group's 40 + c reviews c are common: 2 of 42 are fewer than one in twenty, 3 of 43 are not
    (split,) = weakly_joined(joined(2))
    assert split == WeakSplit(("a-r0", "a-r1"), ("b-r0", "b-r1"), 2, 42)
    assert weakly_joined(joined(3)) == ()


def test_evenly_dealt_reviews_have_no_groups() -> None:
    rng = np.random.default_rng(3)
    assert weakly_joined([(f"a{i:03}", f"r{j:02}") for i in range(236) for j in rng.choice(40, 3, replace=False)]) == ()


def test_the_order_of_the_reviews_and_the_names_do_not_matter() -> None:
    pairs = themes(dict.fromkeys("abcd", 10), 59, crossing=8)
    expected = weakly_joined(pairs)
    random.Random(2).shuffle(pairs)
    assert weakly_joined(pairs) == expected


@pytest.mark.parametrize("pairs", [[], [("a", "x")], [("a", "x"), ("a", "y"), ("b", "y"), ("b", "z")]])
def test_too_few_reviewers_have_no_groups(pairs: Pairs) -> None:
    assert weakly_joined(pairs) == ()
