"""Is a section complete and correct? Every problem at once, in plain French, with the field that it stands beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from aap.core.answers.conditions import shown_answers, visible_in_block, visible_questions, visible_sections
from aap.core.budgets.budget import BadAmount, UnknownAccount, parse_amount, parse_budget
from aap.core.budgets.budget_checks import RequestLimits, check_budget
from aap.core.call.schema import Form, Question, Section
from aap.core.french import count, euros, plain, spaced
from aap.core.values import (
    RAW,
    Answers,
    day_of,
    decimal_of,
    is_blank,
    list_of,
    looks_like_day,
    mapping_of,
    text_of,
)

Path = tuple[str | int, ...]
ProblemCode = Literal[
    "missing", "unreadable", "too_short", "too_long", "too_small", "too_big", "too_few", "too_many", "unknown_option",
    "wrong_order", "budget",
]  # fmt: skip

DEFAULT_MAX_LENGTH: Mapping[str, int] = {"text": 300, "long_text": 20_000, "detail": 2_000, "cell": 500}

_MISSING = {
    "text": "Écrivez une réponse.",
    "long_text": "Écrivez une réponse.",
    "number": "Indiquez un nombre.",
    "money": "Indiquez un montant.",
    "date": "Indiquez une date.",
    "period": "Indiquez une période.",
    "choice": "Choisissez une réponse.",
    "multiple_choice": "Cochez au moins une réponse.",
    "yes_no": "Répondez par oui ou par non.",
    "commune": "Indiquez une commune.",
    "communes": "Indiquez au moins une commune.",
    "table": "Remplissez au moins une ligne.",
    "file": "Joignez le document demandé.",
    "budget": "Remplissez le budget.",
}


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """One thing to mend. `path` leads to the field: the question, then rows or blocks (from 0) and columns or inner
    questions. A `warning` only asks to look again; `missing` is no mistake in a draft."""

    section: str
    question: str
    path: Path
    code: ProblemCode
    label: str
    message: str
    severity: Literal["error", "warning"] = "error"

    @property
    def field(self) -> str:
        """The path as the form names it: `actions.0.title`."""
        return ".".join(str(part) for part in self.path)


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    code: ProblemCode
    message: str
    label: str = ""
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a check may look at besides the answer: the dossier's answers, files by question, the call's limits."""

    answers: Answers
    files: Mapping[str, int] | None
    limits: RequestLimits | None
    employees: Decimal | None


def check_section(
    section: Section,
    answers: Answers,
    *,
    files: Mapping[str, int] | None = None,
    limits: RequestLimits | None = None,
    employees: Decimal | None = None,
) -> tuple[AnswerProblem, ...]:
    """Every problem of a section's shown questions, in the form's order.

    `answers`: the whole dossier's. `files`: number of files by question id (None: file questions aren't checked).
    `limits`, `employees`: see `aap.core.budgets.budget_checks.check_budget`.
    """
    around = _Surroundings(answers, files, limits, employees)
    return tuple(
        AnswerProblem(
            section.id, question.id, found.path, found.code, spaced(_full_label(question, found)),
            spaced(found.message), found.severity,
        )
        for question in visible_questions(section, answers)
        for found in _check(question, answers, (question.id,), around)
    )  # fmt: skip


def check_form(
    form: Form,
    answers: Answers,
    *,
    files: Mapping[str, int] | None = None,
    limits: RequestLimits | None = None,
    employees: Decimal | None = None,
) -> dict[str, tuple[AnswerProblem, ...]]:
    """The problems of every section that this dossier shows, by section id (empty where it is complete)."""
    counting = {**shown_answers(form, answers), RAW: answers.get(RAW, {})}
    return {
        section.id: check_section(section, counting, files=files, limits=limits, employees=employees)
        for section in visible_sections(form, counting)
    }


