"""docs/asvs.md: every requirement of levels 1 and 2 once, and what it names is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/asvs.md").read_text()
STATES = ("met", "in part", "no", "n/a")
OF_CHAPTER = {
    1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3), 9: (4, 3), 10: (5, 24),
    11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16), 17: (0, 7),
}  # fmt: skip
"""Chapter of the standard → its requirements of level 1, of level 2 (70 and 183 in all)."""


class Requirement(NamedTuple):
    number: str
    level: int
    what: str
    state: str
    why: str
    tests: tuple[str, ...]


def requirements() -> list[Requirement]:
    rows = re.findall(
        r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", PAGE, flags=re.M
    )
    return [
        Requirement(number, int(level), what, state, why.strip(), tuple(re.findall(r"`([^`]+)`", tests)))
        for number, level, what, state, why, tests in rows
    ]


def defined(path: str) -> set[str]:
    """Names of the tests of a file; empty where it isn't there."""
    place = ROOT / path
    return set(re.findall(r"^def (test_\w+)", place.read_text(), flags=re.M)) if place.is_file() else set()


def test_every_requirement_of_the_two_levels_stands_once() -> None:
    found = requirements()
    assert sum(line.startswith("| ") and line[2].isdigit() and "." in line[:9] for line in PAGE.splitlines()) == len(
        found
    )
    assert [number for number, count in Counter(one.number for one in found).items() if count > 1] == []
    counted = Counter((int(one.number.partition(".")[0]), one.level) for one in found)
    assert {chapter: (counted[chapter, 1], counted[chapter, 2]) for chapter in OF_CHAPTER} == OF_CHAPTER


def test_each_says_how_it_stands_and_what_shows_it() -> None:
    silent = [one.number for one in requirements() if one.state not in STATES or not one.why]
    assert silent == []


@pytest.mark.parametrize("cited", sorted({test for one in requirements() for test in one.tests}))
def test_every_test_that_the_page_names_is_there(cited: str) -> None:
    path, _, name = cited.partition("::")
    assert path.startswith("tests/")
    assert defined(path), f"{path} holds no test"
    assert not name or name in defined(path)


def test_the_figures_above_the_lists_are_those_of_the_lists() -> None:
    counted = Counter((one.level, one.state) for one in requirements())
    for level in (1, 2):
        figures = " | ".join(str(counted[level, state]) for state in STATES)
        assert f"\n| {level} | {figures} |\n" in PAGE
