"""What the service proposes for each dossier that it finds eligible, before any mark is opened."""

from __future__ import annotations

from collections.abc import Sequence

from aap.demo.associations import seeded
from aap.demo.dossiers import DemoDossier

_STEP = 50_000  # cents
_IN_FULL = 0.6  # of the dossiers: all that is asked

REASON = "Dépenses admissibles retenues après l’examen du budget."


def proposed_grants(seed: int, dossiers: Sequence[DemoDossier]) -> dict[str, int]:
    """Key of each eligible dossier → cents: all that is asked, or a little less, by 500 euros."""
    proposed = {}
    for dossier in dossiers:
        if dossier.ineligible_rule is not None:
            continue
        rng = seeded(seed, "proposed", dossier.key)
        share = 1.0 if rng.random() < _IN_FULL else rng.uniform(0.82, 0.96)
        proposed[dossier.key] = int(dossier.requested_amount * share) // _STEP * _STEP
    return proposed
