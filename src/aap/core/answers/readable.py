"""Answers to read: from stored answers to what ui/answer.html shows, with the labels of the call file.

The dossier's PDF is made of the same values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from aap.core.answers.conditions import visible_in_block, visible_questions
from aap.core.budgets.budget import BadAmount, UnknownAccount, accounts, parse_budget
from aap.core.call.schema import Question, Section
from aap.core.french import day, euros, plain, spaced
from aap.core.territories import Territories
from aap.core.values import RAW, Answers, day_of, decimal_of, is_blank, list_of, mapping_of, text_of

Kind = Literal["empty", "text", "list", "table", "group", "budget", "files"]


@dataclass(frozen=True, slots=True)
class Head:
    """Head of a column; `figures`: its cells are numbers, set to the right."""

    label: str
    figures: bool


@dataclass(frozen=True, slots=True)
class BudgetSide:
    """`lines`: (account, label, cents) for the accounts that are filled in."""

    title: str
    lines: Sequence[tuple[str, str, int]]
    total: int


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """One question with its answer in words; which fields are filled depends on `kind`."""

    id: str
    label: str
    kind: Kind
    text: str = ""
    items: Sequence[str] = ()
    head: Sequence[Head] = ()
    rows: Sequence[Sequence[str]] = ()
    blocks: Sequence[SectionReading] = ()
    sides: Sequence[BudgetSide] = ()
    request: int = 0
    share: Fraction | None = None
    files: Sequence[Any] = ()
    unread: str = ""
    identifying: bool = False
    criteria: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SectionReading:
    """A section, or a block of a group, to read."""

    id: str
    title: str
    answers: Sequence[ReadAnswer] = field(default_factory=tuple)


def read_section(
    section: Section,
    answers: Answers,
    territories: Territories,
    *,
    files: Mapping[str, Sequence[Any]] | None = None,
    blind: bool = False,
) -> SectionReading:
    """A section's shown questions with their answers; `blind` leaves identifying ones out (reviewers of a blind call).

    `files`: by question id, anything with name, size, url, note.
    """
    shown = [q for q in visible_questions(section, answers) if not (blind and q.identifying)]
    read = tuple(_read(question, answers, answers, territories, files or {}) for question in shown)
    return SectionReading(section.id, spaced(section.title), read)


def _read(
    question: Question, within: Answers, dossier: Answers, territories: Territories, files: Mapping[str, Sequence[Any]]
) -> ReadAnswer:
    value = within.get(question.id)
    unread = _flat(mapping_of(within.get(RAW)).get(question.id))

    def made(kind: Kind, **parts: Any) -> ReadAnswer:
        return ReadAnswer(
            question.id, spaced(question.label), kind, unread=unread, identifying=question.identifying,
            criteria=question.criteria, **parts,
        )  # fmt: skip

    if question.type == "file":
        stored = files.get(question.id, ())
        return made("files", files=stored) if stored else made("empty")
    if is_blank(value):
        return ReadAnswer(
            question.id, spaced(question.label), "text" if unread else "empty", unread=unread,
            identifying=question.identifying, criteria=question.criteria,
        )  # fmt: skip
    match question.type:
        case "multiple_choice":
            return made("list", items=[_option(question, text_of(one)) for one in list_of(value)])
        case "communes":
            return made("list", items=[_commune(text_of(one), territories) for one in list_of(value)])
        case "table":
            head = [Head(spaced(column.label), column.type in ("number", "money")) for column in question.columns]
            rows = [
                [
                    _cell(column.type, mapping_of(row).get(column.id), mapping_of(row), column.id)
                    for column in question.columns
                ]
                for row in list_of(value)
                if not is_blank(row)
            ]
            return made("table", head=head, rows=rows)
        case "group":
            return made("group", blocks=_blocks(question, value, dossier, territories, files))
        case "budget":
            return _budget(question, value, made)
        case _:
            return made("text", text=_text(question, value, territories))


def _text(question: Question, value: object, territories: Territories) -> str:
    match question.type:
        case "number" | "money" | "date":
            written = _cell(question.type, value, {}, "")
            return f"{written} {question.unit}" if question.unit and question.type == "number" else written
        case "period":
            parts = mapping_of(value)
            return f"du {_cell('date', parts.get('start'), {}, '')} au {_cell('date', parts.get('end'), {}, '')}"
        case "choice" | "yes_no":
            parts = mapping_of(value)
            chosen = _option(question, text_of(parts.get("value")) if parts else text_of(value))
            detail = text_of(parts.get("detail"))
            shows_detail = detail and text_of(parts.get("value")) == question.detail_if
            return f"{chosen}\n{detail}" if shows_detail else chosen
        case "commune":
            return _commune(text_of(value), territories)
        case _:
            return text_of(value)


def _cell(type_: str, value: object, row: Mapping[str, Any], column: str) -> str:
    exact, on = decimal_of(value), day_of(value)
    if type_ == "money" and exact is not None:
        return euros(int(exact * 100))
    if type_ == "number" and exact is not None:
        return plain(exact, 6)
    if type_ == "date" and on is not None:
        return day(on)
    return text_of(value) or text_of(mapping_of(row.get(RAW)).get(column))


def _option(question: Question, value: str) -> str:
    if question.type == "yes_no":
        return {"oui": "Oui", "non": "Non"}.get(value, value)
    return next((spaced(option.label) for option in question.options if option.value == value), value)


def _commune(code: str, territories: Territories) -> str:
    found = territories.commune(code)
    return found.label if found else code


def _blocks(
    question: Question, value: object, dossier: Answers, territories: Territories, files: Mapping[str, Sequence[Any]]
) -> list[SectionReading]:
    filled = [mapping_of(block) for block in list_of(value) if not is_blank(block)]
    return [
        SectionReading(
            f"{question.id}-{number}",
            f"{question.item_label or 'Bloc'} {number}",
            tuple(
                _read(inner, block, dossier, territories, files) for inner in visible_in_block(question, block, dossier)
            ),
        )
        for number, block in enumerate(filled, start=1)
    ]


def _budget(question: Question, value: object, made: Any) -> ReadAnswer:
    kind = question.budget or "project"
    try:
        budget = parse_budget(kind, {part: mapping_of(cells) for part, cells in mapping_of(value).items()})
    except (UnknownAccount, BadAmount):
        broken: ReadAnswer = made("text", text="Ce budget ne peut pas être lu.")
        return broken
    titles = {
        "charges": "Charges",
        "products": "Produits",
        "used": "Emploi des contributions (86)",
        "given": "Contributions (87)",
    }
    sides = []
    for side in ("charges", "products", "used", "given"):
        lines = [
            (account.number, account.label, budget.amount(account.code))
            for account in accounts(kind)
            if account.side == side and budget.amount(account.code)
        ]
        if lines or side in ("charges", "products"):
            sides.append(BudgetSide(titles[side], lines, sum(line[2] for line in lines)))
    share = budget.request_share if budget.request else None
    read: ReadAnswer = made("budget", sides=sides, request=budget.request, share=share)
    return read


def _flat(raw: object) -> str:
    """What was typed and couldn't be read, on one line."""
    if isinstance(raw, Mapping):
        return ", ".join(part for part in map(_flat, raw.values()) if part)
    return text_of(raw)
