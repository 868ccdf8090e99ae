"""The association's space: describe the association, fill a dossier in, submit it, follow it."""

from aap.web.association import (
    budgets,
    claims,
    documents,
    dossier,
    following,
    home,
    identity,
    members,
    sections,
    signature,
    submission,
)
from aap.web.association.blueprint import blueprint

__all__ = [
    "blueprint",
    "budgets",
    "claims",
    "documents",
    "dossier",
    "following",
    "home",
    "identity",
    "members",
    "sections",
    "signature",
    "submission",
]
