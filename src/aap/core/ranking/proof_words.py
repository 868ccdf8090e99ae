"""How far a selection got with the work that was allowed, in words."""

from __future__ import annotations

from fractions import Fraction

from aap.core import french
from aap.core.french import NBSP
from aap.core.scoring.totals import UNIT
from aap.core.selection.outcome import SelectionOutcome


def how_far(best: int | None, bound: int) -> str:
    """The step, with what the search knows: the best sum of scores yet and the most that there can be."""
    most = f"au plus {french.number(Fraction(bound, UNIT), 1)}"
    if best is None:
        return f"Sélection{NBSP}: {most} points en tout"
    return f"Sélection{NBSP}: {french.number(Fraction(best, UNIT), 1)} points en tout, {most}"


def unproven(outcome: SelectionOutcome) -> list[str]:
    """What the work that was allowed was not enough for, and what to do."""
    more = f"Recommencez avec plus de calcul (option --work){NBSP}: il se peut qu’une meilleure sélection soit trouvée."
    if not outcome.proven_optimal:
        found = (
            "La preuve que cette sélection est la meilleure s’est arrêtée à la quantité de calcul fixée"
            f"{NBSP}: aucune entrée ni aucun échange pris seul ne l’améliorerait"
        )
        if outcome.gap is not None:
            least = french.number(
                Fraction(outcome.gap, UNIT), french.decimals_apart(Fraction(outcome.gap, UNIT), Fraction(0))
            )
            found += f", et il pourrait manquer jusqu’à {least} points à la somme des notes"
        return [f"{found}. {more}"]
    if not outcome.complete:
        return [
            "La sélection est la meilleure, mais la quantité de calcul fixée n’a pas suffi pour tout ce qui l’explique "
            f"(coût des quotas, projets retenus grâce à un quota, motifs les plus précis). {more}"
        ]
    return []
