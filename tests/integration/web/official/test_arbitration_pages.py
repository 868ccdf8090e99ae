"""The authority's page: the effect before it is recorded, a row a change, and nothing for who may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aap.records.calls import CallState
from aap.records.rankings import JuryDecisionKind
from tests.worlds.deliberations import authority_decides, computed, jury_decides, jury_sits, recused
from tests.worlds.offices import Office, Offices

Browsers = Callable[[], Any]
IN, OUT = JuryDecisionKind.IN, JuryDecisionKind.OUT


def said(answer: Any) -> str:
    return " ".join(answer.text.replace("\u00a0", " ").replace("\u202f", " ").split())


def met(office: Offices) -> Office:
    here = office()
    jury_decides(here, here.dossiers[2], JuryDecisionKind.AMOUNT, "Budget trop large.", 30_000)
    jury_sits(here, computed(here))
    return here


def test_a_change_is_looked_at_then_recorded_then_taken_back(office: Offices, browser: Browsers) -> None:
    here = met(office)
    first, second, *_ = (one.reference for one in here.dossiers)
    signed = browser().sign_in(here.second)
    address = here.address("arbitrage")
    typed = {"reference": first, "decision": "out", "amount": "", "reason": "Hors sujet."}
    looked = signed.post(address, {**typed, "action": "effet"}, page=address)
    assert looked.status_code == 200
    text = said(looked)
    assert [words for words in ("Ce que cette décision ferait", "Entre :", f">{second}</a>", "Sort :", "n’a rien changé")
            if words not in text] == []  # fmt: skip
    assert "Hors sujet.</textarea>" in looked.text
    here.factory.platform.clock.move(minutes=1)
    assert signed.post(address, {**typed, "action": "enregistrer"}).location == address
    text = said(signed.get(address))
    assert [words for words in ("Hors sujet.", here.second.name, "40 000 €", "rien", "pas encore dans le classement")
            if words not in text] == []  # fmt: skip
    again = signed.post(address, {**typed, "action": "enregistrer"})
    assert (again.status_code, "L’autorité a déjà décidé de ce dossier" in again.text) == (422, True)
    removal = next(
        part.split('"')[0] for part in signed.get(address).text.split('action="') if "/retrait" in part[:120]
    )
    signed.post(removal, {"reason": "Erreur."}, page=address)
    assert "L’autorité n’a rien changé" in signed.get(address).text


def test_what_is_typed_wrong_is_said_beside_its_field(office: Offices, browser: Browsers) -> None:
    here = met(office)
    signed = browser().sign_in(here.second)
    address = here.address("arbitrage")
    unknown = signed.post(address, {"reference": "?", "decision": "out", "reason": "x"})
    assert (unknown.status_code, 'id="reference-error"' in unknown.text) == (422, True)
    first = here.dossiers[0].reference
    for typed, words in (
        ({"decision": "?"}, "Choisissez"),
        ({"decision": "amount", "amount": "beaucoup"}, "montant"),
        ({"decision": "out", "reason": " "}, "Indiquez le motif"),
    ):
        answer = signed.post(address, {"reference": first, "reason": "x", **typed})
        assert (answer.status_code, words in answer.text) == (422, True)
    authority_decides(here, here.dossiers[0], IN, "Oui.")
    both = signed.post(address, {"reference": here.dossiers[1].reference, "decision": "in", "reason": "x"})
    assert (both.status_code, "Ces règles ne pourraient plus tenir ensemble" in both.text) == (422, True)
    assert "la règle « Le Sud" in said(both)


def test_the_form_is_there_while_the_authority_decides(office: Offices, browser: Browsers) -> None:
    here = office()
    signed = browser().sign_in(here.first)
    assert "Aucun classement n’est calculé" in signed.get(here.address("arbitrage")).text
    jury_sits(here, computed(here), closed=False)
    page = signed.get(here.address("arbitrage")).text
    assert ("Le jury siège" in page, "Noter une décision de l’autorité" in page) == (True, False)


def test_a_frozen_call_shows_what_the_authority_changed_without_a_form(office: Offices, browser: Browsers) -> None:
    here = office(CallState.ARBITRATED)
    page = browser().sign_in(here.first).get(here.address("arbitrage")).text
    assert ("L’autorité n’a rien changé" in page, "Noter une décision de l’autorité" in page) == (True, False)


def test_an_official_who_is_recused_reads_the_place_of_a_change_and_decides_nothing(
    office: Offices, browser: Browsers
) -> None:
    here = met(office)
    authority_decides(here, here.dossiers[0], OUT, "Hors sujet.")
    recused(here, here.first, here.dossiers[0], "Conjoint du trésorier.")
    signed = browser().sign_in(here.first)
    page = signed.get(here.address("arbitrage")).text
    assert "Dossier dont vous êtes déporté" in page
    assert [one for one in (here.dossiers[0].reference, "Hors sujet.") if one in page] == []
    typed = {"reference": here.dossiers[1].reference, "decision": "out", "reason": "x"}
    assert signed.post(here.address("arbitrage"), typed).status_code == 403
