"""The communes that are suggested while a person types."""

from __future__ import annotations

from aap.core.questions.commune import communes_like
from aap.core.territories import Territories


def suggestions(query: str, territories: Territories) -> list[dict[str, str]]:
    """What `/territoires/communes?q=` answers: `[{"code", "label", "postal"}, …]`, best first."""
    return [
        {"code": one.code, "label": one.label, "postal": " ".join(one.postal_codes[:3])}
        for one in communes_like(query, territories)
    ]
