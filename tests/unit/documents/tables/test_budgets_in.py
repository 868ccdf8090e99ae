"""A budget's workbook as it comes back: every line is read or named, and nothing is taken while something is not."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from aap.core.budgets.accounting import Budget, budget_of
from aap.documents.incoming.incoming_file import IncomingFile
from aap.documents.tables.budgets import budget_workbook
from aap.documents.tables.budgets_in import BadWorkbook, read_budget_workbook

BUDGET = budget_of("project", {"60": 250_000, "641": 4_000_050, "request": 3_000_000, "756": 1_250_050})


def changed(change: Callable[[Worksheet], object], budget: Budget = BUDGET) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(budget_workbook(budget, title="Budget", about="x")))
    change(book["Budget"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(change: Callable[[bytes], bytes]) -> bytes:
    """The template as it went out, with another sheet: the totals that it shows are kept."""
    out = io.BytesIO()
    template = io.BytesIO(budget_workbook(BUDGET, title="Budget", about="x"))
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == "xl/worksheets/sheet1.xml" else content)
    return out.getvalue()


def read(content: bytes) -> Budget:
    return read_budget_workbook("project", IncomingFile("budget.xlsx", content))


def told(content: bytes) -> list[str]:
    with pytest.raises(BadWorkbook) as refused:
        read(content)
    return [str(problem).replace("\u00a0", " ").replace("\u202f", " ") for problem in refused.value.problems]


def test_what_went_out_comes_back() -> None:
    assert read(budget_workbook(BUDGET, title="Budget", about="x")) == BUDGET
    assert read(changed(lambda _: None)) == BUDGET


def test_an_empty_row_among_the_lines_changes_nothing() -> None:
    assert read(changed(lambda sheet: sheet.insert_rows(7))) == BUDGET


def test_an_amount_that_is_in_no_line_of_the_model_is_named() -> None:
    def added(sheet: Worksheet) -> None:
        sheet.insert_rows(7)
        sheet["B7"], sheet["C7"] = "Location de salle", 500
        sheet["F9"] = 12
        sheet["C450"] = "20 000 €"
        sheet["C451"] = "à revoir"

    assert told(changed(added)) == [
        "Cellule C7 : la ligne « Location de salle » n’est pas du modèle : reportez ce montant dans une de ses lignes.",
        "Cellule F9 : ce montant est hors des lignes du modèle : reportez-le dans une de ses lignes, ou effacez-le.",
        "Cellule C450 : ce montant est hors des lignes du modèle : reportez-le dans une de ses lignes, ou effacez-le.",
    ]


def test_a_hidden_line_with_an_amount_and_merged_amounts_are_named() -> None:
    def hidden(sheet: Worksheet) -> None:
        sheet.row_dimensions[6].hidden = True
        sheet.row_dimensions[7].hidden = True  # without an amount
        sheet.merge_cells("C10:C11")

    assert told(changed(hidden)) == [
        "Cellule C6 : cette ligne est masquée : affichez-la, ou videz son montant.",
        "Cellule C10:C11 : ces cellules sont fusionnées : séparez-les.",
    ]


def test_a_total_that_is_not_the_sum_of_the_lines_is_named() -> None:
    def stale(content: bytes) -> bytes:
        return content.replace(b"<v>2500</v>", b"<v>2600</v>", 1)

    assert told(rewritten(stale)) == [
        "Cellule C19 : ce total est de 42 500,50 €, et les lignes lues font 42 600,50 € : remettez sa formule, ou "
        "enregistrez à nouveau le classeur dans un tableur."
    ]


def test_a_workbook_without_amounts_replaces_nothing() -> None:
    assert told(changed(lambda _: None, budget_of("project", {}))) == [
        "Aucun montant n’est écrit dans ce classeur : rien n’est remplacé."
    ]


@pytest.mark.parametrize(("value", "cents"), [("1200.125", 120_013), ("1200.135", 120_014), ("150.0625", 15_006)])
def test_what_a_formula_gives_is_rounded_as_the_sheet_shows_it(value: str, cents: int) -> None:
    def computed(content: bytes) -> bytes:
        content = content.replace(b"<v>2500</v>", b"<f>1+1</f><v>%s</v>" % value.encode(), 1)
        total = str((cents + 4_000_050) / 100).encode()
        return re.sub(rb"(<f>SUM\(C6:C18\)</f><v>)[^<]*", rb"\g<1>" + total, content)

    assert read(rewritten(computed)).amount("60") == cents


def test_amounts_that_are_typed_are_never_guessed() -> None:
    def typed(sheet: Worksheet) -> None:
        sheet["C6"] = "20.000"
        sheet["C7"] = 33.333
        sheet["C8"] = "12 000,50 €"

    assert told(changed(typed)) == [
        "Cellule C6 : « 20.000 » peut se lire de deux façons : écrivez 20000 s’il s’agit de milliers, ou 20,00 s’il s’agit "
        "de centimes.",
        "Cellule C7 : « 33.333 » a plus de deux chiffres après la virgule : arrondissez au centime.",
    ]
