"""Lists in pages: which one the query asks for, what it shows, what its links keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from flask import request

Line = TypeVar("Line")


def page_number() -> int:
    """The page of a list in the query; 1 where it is no number."""
    typed = request.args.get("page", "1")
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) < 6 and int(typed) else 1


def page_of(count: int, size: int) -> tuple[int, int]:
    """The page to show, the last one where the query asks for more, and how many there are (1 for an empty list)."""
    pages = max(1, -(-count // size))
    return min(page_number(), pages), pages


def lines_of(lines: Sequence[Line], page: int, size: int) -> Sequence[Line]:
    """What the page shows."""
    return lines[(page - 1) * size : page * size]


def kept_query(*names: str) -> dict[str, Any]:
    """Of these arguments of the query, those that say something: for the addresses of the other pages."""
    return {name: request.args[name] for name in names if request.args.get(name)}
