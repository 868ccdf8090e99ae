"""The official's space: candidates, screening, reviews, ranking, decisions."""

from aap.web.official import (
    assignment,
    calls,
    candidates,
    claims,
    consensus,
    decisions,
    dossier,
    exchanges,
    interests,
    jury,
    ranking,
    recusals,
    replacements,
    reviewers,
    reviews,
    set_aside,
    specimens,
)
from aap.web.official.pages import blueprint

__all__ = [
    "assignment",
    "blueprint",
    "calls",
    "candidates",
    "claims",
    "consensus",
    "decisions",
    "dossier",
    "exchanges",
    "interests",
    "jury",
    "ranking",
    "recusals",
    "replacements",
    "reviewers",
    "reviews",
    "set_aside",
    "specimens",
]
