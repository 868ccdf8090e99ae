"""One text, number, amount or date: alone, in a column, in a period, in a line of a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aap.core.values import RAW, Answers, clean_text, is_blank, mapping_of, text_of


class CellType:
    """How one simple value is read and shown; this one is a one-line text.

    `figures`: set to the right, typed with figures; `sign`: written after the column's name; `input_type`: of the HTML
    input that holds a readable value.
    """

    figures = False
    sign = ""
    input_type = "text"

    def read(self, text: str) -> str:
        """What is stored for a text that isn't blank. Raises ValueError where it can't be read."""
        return text

    def as_typed(self, value: object) -> str:
        """What the input shows for a stored value."""
        return text_of(value)

    def in_words(self, value: object) -> str:
        """A stored value as people read it; empty where it can't be read."""
        return text_of(value)

    def unreadable(self, value: object, typed: str) -> str:
        """Why `typed`, or else the stored value, can't be read; empty where it can."""
        return ""


def read_cell(cell: CellType, text: str) -> tuple[str | None, str | None]:
    """One simple value: (stored value, None), or (None, what was typed)."""
    text = clean_text(text)
    if not text:
        return None, None
    try:
        return cell.read(text), None
    except ValueError:
        return None, text


def words_of_cell(cell: CellType, value: object, typed: object = None) -> str:
    """A stored value as people read it, else as it stands, else what was typed."""
    return cell.in_words(value) or text_of(value) or text_of(typed)


def read_parts(cells: Mapping[str, CellType], typed: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Several simple values by name: those that can be read, and what was typed for the others."""
    values: dict[str, str] = {}
    raw: dict[str, str] = {}
    for part, cell in cells.items():
        value, unread = read_cell(cell, text_of(mapping_of(typed).get(part)))
        if value is not None:
            values[part] = value
        if unread is not None:
            raw[part] = unread
    return values, raw


def parts_as_typed(cells: Mapping[str, CellType], values: Answers, raw: Answers) -> dict[str, str]:
    """What the inputs of several simple values show."""
    return {part: text_of(raw.get(part)) or cell.as_typed(values.get(part)) for part, cell in cells.items()}


def with_raw(values: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """A row or block as it is stored, with what can't be read in it under `_raw`."""
    return {**values, RAW: dict(raw)} if raw else dict(values)


def without_blank_end(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows but for the blank ones at the end."""
    kept = list(rows)
    while kept and is_blank(kept[-1]):
        kept.pop()
    return kept
