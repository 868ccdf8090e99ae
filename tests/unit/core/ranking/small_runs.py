"""Small calls run whole: one criterion marked 0 to 100, one reviewer, so that a mark is the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from aap.core.call.schema import CallFile
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.ranking.run import Run, RunOptions, run_call


def a_call(
    *,
    threshold: int | None = None,
    criterion: Mapping[str, Any] | None = None,
    tie_break: Sequence[str] = (),
    method: str = "raw",
    min_reviews: int = 1,
    **selection: Any,
) -> CallFile:
    rubric: dict[str, Any] = {
        "scale": {"min": 0, "max": 100, "step": "0.01"},
        "criteria": [{"id": "quality", "title": "Qualité", "weight": 1, **(criterion or {})}],
    }
    if min_reviews > 1:
        rubric["min_reviews"] = min_reviews
    if tie_break:
        rubric["tie_break"] = list(tie_break)
    if threshold is not None:
        rubric["threshold"] = threshold
    return CallFile.model_validate(
        {
            "schema": 1,
            "call": {"id": "essai-2025"},
            "rubric": rubric,
            "scoring": {"method": method},
            "selection": {"mode": "value", "laureates": 2, **selection},
        }
    )


def ran(
    call: CallFile,
    scores: Mapping[str, str],
    *,
    amounts: Mapping[str, int] | None = None,
    attributes: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
    decisions: Sequence[JuryDecision] = (),
    applications: Mapping[str, Mapping[str, Any]] | None = None,
    options: RunOptions | None = None,
    unmarked: str = "",
) -> Run:
    """`scores`: application id -> mark, but those `unmarked`; `amounts` in euros (default 1,000)."""
    made = [
        Application(
            id=name,
            association=f"Association {name}",
            requested_amount=(amounts or {}).get(name, 1000) * 100,
            attributes=(attributes or {}).get(name, {}),
            **(applications or {}).get(name, {}),
        )
        for name in scores
    ]
    marks = [Mark(name, "r1", "quality", Decimal(score)) for name, score in scores.items() if name not in unmarked]
    return run_call(call, made, marks, decisions, options=options or RunOptions(draws=0, draw_seed="graine publique"))


def decided(name: str, decision: Any, amount: str | None = None) -> JuryDecision:
    return JuryDecision(name, decision, None if amount is None else Decimal(amount), "motif", "jury")


def said(run: Run, name: str) -> tuple[str, str, str]:
    """Status, reason code and sentence of one application, no-break spaces as plain ones."""
    row = next(row for row in run.rows if row.application_id == name)
    return row.status, row.reason_code, row.reason.replace("\u00a0", " ").replace("\u202f", " ")
