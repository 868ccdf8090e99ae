"""The official's space: candidates, screening, reviews, ranking, decisions."""

from aap.web.official import (
    assignment,
    calibration,
    candidates,
    claims,
    conflicts,
    consensus,
    decisions,
    dossier,
    exchanges,
    jury,
    ranking,
    replacements,
    reviewers,
    reviews,
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
    "consensus",
    "decisions",
    "dossier",
    "exchanges",
    "jury",
    "ranking",
    "replacements",
    "reviewers",
    "reviews",
    "routes",
]
