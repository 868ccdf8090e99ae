"""The report of a run from the reports of its parts: one is the whole, lots have their own figures under `lots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aap.core import french
from aap.core.call.lots import following, lot_title
from aap.core.call.schema import CallFile, Lot
from aap.core.ranking.parts import RunPart, said_of
from aap.core.ranking.report_figures import euros_number

_OF_EACH = ("objective", "proven_optimal", "gap", "funding_line", "quotas", "variance")
"""What a part's report tells of its selection, that the report of a call with lots tells under `lots`."""

_OF_NONE = ("quotas", "budget", "objective", "variance", "gap", "funding_line")
"""What means nothing for all lots together: null there."""


def whole_report(
    call: CallFile, parts: Sequence[RunPart], reports: Sequence[dict[str, Any]], notices: Sequence[str]
) -> dict[str, Any]:
    """`reports`: of each part; `notices`: what stands first among the warnings. In JSON's types."""
    whole = dict(reports[0])
    warnings = [*notices, *_shared_notices(parts)]
    for part, report in zip(parts, reports, strict=True):
        warnings += [said_of(part.lot, text) for text in report["warnings"]]
    whole["warnings"] = warnings
    whole["lots"] = None
    if call.lots is None:
        return whole
    return whole | {
        **{key: None for key in _OF_NONE if key in whole},
        "mode": call.selection.mode,
        "counts": {status: sum(report["counts"][status] for report in reports) for status in whole["counts"]},
        **{key: [name for report in reports for name in report[key]] for key in ("contested", "no_successor")},
        **{key: all(report[key] for report in reports) for key in ("proven_optimal", "tie_proven", "final")},
        "lots": {
            part.lot.id: _lot(call, part, report)
            for part, report in zip(parts, reports, strict=True)
            if part.lot is not None
        },
    }


def _lot(call: CallFile, part: RunPart, report: Mapping[str, Any]) -> dict[str, Any]:
    """A lot's own figures. Its limit is the one that binds: what it received is part of it."""
    assert part.lot is not None
    limit, granted = part.rules.limit, part.outcome.granted
    passes_on = part.lot.id in following(call) and limit is not None
    return {
        "laureates": report["counts"]["laureate"],
        "budget": {
            "limit": None if limit is None else euros_number(limit),
            "received": euros_number(part.rules.received),
            "granted": euros_number(granted),
            "passed_on": euros_number(limit - granted) if passes_on and limit is not None else 0,
        },
        **{key: report.get(key) for key in _OF_EACH},
    }


def _shared_notices(parts: Sequence[RunPart]) -> list[str]:
    """What the rankings have to say, each thing once, with the lots that it is about where these aren't all."""
    told: dict[str, list[Lot]] = {}
    for part in parts:
        for notice in part.ranking.notices:
            told.setdefault(str(notice), []).extend([part.lot] if part.lot else [])
    return [
        text if len(lots) in (0, len(parts)) else said_of_lots(lots, text) for text, lots in told.items()
    ]  # fmt: skip


def said_of_lots(lots: Sequence[Lot], text: str) -> str:
    """A warning, with the lots that it is about."""
    if len(lots) == 1:
        return said_of(lots[0], text)
    return f"Lots {french.listed([french.quoted(lot_title(lot)) for lot in lots])}{french.NBSP}: {text}"
