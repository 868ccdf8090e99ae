"""The official's space: candidates, screening, reviews, ranking, decisions."""

from aap.web.official import candidates, claims, decisions, dossier, jury, ranking, replacements, routes
from aap.web.official.pages import blueprint

__all__ = ["blueprint", "candidates", "claims", "decisions", "dossier", "jury", "ranking", "replacements", "routes"]
