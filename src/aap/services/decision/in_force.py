"""Which decision counts for a dossier: the one in force."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from aap.records.rankings import Decision


def in_force() -> Any:
    """SQL condition on `Decision`: it was not replaced by another."""
    replaced = select(Decision.replaces_id).where(col(Decision.replaces_id).is_not(None))
    return col(Decision.id).not_in(replaced)
