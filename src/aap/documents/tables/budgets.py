"""A dossier's budget as a workbook: a template that adds up by itself (`budgets_in` reads it back).

The workbook has one sheet. Column A: account, B: label, C: amount in euros; column D is hidden and holds the account's
code, so that rows may be moved. Only column C is to be filled in; the sheet is protected without a password against
slips of the keyboard.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from aap.core.budgets.accounting import Budget, Side, accounts
from aap.documents.tables.workbooks import describe

SHEET = "Budget"
SIDES: Sequence[tuple[Side, str, str]] = (
    ("charges", "CHARGES", "Total des charges"),
    ("products", "PRODUITS", "Total des produits"),
    ("used", "EMPLOI DES CONTRIBUTIONS VOLONTAIRES", "Total du compte 86"),
    ("given", "CONTRIBUTIONS VOLONTAIRES EN NATURE", "Total du compte 87"),
)
CHECKS = ("Produits moins charges (doit être nul)", "Compte 87 moins compte 86 (doit être nul)")


def budget_workbook(budget: Budget, *, title: str, about: str) -> bytes:
    """The template, filled with what the budget holds. `about`: association, call and dossier on one line."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    describe(book, title)
    sheet = book.add_worksheet(SHEET)
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
    for side, heading, total in SIDES:
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
        (CHECKS[0], "products", "charges", budget.gap),
        (CHECKS[1], "given", "used", budget.contributions_gap),
    )
    for words, first, second, cents in checks:
        sheet.write(row, 1, words, look.total)
        formula = f"=C{totals[first] + 1}-C{totals[second] + 1}"
        sheet.write_formula(row, 2, formula, look.total_amount, float(Decimal(cents) / 100))
        row += 1
