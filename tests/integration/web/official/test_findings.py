"""What a computed ranking says besides its result, on pages: no proof, nobody to replace a laureate, who waits and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from aap.core.selection.rows import System
from aap.records.calls import CallState
from aap.records.rankings import RankingRun
from aap.records.reviews import Recusal
from aap.services.ranking import trials
from tests.worlds.offices import RULES, Office, Offices

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


def test_a_run_that_is_not_proven_says_how_far_it_may_be_and_what_to_do_and_whom_nobody_could_replace(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PROPOSED)
    signed = browser().sign_in(here.first)
    lonely = here.dossiers[2].reference
    unproven(here, gap=1.5, no_successor=[lonely], warnings=["Un évaluateur note autrement : E1. Relisez-le avec lui."])
    page = signed.get(here.address("classement/1")).text.replace("\u00a0", " ")
    proof = page.partition("L’optimum n’est pas prouvé.")[2].partition("</section>")[0]
    assert "Il pourrait manquer jusqu’à 1,5 point à la somme des notes." in proof
    assert "aap rank --work" in proof
    assert "<li><strong>Un évaluateur note autrement :</strong> E1. Relisez-le avec lui.</li>" in page
    alone = page.partition("Lauréats sans remplaçant")[2].partition("</details>")[0]
    assert [one.reference in alone for one in here.dossiers] == [False, False, True, False, False]


def test_a_recused_official_reads_no_reference_among_the_laureates_whom_nobody_could_replace(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PROPOSED)
    lonely = here.dossiers[2]
    unproven(here, no_successor=[lonely.reference])
    with here.factory.platform.database.writing() as session:
        session.add(
            Recusal(
                person_id=here.first.id, application_id=lonely.id, origin="official", reason="Un proche.",
                created_at=here.factory.now,
            )
        )  # fmt: skip
    signed = browser().sign_in(here.first)
    page = signed.get(here.address("classement/1")).text
    assert "Dossier dont vous êtes déporté" in page.partition("Lauréats sans remplaçant")[2].partition("</details>")[0]
    report = signed.client.get(here.address("classement/1/fichiers/report.json")).get_json()
    assert report["no_successor"] == ["déport 1"]
    assert lonely.reference not in page


@pytest.mark.parametrize("proven", [True, False])
def test_a_trial_says_where_its_result_is_not_proven(
    office: Offices, browser: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, proven: bool
) -> None:
    here = office(CallState.PROPOSED)
    solve = trials.solve_selection

    def ended(system: System) -> Any:
        solved = solve(system)
        return solved and dataclasses.replace(solved, proven=proven)

    monkeypatch.setattr(trials, "solve_selection", ended)
    page = browser().sign_in(here.first).get(here.address("classement/1/essai?laureats=1")).text
    assert "Ce que cela change" in page
    assert ("la preuve qu’aucune sélection n’est meilleure manque ici" in page) is not proven


def test_who_waits_only_to_take_a_laureates_place_is_told_apart(office: Offices, browser: Callable[[], Any]) -> None:
    # 1 waits by rank; the third (in the South, 60 points) only as whoever could replace the South's only laureate.
    rules = RULES.replace("waiting_list: 2", "waiting_list: {by_rank: 1, successors: true}")
    here = office(CallState.PUBLISHED, rules=rules)
    signed = browser().sign_in(here.first)
    by_rank, successor = here.dossiers[1].reference, here.dossiers[3].reference
    lines = signed.get(here.address("classement/1")).text.split("<tr>")
    told = [name for name in (by_rank, successor) for line in lines
            if name in line and "comme remplaçant seulement" in line]  # fmt: skip
    assert told == [successor]
    waiting = signed.get(here.address("decisions/suites")).text.partition('id="attente"')[2].split("<tr>")
    told = [name for name in (by_rank, successor) for line in waiting
            if name in line and "attend seulement comme remplaçant" in line]  # fmt: skip
    assert told == [successor]
