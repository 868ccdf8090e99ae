"""What a message to many dossiers says by itself: `{association}`, `{reference}`…, filled for each."""

from __future__ import annotations

import re

from sqlmodel import Session

from aap.core import french
from aap.records.applications import Application
from aap.records.associations import Association

FIELDS = ("association", "reference", "projet", "montant")
_FIELD = re.compile(r"\{\s*([^{}\s]*)\s*\}")


def unknown_fields(text: str) -> tuple[str, ...]:
    """Names between braces that mean nothing, as they were typed, each once."""
    return tuple(dict.fromkeys(f"{{{name}}}" for name in _FIELD.findall(text) if name not in FIELDS))


def filled(text: str, session: Session, application: Application) -> str:
    """The message to this dossier's association."""
    association = session.get_one(Association, application.association_id)
    said = {
        "association": association.name,
        "reference": application.reference,
        "projet": application.title,
        "montant": french.euros(application.requested_amount),
    }
    return _FIELD.sub(lambda found: said[found[1]], text).strip()


def previewed(text: str, session: Session, application_id: str) -> str:
    """The same by the dossier's id, to be looked at before it is sent."""
    return filled(text, session, session.get_one(Application, application_id))
