"""The association's space: describe the association, fill a dossier in, submit it, follow it."""

from aap.web.association import (
    after_deposit,
    budgets,
    claims,
    contested,
    documents,
    dossier,
    home,
    identity,
    members,
    redraft_pages,
    section_files,
    section_versions,
    sections,
    signature,
    submission,
)
from aap.web.association.blueprint import blueprint

__all__ = [
    "after_deposit",
    "blueprint",
    "budgets",
    "claims",
    "contested",
    "documents",
    "dossier",
    "home",
    "identity",
    "members",
    "redraft_pages",
    "section_files",
    "section_versions",
    "sections",
    "signature",
    "submission",
]
