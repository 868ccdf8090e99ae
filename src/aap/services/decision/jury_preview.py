"""How the letter would word what the jury is about to choose on a dossier."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from aap.core.results import Census, ResultRow
from aap.documents.papers.letters import NoLetter, letter_facts, letter_view
from aap.records.applications import Application
from aap.services.actor import Actor
from aap.services.dossier.access import dossier_of
from aap.services.permissions import Permission


def preview_paragraphs(
    session: Session, *, actor: Actor, application: Application, row: ResultRow, census: Census, reason: str
) -> Sequence[str]:
    """The letter's own paragraphs for a dossier whose line of the ranking is `row`, with the jury's reason at its end where
    the letter has no place for it. Nothing for a dossier that gets no letter.

    `census`: how many are ranked and retained as things stand. Raises NotFound for who is recused.
    """
    call, _ = dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application.id)
    facts = letter_facts(call.file, row, ranked=census.ranked, retained=census.retained)
    try:
        view = letter_view(call.file, facts, application_reference=application.reference, project=application.title)
    except NoLetter:
        return ()
    return (*view.paragraphs, *([reason.strip()] if reason.strip() else []))
