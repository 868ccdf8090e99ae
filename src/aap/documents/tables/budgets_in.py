"""A filled-in budget workbook back to amounts: what can't be taken is named with its cell, and then nothing is taken.

Lines are known by their hidden code, else by their label. Whatever looks like an amount and is no line of the model (a line
that was added, a note below, a hidden row) is named rather than left out, and a total that the sheet shows has to be the sum
of the lines that were read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from aap.core.amounts import BadAmount, read_cents
from aap.core.budgets.accounting import Budget, BudgetKind, Side, accounts, budget_of
from aap.core.composed import without_accents
from aap.core.french import euros, quoted
from aap.core.problems import BadInput
from aap.documents.incoming.incoming_file import IncomingFile, RefusedFile
from aap.documents.incoming.taking import take_files
from aap.documents.media_types import ODS, XLSX
from aap.documents.tables.budgets import CHECKS, SHEET, SIDES
from aap.documents.tables.saved_sheets import ERROR, Line, SavedSheet, place, saved_sheets

MAX_BYTES = 2_000_000
_NUMBER, _LABEL, _AMOUNT, _CODE = range(4)  # columns
_OWNERS: dict[BudgetKind, str] = {"association": "de l’association", "project": "du projet"}


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


def read_budget_workbook(kind: BudgetKind, file: IncomingFile) -> Budget:
    """The amounts of a filled-in template.

    Raises BadWorkbook: no workbook of ours, the other budget's, one without any amount, cells that hold no amount or
    amounts that are in no line, totals that are not the sum of the lines.
    """
    sheet = _sheet_of(file)
    reading = _Reading(kind)
    try:
        for line in sheet.lines():
            reading.take(line)
    except BadInput as bad:
        raise BadWorkbook([CellProblem("", _DAMAGED)]) from bad
    for area in sheet.merged:
        rows = range(area.first_row, area.last_row + 1)
        if area.first_column <= _AMOUNT <= area.last_column and any(row in rows for row in reading.rows):
            reading.tell(str(area), "ces cellules sont fusionnées\u00a0: séparez-les.")
    return reading.budget()


_DAMAGED = "Ce classeur est abîmé\u00a0: ouvrez-le, enregistrez-le à nouveau au format XLSX, puis importez-le."


def _sheet_of(file: IncomingFile) -> SavedSheet:
    try:
        (taken,) = take_files([file], ("spreadsheet",), max_bytes=MAX_BYTES)
    except RefusedFile as refused:
        raise BadWorkbook([CellProblem("", refused.message)]) from refused
    if taken.content_type not in (XLSX, ODS):
        raise BadWorkbook([CellProblem("", "Enregistrez ce tableau au format XLSX, puis importez-le à nouveau.")])
    try:
        sheets = saved_sheets(file.name, taken.content, "")
    except BadInput as bad:
        raise BadWorkbook([CellProblem("", _DAMAGED)]) from bad
    visible = [sheet for sheet in sheets if sheet.visible]
    chosen = [sheet for sheet in visible if sheet.name == SHEET] or visible
    if not chosen:
        raise BadWorkbook([CellProblem("", "Ce classeur n’a aucune feuille visible.")])
    return chosen[0]


class _Reading:
    """The rows of a workbook under reading: cents by account, totals that the sheet shows, problems."""

    def __init__(self, kind: BudgetKind) -> None:
        self.kind = kind
        self.codes = {account.code for account in accounts(kind)}
        self.labels = {_folded(account.label): account.code for account in accounts(kind)}
        self.totals: dict[str, Side] = {_folded(words): side for side, _, words in SIDES}
        self.checks = {_folded(words) for words in CHECKS}
        self.found: dict[str, int] = {}
        self.rows: set[int] = set()
        self.shown: list[tuple[str, Side, int]] = []
        self.others = False
        self.problems: list[CellProblem] = []

    def tell(self, cell: str, message: str) -> None:
        self.problems.append(CellProblem(cell, message))

    def take(self, line: Line) -> None:
        """One row: a line of the model, a total, or else whatever stands in it is told where it looks like an amount."""
        values = [*line.values, *[None] * (_CODE + 1 - len(line.values))]
        code = self._code_of(values)
        label = _folded(values[_LABEL])
        where = place(line.number, _AMOUNT)
        own = {_AMOUNT}
        if code is not None and code in self.found:
            self.tell(where, "cette ligne figure deux fois\u00a0: gardez-en une.")
        elif code is not None:
            self.rows.add(line.number)
            self.found[code] = self._amount(where, values[_AMOUNT], line)
            if line.hidden and self.found[code]:
                self.tell(where, "cette ligne est masquée\u00a0: affichez-la, ou videz son montant.")
        elif label in self.totals:
            self._total(where, self.totals[label], values[_AMOUNT])
        elif label not in self.checks:
            own = set()
        for column, value in enumerate(values):
            if column not in own and column not in (_NUMBER, _LABEL, _CODE) and _is_amount(value, column):
                self.tell(place(line.number, column), _outside(values[_LABEL], code))

    def _code_of(self, values: Sequence[object]) -> str | None:
        owner, colon, code = str(values[_CODE] or "").partition(":")
        if colon and owner in _OWNERS:
            self.others = self.others or owner != self.kind
            return code if owner == self.kind and code in self.codes else None
        return self.labels.get(_folded(values[_LABEL]))

    def _amount(self, where: str, value: object, line: Line) -> int:
        try:
            return _cents_of(value, formula=_AMOUNT in line.formulas, unstored=_AMOUNT in line.unstored)
        except _Unreadable as unread:
            self.tell(where, str(unread))
            return 0

    def _total(self, where: str, side: Side, value: object) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.shown.append((where, side, _rounded(value)))

    def budget(self) -> Budget:
        """What was read. Raises BadWorkbook."""
        if not self.found:
            other: BudgetKind = "project" if self.kind == "association" else "association"
            message = "Ce classeur n’est pas le modèle de ce budget\u00a0: téléchargez-le ci-dessous et remplissez-le."
            if self.others:
                message = (
                    f"C’est le classeur du budget {_OWNERS[other]}, et non de celui {_OWNERS[self.kind]}\u00a0: "
                    "importez-le à sa place."
                )
            raise BadWorkbook([CellProblem("", message)])
        if self.problems:
            raise BadWorkbook(self.problems)
        budget = budget_of(self.kind, self.found)
        if wrong := list(self._wrong_totals(budget)):
            raise BadWorkbook(wrong)
        if not budget.amounts:
            raise BadWorkbook(
                [CellProblem("", "Aucun montant n’est écrit dans ce classeur\u00a0: rien n’est remplacé.")]
            )
        return budget

    def _wrong_totals(self, budget: Budget) -> Iterator[CellProblem]:
        for where, side, shown in self.shown:
            read = budget.total(side)
            if shown != read:
                yield CellProblem(
                    where,
                    f"ce total est de {euros(shown)}, et les lignes lues font {euros(read)}\u00a0: remettez sa formule, "
                    "ou enregistrez à nouveau le classeur dans un tableur.",
                )


class _Unreadable(ValueError):
    """Why a cell holds no amount, in French."""


def _outside(label: object, code: str | None) -> str:
    if code is None and str(label or "").strip():
        named = quoted(str(label).strip()[:60])
        return f"la ligne {named} n’est pas du modèle\u00a0: reportez ce montant dans une de ses lignes."
    return "ce montant est hors des lignes du modèle\u00a0: reportez-le dans une de ses lignes, ou effacez-le."


def _is_amount(value: object, column: int) -> bool:
    """Whether a cell outside the lines may be an amount: a number; in the column of amounts, a text of figures too."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return True
    if column != _AMOUNT or not isinstance(value, str):
        return False
    try:
        return read_cents(value) > 0
    except BadAmount as bad:
        return bad.reason != "not_a_number"


