"""The association's space: describe the association, fill a dossier in, submit it, follow it."""

from aap.web.association import documents, dossier, identity, members, routes, submission
from aap.web.association.blueprint import blueprint

__all__ = ["blueprint", "documents", "dossier", "identity", "members", "routes", "submission"]
