"""The official's space: candidates, screening, reviews, ranking, decisions."""

from aap.web.official import (
    calibration,
    candidates,
    claims,
    coordination,
    decisions,
    dossier,
    jury,
    ranking,
    replacements,
    routes,
)
from aap.web.official.pages import blueprint

__all__ = [
    "blueprint",
    "calibration",
    "candidates",
    "claims",
    "coordination",
    "decisions",
    "dossier",
    "jury",
    "ranking",
    "replacements",
    "routes",
]
