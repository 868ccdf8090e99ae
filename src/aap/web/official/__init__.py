"""The official's space: candidates, screening, reviews, ranking, decisions."""

from aap.web.official import candidates, claims, coordination, decisions, dossier, jury, ranking, replacements, routes
from aap.web.official.pages import blueprint

__all__ = [
    "blueprint",
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
