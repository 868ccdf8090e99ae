"""The authority's decision counts in the place of the jury's on the same application and question."""

from __future__ import annotations

from aap.core.inputs import JuryDecision
from aap.core.ranking.overruling import overruled


def test_whether_replaces_whether_and_an_amount_an_amount() -> None:
    def of(*kinds: str) -> list[JuryDecision]:
        return [JuryDecision("a", kind, None, "", "") for kind in kinds]  # type: ignore[arg-type]

    def left(jury: list[JuryDecision], authority: list[JuryDecision]) -> list[str]:
        return [one.decision for one in overruled(jury, authority)]

    assert left(of("in", "amount"), of("amount")) == ["in", "amount"]
    assert left(of("in", "amount"), of("out")) == ["out"]
    assert left(of("out"), of("in")) == ["in"]
    assert left(of("amount"), of("in")) == ["amount", "in"]
    assert left(of("consensus", "withdrawn"), of("out")) == ["consensus", "withdrawn", "out"]
