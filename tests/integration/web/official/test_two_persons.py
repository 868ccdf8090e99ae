"""Two persons freeze a ranking and take it back, on the pages: who confirms, what changed, what the lists say."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pypdf import PdfReader
from sqlmodel import select

from aap.jobs import sweep
from aap.records.calls import Call, CallState
from aap.records.deliberations import Gate, Waiver
from aap.records.people import Role
from aap.records.rankings import Decision, RankingRun
from tests.worlds.offices import Office, Offices, notify

Browsers = Callable[[], Any]


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").replace("\u202f", " ").split())


def pages_of(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().replace("\u00a0", " ").split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def compute(here: Office, signed: Any) -> None:
    started = signed.post(here.address("classement/calcul"), page=here.address("jury"))
    assert "/travaux/" in started.location
    sweep(here.factory.platform)


def download(signed: Any, address: str) -> tuple[str, bytes]:
    answer = signed.client.get(address)
    return answer.headers["Content-Disposition"].rpartition("'")[2], answer.data


def test_the_second_reads_what_changed_since_the_run_before(office: Offices, browser: Browsers) -> None:
    here = office()
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    names = [one.reference for one in here.dossiers]
    compute(here, first)
    page = plain(first.get(here.address("classement/1/arret")).text)
    assert "C’est le premier calcul de cet appel" in page
    assert f"Peuvent confirmer : {here.second.name}." in page
    compute(here, first)
    assert "Rien n’a changé" in plain(first.get(here.address("classement/2/arret")).text)

    typed = {"reference": names[0], "decision": "out", "reason": "Le projet a commencé."}
    assert first.post(here.address("jury"), typed).status_code == 302
    with here.factory.platform.database.writing() as session:
        session.add(
            Waiver(
                call_id=here.call.id, application_id=here.dossiers[2].id, gate=Gate.DIVERGENT, reason="Vu en séance.",
                author_id=here.first.id, created_at=here.factory.now + timedelta(minutes=1),
            )
        )  # fmt: skip
    compute(here, first)
    assert first.post(here.address("classement/3/arret"), {"action": "proposer"}).status_code == 302
    page = plain(second.get(here.address("classement/3/arret")).text)
    for words in (
        "Depuis le calcul n° 2.", f"Décisions ajoutées {names[0]} : Écarté par le jury, {here.first.name} Le projet a commencé.",
        f"{names[2]} : évaluations divergentes, {here.first.name}", "Vu en séance.",
        "Lauréats qui sortent " + names[0], "Lauréat (40 000 €), puis Non retenu",
        "Lauréats qui entrent " + names[1], "Liste d’attente (1), puis Lauréat (40 000 €)",
    ):  # fmt: skip
        assert words in page, words
    assert "Notes :" not in page
    first_run = plain(second.get(here.address("classement/3/arret?depuis=1")).text)
    assert "Depuis le calcul n° 1." in first_run
    assert second.get(here.address("classement/3/arret?depuis=3")).status_code == 404
    mine = plain(first.get(here.address("classement/3/arret")).text)
    assert "Vous avez proposé ce classement : une autre personne doit le confirmer." in mine


def test_a_list_says_provisional_until_it_is_frozen_then_its_version_and_visa(
    office: Offices, browser: Browsers
) -> None:
    here = office(CallState.PROPOSED)
    second = browser().sign_in(here.second)
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for state in ("proposed", "frozen"):
        if state == "frozen":
            done = second.post(here.address("classement/1/arret"), {"action": "confirmer"})
            assert done.status_code == 302
        laureates = download(second, here.address("classement/1/fichiers/laureates.pdf"))
        second.get(second.client.get(here.address("classement/1/fichiers/ranking.pdf")).location)
        sweep(here.factory.platform)
        whole = download(second, here.address("classement/1/fichiers/ranking.pdf"))
        minutes = second.client.get(here.address("jury/proces-verbal.pdf")).data
        found[state] = [(name, pages_of(pdf)) for name, pdf in (laureates, whole, ("", minutes))]
    call_id = here.call.id
    assert [name for name, _ in found["proposed"]] == [
        f"{call_id}-1-provisoire-laureats.pdf", f"{call_id}-1-provisoire-classement.pdf", "",
    ]  # fmt: skip
    assert [name for name, _ in found["frozen"]] == [
        f"{call_id}-1-version-1-laureats.pdf", f"{call_id}-1-version-1-classement.pdf", "",
    ]  # fmt: skip
    for _, pages in found["proposed"]:
        assert all("PROVISOIRE – " in page for page in pages)
        assert "PROVISOIRE : calcul n° 1 du" in pages[0]
        assert f"proposé par {here.first.name} le" in pages[0]
    with here.factory.platform.database.reading() as session:
        run = session.exec(select(RankingRun)).one()
    for _, pages in found["frozen"]:
        assert not any("PROVISOIRE" in page for page in pages)
        assert "Version 1, calcul n° 1 du" in pages[0]
        assert f"Visa : proposée par {here.first.name} le" in pages[0]
        assert f"confirmée et arrêtée par {here.second.name} le" in pages[0]
        assert run.result_hash in "".join(pages).replace(" ", "")


def test_two_persons_take_a_frozen_ranking_back_and_its_version_stays_readable(
    office: Offices, browser: Browsers
) -> None:
    here = office(CallState.DECIDED)
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    step_back = here.address("classement/1/reprise")
    assert "Reprendre le classement" in first.get(here.address("classement/1")).text
    refused = first.post(step_back, {"action": "proposer", "reason": " "})
    assert (refused.status_code, "Indiquez pourquoi le classement arrêté est repris" in refused.text) == (422, True)
    assert first.post(step_back, {"action": "proposer", "reason": "Une note est fausse."}).status_code == 302
    mine = first.post(step_back, {"action": "confirmer"})
    assert (mine.status_code, "un autre agent doit confirmer" in mine.text) == (409, True)
    page = plain(second.get(step_back).text)
    assert ("Une note est fausse." in page, "Confirmer la reprise" in page) == (True, True)
    assert "attend sa seconde personne" in plain(second.get(here.address("classement/1")).text)
    done = second.post(step_back, {"action": "confirmer"})
    assert (done.status_code, here.state()) == (302, CallState.DELIBERATING)
    page = plain(second.get(done.location).text)
    for words in (
        "5 décisions préparées ne comptent plus", f"Version 1, proposée par {here.first.name} le",
        "Version reprise le", f"À la demande de {here.first.name}, confirmée par {here.second.name} : Une note est fausse.",
    ):  # fmt: skip
        assert words in page, words
    assert ("Proposer de l’arrêter" in page, "Recalculer" in page) == (False, True)
    name, kept = download(second, here.address("classement/versions/1/proces-verbal.pdf"))
    assert name == f"{here.call.id}-version-1-reprise-proces-verbal.pdf"
    assert "Version 1, calcul n° 1 du" in pages_of(kept)[0]
    name, laureates = download(second, here.address("classement/1/fichiers/laureates.pdf"))
    assert name == f"{here.call.id}-1-version-1-reprise-laureats.pdf"
    assert all("VERSION 1 REPRISE – " in one for one in pages_of(laureates))
    assert second.client.get(here.address("classement/1/fichiers/bundle.json")).status_code == 200
    assert second.get(here.address("classement/versions/2/proces-verbal.pdf")).status_code == 404

    # The next freeze is version 2, held against version 1.
    typed = {"reference": here.dossiers[0].reference, "decision": "out", "reason": "Le projet a commencé."}
    assert first.post(here.address("jury"), typed).status_code == 302
    compute(here, first)
    assert first.post(here.address("classement/2/arret"), {"action": "proposer"}).status_code == 302
    page = plain(second.get(here.address("classement/2/arret")).text)
    assert "Depuis la version 1, arrêtée puis reprise (calcul n° 1)." in page
    assert second.post(here.address("classement/2/arret"), {"action": "confirmer"}).status_code == 302
    page = plain(second.get(here.address("classement/2")).text)
    assert ("Version 2, proposée par" in page, "version 1, reprise" in page) == (True, True)
    assert second.post(here.address("decisions/preparer")).status_code == 302
    sweep(here.factory.platform)
    page = plain(second.get(here.address("decisions")).text)
    assert "5 décisions" in page
    with here.factory.platform.database.reading() as session:
        voided = session.exec(select(Decision.number, Decision.voided_at)).all()
    assert sorted((number, at is None) for number, at in voided) == [(1, False)] * 5 + [(2, True)] * 5
    with here.factory.platform.database.writing() as session:
        notify(session, here, now=here.factory.platform.clock())
    assert "Reprendre le classement" not in second.get(here.address("classement/2")).text
    late = first.post(here.address("classement/2/reprise"), {"action": "proposer", "reason": "Trop tard."})
    assert (late.status_code, "le classement ne se reprend plus" in late.text) == (422, True)


def test_who_may_confirm_is_named_on_a_page_by_an_official_or_an_administrator(
    office: Offices, browser: Browsers
) -> None:
    here = office(CallState.DELIBERATING)
    third = here.factory.person(Role.OFFICIAL, call=here.call)
    first, admin = browser().sign_in(here.first), browser().sign_in(here.factory.person(Role.ADMIN))
    page = here.address("secondes")
    refused = first.post(page, {"people": here.member.id})
    assert (refused.status_code, "Choisissez parmi les agents de cet appel" in refused.text) == (422, True)
    assert first.post(page, {"people": third.id}).status_code == 302
    assert f"Désignation en cours : par {here.first.name}" in plain(first.get(page).text)
    compute(here, first)
    alone = plain(first.get(here.address("classement/1/arret")).text)
    assert "Vous avez désigné vous-même qui peut confirmer" in alone
    by_admin = f"/administration/appels/{here.call.id}/secondes"
    assert admin.post(by_admin, {"people": third.id}).status_code == 303
    assert first.post(here.address("classement/1/arret"), {"action": "proposer"}).status_code == 302
    assert "ne change pas avant" in plain(admin.get(by_admin).text)
    other = browser().sign_in(here.second)
    shown = plain(other.get(here.address("classement/1/arret")).text)
    assert "Vous n’êtes pas de celles et ceux qui peuvent confirmer." in shown
    assert f"Peuvent confirmer : {third.name}." in shown
    refused = other.post(here.address("classement/1/arret"), {"action": "confirmer"})
    assert (refused.status_code, "vous n’en êtes pas" in refused.text) == (403, True)
    done = browser().sign_in(third).post(here.address("classement/1/arret"), {"action": "confirmer"})
    assert (done.status_code, here.state()) == (302, CallState.ARBITRATED)
    with here.factory.platform.database.reading() as session:
        assert session.get_one(Call, here.call.id).seconds == [third.id]
