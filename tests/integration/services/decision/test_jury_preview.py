"""What the jury reads of a letter before it decides is what the letter says once it has decided."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session, select

from aap.core.ranking.effect import JuryChoice
from aap.core.results import Census, ResultRow
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.rankings import JuryDecisionKind, RankingRun
from aap.services.call.calls import get_call
from aap.services.decision.jury_preview import preview_paragraphs
from aap.services.decision.letter_contents import letter_sources, ranked_letter
from aap.services.ranking.jury_effects import ask_effect
from aap.services.ranking.runs import view_run
from tests.databases import on_both_databases
from tests.worlds.deliberations import authority_decides, computed, jury_decides, jury_sits
from tests.worlds.offices import LETTERS, Office, Offices

WHY = "Le projet double un service existant."
JURY = LETTERS + '  refusal: {paragraphs: ["Votre projet n’est pas retenu.", "{jury}"]}\n'
SIGNED = LETTERS + '  refusal: {paragraphs: ["Décision du {signed_on} ({act}). {reason}"]}\n'


def run_now(session: Session, here: Office) -> RankingRun:
    return session.exec(
        select(RankingRun).where(RankingRun.call_id == here.call.id).order_by(RankingRun.number.desc())  # type: ignore[attr-defined]
    ).first()  # type: ignore[return-value]


def preview(here: Office, number: int, kind: Any, reason: str, cents: int | None = None) -> tuple[str, ...]:
    dossier, actor = here.dossiers[number], here.factory.actor(here.first)
    choice = JuryChoice(dossier.reference, kind, cents)
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        effect = ask_effect(session, actor=actor, call=call, application=dossier, choice=choice)
        assert effect.row is not None
        census = Census.of(view_run(session, run_now(session, here), actor=actor).rows, "raw")
        return tuple(
            preview_paragraphs(
                session, actor=actor, application=dossier, choice=choice, reason=reason, row=effect.row, census=census
            )
        )


def letter(here: Office, number: int) -> tuple[str, ...]:
    """As the last run and what is recorded give it."""
    dossier, actor = here.dossiers[number], here.factory.actor(here.first)
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        view = view_run(session, run_now(session, here), actor=actor)
        row = view.by_reference[dossier.reference]
        assert isinstance(row, ResultRow)
        association = session.get_one(Association, dossier.association_id)
        sources = letter_sources(session, call, (), application_ids=[dossier.id])
        return ranked_letter(sources, row, Census.of(view.rows, "raw"), dossier, association, terms=None).paragraphs


@pytest.mark.parametrize("more", [LETTERS, JURY, SIGNED])
@pytest.mark.parametrize(
    ("number", "kind", "euros"), [(0, "out", None), (1, "in", None), (0, "amount", 30_000)], ids=["out", "in", "amount"]
)
def test_the_reason_is_read_once_and_as_the_letter_says_it(
    office: Offices, more: str, number: int, kind: Any, euros: int | None
) -> None:
    here = office(CallState.DELIBERATING, more=more)
    computed(here)
    shown = preview(here, number, kind, WHY, None if euros is None else euros * 100)
    assert "\n".join(shown).count(WHY) == 1
    jury_decides(here, here.dossiers[number], JuryDecisionKind(kind), WHY, euros)
    computed(here)
    assert shown == letter(here, number)


def test_taking_a_decision_back_takes_its_reason_out_of_the_letter(office: Offices) -> None:
    here = office()
    jury_decides(here, here.dossiers[0], JuryDecisionKind.AMOUNT, WHY, 30_000)
    computed(here)
    assert "\n".join(preview(here, 0, "in", "Il le faut.")).count(WHY) == 1  # the amount stands beside it
    assert WHY not in "\n".join(preview(here, 0, "none", "Une erreur."))


@on_both_databases
def test_the_letter_gives_the_authority_s_reason_in_the_place_of_the_jury_s(office: Offices) -> None:
    here = office()
    jury_decides(here, here.dossiers[0], JuryDecisionKind.IN, "Le jury y tient.")
    jury_sits(here, computed(here))
    authority_decides(here, here.dossiers[0], JuryDecisionKind.OUT, "Déjà financé ailleurs.")
    computed(here)
    said = "\n".join(letter(here, 0))
    assert ("Le jury y tient" in said, said.count("Déjà financé ailleurs.")) == (False, 1)
