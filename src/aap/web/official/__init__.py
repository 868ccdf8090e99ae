"""The official's space: candidates, screening, reviews, ranking, decisions."""

from aap.web.official import (
    assignment,
    calibration,
    calls,
    candidates,
    claims,
    conflicts,
    consensus,
    decisions,
    dossier,
    exchanges,
    interests,
    jury,
    ranking,
    replacements,
    reviewers,
    reviews,
)
from aap.web.official.pages import blueprint

__all__ = [
    "assignment",
    "blueprint",
    "calibration",
    "calls",
    "candidates",
    "claims",
    "conflicts",
    "consensus",
    "decisions",
    "dossier",
    "exchanges",
    "interests",
    "jury",
    "ranking",
    "replacements",
    "reviewers",
    "reviews",
]
