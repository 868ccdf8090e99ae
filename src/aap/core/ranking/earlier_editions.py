"""Runs that an earlier edition of the engine made: what this one takes from them as it stands.

Edition 1 (engine 1.x) took applications as random too, and drew other scores: its calibrated scores, intervals, severities,
variances, draws and the warnings on them can't be made again. Everything that follows from the scores can: thresholds,
ranks, candidates, the selection, statuses, codes of reasons, amounts, waiting list, quotas, counts, sums. Sentences are
worded anew by each edition, so they are not compared.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from aap.core.ranking.bundle_values import NUMBER
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.run import EDITION
from aap.core.results import REVIEWER_COLUMNS, Table, reviewer_row
from aap.core.scoring.totals import ten_thousandths

GIVEN_COLUMNS = frozenset({"reason", "calibrated_score", "ci_low", "ci_high", "selection_probability"})
GIVEN_KEYS = frozenset({"variance", "warnings"})

Fault = Callable[[str, str], None]
"""Called with a place and a French sentence."""


def edition_of(report: Mapping[str, Any], fault: Fault) -> int:
    """The edition of a report: the first number of its engine's version, with which its own word has to agree."""
    version = report.get("engine_version")
    found = re.fullmatch(r"([1-9]\d{0,3})\.\d{1,4}\.\d{1,4}", version, re.ASCII) if isinstance(version, str) else None
    if found is None:
        fault("results.report.engine_version", "une version comme 2.0.0 est attendue.")
        return EDITION
    edition = int(found[1])
    if edition > EDITION:
        fault("results.report.engine_version", "cette archive vient d’une version plus récente que ce logiciel.")
    elif report.get("edition", 1) != edition:
        fault("results.report.edition", "l’édition n’est pas celle de la version du moteur.")
    return edition


def check_given_severities(reviewers: Table, expected: Collection[str], fault: Fault) -> None:
    """Severities that nobody computes again: a line for each reviewer, figures in every cell."""
    if reviewers.header != REVIEWER_COLUMNS[:6]:
        fault("results.reviewers", "les colonnes ne sont pas celles de cette édition.")
        return
    for number, row in enumerate(reviewers.rows, start=1):
        place = f"results.reviewers[{number}]"
        if not all(NUMBER.fullmatch(cell) for cell in (*row[1:4], *(cell for cell in row[4:] if cell))):
            fault(place, "un nombre écrit comme un texte est attendu.")
        if not row[1].isdecimal():
            fault(place, "un nombre d’évaluations est attendu.")
    if sorted(row[0] for row in reviewers.rows) != sorted(expected):
        fault("results.reviewers", "les évaluateurs ne sont pas ceux des notes.")


def less_columns(table: Table, columns: Collection[str]) -> Table:
    """The table without some of its columns."""
    kept = [at for at, name in enumerate(table.header) if name not in columns]
    return Table(tuple(table.header[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in table.rows))


def less_keys(report: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """The report without some of its keys."""
    return {key: value for key, value in report.items() if key not in keys}


def replayed_report(found: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Of a replay's report what an earlier edition's is compared with: the keys that it knew, less what is given."""
    newer = {"edition", "gap", "funding_line", "lots", "no_successor"}
    return less_keys(found, GIVEN_KEYS | {key for key in newer if key not in stored})


def with_given_severities(ranking: Ranking, reviewers: Table) -> Ranking:
    """The ranking with the severities that the run had: who redoes a score by hand finds the one that ranked."""
    given = {row.reviewer_id: row for row in map(reviewer_row, reviewers.rows)}
    severities = {}
    for name, severity in ranking.calibration.severities.items():
        row = given[name]
        low, high = (None if cell is None else ten_thousandths(cell) for cell in (row.severity_low, row.severity_high))
        severities[name] = dataclasses.replace(
            severity, value=ten_thousandths(row.severity), low=low, high=high, residual_sd=None, erratic=False
        )
    return dataclasses.replace(ranking, calibration=dataclasses.replace(ranking.calibration, severities=severities))