def _folded(value: object) -> str:
    return re.sub(r"[^a-z0-9]+", " ", without_accents(str(value or "").casefold())).strip()


def _cents_of(value: object, *, formula: bool, unstored: bool) -> int:
    if unstored:
        raise _Unreadable("cette formule n’a pas de résultat\u00a0: ouvrez le classeur et enregistrez-le à nouveau.")
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise _Unreadable("ce n’est pas un montant.")
    if isinstance(value, str) and ERROR.fullmatch(value):
        raise _Unreadable(f"le tableur affiche l’erreur {quoted(value)}.")
    try:
        return read_cents(value[:61]) if isinstance(value, str) else _cents(value, formula=formula)
    except BadAmount as bad:
        shown = quoted(str(value)[:40])
        if bad.reason == "ambiguous":
            raise _Unreadable(bad.sentence) from bad
        raise _Unreadable(
            {
                "negative": f"{shown} est négatif\u00a0: un montant ne peut pas l’être.",
                "too_precise": f"{shown} a plus de deux chiffres après la virgule\u00a0: arrondissez au centime.",
                "too_large": f"{shown} est trop grand\u00a0: vérifiez les zéros.",
            }.get(bad.reason, f"{shown} n’est pas un montant\u00a0: écrivez-le en chiffres, par exemple 1200,50.")
        ) from bad


def _cents(value: float | Decimal, *, formula: bool) -> int:
    """A number of the sheet in cents: what a formula gave is rounded as the sheet shows it, what was typed has to be exact."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise BadAmount(str(value), "not_a_number")
    if abs(exact) >= Decimal(10) ** 15:
        raise BadAmount(str(value), "too_large")
    rounded = _to_the_cent(exact)
    if not formula and abs(exact - rounded) > Decimal("0.000001"):  # 1200.1 may be 1200.0999999999999 in binary
        raise BadAmount(str(value), "too_precise")
    return read_cents(f"{rounded:f}")


def _rounded(value: float) -> int:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return int(_to_the_cent(exact) * 100) if exact.is_finite() and abs(exact) < Decimal(10) ** 15 else -1


def _to_the_cent(value: Decimal) -> Decimal:
    """Half away from zero, as spreadsheets round what they show; of 15 digits, which is what they hold."""
    shown = Decimal(f"{value:.15g}")
    return shown.quantize(Decimal("0.01"), ROUND_HALF_UP)
