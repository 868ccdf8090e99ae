"""`budget`: a table of accounts, stored as `{"charges": {account: "1200.00"}, "products": {…}, "contributions": {…}}`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from aap.core.amounts import BadAmount
from aap.core.budgets.accounting import Account, Budget, Side, UnknownAccount, accounts, parse_budget
from aap.core.budgets.budget_checks import check_budget
from aap.core.paths import Path
from aap.core.questions.base.cell_types import parts_as_typed, read_parts
from aap.core.questions.base.condition import Compared
from aap.core.questions.base.faults import AnswerFault, CheckedDossier, ProblemCode
from aap.core.questions.base.in_words import BudgetSide, Outline, ReadAnswer, Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import Question
from aap.core.questions.money import MoneyCell, why_no_amount
from aap.core.values import mapping_of, text_of

PARTS = ("charges", "products", "contributions")
_CELL = MoneyCell()
_PART_OF: dict[Side, str] = {
    "charges": "charges", "products": "products", "used": "contributions", "given": "contributions",
}  # fmt: skip
_TITLES: dict[Side, str] = {
    "charges": "Charges",
    "products": "Produits",
    "used": "Emploi des contributions (86)",
    "given": "Contributions (87)",
}


class BudgetQuestion(Question):
    in_group = False
    missing = "Remplissez le budget."

    type: Literal["budget"] = Field(description="Un budget, par compte.")
    budget: Literal["association", "project"] = Field(description="Budget demandé : association ou project.")

    def compared_as(self) -> Compared | None:
        """A project's is compared by its request."""
        return "number" if self.budget == "project" else None

    def budget_of(self, answer: Any) -> Budget:
        """A stored budget's readable part; an empty one where nothing can be read."""
        try:
            return parse_budget(self.budget, answer)
        except (UnknownAccount, BadAmount):
            return Budget(self.budget)

    def accounts(self, side: Side) -> Sequence[Account]:
        """The lines of one side, in the form's order."""
        return accounts(self.budget, side)

    def typed_for(self, typed: Any, account: Account) -> str:
        """What the input of an account shows."""
        return next((typed[part][account.code] for part in PARTS if account.code in typed.get(part, {})), "")

    def typed_in(self, posted: Posted, name: str) -> Any:
        typed: dict[str, dict[str, str]] = {part: {} for part in PARTS}
        for account in accounts(self.budget):
            typed[_PART_OF[account.side]][account.code] = posted.one(f"{name}.{account.code}")
        return typed

    def read(self, typed: Any) -> tuple[Any, Any]:
        values: dict[str, Any] = {}
        raw: dict[str, Any] = {}
        for part in PARTS:
            given = mapping_of(mapping_of(typed).get(part))
            kept, unread = read_parts(dict.fromkeys(given, _CELL), given)
            values[part] = {code: value for code, value in kept.items() if value != "0.00"}
            if unread:
                raw[part] = unread
        return values, raw

    def as_typed(self, value: Any, raw: Any) -> Any:
        typed = {}
        for part in PARTS:
            stored, unread = mapping_of(mapping_of(value).get(part)), mapping_of(mapping_of(raw).get(part))
            typed[part] = parts_as_typed(dict.fromkeys([*stored, *unread], _CELL), stored, unread)
        return typed

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        unread = {code: typed for cells in mapping_of(raw).values() for code, typed in mapping_of(cells).items()}
        for code, typed in unread.items():
            yield AnswerFault((*path, code), "unreadable", why_no_amount(text_of(typed)))
        try:
            budget = self._parsed(value)
        except (UnknownAccount, BadAmount):
            yield AnswerFault(path, "unreadable", "Ce budget contient une ligne inconnue : vérifiez les montants.")
            return
        if unread:
            return  # the totals mean nothing yet
        for note in check_budget(budget, limits=dossier.limits, employees=dossier.employees):
            kind: ProblemCode = "missing" if note.code in ("empty", "request_missing") else "budget"
            yield AnswerFault((*path, note.account), kind, note.message, severity=note.severity)

    def _parsed(self, value: Any) -> Budget:
        return parse_budget(self.budget, {part: mapping_of(cells) for part, cells in mapping_of(value).items()})

    def words(self, value: Any, blank: ReadAnswer, around: Surroundings) -> ReadAnswer:
        try:
            budget = self._parsed(value)
        except (UnknownAccount, BadAmount):
            return replace(blank, kind="text", text="Ce budget ne peut pas être lu.")
        sides = []
        for side, title in _TITLES.items():
            filled = [(account, budget.amount(account.code)) for account in self.accounts(side)]
            lines = [(account.number, account.label, cents) for account, cents in filled if cents]
            if lines or side in ("charges", "products"):
                sides.append(BudgetSide(title, lines, sum(line[2] for line in lines)))
        share = budget.request_share if budget.request else None
        return replace(blank, kind="budget", sides=sides, request=budget.request, share=share)

    def outline(self) -> Outline:
        return Outline(
            words="Tableau des charges et des produits par compte (présentation du formulaire Cerfa 12156), à équilibrer.",
            note="Tableau des charges et des produits par compte, à équilibrer ; un modèle de tableur est proposé en "
            "ligne.",
        )

    def shape(self) -> tuple[object, ...]:
        return ((self.type, self.budget),)
