"""Numbers that come from outside: in addresses, queries and forms. None is larger than the database's own."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter, Map

MOST = 2_147_483_647
"""What a column of PostgreSQL's type INTEGER holds."""


class BoundedInteger(IntegerConverter):
    """`<int:…>` of every address: figures of ASCII, up to `MOST`; another address is no page (404)."""

    regex = "[0-9]{1,10}"

    def __init__(self, map: Map, **bounds: Any) -> None:
        super().__init__(map, **{"max": MOST, **bounds})


def bounded_number(text: str, default: int = 0) -> int:
    """The number that figures say; `default` where they say none, or one above `MOST`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return default
    number = int(text)
    return number if number <= MOST else default
