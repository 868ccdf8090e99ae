"""The map of equal tiles: every department has one place, and only one."""

from __future__ import annotations

from aap.core.tiles import COLUMNS, ROWS, TILES
from aap.records.territories import territories


def test_every_department_has_a_tile_of_its_own() -> None:
    assert sorted(TILES) == sorted(one.code for one in territories().departments())
    assert len(set(TILES.values())) == len(TILES)
    assert {column < COLUMNS and row < ROWS for column, row in TILES.values()} == {True}


def test_neighbours_stand_beside_each_other() -> None:
    for one, other in (("59", "62"), ("29", "22"), ("2A", "2B"), ("33", "40"), ("67", "68"), ("75", "93")):
        (x, y), (there, below) = TILES[one], TILES[other]
        assert abs(x - there) + abs(y - below) == 1
