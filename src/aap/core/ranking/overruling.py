"""The jury proposes, the authority decides: which of their decisions on an application count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aap.core.inputs import JuryDecision

_WHETHER = frozenset({"in", "out"})


def overruled(jury: Iterable[JuryDecision], authority: Sequence[JuryDecision]) -> list[JuryDecision]:
    """What counts of both: the authority's in the place of the jury's on the same dossier and question.

    Whether it is retained replaces whether, an amount an amount; who is left out needs no amount. What the association
    did (withdrawn, declined) and agreed marks are nobody's to overrule.
    """
    said = {(one.application_id, kind) for one in authority for kind in replaced_by(one.decision)}
    return [*(one for one in jury if (one.application_id, one.decision) not in said), *authority]


def replaced_by(decision: str) -> frozenset[str]:
    """The jury's decisions on a dossier that one of the authority's takes the place of."""
    if decision == "out":
        return _WHETHER | {"amount"}
    return _WHETHER if decision == "in" else frozenset({decision})
