"""The page of what letters say that is known only at decision time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from pypdf import PdfReader
from sqlmodel import select

from aap.records.calls import CallState
from aap.records.decided import LetterSettings
from tests.worlds.offices import Office, Offices


def kept(here: Office) -> list[tuple[int, dict[str, Any]]]:
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(LetterSettings).where(LetterSettings.call_id == here.call.id))
        return [(one.number, one.content) for one in found]


def test_settings_are_filled_in_looked_at_and_kept_in_versions(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.DECIDED)
    page, address = browser().sign_in(here.first), here.address("decisions/textes")
    said = here.dossiers[0].reference.rpartition("-")[2]  # as people say it
    typed = {"closing_laureate": "Avec mes félicitations, {greeting}.", "act": "arrêté n° 7", "dossier": said}

    part = page.post(f"{address}/apercu", data=typed)
    assert part.status_code == 200
    assert "Avec mes félicitations, Madame la Présidente." in part.text
    assert "<html" not in part.text
    looked = page.post(address, data={**typed, "action": "preview"})
    assert looked.status_code == 200
    assert "Avec mes félicitations, Madame la Présidente." in looked.text
    assert kept(here) == []

    wrong = page.post(address, data={**typed, "seen": "0", "signed_on": "hier", "published": "{x}"})
    assert wrong.status_code == 422
    assert "Donnez une date" in wrong.text
    assert "« {x} » ne se remplace pas" in wrong.text.replace("\u00a0", " ")
    assert "arrêté n° 7" in wrong.text
    assert kept(here) == []

    assert page.post(address, data={**typed, "seen": "0"}).status_code == 302
    content = {"act": "arrêté n° 7", "closing_laureate": "Avec mes félicitations, {greeting}."}
    assert kept(here) == [(1, content)]
    assert "5 lettres ont été rédigées avec une version précédente" in page.get(address).text
    assert "elles ne partent pas" in page.get(here.address("decisions")).text
    refused = page.post(here.address("decisions/notifier"), {"when": "now"})
    assert refused.status_code == 422
    assert "rédigez-les de nouveau" in refused.text
    assert "arrêté n° 7" in page.get(f"{address}/1").text
    assert page.get(f"{address}/2").status_code == 404


def test_a_dossier_that_is_not_there_has_no_preview(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.ARBITRATED)
    page = browser().sign_in(here.first)
    assert "Aucune lettre à montrer" in page.get(here.address("decisions/textes?dossier=2099-0001")).text
    assert "Association d’exemple" in page.get(here.address("decisions/textes?modele=refusal")).text


def test_the_act_is_handed_out_as_a_draft_that_says_what_it_lacks(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.ARBITRATED)
    answer = browser().sign_in(here.first).client.get(here.address("decisions/acte.pdf"))
    text = " ".join(PdfReader(io.BytesIO(answer.data)).pages[0].extract_text().split())
    assert "Projet : son numéro manque." in text
