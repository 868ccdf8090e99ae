"""What a run says where nothing came of a rule: nobody retained, or a minimum that nobody can count for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aap.core.french import NBSP, quoted
from aap.core.selection.outcome import SelectionOutcome
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.rows import compile_system


def empty_warnings(candidates: Sequence[Candidate], rules: Rules, outcome: SelectionOutcome) -> Iterator[str]:
    """A sentence where nobody is retained although the budget would allow one, and one for each minimum without member."""
    limit = rules.limit
    if not outcome.retained and any(limit is None or candidate.grant <= limit for candidate in candidates):
        yield (
            f"Personne n’est retenu, alors que le budget permettrait de retenir au moins un dossier{NBSP}: relisez les "
            "règles avant d’arrêter ce résultat."
        )
    for part in compile_system(candidates, rules).parts:
        quota = part.quota
        if not part.share_of and any(bound.side == "quota_min" for bound in quota.bounds):
            yield f"Aucun candidat ne compte pour le quota {quoted(quota.id)}, qui demande un minimum."
