"""Why a candidate is passed over in `value`: every exchange with a lower-ranked laureate breaks a rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aap.core.selection.outcome import Certificate, Reason, SelectionError
from aap.core.selection.problem import RuleRef
from aap.core.selection.rows import Columns, Retained, Row, System, dense
from aap.core.selection.solving import Solved

_KINDS = {"budget": 0, "quota_max": 1, "quota_min": 2}
_BLOCK = 2_000_000  # exchanges looked at at once

Counts = npt.NDArray[np.int64]


def certificates_by_value(system: System, solved: Solved) -> dict[int, Certificate]:
    """Column -> certificate of each passed-over candidate.

    Raises:
        SelectionError: an exchange keeps every rule: then the selection was not the best.
    """
    retained = solved.retained
    laureates, passed = np.flatnonzero(retained), np.flatnonzero(~retained)
    lower = len(laureates) - np.searchsorted(laureates, passed)
    counts = {
        rule: _breaking(rows, retained, laureates, passed)
        for rule, rows in _by_rule(system.rows).items()
        if rule.kind != "laureates"
    }
    imposed = np.flatnonzero(system.imposed & retained)
    adding = _adding(system, retained, passed)
    certificates = {}
    for k, column in enumerate(passed.tolist()):
        broken = [(rule, int(count[k])) for rule, count in counts.items() if count[k]]
        broken += [(RuleRef("decision", system.candidates[j].id), 1) for j in imposed.tolist() if j > column]
        exchanges = int(lower[k])
        if exchanges and not any(count == exchanges for _, count in broken):
            _must_break(system, solved, column, laureates[laureates > column])
        if not exchanges and not adding[k]:
            raise SelectionError(f"{system.candidates[column].id} can be added and is not")
        certificates[column] = Certificate(exchanges, tuple(broken), adding[k])
    return certificates


def reason_by_value(system: System, certificate: Certificate, column: int) -> Reason:
    """The rule broken by most exchanges; on equal counts budget, quota_max, quota_min, then file order.

    Of several values of one quota, the candidate's own in cell order come first, then the others by alphabet. Where no
    exchange breaks such a rule (no laureate is lower, or the jury imposed all that are): `count_reached` where the
    count is full, else the rule that adding the candidate breaks, in the same order.
    """
    named = [(rule, count) for rule, count in certificate.broken if rule.kind in _KINDS]
    if not named:
        if RuleRef("laureates") in certificate.adding:
            return Reason("count_reached")
        named = [(rule, 1) for rule in certificate.adding]
    rule, _ = min(named, key=lambda item: (-item[1], _KINDS[item[0].kind], file_order(system, item[0], column)))
    return as_reason(rule)


def file_order(system: System, rule: RuleRef, column: int) -> tuple[int, int, str]:
    """Where a quota's rule stands for a candidate: quotas in file order, its own values in cell order, the others."""
    at = next((at for at, quota in enumerate(system.rules.quotas) if quota.id == rule.id), -1)
    each = system.rules.quotas[at].each if at >= 0 else None
    own = system.candidates[column].attributes.get(each, ()) if each else ()
    return at, own.index(rule.value) if rule.value in own else len(own), rule.value


def as_reason(rule: RuleRef) -> Reason:
    """The reason code of a broken rule."""
    if rule.kind == "laureates":
        return Reason("count_reached")
    if rule.kind == "budget":
        return Reason("budget_exhausted")
    if rule.kind == "quota_min":
        return Reason("quota_min", rule.id, rule.value)
    assert rule.kind == "quota_max"
    return Reason("quota_max", rule.id, rule.value)


def _by_rule(rows: Sequence[Row]) -> dict[RuleRef, list[Row]]:
    grouped: dict[RuleRef, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.rule, []).append(row)
    return grouped


def _breaking(rows: Sequence[Row], retained: Retained, laureates: Columns, passed: Columns) -> Counts:
    """For each passed-over candidate, how many exchanges with a lower-ranked laureate break one of the rows."""
    counts = np.zeros(len(passed), np.int64)
    if not len(laureates):
        return counts
    wide = [dense(row, len(retained)) for row in rows]
    # Leaving l for c breaks a row where coefficient[l] < activity + coefficient[c] - bound.
    thresholds = [values[passed] + (row.activity(retained) - row.bound) for values, row in zip(wide, rows, strict=True)]
    relevant = np.zeros(len(passed), np.bool_)
    for values, threshold in zip(wide, thresholds, strict=True):
        relevant |= np.asarray(threshold > values[laureates].min(), np.bool_)
    which = np.flatnonzero(relevant & (passed < laureates[-1]))
    step = max(1, _BLOCK // len(laureates))
    for begin in range(0, len(which), step):
        block = which[begin : begin + step]
        breaks = np.zeros((len(block), len(laureates)), np.bool_)
        for values, threshold in zip(wide, thresholds, strict=True):
            breaks |= np.asarray(values[laureates][None, :] < threshold[block][:, None], np.bool_)
        breaks &= laureates[None, :] > passed[block][:, None]
        counts[block] = breaks.sum(axis=1)
    return counts


def _adding(system: System, retained: Retained, passed: Columns) -> list[tuple[RuleRef, ...]]:
    """The rules that adding each passed-over candidate breaks."""
    found: list[dict[RuleRef, None]] = [{} for _ in range(len(passed))]
    for row in system.rows:
        breaks = np.asarray(dense(row, len(retained))[passed] + (row.activity(retained) - row.bound) > 0, np.bool_)
        for k in np.flatnonzero(breaks).tolist():
            found[k][row.rule] = None
    return [tuple(rules) for rules in found]


def _must_break(system: System, solved: Solved, entering: int, laureates: Columns) -> None:
    """Every exchange breaks a rule."""
    breaks = system.imposed[laureates] | system.protected[laureates]
    for row in system.rows:
        values = dense(row, system.size)
        breaks = breaks | np.asarray(
            values[laureates] < values[entering] + (row.activity(solved.retained) - row.bound), np.bool_
        )
    for leaving in laureates[~breaks].tolist():
        raise SelectionError(f"{system.candidates[entering].id} can take the place of {system.candidates[leaving].id}")
