"""`budget`: a table of accounts, stored as `{"charges": {account: "1200.00"}, "products": {…}, "contributions": {…}}`.

Beside them, where something is given: `own`, the association's own lines (`[{"account", "label", "amount"}]`), each a part of an
account's amount; `obtained`, of what another funder is asked for, the part that it has granted (`{account: "500.00"}`); `later`,
the same accounts of the years after the first (`{"2027": {"charges": …}}`). Only the first year's are counted and compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from aap.core.amounts import BadAmount
from aap.core.budgets.accounting import (
    REQUEST,
    Account,
    Budget,
    Side,
    UnknownAccount,
    account_of,
    accounts,
    parse_budget,
)
from aap.core.budgets.budget_checks import check_budget
from aap.core.findings import Finding, out_of_order
from aap.core.french import euros
from aap.core.paths import Path
from aap.core.questions.base.cell_types import (
    CellType,
    parts_as_typed,
    read_parts,
    with_raw,
    without_blank_end,
)
from aap.core.questions.base.condition import Compared
from aap.core.questions.base.faults import AnswerFault, CheckedDossier, ProblemCode, lengths
from aap.core.questions.base.in_words import BudgetLine, BudgetSide, Outline, ReadAnswer, Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import Question
from aap.core.questions.money import MoneyCell, why_no_amount
from aap.core.questions.text import LONGEST
from aap.core.scalars import Count
from aap.core.values import RAW, decimal_of, is_blank, list_of, mapping_of, text_of

PARTS = ("charges", "products", "contributions")
MOST_OWN = 40  # lines that an association adds to one budget
_CELL = MoneyCell()
_OWN: Mapping[str, CellType] = {"account": CellType(), "label": CellType(), "amount": _CELL}
_PART_OF: dict[Side, str] = {
    "charges": "charges", "products": "products", "used": "contributions", "given": "contributions",
}  # fmt: skip
_TITLES: dict[Side, str] = {
    "charges": "Charges",
    "products": "Produits",
    "used": "Emploi des contributions (86)",
    "given": "Contributions (87)",
}
_TOTALS = {
    "charges": "Total des charges",
    "products": "Total des produits",
    "contributions": "Contributions volontaires",
}


class BudgetQuestion(Question):
    in_group = False
    dated = True
    missing = "Remplissez le budget."

    type: Literal["budget"] = Field(description="Un budget, par compte.")
    budget: Literal["association", "project"] = Field(description="Budget demandé : association ou project.")
    years: tuple[Count, ...] = Field(
        default=(),
        description="Années côte à côte, pour une convention de plusieurs années ; la demande est celle de la première.",
    )

    def misfits(self, path: Path) -> Iterator[Finding]:
        for at, (one, after) in enumerate(zip(self.years, self.years[1:], strict=False)):
            first, second = ((*path, "years", at), one), ((*path, "years", at + 1), after)
            yield from out_of_order(first, second, after <= one)

    def compared_as(self) -> Compared | None:
        """A project's is compared by its request."""
        return "number" if self.budget == "project" else None

    def budget_of(self, answer: Any, year: str = "") -> Budget:
        """A stored budget's readable part, of its first year or a later one; an empty one where nothing can be read."""
        try:
            return self._parsed(_of_year(answer, year))
        except (UnknownAccount, BadAmount):
            return Budget(self.budget)

    def accounts(self, side: Side) -> Sequence[Account]:
        """The lines of one side, in the form's order."""
        return accounts(self.budget, side)

    @property
    def later(self) -> tuple[str, ...]:
        """The years after the first."""
        return tuple(map(str, self.years[1:]))

    @property
    def funders(self) -> tuple[str, ...]:
        """The accounts of the other funders, of which a project says what they have granted."""
        asked = accounts(self.budget, "products") if self.budget == "project" else ()
        return tuple(one.code for one in asked if one.heading == "74" and one.code != REQUEST)

    @property
    def detailed(self) -> tuple[Account, ...]:
        """The accounts of which an association may add lines of its own."""
        return tuple(one for one in accounts(self.budget) if one.code != REQUEST)

    def has_own_lines(self, typed: Any) -> bool:
        """Whether anything was typed in a line of the association's own, or one more was asked for."""
        own = list_of(mapping_of(typed).get("own"))
        return len(own) > 1 or not is_blank(own)

    # --- what is typed, and what is stored ----------------------------------------------------------------------------

    def typed_for(self, typed: Any, account: Account, year: str = "") -> str:
        """What the input of an account shows."""
        held = typed.get("later", {}).get(year, {}) if year else typed
        return next((held[part][account.code] for part in PARTS if account.code in held.get(part, {})), "")

    def typed_in(self, posted: Posted, name: str) -> Any:
        typed = self._accounts_in(posted, name)
        if later := {year: self._accounts_in(posted, f"{name}.{year}") for year in self.later}:
            typed["later"] = later
        if self.funders:
            typed["obtained"] = {code: posted.one(f"{name}.obtained.{code}") for code in self.funders}
        rows = [{part: posted.one(f"{name}.own.{row}.{part}") for part in _OWN} for row in posted.rows(f"{name}.own")]
        typed["own"] = posted.edited(rows, f"{name}.own", dict.fromkeys(_OWN, ""), MOST_OWN)
        return typed

    def _accounts_in(self, posted: Posted, name: str) -> dict[str, Any]:
        typed: dict[str, Any] = {part: {} for part in PARTS}
        for account in accounts(self.budget):
            typed[_PART_OF[account.side]][account.code] = posted.one(f"{name}.{account.code}")
        return typed

    def read(self, typed: Any) -> tuple[Any, Any]:
        given = mapping_of(typed)
        values, raw = _read_accounts(given)
        later = {year: _read_accounts(mapping_of(given.get("later")).get(year)) for year in self.later}
        obtained = _read_amounts(mapping_of(given.get("obtained")), self.funders)
        rows = [with_raw(*read_parts(_OWN, mapping_of(row))) for row in list_of(given.get("own"))[:MOST_OWN]]
        found = {
            "later": {year: one for year, (one, _) in later.items() if not is_blank(one)},
            "obtained": obtained[0],
            "own": without_blank_end(rows),
        }
        unread = {"later": {year: one for year, (_, one) in later.items() if one}, "obtained": obtained[1]}
        return (
            {**values, **{key: one for key, one in found.items() if one}},
            {**raw, **{key: one for key, one in unread.items() if one}},
        )

    def as_typed(self, value: Any, raw: Any) -> Any:
        stored, unread = mapping_of(value), mapping_of(raw)
        typed = _accounts_as_typed(stored, unread)
        if self.later:
            later, unread_later = mapping_of(stored.get("later")), mapping_of(unread.get("later"))
            typed["later"] = {
                year: _accounts_as_typed(mapping_of(later.get(year)), mapping_of(unread_later.get(year)))
                for year in self.later
            }
        if self.funders:
            typed["obtained"] = _amounts_as_typed(stored.get("obtained"), unread.get("obtained"))
        rows = [mapping_of(row) for row in list_of(stored.get("own"))]
        typed["own"] = [parts_as_typed(_OWN, row, mapping_of(row.get(RAW))) for row in rows]
        return typed

    def kept(self, before: Any, answer: Any) -> Any:
        """Of an earlier form, the years that this one has too."""
        later = {year: one for year, one in mapping_of(mapping_of(answer).get("later")).items() if year in self.later}
        rest = {key: one for key, one in mapping_of(answer).items() if key != "later"}
        return {**rest, "later": later} if later else rest

    # --- checks -------------------------------------------------------------------------------------------------------

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        stored, unread = mapping_of(value), mapping_of(raw)
        yield from self._problems_of_year("", stored, unread, path, dossier)
        for year in self.later:
            at, held = (*path, year), mapping_of(mapping_of(unread.get("later")).get(year))
            of_year = _of_year(stored, year)
            if is_blank(of_year) and is_blank(held):
                if self.required:
                    yield AnswerFault((*at, "60"), "missing", f"Remplissez le budget de {year}.", year)
                continue
            yield from self._problems_of_year(year, of_year, held, at, replace(dossier, limits=None))
        yield from self._problems_of_funders(stored, mapping_of(unread.get("obtained")), path)
        yield from self._problems_of_own_lines(stored, path)

    def _problems_of_year(
        self, year: str, stored: Mapping[str, Any], unread: Mapping[str, Any], path: Path, dossier: CheckedDossier
    ) -> Iterator[AnswerFault]:
        wrong = {code: typed for part in PARTS for code, typed in mapping_of(unread.get(part)).items()}
        for code, typed in wrong.items():
            yield AnswerFault((*path, code), "unreadable", why_no_amount(text_of(typed)), _line(code, year))
        try:
            budget = self._parsed(stored)
        except (UnknownAccount, BadAmount):
            yield AnswerFault(
                path, "unreadable", "Ce budget contient une ligne inconnue : vérifiez les montants.", year
            )
            return
        if wrong:
            return  # the totals mean nothing yet
        for note in check_budget(budget, limits=dossier.limits, employees=dossier.employees):
            kind: ProblemCode = "missing" if note.code in ("empty", "request_missing") else "budget"
            label = _line(note.account, year)
            yield AnswerFault((*path, note.account), kind, note.message, label, severity=note.severity)

    def _problems_of_funders(
        self, stored: Mapping[str, Any], unread: Mapping[str, Any], path: Path
    ) -> Iterator[AnswerFault]:
        budget = self.budget_of(stored)
        obtained = mapping_of(stored.get("obtained"))
        for code in self.funders:
            at, label = (*path, "obtained", code), f"{_line(code)}, dont obtenu"
            if typed := text_of(unread.get(code)):
                yield AnswerFault(at, "unreadable", why_no_amount(typed), label)
            elif (cents := _cents(obtained.get(code))) > budget.amount(code):
                message = (
                    f"Ce financeur a accordé {euros(cents)}, et cette ligne prévoit {euros(budget.amount(code))} : "
                    "ce qui est obtenu fait partie du montant de la ligne."
                )
                yield AnswerFault(at, "budget", message, label)

    def _problems_of_own_lines(self, stored: Mapping[str, Any], path: Path) -> Iterator[AnswerFault]:
        known = {account.code for account in self.detailed}
        sums: dict[str, int] = {}
        for index, row in enumerate(map(mapping_of, list_of(stored.get("own")))):
            if is_blank(row):
                continue
            at, where = (*path, "own", index), f"votre ligne {index + 1}"
            code, unread = text_of(row.get("account")), mapping_of(row.get(RAW))
            if code not in known:
                message = "Choisissez la ligne du formulaire dont celle-ci fait partie."
                yield AnswerFault((*at, "account"), "missing", message, where)
            if not text_of(row.get("label")):
                yield AnswerFault((*at, "label"), "missing", "Dites de quoi il s’agit.", where)
            yield from (
                replace(found, label=where) for found in lengths(text_of(row.get("label")), 0, LONGEST, (*at, "label"))
            )
            if is_blank(row.get("amount")) and is_blank(unread.get("amount")):
                yield AnswerFault((*at, "amount"), "missing", "Indiquez son montant.", where)
            elif message := _CELL.unreadable(row.get("amount"), text_of(unread.get("amount"))):
                yield AnswerFault((*at, "amount"), "unreadable", message, where)
            sums[code] = sums.get(code, 0) + _cents(row.get("amount"))
        budget = self.budget_of(stored)
        for code, cents in sums.items():
            if code in known and cents > budget.amount(code):
                message = (
                    f"Vos lignes font {euros(cents)}, et cette ligne du formulaire {euros(budget.amount(code))} : "
                    "elles en font partie, et ne peuvent pas la dépasser."
                )
                yield AnswerFault((*path, code), "budget", message, _line(code))

    def _parsed(self, value: Any) -> Budget:
        return parse_budget(self.budget, {part: mapping_of(mapping_of(value).get(part)) for part in PARTS})

    # --- words --------------------------------------------------------------------------------------------------------

    def words(self, value: Any, blank: ReadAnswer, around: Surroundings) -> ReadAnswer:
        stored = mapping_of(value)
        try:
            budgets = [self._parsed(_of_year(stored, year)) for year in ("", *self.later)]
        except (UnknownAccount, BadAmount):
            return replace(blank, kind="text", text="Ce budget ne peut pas être lu.")
        own: dict[str, list[tuple[str, int]]] = {}
        for row in map(mapping_of, list_of(stored.get("own"))):
            if label := text_of(row.get("label")):
                own.setdefault(text_of(row.get("account")), []).append((label, _cents(row.get("amount"))))
        obtained = mapping_of(stored.get("obtained"))
        sides = []
        for side, title in _TITLES.items():
            lines = [
                BudgetLine(
                    one.number, one.label, amounts, tuple(own.get(one.code, ())), _cents(obtained.get(one.code)),
                )
                for one in self.accounts(side)
                if any(amounts := tuple(budget.amount(one.code) for budget in budgets)) or one.code in own
            ]  # fmt: skip
            if lines or side in ("charges", "products"):
                totals = tuple(budget.total(side) for budget in budgets)
                sides.append(BudgetSide(title, lines, totals, tuple(map(str, self.years))))
        first = budgets[0]
        share = first.request_share if first.request else None
        return replace(blank, kind="budget", sides=sides, request=first.request, share=share)

    def outline(self) -> Outline:
        years = f" {' et '.join(map(str, self.years))}," if self.years else ""
        return Outline(
            words=f"Tableau des charges et des produits par compte{years} (présentation du formulaire Cerfa 12156), à "
            "équilibrer.",
            note="Tableau des charges et des produits par compte, à équilibrer ; un modèle de tableur est proposé en "
            "ligne.",
        )

    def shape(self) -> tuple[object, ...]:
        return ((self.type, self.budget), self.years) if self.years else ((self.type, self.budget),)


