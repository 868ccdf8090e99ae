"""Selections that are not proven to be the best, as the pages tell of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import select

from aap.records.calls import CallState
from aap.records.rankings import RankingRun
from tests.worlds.offices import Office, Offices

WHY = "Refait hors ligne : <rien> de mieux en une heure."


def unproven(here: Office, **report: object) -> None:
    """The call's run, as if the allowed work had ended before its selection was shown to be the best."""
    with here.factory.platform.database.writing() as session:
        run = session.exec(select(RankingRun)).one()
        run.report = {**run.report, "proven_optimal": False, "gap": 12.5, **report}
        session.add(run)


def test_who_freezes_an_unproven_selection_says_why_and_what_was_typed_is_not_lost(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PROPOSED)
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    freeze = here.address("classement/1/arret")
    assert second.post(freeze, {"action": "renvoyer", "reason": "À relire."}).status_code == 302
    assert "unproven_reason" not in first.get(freeze).text
    unproven(here)

    page = first.get(freeze).text
    assert [words in page for words in ("Rien ne prouve que cette sélection est la meilleure", "aap rank --work",
                                        "jusqu’à 12,5 points à la somme des notes")] == [True] * 3  # fmt: skip
    refused = first.post(freeze, {"action": "proposer", "unproven_reason": " "})
    assert refused.status_code == 422
    summary, _, form = refused.text.partition('<form method="post" novalidate')
    assert 'href="#unproven_reason"' in summary
    assert "Indiquez pourquoi ce classement est arrêté sans preuve" in form

    # Something else stands in the way: what was typed is still there.
    with here.factory.platform.database.writing() as session:
        run = session.exec(select(RankingRun)).one()
        seed, run.report = run.report["draw_seed"], {**run.report, "draw_seed": "another"}
        session.add(run)
    refused = first.post(freeze, {"action": "proposer", "unproven_reason": WHY})
    assert (refused.status_code, "La graine du tirage" in refused.text) == (422, True)
    assert "hors ligne : &lt;rien&gt; de mieux" in refused.text
    unproven(here, draw_seed=seed)

    assert first.post(freeze, {"action": "proposer", "unproven_reason": WHY}).status_code == 302
    page = second.get(freeze).text.replace("\u00a0", " ")
    assert "Arrêté sans preuve parce que" in page
    assert "hors ligne : &lt;rien&gt; de mieux" in page
    assert second.post(freeze, {"action": "confirmer"}).status_code == 302
    assert here.state() is CallState.ARBITRATED
