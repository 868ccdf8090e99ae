"""A dossier's budget as a workbook: a template that adds up by itself, and back to amounts with the cell of each error.

The workbook has one sheet. Column A: account, B: label, C: amount in euros; column D is hidden and holds the account's
code, so that rows may be moved. Only column C is to be filled in; the sheet is protected without a password against
slips of the keyboard.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter
from openpyxl import load_workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from aap.core.amounts import BadAmount, read_cents
from aap.core.budgets.accounting import Account, Budget, BudgetKind, Side, accounts, budget_of
from aap.core.composed import with_few_marks
from aap.core.french import quoted
from aap.documents.incoming.incoming_file import IncomingFile, RefusedFile
from aap.documents.incoming.taking import take_files
from aap.documents.tables.workbooks import FIXED_DATE

MAX_BYTES = 2_000_000
_ROWS, _COLUMNS = 400, 12  # of the sheet that are looked at
_SIDES: Sequence[tuple[Side, str, str]] = (
    ("charges", "CHARGES", "Total des charges"),
    ("products", "PRODUITS", "Total des produits"),
    ("used", "EMPLOI DES CONTRIBUTIONS VOLONTAIRES", "Total du compte 86"),
    ("given", "CONTRIBUTIONS VOLONTAIRES EN NATURE", "Total du compte 87"),
)
_KIND_WORDS: Mapping[BudgetKind, str] = {"association": "de l’association", "project": "du projet"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One cell to mend, as the spreadsheet names it (`C12`); empty for the whole workbook."""

    cell: str
    message: str

    def __str__(self) -> str:
        return f"Cellule {self.cell}\u00a0: {self.message}" if self.cell else self.message


