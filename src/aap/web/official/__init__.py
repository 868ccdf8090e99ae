"""The official's space: candidates, screening, reviews, ranking, decisions."""

from aap.web.official import (
    assignment,
    calibration,
    candidates,
    claims,
    conflicts,
    coordination,
    decisions,
    dossier,
    exchanges,
    jury,
    ranking,
    replacements,
    reviewers,
    routes,
)
from aap.web.official.pages import blueprint

__all__ = [
    "assignment",
    "blueprint",
    "calibration",
    "candidates",
    "claims",
    "conflicts",
    "coordination",
    "decisions",
    "dossier",
    "exchanges",
    "jury",
    "ranking",
    "replacements",
    "reviewers",
    "routes",
]
