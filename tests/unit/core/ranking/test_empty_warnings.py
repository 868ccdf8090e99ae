"""The report names what came to nothing: nobody retained, a minimum that nobody can count for."""

from __future__ import annotations

from typing import Any

from tests.unit.core.ranking.small_runs import a_call, ran

NOBODY = (
    "Personne n’est retenu, alors que le budget permettrait de retenir au moins un dossier : relisez les règles avant "
    "d’arrêter ce résultat."
)
NO_MEMBER = "Aucun candidat ne compte pour le quota « rural », qui demande un minimum."


def told(**selection: Any) -> list[str]:
    run = ran(a_call(**selection), {"A": "80", "B": "70"}, amounts={"A": 3000, "B": 1000})
    warnings = [text.replace("\u00a0", " ") for text in run.warnings]
    return [text for text in warnings if text in (NOBODY, NO_MEMBER)]


def test_nobody_retained_although_the_budget_would_allow_it_is_told() -> None:
    assert told(mode="merit", at_limit="stop", budget=2000) == [NOBODY]
    assert told(mode="merit", budget=2000) == []
    assert told(mode="merit", at_limit="stop", budget=500) == []


def test_a_minimum_that_no_candidate_counts_for_is_told() -> None:
    quotas = [{"id": "rural", "where": {"area": "rural"}, "min_share": 0.1}]
    assert told(budget=5000, quotas=quotas) == [NOBODY, NO_MEMBER]
    quotas = [{"id": "rural", "where": {"area": "rural"}, "max": 1}]
    assert told(budget=5000, quotas=quotas) == []
