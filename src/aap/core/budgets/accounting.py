"""The budgets of a dossier: the accounts of the subvention form, totals, balances, and figures that surprise.

Accounts follow the form Cerfa 12156*06 (chart of accounts of associations): charges 60 to 69, products 70 to 79 with
74 by funder, voluntary contributions 86 (their use) equal to 87 (their source), counted apart. All amounts are integer
cents; an account that isn't filled in is 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal

from aap.core.amounts import MAX_CENTS, BadAmount

BudgetKind = Literal["association", "project"]
Side = Literal["charges", "products", "used", "given"]

REQUEST = "request"  # the grant that is asked for: a product line of the project's budget


@dataclass(frozen=True, slots=True)
class Account:
    """One line. `heading` is the two-digit account that it adds to (`74` for each funder)."""

    code: str
    label: str
    side: Side
    heading: str
    kinds: tuple[BudgetKind, ...] = ("association", "project")

    @property
    def number(self) -> str:
        """The account's number as people read it: `641`, `74` for each funder, empty for indirect charges."""
        if self.code[0].isdigit():
            return self.code.partition("-")[0]
        return self.heading if self.heading[0].isdigit() else ""

    @property
    def name(self) -> str:
        """`61 Services extérieurs`: how a message names the line."""
        return f"{self.number} {self.label.partition(' : ')[0].partition(' (')[0]}".strip()


ACCOUNTS: tuple[Account, ...] = (
    Account("60", "Achats : matières, fournitures, prestations", "charges", "60"),
    Account("61", "Services extérieurs : locations, entretien, assurances, documentation", "charges", "61"),
    Account("62", "Autres services extérieurs : honoraires, publicité, déplacements, banque", "charges", "62"),
    Account("63", "Impôts et taxes", "charges", "63"),
    Account("641", "Rémunération des personnels", "charges", "64"),
    Account("645", "Charges sociales", "charges", "64"),
    Account("648", "Autres charges de personnel", "charges", "64"),
    Account("65", "Autres charges de gestion courante", "charges", "65"),
    Account("66", "Charges financières", "charges", "66"),
    Account("67", "Charges exceptionnelles", "charges", "67"),
    Account("68", "Dotations aux amortissements et provisions", "charges", "68"),
    Account("69", "Impôt sur les bénéfices, participation", "charges", "69"),
    Account(
        "indirect", "Charges indirectes : part des frais de fonctionnement", "charges", "indirect", kinds=("project",)
    ),
    Account("70", "Ventes et prestations de services", "products", "70"),
    Account("73", "Dotations et produits de tarification", "products", "73"),
    Account(REQUEST, "Subvention demandée dans ce dossier", "products", "74", kinds=("project",)),
    Account("74-etat", "État (autres ministères et services)", "products", "74"),
    Account("74-region", "Conseil régional", "products", "74"),
    Account("74-departement", "Conseil départemental", "products", "74"),
    Account("74-commune", "Commune ou intercommunalité", "products", "74"),
    Account("74-social", "Organismes sociaux (CAF, MSA…)", "products", "74"),
    Account("74-europe", "Fonds européens", "products", "74"),
    Account("74-asp", "Agence de services et de paiement (emplois aidés)", "products", "74"),
    Account("74-public", "Autres établissements publics", "products", "74"),
    Account("74-prive", "Aides privées (fondations, entreprises)", "products", "74"),
    Account("756", "Cotisations", "products", "75"),
    Account("758", "Dons manuels et mécénat", "products", "75"),
    Account("75", "Autres produits de gestion courante", "products", "75"),
    Account("76", "Produits financiers", "products", "76"),
    Account("77", "Produits exceptionnels", "products", "77"),
    Account("78", "Reprises sur amortissements et provisions", "products", "78"),
    Account("79", "Transferts de charges", "products", "79"),
    Account("860", "Secours en nature", "used", "86"),
    Account("861", "Mise à disposition gratuite de biens et de services", "used", "86"),
    Account("862", "Prestations", "used", "86"),
    Account("864", "Personnel bénévole", "used", "86"),
    Account("870", "Bénévolat", "given", "87"),
    Account("871", "Prestations en nature", "given", "87"),
    Account("875", "Dons en nature", "given", "87"),
)
_BY_CODE: Mapping[str, Account] = MappingProxyType({account.code: account for account in ACCOUNTS})
_PUBLIC = frozenset(
    {REQUEST, "74-etat", "74-region", "74-departement", "74-commune", "74-social", "74-europe", "74-asp", "74-public"}
)
_STORED_PART: Mapping[Side, str] = MappingProxyType(
    {"charges": "charges", "products": "products", "used": "contributions", "given": "contributions"}
)


