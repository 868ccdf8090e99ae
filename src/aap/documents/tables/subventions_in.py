"""Published grants of any authority: the SCDL schema `subventions` read back, CSV or workbook. What can't be read is told by row,
and keeps nothing else from being read: these tables come from elsewhere and nobody here can mend them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from aap.core.amounts import BadAmount, read_cents
from aap.core.problems import Problem
from aap.core.values import parse_day
from aap.documents.tables.subventions import COLUMNS
from aap.documents.tables.table_files import TableFile, read_table

REQUIRED = ("idBeneficiaire", "montant")
"""Without them a line says nothing of an association."""
_FIGURES = re.compile(r"\d{14}|\d{9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublishedGrant:
    """One line. `siren`: of the beneficiary, by its SIRET; `amount` in cents; `digest`: of what the line says."""

    siren: str
    authority: str
    granted_on: date | None
    reference: str
    purpose: str
    amount: int
    digest: str


def read_subventions(file: TableFile) -> tuple[tuple[PublishedGrant, ...], tuple[Problem, ...]]:
    """The lines that can be read, each once, and what is wrong with the others. Raises BadInput for what is no such table."""
    optional = tuple(one for one in COLUMNS if one not in REQUIRED)
    table = read_table(file, required=REQUIRED, optional=optional)
    problems = list(table.problems)
    grants: dict[str, PublishedGrant] = {}
    for row, cells in table.rows:
        said = {name: cells[at] for name in COLUMNS if (at := table.column(name)) is not None}
        found = _line(file.name, row, said)
        if isinstance(found, PublishedGrant):
            grants.setdefault(found.digest, found)
        else:
            problems += found
    return tuple(grants.values()), tuple(problems)


def _line(name: str, row: int, said: dict[str, str]) -> PublishedGrant | list[Problem]:
    problems = []
    figures = "".join(said["idBeneficiaire"].split())
    if not _FIGURES.fullmatch(figures):
        problems.append(
            Problem(
                name, "ce n’est ni un SIRET ni un SIREN", row=row, heading="idBeneficiaire", found=said["idBeneficiaire"],
                allowed="14 ou 9 chiffres",
            )
        )  # fmt: skip
    amount = 0
    try:
        amount = read_cents(said["montant"])
    except BadAmount:
        amount = -1
    if amount < 0:
        problems.append(
            Problem(
                name, "le montant ne se lit pas", row=row, heading="montant", found=said["montant"], allowed="12000.50"
            )
        )
    granted_on = None
    if day := said.get("dateConvention", ""):
        try:
            granted_on = parse_day(day)
        except ValueError:
            problems.append(
                Problem(
                    name, "la date ne se lit pas", row=row, heading="dateConvention", found=day, allowed="2025-02-28"
                )
            )
    if problems:
        return problems
    content = "\x1f".join(
        [
            figures[:9],
            str(amount),
            *(said.get(one, "") for one in ("nomAttribuant", "dateConvention", "referenceDecision", "objet")),
        ]
    )
    return PublishedGrant(
        siren=figures[:9],
        authority=said.get("nomAttribuant", ""),
        granted_on=granted_on,
        reference=said.get("referenceDecision", ""),
        purpose=said.get("objet", ""),
        amount=amount,
        digest=hashlib.sha256(content.encode()).hexdigest(),
    )
