"""The association's space: describe the association, fill a dossier in, submit it, follow it."""

from aap.web.association import (
    after_deposit,
    beginning,
    board,
    budgets,
    claims,
    comments,
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
    "board",
    "budgets",
    "claims",
    "comments",
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
