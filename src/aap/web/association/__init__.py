"""The association's space: its identity, its dossiers."""

from aap.web.association.routes import blueprint

__all__ = ["blueprint"]
