"""Runs that an earlier edition of the engine made: what this one takes from them as it stands.

Edition 1 (engine 1.x) took applications as random too, and drew other scores: its calibrated scores, intervals, severities,
variances, draws and the warnings on them can't be made again. Everything that follows from the scores can: thresholds,
ranks, candidates, the selection, statuses, codes of reasons, amounts, waiting list, quotas, counts, sums. Sentences are
worded anew by each edition, so they are not compared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from aap.core.ranking.ranking import Ranking
from aap.core.results import Table, reviewer_row
from aap.core.scoring.totals import ten_thousandths

GIVEN_COLUMNS = frozenset({"reason", "calibrated_score", "ci_low", "ci_high", "selection_probability"})
GIVEN_KEYS = frozenset({"variance", "warnings"})


def less_columns(table: Table, columns: Collection[str]) -> Table:
    """The table without some of its columns."""
    kept = [at for at, name in enumerate(table.header) if name not in columns]
    return Table(tuple(table.header[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in table.rows))


def less_keys(report: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """The report without some of its keys."""
    return {key: value for key, value in report.items() if key not in keys}


def replayed_report(found: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Of a replay's report what an earlier edition's is compared with: the keys that it knew, less what is given."""
    newer = {"edition", "gap", "funding_line", "lots"}
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
