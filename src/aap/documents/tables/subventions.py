"""The essential data of grants as open data: the SCDL schema `subventions` 2.1.1, one line a beneficiary.

Décret 2017-779: published within three months of the signature. Columns stand in the schema's order, whatever is empty.
The same lines as JSON: a list of objects with these names; numbers as numbers, what is empty is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from aap.core.results import Table, euros_text

COLUMNS = (
    "nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire", "idBeneficiaire",
    "rnaBeneficiaire", "objet", "montant", "nature", "conditionsVersement", "datesPeriodeVersement", "idRAE",
    "notificationUE", "pourcentageSubvention", "dispositifAide",
)  # fmt: skip

LONGEST = 256
"""Characters of `objet` and `conditionsVersement`."""

PaidHow = Literal["once", "in_parts", "otherwise"]
PAID_HOW: tuple[PaidHow, ...] = get_args(PaidHow)
_CONDITIONS: Mapping[PaidHow, str] = {"once": "unique", "in_parts": "échelonné", "otherwise": "autre"}
IN_MONEY = "aide en numéraire"


@dataclass(frozen=True, slots=True)
class Granting:
    """What all lines of a call have in common. `paid_until` None: paid on one day. `programme`: the call's title."""

    authority: str
    siret: str
    decided_on: date
    act: str
    conditions: PaidHow
    paid_from: date
    paid_until: date | None
    notified_to_eu: bool
    programme: str


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One beneficiary. `amount` in cents; an association has the whole grant of its line."""

    name: str
    siret: str
    rna: str
    purpose: str
    amount: int


def subventions_table(granting: Granting, lines: Sequence[GrantLine]) -> Table:
    """The lines as text cells, in the schema's columns."""
    return Table(COLUMNS, tuple(_cells(granting, line) for line in lines))


def _cells(granting: Granting, line: GrantLine) -> tuple[str, ...]:
    return (
        granting.authority,
        granting.siret,
        granting.decided_on.isoformat(),
        granting.act,
        line.name,
        line.siret,
        line.rna,
        _short(line.purpose),
        euros_text(line.amount),
        IN_MONEY,
        _CONDITIONS[granting.conditions],
        _period(granting),
        "",
        "oui" if granting.notified_to_eu else "non",
        "1",
        _short(granting.programme),
    )


def _period(granting: Granting) -> str:
    """A date, or two of them as ISO 8601 writes a period."""
    if granting.paid_until is None or granting.paid_until == granting.paid_from:
        return granting.paid_from.isoformat()
    return f"{granting.paid_from.isoformat()}/{granting.paid_until.isoformat()}"


def _short(text: str) -> str:
    """At most `LONGEST` characters on one line, cut between words where it is too long."""
    flat = " ".join(text.split())
    if len(flat) <= LONGEST:
        return flat
    kept = flat[: LONGEST - 1]
    return f"{kept.rsplit(' ', 1)[0] if ' ' in kept else kept}…"


_NUMBERS = frozenset({"montant", "pourcentageSubvention"})


def as_objects(table: Table) -> list[dict[str, Any]]:
    """The same lines for JSON."""
    return [
        {
            name: None if not cell else float(cell) if name in _NUMBERS else cell
            for name, cell in zip(table.header, row, strict=True)
        }
        for row in table.rows
    ]
