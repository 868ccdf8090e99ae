"""From what was typed to answers, and back to what the fields show.

The typed form of a question: a text (one-line and long texts, numbers, dates, choices); a list of texts (multiple
choice); `{"start", "end"}`; `{"value", "detail"}`; for communes `{"codes": those found, "text": what names none}`; a
list of rows or blocks (column or question id → typed); for a budget account → text by part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aap.core.budgets.budget import BadAmount, parse_amount
from aap.core.call.schema import Column, Question
from aap.core.french import NNBSP
from aap.core.values import (
    RAW,
    Answers,
    clean_text,
    day_of,
    decimal_of,
    is_blank,
    list_of,
    mapping_of,
    parse_day,
    parse_number,
    text_of,
)

MAX_ROWS = 200  # rows or blocks taken from one request, whatever it claims
BUDGET_PARTS = ("charges", "products", "contributions")

_COMMUNE = re.compile(r"(\d{2}|2[AB])\d{3}", flags=re.ASCII)
_LONGEST_AMOUNT = 40


def read_answers(questions: Sequence[Question], typed: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to these questions, with what can't be read kept under `_raw`. Never raises for any text."""
    answers: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for question in questions:
        if question.type == "file" or question.id not in typed:
            continue
        value, unread = _read(question, typed[question.id])
        if not is_blank(value):
            answers[question.id] = value
        if not is_blank(unread):
            raw[question.id] = unread
    if raw:
        answers[RAW] = raw
    return answers


def _read(question: Question, typed: Any) -> tuple[Any, Any]:
    match question.type:
        case "number" | "money" | "date":
            return read_cell(question.type, text_of(typed), question.unit)
        case "period":
            return _read_parts(typed, {"start": "date", "end": "date"})
        case "yes_no":
            return _read_with_detail(mapping_of(typed)), None
        case "choice":
            if question.detail_if is not None:
                return _read_with_detail(mapping_of(typed)), None
            return clean_text(text_of(typed)), None
        case "multiple_choice":
            chosen = {clean_text(text_of(value)) for value in list_of(typed)}
            known = [option.value for option in question.options]
            return [v for v in known if v in chosen] + sorted(chosen - {*known, ""}), None
        case "commune" | "communes":
            parts = mapping_of(typed)
            given = dict.fromkeys(map(text_of, list_of(parts.get("codes"))))
            codes = [code for code in given if _COMMUNE.fullmatch(code)]
            several = question.type == "communes"
            return codes if several else "".join(codes[:1]), clean_text(text_of(parts.get("text")))
        case "table":
            rows = [_read_row(question.columns, mapping_of(row)) for row in list_of(typed)[:MAX_ROWS]]
            return _without_blank_end(rows), None
        case "group":
            blocks = [read_answers(question.questions, mapping_of(block)) for block in list_of(typed)[:MAX_ROWS]]
            return _without_blank_end(blocks), None
        case "budget":
            return _read_budget(mapping_of(typed))
        case _:
            return clean_text(text_of(typed), lines=question.type == "long_text"), None


def read_cell(type_: str, text: str, unit: str | None = None) -> tuple[str | None, str | None]:
    """One text, number, amount or date: (stored value, None), or (None, what was typed)."""
    text = clean_text(text)
    if not text:
        return None, None
    try:
        match type_:
            case "number":
                return f"{parse_number(text, unit).normalize():f}", None
            case "money":
                return _euros(text), None
            case "date":
                return parse_day(text).isoformat(), None
            case _:
                return text, None
    except ValueError:
        return None, text


def _euros(text: str) -> str:
    if len(text) > _LONGEST_AMOUNT:
        raise BadAmount(text, "not_a_number")
    cents = parse_amount(text)
    return f"{cents // 100}.{cents % 100:02d}"


def _read_parts(typed: Any, types: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    values: dict[str, str] = {}
    raw: dict[str, str] = {}
    for part, type_ in types.items():
        value, unread = read_cell(type_, text_of(mapping_of(typed).get(part)))
        if value is not None:
            values[part] = value
        if unread is not None:
            raw[part] = unread
    return values, raw


def _read_with_detail(typed: Mapping[str, Any]) -> dict[str, str]:
    value = clean_text(text_of(typed.get("value")))
    detail = clean_text(text_of(typed.get("detail")), lines=True)
    return {"value": value, "detail": detail} if value or detail else {}


def _read_row(columns: Sequence[Column], typed: Mapping[str, Any]) -> dict[str, Any]:
    values, raw = _read_parts(typed, {column.id: column.type for column in columns})
    return {**values, RAW: raw} if raw else dict(values)


def _read_budget(typed: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for part in BUDGET_PARTS:
        cells = mapping_of(typed.get(part))
        kept, unread = _read_parts(cells, dict.fromkeys(cells, "money"))
        values[part] = {code: value for code, value in kept.items() if value != "0.00"}
        if unread:
            raw[part] = unread
    return values, raw


def _without_blank_end(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    while rows and is_blank(rows[-1]):
        rows.pop()
    return rows


def as_typed(question: Question, answers: Answers) -> Any:
    """What the fields of a question show for stored answers (the opposite of `read_answers`)."""
    value = answers.get(question.id)
    raw = mapping_of(answers.get(RAW)).get(question.id)
    match question.type:
        case "number" | "money" | "date":
            return text_of(raw) or _cell_as_typed(question.type, value)
        case "period":
            return _parts_as_typed({"start": "date", "end": "date"}, mapping_of(value), mapping_of(raw))
        case "yes_no":
            return _detail_as_typed(value)
        case "choice":
            return _detail_as_typed(value) if question.detail_if is not None else text_of(value)
        case "multiple_choice":
            return [text_of(one) for one in list_of(value)]
        case "commune" | "communes":
            codes = [text_of(value)] if question.type == "commune" else [text_of(one) for one in list_of(value)]
            return {"codes": [code for code in codes if code], "text": text_of(raw)}
        case "table":
            types = {column.id: column.type for column in question.columns}
            rows = [mapping_of(row) for row in list_of(value)]
            return [_parts_as_typed(types, row, mapping_of(row.get(RAW))) for row in rows]
        case "group":
            blocks = [mapping_of(block) for block in list_of(value)]
            return [{inner.id: as_typed(inner, block) for inner in question.questions} for block in blocks]
        case "budget":
            stored, unread = mapping_of(value), mapping_of(raw)
            return {
                part: _parts_as_typed(
                    dict.fromkeys([*mapping_of(stored.get(part)), *mapping_of(unread.get(part))], "money"),
                    mapping_of(stored.get(part)),
                    mapping_of(unread.get(part)),
                )
                for part in BUDGET_PARTS
            }
        case _:
            return text_of(value)


def _parts_as_typed(types: Mapping[str, str], values: Answers, raw: Answers) -> dict[str, str]:
    return {part: text_of(raw.get(part)) or _cell_as_typed(type_, values.get(part)) for part, type_ in types.items()}


def _cell_as_typed(type_: str, value: object) -> str:
    if type_ in ("number", "money"):
        exact = decimal_of(value)
        if exact is None:
            return text_of(value)
        text = f"{exact:,f}".replace(",", NNBSP).replace(".", ",")
        return text.removesuffix(",00") if type_ == "money" else text
    if type_ == "date":
        found = day_of(value)
        return found.isoformat() if found else text_of(value)
    return text_of(value)


def _detail_as_typed(value: object) -> dict[str, str]:
    if isinstance(value, str):
        return {"value": value, "detail": ""}
    parts = mapping_of(value)
    return {"value": text_of(parts.get("value")), "detail": text_of(parts.get("detail"))}