def _line(code: str, year: str = "") -> str:
    """A line as people find it in the table: its number and the beginning of its label; of a total, its words."""
    account = account_of(code)
    name = account.name if account else _TOTALS.get(code, "")
    return f"{year}, {name}" if year and name else name or year


def _of_year(answer: Any, year: str) -> Mapping[str, Any]:
    stored = mapping_of(answer)
    return mapping_of(mapping_of(stored.get("later")).get(year)) if year else stored


def _read_accounts(typed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for part in PARTS:
        given = mapping_of(mapping_of(typed).get(part))
        values[part], unread = _read_amounts(given, tuple(given))
        if unread:
            raw[part] = unread
    return values, raw


def _read_amounts(given: Mapping[str, Any], codes: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    kept, unread = read_parts(dict.fromkeys(codes, _CELL), given)
    return {code: value for code, value in kept.items() if value != "0.00"}, unread


def _accounts_as_typed(stored: Mapping[str, Any], unread: Mapping[str, Any]) -> dict[str, Any]:
    return {part: _amounts_as_typed(stored.get(part), unread.get(part)) for part in PARTS}


def _amounts_as_typed(stored: Any, unread: Any) -> dict[str, str]:
    values, raw = mapping_of(stored), mapping_of(unread)
    return parts_as_typed(dict.fromkeys([*values, *raw], _CELL), values, raw)


def _cents(stored: object) -> int:
    exact = decimal_of(stored)
    return int(exact * 100) if exact is not None else 0