def accounts(kind: BudgetKind, side: Side | None = None) -> tuple[Account, ...]:
    """The lines of a budget of this kind, in the form's order."""
    return tuple(account for account in ACCOUNTS if kind in account.kinds and side in (None, account.side))


def account_of(code: str) -> Account | None:
    return _BY_CODE.get(code)


class UnknownAccount(ValueError):
    """A stored budget names an account that this kind of budget doesn't have."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _cents(number: str) -> int:
    """Cents of a stored amount, which has a point and no thousands."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", number, flags=re.ASCII):
        raise BadAmount(number, "not_a_number")
    try:
        scaled = Decimal(number) * 100
    except InvalidOperation as error:
        raise BadAmount(number, "not_a_number") from error
    if scaled < 0:
        raise BadAmount(number, "negative")
    if scaled > MAX_CENTS:
        raise BadAmount(number, "too_large")
    if scaled != scaled.to_integral_value():
        raise BadAmount(number, "too_precise")
    return int(scaled)


@dataclass(frozen=True)
class Budget:
    """Amounts in cents by account. Build it with `budget_of` (cents) or `parse_budget` (stored answer)."""

    kind: BudgetKind
    amounts: Mapping[str, int] = field(default_factory=dict)

    def amount(self, code: str) -> int:
        return self.amounts.get(code, 0)

    def total(self, side: Side) -> int:
        return sum(cents for code, cents in self.amounts.items() if _BY_CODE[code].side == side)

    @property
    def charges(self) -> int:
        return self.total("charges")

    @property
    def products(self) -> int:
        return self.total("products")

    @property
    def gap(self) -> int:
        """Products less charges: 0 when the budget balances, positive when products are larger."""
        return self.products - self.charges

    @property
    def contributions_gap(self) -> int:
        """Account 87 less account 86."""
        return self.total("given") - self.total("used")

    @property
    def contributions(self) -> int:
        """Accounts 86 and 87 together: 0 where nothing is contributed."""
        return self.total("used") + self.total("given")

    @property
    def request(self) -> int:
        """The grant that is asked for, in cents; 0 in an association's budget."""
        return self.amount(REQUEST)

    @property
    def request_share(self) -> Fraction | None:
        """« La subvention de X € représente Y % du total des produits », contributions apart; None without products."""
        return Fraction(self.request, self.products) if self.products else None

    @property
    def public_aid(self) -> int:
        """The request and all other public money, in cents."""
        return sum(cents for code, cents in self.amounts.items() if code in _PUBLIC)

    def stored(self) -> dict[str, dict[str, str]]:
        """The answer as it is stored: `{"charges": {"60": "1200.00"}, "products": {…}, "contributions": {…}}`."""
        answer: dict[str, dict[str, str]] = {"charges": {}, "products": {}, "contributions": {}}
        for account in accounts(self.kind):
            cents = self.amount(account.code)
            if cents:
                answer[_STORED_PART[account.side]][account.code] = f"{cents // 100}.{cents % 100:02d}"
        return answer


def budget_of(kind: BudgetKind, amounts: Mapping[str, int]) -> Budget:
    """A budget from cents by account code. Raises UnknownAccount, BadAmount (negative, too large)."""
    known = {account.code for account in accounts(kind)}
    for code, cents in amounts.items():
        if code not in known:
            raise UnknownAccount(code)
        if cents < 0:
            raise BadAmount(str(cents), "negative")
        if cents > MAX_CENTS:
            raise BadAmount(str(cents), "too_large")
    return Budget(kind, MappingProxyType({code: cents for code, cents in amounts.items() if cents}))


def parse_budget(kind: BudgetKind, stored: Mapping[str, Any] | None) -> Budget:
    """A budget from its stored answer (see `Budget.stored`); nothing stored is an empty budget.

    Amounts are strings with a decimal point. Raises UnknownAccount for a code that isn't of this part of the form,
    BadAmount for a cell that isn't an amount.
    """
    amounts: dict[str, int] = {}
    lines = {(_STORED_PART[account.side], account.code) for account in accounts(kind)}
    for part, cells in (stored or {}).items():
        for code, cell in cells.items():
            if (part, code) not in lines:
                raise UnknownAccount(code)
            amounts[code] = _cents(str(cell).strip()) if str(cell).strip() else 0
    return budget_of(kind, amounts)
