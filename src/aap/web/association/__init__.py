"""The association's space: describe the association, fill a dossier in, submit it, follow it."""

from aap.web.association import (
    after_deposit,
    beginning,
    budgets,
    claims,
    contested,
    documents,
    dossier,
    home,
    identity,
    members,
    sections,
    signature,
    submission,
)
from aap.web.association.blueprint import blueprint

__all__ = [
    "after_deposit",
    "beginning",
    "blueprint",
    "budgets",
    "claims",
    "contested",
    "documents",
    "dossier",
    "home",
    "identity",
    "members",
    "sections",
    "signature",
    "submission",
]