def first_messages(problems: Iterable[AnswerProblem], *, missing: bool = True) -> dict[str, str]:
    """Field → messages, joined, for those that show beside a field; without `missing` only real mistakes."""
    messages: dict[str, list[str]] = {}
    for problem in problems:
        if problem.severity == "error" and (missing or problem.code != "missing"):
            messages.setdefault(problem.field, []).append(problem.message)
    return {field: " ".join(texts) for field, texts in messages.items()}


def _full_label(question: Question, found: _Found) -> str:
    if len(found.path) > 1 and isinstance(found.path[1], int):
        number = found.path[1] + 1
        where = f"{question.item_label or 'Bloc'} {number}" if question.type == "group" else f"ligne {number}"
        return f"{question.label} ({', '.join(part for part in (where, found.label) if part)})"
    return question.label


def _check(question: Question, answers: Answers, path: Path, around: _Surroundings) -> Iterator[_Found]:
    if question.type == "file":
        yield from _check_files(question, path, around)
        return
    raw = mapping_of(answers.get(RAW)).get(question.id)
    value = answers.get(question.id)
    if is_blank(value) and is_blank(raw):
        if question.required:
            yield _Found(_first_input(question, path), "missing", _missing_message(question))
        return
    yield from _CHECKS[question.type](question, value, raw, path, around)


def _missing_message(question: Question) -> str:
    if question.type == "group":
        return f"Remplissez au moins {max(question.min_items, 1)} fois « {(question.item_label or 'bloc').lower()} »."
    return _MISSING[question.type]


def _first_input(question: Question, path: Path) -> Path:
    """The first input of a composite question, where the error stands and its link leads."""
    match question.type:
        case "period":
            return (*path, "start")
        case "table":
            return (*path, 0, question.columns[0].id) if question.columns else path
        case _:
            return path


# --- one check a type -------------------------------------------------------------------------------------------------

_Check = Callable[[Question, Any, Any, Path, _Surroundings], Iterator[_Found]]


def _check_text(question: Question, value: Any, _raw: Any, path: Path, _around: _Surroundings) -> Iterator[_Found]:
    longest = question.max_length or DEFAULT_MAX_LENGTH[question.type]
    yield from _lengths(text_of(value), question.min_length or 0, longest, path)


def _lengths(text: str, shortest: int, longest: int, path: Path) -> Iterator[_Found]:
    if len(text) > longest:
        over = len(text) - longest
        message = (
            f"Votre texte compte {count(len(text), 'caractère')}, soit {plain(over)} de trop : "
            f"le maximum est {plain(longest)}."
        )
        yield _Found(path, "too_long", message)
    elif len(text) < shortest:
        message = f"Votre texte compte {count(len(text), 'caractère')} : il en faut au moins {plain(shortest)}."
        yield _Found(path, "too_short", message)


def _check_number(question: Question, value: Any, raw: Any, path: Path, _around: _Surroundings) -> Iterator[_Found]:
    money = question.type == "money"
    if unread := _unread(question.type, value, raw):
        yield _Found(path, "unreadable", unread)
        return
    exact = decimal_of(value)
    assert exact is not None
    if question.min is not None and exact < question.min:
        yield _Found(path, "too_small", f"Le minimum est {_written(question.min, money, question.unit)}.")
    if question.max is not None and exact > question.max:
        yield _Found(path, "too_big", f"Le maximum est {_written(question.max, money, question.unit)}.")


def _check_date(_question: Question, value: Any, raw: Any, path: Path, _around: _Surroundings) -> Iterator[_Found]:
    if message := _unread("date", value, raw):
        yield _Found(path, "unreadable", message)


def _written(value: Decimal, money: bool, unit: str | None) -> str:
    if money:
        return euros(int(value * 100))
    return f"{plain(value)} {unit}" if unit else plain(value)


