"""The list in force: after each step every page, file, count and bundle says the same; older versions stay."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from aap.records.applications import ApplicationState
from aap.records.calls import CallState
from aap.records.decided import ListChange
from aap.records.outbox import OutboxMail
from aap.records.rankings import Decision, Outcome
from aap.services.decision.in_force import in_force
from aap.services.decision.replacing import replace_decision
from tests.agreement import assert_one_truth, by_client
from tests.worlds.offices import REDUCED, RULES, Office, Offices, decline

SMALL_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n"
)


def decision_of(here: Office, place: int) -> Decision:
    with here.factory.platform.database.reading() as session:
        return session.exec(
            select(Decision).where(Decision.application_id == here.dossiers[place].id, in_force())
        ).one()


def replace(here: Office, place: int, outcome: Outcome, amount: int | None, change: ListChange) -> None:
    with here.factory.platform.database.writing() as session:
        before = session.get_one(Decision, decision_of(here, place).id)
        replace_decision(
            session, actor=here.factory.actor(here.first), before=before, outcome=outcome, amount=amount,
            reason="Décision revue.", change=change, now=here.factory.platform.clock(),
        )  # fmt: skip


def test_after_each_step_every_page_and_file_says_what_the_list_in_force_says(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PUBLISHED)
    signed = browser().sign_in(here.first)
    platform, fetch = here.factory.platform, by_client(signed)
    names = [one.reference for one in here.dossiers]

    def check() -> tuple[dict[str, int], list[str]]:
        found = assert_one_truth(platform, here.call.id, fetch)
        return found.granted, found.waiting

    first = check()
    assert first == ({names[0]: 40_000_00, names[2]: 40_000_00}, [names[1], names[3]])
    bundles = [fetch(here.address("decisions/listes/1/archive.json"))]

    decline(here, here.dossiers[2])
    assert check() == ({names[0]: 40_000_00}, [names[1], names[3]])
    suites = here.address("decisions/suites")
    assert signed.post(suites, {"reference": names[3], "reason": ""}).status_code == 302
    assert check() == ({names[0]: 40_000_00, names[3]: 40_000_00}, [names[1]])
    replace(here, 3, Outcome.LAUREATE, 25_000_00, ListChange.AMOUNT)
    assert check() == ({names[0]: 40_000_00, names[3]: 25_000_00}, [names[1]])
    replace(here, 0, Outcome.NOT_SELECTED, None, ListChange.CORRECTED)
    assert check() == ({names[3]: 25_000_00}, [names[1]])
    replace(here, 1, Outcome.NOT_SELECTED, None, ListChange.CORRECTED)
    assert check() == ({names[3]: 25_000_00}, [])
    replace(here, 0, Outcome.LAUREATE, 40_000_00, ListChange.CORRECTED)
    assert check() == ({names[0]: 40_000_00, names[3]: 25_000_00}, [])

    # Versions are added, never edited: the first is what it was, and each bundle names the one before.
    assert fetch(here.address("decisions/listes/1/archive.json")) == bundles[0]
    history = [json.loads(fetch(here.address(f"decisions/listes/{number}/archive.json"))) for number in range(1, 8)]
    assert [one["change"] for one in history[-1]["changes"]] == [
        "left", "called", "amount", "corrected", "corrected", "corrected",
    ]  # fmt: skip
    assert [one.get("changes", []) for one in history] == [history[-1]["changes"][:count] for count in range(7)]
    page = signed.get(here.address("decisions/listes")).text
    assert page.count("/archive.json") == 7
    assert [words for words in ("Classement arrêté", "Départ d’un lauréat", "Appel de la liste d’attente", "Autre montant",
                                "retiré", "en vigueur") if words not in page] == []  # fmt: skip
    assert signed.get(here.address("decisions/listes/8")).status_code == 404
    assert signed.get(here.address("decisions/listes/1/ranking.csv")).status_code == 404


def test_free_money_first_raises_a_reduced_grant_then_calls_the_list(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PUBLISHED, rules=REDUCED)
    signed = browser().sign_in(here.first)
    platform, fetch = here.factory.platform, by_client(signed)
    names = [one.reference for one in here.dossiers]
    found = assert_one_truth(platform, here.call.id, fetch)
    assert found.granted == {names[0]: 40_000_00, names[1]: 20_000_00, names[2]: 40_000_00}
    suites = here.address("decisions/suites")
    assert "que l’argent libre relève" not in signed.get(suites).text
    assert signed.post(f"{suites}/relever", {"reference": names[1]}, page=suites).status_code == 422

    decline(here, here.dossiers[0])
    page = signed.get(suites).text.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Sa subvention passerait de 20 000 € à 40 000 €." in page
    assert "Il resterait 20 000 € de l’enveloppe." in page
    early = signed.post(suites, {"reference": names[3]})
    assert (early.status_code, "relève d’abord une subvention réduite" in early.text) == (422, True)
    assert signed.post(f"{suites}/relever", {"reference": names[2]}, page=suites).status_code == 422
    assert signed.post(f"{suites}/relever", {"reference": names[1], "reason": "Vu."}, page=suites).status_code == 302
    raised = assert_one_truth(platform, here.call.id, fetch)
    assert raised.granted == {names[1]: 40_000_00, names[2]: 40_000_00}
    assert decision_of(here, 1).row["reason_code"] == "selected"
    assert "que l’argent libre relève" not in signed.get(suites).text


@pytest.mark.parametrize("corrected", [True, False])
def test_a_place_is_given_once_to_the_waiting_list_whoever_freed_it(
    office: Offices, browser: Callable[[], Any], corrected: bool
) -> None:
    here = office(CallState.PUBLISHED, rules=RULES.replace("  laureates: 2\n", ""))
    signed = browser().sign_in(here.first)
    platform, fetch = here.factory.platform, by_client(signed)
    names = [one.reference for one in here.dossiers]
    suites = here.address("decisions/suites")

    if corrected:
        replace(here, 0, Outcome.NOT_SELECTED, None, ListChange.CORRECTED)
    else:
        decline(here, here.dossiers[0])
    assert assert_one_truth(platform, here.call.id, fetch).waiting == [names[1], names[3]]
    assert "1 place libre" in signed.get(here.address("decisions")).text
    assert signed.post(suites, {"reference": names[1], "reason": ""}).status_code == 302
    replace(here, 2, Outcome.LAUREATE, 10_000_00, ListChange.AMOUNT)
    # Money is free for one more, but each laureate who left is replaced once: aap verify says so too.
    assert "Le dossier que les règles appellent" not in signed.get(suites).text
    assert signed.post(suites, {"reference": names[3], "reason": ""}).status_code == 422
    found = assert_one_truth(platform, here.call.id, fetch)
    assert (found.granted, found.waiting) == ({names[1]: 40_000_00, names[2]: 10_000_00}, [names[3]])


def test_an_answer_on_paper_counts_as_the_associations_own(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PUBLISHED)
    signed = browser().sign_in(here.first)
    name = here.dossiers[0].reference
    address = here.address(f"decisions/{name}/reponse")
    assert "Réponse reçue par écrit" in signed.get(address).text
    refused = signed.post(address, {"answer": "declined", "reason": ""}, page=address)
    assert [
        words for words in ("Joignez le courrier signé", "Dites pourquoi vous y renoncez") if words not in refused.text
    ] == []
    assert (refused.status_code, decision_of(here, 0).answer) == (422, "")
    wrong = signed.post(
        address, {"answer": "declined", "reason": "x", "file": (io.BytesIO(b"MZ\x90"), "lettre.exe")}, page=address
    )
    assert (wrong.status_code, decision_of(here, 0).answer) == (422, "")
    sent = {"answer": "declined", "reason": "Salariée partie.", "file": (io.BytesIO(SMALL_PDF), "lettre.pdf")}
    assert signed.post(address, sent, page=address).status_code == 302
    held = decision_of(here, 0)
    assert (held.answer, held.answer_reason, held.answer_noted_by, len(held.answer_sha256 or "")) == (
        "declined", "Salariée partie.", here.first.id, 64,
    )  # fmt: skip
    assert here.reload(here.dossiers[0]).state == ApplicationState.DECLINED
    assert signed.client.get(f"{address}/piece.pdf").data == SMALL_PDF
    dossier = signed.get(here.address(f"dossiers/{name}")).text
    assert [words in dossier for words in ("par écrit (PDF)", "N’est plus lauréat", "Corriger la décision")] == [
        True, True, False,
    ]  # fmt: skip
    assert "déjà abandonnée" in signed.get(address).text
    with here.factory.platform.database.reading() as session:
        mails = session.exec(select(OutboxMail).where(OutboxMail.recipient == here.member.email)).all()
    assert mails[-1].subject == f"Votre dossier {name}\u00a0: vous avez renoncé à la subvention"
    assert "Le service a enregistré votre réponse écrite" in mails[-1].body
    assert_one_truth(here.factory.platform, here.call.id, by_client(signed))
