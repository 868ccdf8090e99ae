"""The official's space: candidates, screening, reviews, ranking, decisions."""

from aap.web.official.routes import blueprint

__all__ = ["blueprint"]