class BadWorkbook(Exception):
    """A workbook that can't be taken: every problem at once, in the order of the rows."""

    def __init__(self, problems: Sequence[CellProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


# --- out --------------------------------------------------------------------------------------------------------------


def budget_workbook(budget: Budget, *, title: str, about: str) -> bytes:
    """The template, filled with what the budget holds. `about`: association, call and dossier on one line."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": title, "created": FIXED_DATE, "comments": ""})
    sheet = book.add_worksheet("Budget")
    look = _Look(book)
    sheet.set_column(0, 0, 9, look.text)
    sheet.set_column(1, 1, 66, look.text)
    sheet.set_column(2, 2, 18, look.text)
    sheet.set_column(3, 3, 14, look.text, {"hidden": True})
    sheet.write(0, 0, title, look.title)
    sheet.write(1, 0, about, look.text)
    sheet.write(
        2, 0, "Remplissez les cases de couleur, en euros\u00a0; les totaux se calculent. Enregistrez au format XLSX, puis "
        "importez ce fichier dans le dossier.", look.text,
    )  # fmt: skip
    row = 4
    totals: dict[Side, int] = {}
    for side, heading, total in _SIDES:
        row = _write_side(sheet, look, row, budget, side, (heading, total))
        totals[side] = row - 1
        row += 1
    _write_checks(sheet, look, row, totals, budget)
    sheet.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})
    sheet.fit_to_pages(1, 0)
    sheet.set_paper(9)
    sheet.freeze_panes(4, 0)
    book.close()
    return out.getvalue()


class _Look:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        font = {"font_name": "Arial", "font_size": 10}
        money = {"num_format": "#,##0.00\u00a0€", "align": "right"}
        self.text: Format = book.add_format(font)
        self.title: Format = book.add_format({**font, "font_size": 14, "bold": True})
        self.heading: Format = book.add_format({**font, "bold": True, "bg_color": "#E8EDF5", "bottom": 1})
        self.amount: Format = book.add_format(
            {**font, **money, "locked": False, "bg_color": "#FFF8E1", "border": 4, "border_color": "#B0B8C8"}
        )
        self.total: Format = book.add_format({**font, "bold": True, "top": 1})
        self.total_amount: Format = book.add_format({**font, **money, "bold": True, "top": 1})


def _write_side(
    sheet: Worksheet, look: _Look, row: int, budget: Budget, side: Side, words: tuple[str, str]
) -> int:  # fmt: skip
    for column, text in enumerate(("Compte", words[0], "Montant (€)")):
        sheet.write(row, column, text, look.heading)
    first = row + 1
    row = first
    for account in accounts(budget.kind, side):
        sheet.write(row, 0, account.number, look.text)
        sheet.write(row, 1, account.label, look.text)
        cents = budget.amount(account.code)
        if cents:
            sheet.write_number(row, 2, float(Decimal(cents) / 100), look.amount)
        else:
            sheet.write_blank(row, 2, None, look.amount)
        sheet.write(row, 3, f"{budget.kind}:{account.code}", look.text)
        row += 1
    sheet.data_validation(
        first, 2, row - 1, 2,
        {
            "validate": "decimal", "criteria": ">=", "value": 0, "error_title": "Montant",
            "error_message": "Écrivez un montant en euros, positif, par exemple 1200,50.",
        },
    )  # fmt: skip
    sheet.write(row, 0, "", look.total)
    sheet.write(row, 1, words[1], look.total)
    sheet.write_formula(
        row, 2, f"=SUM(C{first + 1}:C{row})", look.total_amount, float(Decimal(budget.total(side)) / 100)
    )
    return row + 1


def _write_checks(sheet: Worksheet, look: _Look, row: int, totals: Mapping[Side, int], budget: Budget) -> None:
    checks: Sequence[tuple[str, Side, Side, int]] = (
        ("Produits moins charges (doit être nul)", "products", "charges", budget.gap),
        ("Compte 87 moins compte 86 (doit être nul)", "given", "used", budget.contributions_gap),
    )
    for words, first, second, cents in checks:
        sheet.write(row, 1, words, look.total)
        formula = f"=C{totals[first] + 1}-C{totals[second] + 1}"
        sheet.write_formula(row, 2, formula, look.total_amount, float(Decimal(cents) / 100))
        row += 1


# --- in ---------------------------------------------------------------------------------------------------------------


def read_budget_workbook(kind: BudgetKind, file: IncomingFile) -> Budget:
    """The amounts of a filled-in template. Lines are known by their hidden code, else by their label.

    Raises BadWorkbook: no workbook of ours, the other budget's, or cells that hold no amount.
    """
    rows = _rows_of(file)
    found: dict[str, int] = {}
    problems: list[CellProblem] = []
    others = 0
    for number, row in enumerate(rows, start=1):
        code, is_other = _code_of(kind, row)
        others += is_other
        if code is None:
            continue
        place = f"C{number}"
        if code in found:
            problems.append(CellProblem(place, "cette ligne figure deux fois\u00a0: gardez-en une."))
            continue
        try:
            found[code] = _cents_of(row[2].value, row[2].formula)
        except _Unreadable as unread:
            found[code] = 0
            problems.append(CellProblem(place, str(unread)))
    if not found:
        other: BudgetKind = "project" if kind == "association" else "association"
        message = "Ce classeur n’est pas le modèle de ce budget\u00a0: téléchargez-le ci-dessous et remplissez-le."
        if others:
            message = (
                f"C’est le classeur du budget {_KIND_WORDS[other]}, et non de celui {_KIND_WORDS[kind]}\u00a0: "
                "importez-le à sa place."
            )
        raise BadWorkbook([CellProblem("", message)])
    if problems:
        raise BadWorkbook(problems)
    return budget_of(kind, found)


@dataclass(frozen=True, slots=True)
class _Cell:
    value: Any = None
    formula: bool = False


class _Unreadable(ValueError):
    """Why a cell holds no amount, in French."""


def _rows_of(file: IncomingFile) -> list[list[_Cell]]:
    try:
        (taken,) = take_files([file], ("spreadsheet",), max_bytes=MAX_BYTES)
    except RefusedFile as refused:
        raise BadWorkbook([CellProblem("", refused.message)]) from refused
    if taken.content_type != _XLSX:
        raise BadWorkbook([CellProblem("", "Enregistrez ce tableau au format XLSX, puis importez-le à nouveau.")])
    try:
        values = list(_cells(taken.content, data_only=True))
        formulas = list(_cells(taken.content, data_only=False))
    except Exception as error:  # a damaged workbook fails anywhere in openpyxl, with any class of error
        message = "Ce classeur est abîmé\u00a0: ouvrez-le, enregistrez-le à nouveau au format XLSX, puis importez-le."
        raise BadWorkbook([CellProblem("", message)]) from error
    return [
        [
            _Cell(value, isinstance(written, str) and written.startswith("="))
            for value, written in zip(row, wrote, strict=True)
        ]
        for row, wrote in zip(values, formulas, strict=True)
    ]


def _cells(content: bytes, *, data_only: bool) -> Iterator[list[Any]]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)
    sheet = book["Budget"] if "Budget" in book.sheetnames else book.worksheets[0]
    try:
        for row in sheet.iter_rows(max_row=_ROWS, max_col=_COLUMNS, values_only=True):
            yield [*row, *(None for _ in range(_COLUMNS - len(row)))]
    finally:
        book.close()


def _code_of(kind: BudgetKind, row: Sequence[_Cell]) -> tuple[str | None, bool]:
    """(the account of a row or None, whether the row is of the other kind of budget)."""
    marked = str(row[3].value or "")
    owner, colon, code = marked.partition(":")
    if colon and owner in _KIND_WORDS:
        known = {account.code for account in accounts(kind)}
        return (code if owner == kind and code in known else None), owner != kind
    label = _folded(row[1].value)
    if not label:
        return None, False
    return next((account.code for account in accounts(kind) if _names(account, label)), None), False


def _names(account: Account, label: str) -> bool:
    return _folded(account.label) == label


def _folded(value: object) -> str:
    text = unicodedata.normalize("NFKD", with_few_marks(str(value or "").casefold()))
    return re.sub(r"[^a-z0-9]+", " ", "".join(char for char in text if not unicodedata.combining(char))).strip()


def _cents_of(value: object, formula: bool) -> int:
    if value is None:
        if formula:
            raise _Unreadable(
                "cette formule n’a pas de résultat\u00a0: ouvrez le classeur et enregistrez-le à nouveau."
            )
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise _Unreadable("ce n’est pas un montant.")
    try:
        return read_cents(_plain(value, formula) if not isinstance(value, str) else value[:60])
    except BadAmount as bad:
        shown = quoted(str(value)[:40])
        raise _Unreadable(
            {
                "negative": f"{shown} est négatif\u00a0: un montant ne peut pas l’être.",
                "too_precise": f"{shown} a plus de deux chiffres après la virgule\u00a0: arrondissez au centime.",
                "too_large": f"{shown} est trop grand\u00a0: vérifiez les zéros.",
            }.get(bad.reason, f"{shown} n’est pas un montant\u00a0: écrivez-le en chiffres, par exemple 1200,50.")
        ) from bad


def _plain(value: float | Decimal, formula: bool) -> str:
    """A number of the sheet with two decimals: what a formula gave is rounded to the cent, as the sheet shows it."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise BadAmount(str(value), "not_a_number")
    if abs(exact) >= Decimal(10) ** 15:
        raise BadAmount(str(value), "too_large")
    rounded = exact.quantize(Decimal("0.01"))
    if not formula and abs(exact - rounded) > Decimal("0.000001"):  # 1200.1 is 1200.0999999999999 in binary
        raise BadAmount(str(value), "too_precise")
    return f"{rounded:f}"
