"""The sheets of an OpenDocument workbook (ODF 1.3, part 3, chapter 9), row by row, by the XML parser that refuses entities.

The libraries that read ODS hand over values alone; a table that people rely on also has to know which rows are hidden,
which cells are merged and which formulas were saved without a value.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from defusedxml.ElementTree import iterparse

from aap.documents.tables.saved_sheets import Area, Line, Room, SavedSheet

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_MOST_SPACES = 1_000  # that one element may stand for


def ods_sheets(content: bytes, room: Room) -> list[SavedSheet]:
    """The sheets in their order. Their rows are read when they are asked for, from the file's beginning."""
    names: list[tuple[str, str]] = []
    unseen: set[str] = set()
    for event, element in _parsed(content):
        if event == "start" and element.tag == f"{_TABLE}table":
            names.append((element.get(f"{_TABLE}name", ""), element.get(f"{_TABLE}style-name", "")))
        elif event == "end" and element.tag == f"{_STYLE}style":
            unseen |= {
                element.get(f"{_STYLE}name", "")
                for one in element.iter(f"{_STYLE}table-properties")
                if one.get(f"{_TABLE}display") == "false"
            }
            element.clear()
        elif event == "end" and element.tag == f"{_TABLE}table-row":
            element.clear()
    sheets = []
    for position, (name, style) in enumerate(names):
        saved = SavedSheet(name, style not in unseen, lambda: iter(()))
        saved.lines = lambda position=position, saved=saved: _lines(content, position, saved, room)  # type: ignore[misc]
        sheets.append(saved)
    return sheets


def _parsed(content: bytes) -> Iterator[tuple[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("content.xml") as stream:
        yield from iterparse(stream, events=("start", "end"))


def _lines(content: bytes, position: int, saved: SavedSheet, room: Room) -> Iterator[Line]:
    at, number = -1, 0
    for event, element in _parsed(content):
        if element.tag == f"{_TABLE}table":
            at += event == "start"
            if event == "end" and at == position:
                return
        elif event == "end" and element.tag == f"{_TABLE}table-row":
            if at == position:
                times = _times(element, "number-rows-repeated")
                yield from _repeated(element, number, times, saved, room)
                number += times
            element.clear()


def _repeated(row: Any, above: int, times: int, saved: SavedSheet, room: Room) -> Iterator[Line]:
    """The same row as often as it stands, or nothing where it is empty."""
    values: list[object] = []
    formulas: list[int] = []
    unstored: list[int] = []
    column = 0
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        repeat = _times(cell, "number-columns-repeated")
        value = _value(cell)
        formula = cell.get(f"{_TABLE}formula") is not None
        wide, high = _times(cell, "number-columns-spanned"), _times(cell, "number-rows-spanned")
        if wide > 1 or high > 1:
            saved.merged.append(Area(above + 1, column, above + high, column + wide - 1))
        if value is not None or formula:
            room.take(above + 1, column + repeat)
            values.extend([None] * (column - len(values)))
            values.extend([value] * repeat)
            if formula:
                formulas.extend(range(column, column + repeat))
                if value is None and cell.get(f"{_OFFICE}value-type") is None:
                    unstored.extend(range(column, column + repeat))
        column += repeat
    if not values:
        return
    hidden = row.get(f"{_TABLE}visibility") in ("collapse", "filter")
    for number in range(above + 1, above + times + 1):
        room.take(number, len(values))
        yield Line(number, values, hidden, tuple(formulas), tuple(unstored))


def _times(element: Any, name: str) -> int:
    return max(int(element.get(f"{_TABLE}{name}", "1")), 1)


def _value(cell: Any) -> object:
    """What a cell holds: numbers as floats, days and moments, true and false, texts; None for nothing."""
    kind = cell.get(f"{_OFFICE}value-type")
    if kind in ("float", "currency", "percentage"):
        return float(cell.get(f"{_OFFICE}value"))
    if kind == "boolean":
        return bool(cell.get(f"{_OFFICE}boolean-value") == "true")
    if kind == "date":
        return _moment(cell.get(f"{_OFFICE}date-value", ""))
    shown = "\n".join(_shown(paragraph) for paragraph in cell.findall(f"{_TEXT}p"))
    return cell.get(f"{_OFFICE}string-value") or shown or None


def _moment(text: str) -> object:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return text or None


def _shown(element: Any) -> str:
    """The text of a paragraph; spaces, tabs and line ends are elements in it."""
    parts = [element.text or ""]
    for inner in element:
        if inner.tag == f"{_TEXT}s":
            parts.append(" " * min(int(inner.get(f"{_TEXT}c", "1")), _MOST_SPACES))
        elif inner.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif inner.tag == f"{_TEXT}line-break":
            parts.append("\n")
        else:
            parts.append(_shown(inner))
        parts.append(inner.tail or "")
    return "".join(parts)
