"""The map of equal tiles as pages draw it (`templates/ui/tile_map.html`): where each stands, how dark it is, where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from aap.core.tiles import COLUMNS, ROWS, TILES
from aap.records.territories import territories

SHADES = 4
SIDE = 44  # of a tile with its margin
MAP_SIZE = (COLUMNS * SIDE, ROWS * SIDE)


class Tile(NamedTuple):
    """A department on the map. `shade`: 0 for none to SHADES for the most."""

    code: str
    name: str
    x: int
    y: int
    number: int
    shade: int
    address: str


def tiles(numbers: Mapping[str, int], address: str) -> list[Tile]:
    """Every department with its number; `address` ends with the filter that its code completes, empty: nothing to open."""
    most = max(numbers.values(), default=0)
    found = []
    for one in territories().departments():
        if one.code in TILES:
            column, row = TILES[one.code]
            number = numbers.get(one.code, 0)
            shade = -(-number * SHADES // most) if number else 0
            link = f"{address}{one.code}" if number and address else ""
            found.append(Tile(one.code, one.name, column * SIDE, row * SIDE, number, shade, link))
    return found
