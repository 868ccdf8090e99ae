"""How the letter would word what the jury is about to choose on a dossier."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sqlmodel import Session

from aap.core.ranking.effect import UNDONE, JuryChoice
from aap.core.results import Census, ResultRow
from aap.documents.papers.letter_facts import NoLetter, WrittenDecision
from aap.records.applications import Application
from aap.records.associations import Association
from aap.services.actor import Actor
from aap.services.decision.letter_contents import LetterSources, letter_sources, ranked_letter, terms_of, that_count
from aap.services.dossier.access import dossier_of
from aap.services.permissions import Permission


def preview_paragraphs(
    session: Session,
    *,
    actor: Actor,
    application: Application,
    choice: JuryChoice,
    reason: str,
    row: ResultRow,
    census: Census,
) -> Sequence[str]:
    """The letter's own paragraphs for a dossier, once the choice is recorded with this reason; what is known only at
    decision time stands as its meaning between brackets. Nothing for a dossier that gets no letter.

    `row`: its line of the ranking then; `census`: how many are ranked and retained as things stand. Raises NotFound for
    who is recused.
    """
    call, _ = dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application.id)
    sources = _with_choice(
        letter_sources(session, call, (), application_ids=[application.id]), application.id, choice, reason
    )
    association = session.get_one(Association, application.association_id)
    try:
        view = ranked_letter(
            sources, row, census, application, association, terms=terms_of(sources.current), show_blanks=True
        )
    except NoLetter:
        return ()
    return view.paragraphs


def _with_choice(sources: LetterSources, application_id: str, choice: JuryChoice, reason: str) -> LetterSources:
    """The sources as they are once the choice is made; what the authority decided of the dossier goes before it."""
    kept = tuple(
        one
        for one in sources.written.get(application_id, ())
        if one.by_authority or one.decision not in UNDONE[choice.kind]
    )
    if choice.kind != "none":
        kept = that_count((*kept, WrittenDecision(choice.kind, reason.strip(), amount=choice.amount)))
    return dataclasses.replace(sources, written={**sources.written, application_id: kept})