def _unread(type_: str, value: Any, raw: Any) -> str | None:
    """Why a number, amount or date cannot be read; None when it can."""
    typed = text_of(raw)
    if type_ == "date":
        if not typed and day_of(value) is not None:
            return None
        if looks_like_day(typed or text_of(value)):
            return "Cette date n’existe pas. Écrivez le jour, le mois et l’année, par exemple 28/02/2026."
        return "Ce n’est pas une date. Écrivez le jour, le mois et l’année, par exemple 28/02/2026."
    if not typed and decimal_of(value) is not None:
        return None
    if type_ == "money":
        return _amount_reason(typed)
    return "Ce n’est pas un nombre. Écrivez-le en chiffres, par exemple 1\u202f200 ou 12,5."


def _amount_reason(typed: str) -> str:
    try:
        parse_amount(typed[:60])
    except BadAmount as error:
        return {
            "negative": "Un montant ne peut pas être négatif.",
            "too_precise": "Un montant a deux chiffres au plus après la virgule, par exemple 12\u202f000,50.",
            "too_large": "Ce montant est trop grand : vérifiez les zéros.",
        }.get(error.reason, "Ce n’est pas un montant. Écrivez-le en chiffres, par exemple 12\u202f000,50.")
    return "Ce n’est pas un montant. Écrivez-le en chiffres, par exemple 12\u202f000,50."


def _check_period(_question: Question, value: Any, raw: Any, path: Path, _around: _Surroundings) -> Iterator[_Found]:
    parts, unread = mapping_of(value), mapping_of(raw)
    for part, name in (("start", "début"), ("end", "fin")):
        if is_blank(parts.get(part)) and is_blank(unread.get(part)):
            yield _Found((*path, part), "missing", f"Indiquez la date de {name}.")
        elif message := _unread("date", parts.get(part), unread.get(part)):
            yield _Found((*path, part), "unreadable", message)
    start, end = day_of(parts.get("start")), day_of(parts.get("end"))
    if start and end and end < start:
        yield _Found((*path, "end"), "wrong_order", "La fin est avant le début : vérifiez les deux dates.")


def _check_choice(question: Question, value: Any, _raw: Any, path: Path, _around: _Surroundings) -> Iterator[_Found]:
    allowed = ["oui", "non"] if question.type == "yes_no" else [option.value for option in question.options]
    chosen = text_of(mapping_of(value).get("value")) if isinstance(value, Mapping) else text_of(value)
    detail = text_of(mapping_of(value).get("detail"))
    if not chosen:
        if question.required:
            yield _Found(path, "missing", _MISSING[question.type])
    elif chosen not in allowed:
        yield _Found(path, "unknown_option", "Choisissez l’une des réponses proposées.")
    if question.detail_if is not None and chosen == question.detail_if:
        if not detail:
            yield _Found((*path, "detail"), "missing", "Précisez votre réponse.")
        yield from _lengths(detail, 0, question.max_length or DEFAULT_MAX_LENGTH["detail"], (*path, "detail"))


def _check_multiple(question: Question, value: Any, _raw: Any, path: Path, _around: _Surroundings) -> Iterator[_Found]:
    chosen = list_of(value)
    if {text_of(one) for one in chosen} - {option.value for option in question.options}:
        yield _Found(path, "unknown_option", "Cochez seulement des réponses proposées.")
    yield from _amount_chosen(question, len(chosen), "réponse", path)


def _amount_chosen(question: Question, chosen: int, word: str, path: Path) -> Iterator[_Found]:
    if question.max is not None and chosen > question.max:
        yield _Found(path, "too_many", f"Donnez au plus {count(int(question.max), word)}.")
    if question.min is not None and chosen < question.min:
        yield _Found(path, "too_few", f"Donnez au moins {count(int(question.min), word)}.")


def _check_commune(question: Question, value: Any, raw: Any, path: Path, _around: _Surroundings) -> Iterator[_Found]:
    if not is_blank(raw):
        message = "Commune introuvable ou à préciser : écrivez son nom ou son code postal, puis choisissez-la."
        yield _Found(path, "unreadable", message)
    if question.type == "communes" and is_blank(raw):
        yield from _amount_chosen(question, len(list_of(value)), "commune", path)


