"""Small calls, applications and reviews for the tests of the ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from aap.core.call.schema import CallFile
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.scoring.totals import Review, reviews_from_marks


def a_call(
    *,
    method: str = "raw",
    components: str = "error",
    criteria: Sequence[Mapping[str, Any]] = ({"id": "quality", "weight": 1},),
    scale: Mapping[str, Any] | None = None,
    **others: Any,
) -> CallFile:
    """A call with one criterion marked 0 to 10 by tenths, unless told otherwise; `others`: rubric or selection keys."""
    selection_keys = {"mode", "protect_top", "laureates", "budget", "waiting_list", "amounts", "quotas"}
    selection = {"mode": "value", "laureates": 2} | {k: v for k, v in others.items() if k in selection_keys}
    rubric = {k: v for k, v in others.items() if k not in selection_keys}
    return CallFile.model_validate(
        {
            "schema": 1,
            "call": {"id": "essai-2025"},
            "rubric": {
                "scale": scale or {"min": 0, "max": 10, "step": "0.1"},
                "criteria": [dict(criterion) for criterion in criteria],
                **rubric,
            },
            "scoring": {"method": method, "components": components},
            "selection": selection,
        }
    )


def an_application(name: str, requested: int = 1000, **others: Any) -> Application:
    """`requested` in euros."""
    return Application(id=name, association=f"Association {name}", requested_amount=requested * 100, **others)


def marks(table: Mapping[tuple[str, str], str | Sequence[str]], criteria: Sequence[str] = ("quality",)) -> list[Mark]:
    """(application, reviewer) -> its mark, or its marks in the order of `criteria`."""
    return [
        Mark(application, reviewer, criterion, Decimal(score))
        for (application, reviewer), scores in table.items()
        for criterion, score in zip(criteria, [scores] if isinstance(scores, str) else scores, strict=True)
    ]


def reviews_of(call: CallFile, table: Mapping[tuple[str, str], str | Sequence[str]]) -> tuple[Review, ...]:
    return reviews_from_marks(marks(table, [c.id for c in call.rubric.criteria]), call.rubric)


def decided(application: str, decision: Any, amount: str | None = None) -> JuryDecision:
    return JuryDecision(application, decision, None if amount is None else Decimal(amount), "motif", "jury")