def _check_table(question: Question, value: Any, _raw: Any, path: Path, _around: _Surroundings) -> Iterator[_Found]:
    rows = [mapping_of(row) for row in list_of(value)]
    filled = sum(not is_blank(row) for row in rows)
    if question.max_rows is not None and filled > question.max_rows:
        yield _Found(path, "too_many", f"Le tableau compte {filled} lignes : {plain(question.max_rows)} au plus.")
    for index, row in enumerate(rows):
        if is_blank(row):
            continue
        unread = mapping_of(row.get(RAW))
        for column in question.columns:
            at = (*path, index, column.id)
            cell, typed = row.get(column.id), unread.get(column.id)
            if is_blank(cell) and is_blank(typed):
                if column.required:
                    yield _Found(at, "missing", "Remplissez cette case.", column.label)
            elif column.type == "text":
                for found in _lengths(text_of(cell), 0, DEFAULT_MAX_LENGTH["cell"], at):
                    yield _Found(found.path, found.code, found.message, column.label)
            elif message := _unread(column.type, cell, typed):
                yield _Found(at, "unreadable", message, column.label)


def _check_group(question: Question, value: Any, _raw: Any, path: Path, around: _Surroundings) -> Iterator[_Found]:
    blocks = [mapping_of(block) for block in list_of(value)]
    filled = sum(not is_blank(block) for block in blocks)
    word = (question.item_label or "bloc").lower()
    if filled < question.min_items and (question.required or filled):
        yield _Found(path, "too_few", f"Remplissez au moins {plain(question.min_items)} fois « {word} ».")
    if filled > question.max_items:
        yield _Found(path, "too_many", f"Gardez au plus {plain(question.max_items)} fois « {word} ».")
    for index, block in enumerate(blocks):
        if is_blank(block):
            continue
        for inner in visible_in_block(question, block, around.answers):
            for found in _check(inner, block, (*path, index, inner.id), around):
                label = f"{inner.label}, {found.label}" if found.label else inner.label
                yield _Found(found.path, found.code, found.message, label, found.severity)


def _check_budget(question: Question, value: Any, raw: Any, path: Path, around: _Surroundings) -> Iterator[_Found]:
    unread = {
        code: (part, text_of(typed))
        for part, cells in mapping_of(raw).items()
        for code, typed in mapping_of(cells).items()
    }
    for code, (_part, typed) in unread.items():
        yield _Found((*path, code), "unreadable", _amount_reason(typed))
    try:
        budget = parse_budget(question.budget or "project", {k: mapping_of(v) for k, v in mapping_of(value).items()})
    except (UnknownAccount, BadAmount):
        yield _Found(path, "unreadable", "Ce budget contient une ligne inconnue : vérifiez les montants.")
        return
    if unread:
        return  # the totals mean nothing yet
    for note in check_budget(budget, limits=around.limits, employees=around.employees):
        kind: ProblemCode = "missing" if note.code in ("empty", "request_missing") else "budget"
        yield _Found((*path, note.account), kind, note.message, severity=note.severity)


def _check_files(question: Question, path: Path, around: _Surroundings) -> Iterator[_Found]:
    if around.files is None:
        return
    given = around.files.get(question.id, 0)
    if question.required and given == 0:
        yield _Found(path, "missing", _MISSING["file"])
    elif given > question.max_files:
        yield _Found(path, "too_many", f"Gardez {count(question.max_files, 'fichier')} au plus.")


_CHECKS: Mapping[str, _Check] = {
    "text": _check_text,
    "long_text": _check_text,
    "number": _check_number,
    "money": _check_number,
    "date": _check_date,
    "period": _check_period,
    "choice": _check_choice,
    "yes_no": _check_choice,
    "multiple_choice": _check_multiple,
    "commune": _check_commune,
    "communes": _check_commune,
    "table": _check_table,
    "group": _check_group,
    "budget": _check_budget,
}
