"""An association comes in by its SIRET: what the registers propose, that they never stand in the way, what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import col, select

from aap.records.associations import Association, RegisterAnswer
from aap.records.audit import AuditLine
from aap.services.association import registers
from aap.services.upkeep.timekeeping import keep_time
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.integration.web.public.test_calls import words
from tests.kept.driving import Forms
from tests.worlds.registers import SIRET, Standing, standing_registers

FIRST = "/association/associations/nouvelle"
NEXT = f"{FIRST}/description"


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standing]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(registers, "PATIENCE", 20)  # a busy machine is no silent register
    with standing_registers() as found:
        yield found


@pytest.fixture
def more_settings(request: pytest.FixtureRequest) -> dict[str, object]:
    if "standing" not in request.fixturenames:
        return {}
    standing: Standing = request.getfixturevalue("standing")
    return {"business_register": standing.business_register, "association_register": standing.association_register}


def answers(platform) -> list[RegisterAnswer]:
    with platform.database.reading() as session:
        return list(
            session.exec(select(RegisterAnswer).order_by(col(RegisterAnswer.asked_at), col(RegisterAnswer.said_by)))
        )


def fields(page: str) -> dict[str, str]:
    """What the form's inputs hold, as a browser would send it."""
    _to, held, _names = next(one for one in Forms(page, NEXT).found if "acronym" in one[2])
    return dict(held)


@on_both_databases
def test_the_registers_propose_and_the_person_accepts(standing, browser, factory, platform) -> None:
    person = factory.person()
    page = browser().sign_in(person)
    sent = page.post(f"{FIRST}?pour=essai", {"siret": "000 009 019 00019"})
    assert (sent.status_code, sent.location) == (303, f"{NEXT}?siret={SIRET}&pour=essai")
    shown = page.get(sent.location)
    held = fields(shown.text)
    text = words(shown)
    assert {name: held[name] for name in ("name", "acronym", "siret", "rna", "created_on", "address", "postal_code",
                                          "commune", "commune.code", "officers")} == {
        "name": "Les Passerelles fictives", "acronym": "LPF", "siret": SIRET, "rna": "W691000901",
        "created_on": "03/06/2016", "address": "BATIMENT B 12 BIS RUE DE L'EXEMPLE", "postal_code": "69003",
        "commune": "Lyon (Rhône)", "commune.code": "69123",
        "officers": "Dominique Exemple, Présidente\nSacha Fictif, Trésorier",
    }  # fmt: skip
    for register in ("associations", "entreprises"):
        assert f"D’après le répertoire des {register}, le 10 février 2025." in text
    with platform.database.reading() as session:
        assert session.exec(select(Association)).all() == []  # proposed, and nothing else
    refused = page.post(sent.location, {**held, "name": "", "acronym": "PASS"})
    assert (refused.status_code, "«\u00a0Les Passerelles fictives\u00a0»" in refused.text) == (422, True)
    taken = page.post(sent.location, {**held, "acronym": "PASS"})
    assert taken.location == "/association/dossiers/nouveau/essai"
    with platform.database.reading() as session:
        made = session.exec(select(Association)).one()
    assert (made.acronym, made.created_on, made.region, [one["name"] for one in made.officers]) == (
        "PASS", date(2016, 6, 3), "84", ["Dominique Exemple", "Sacha Fictif"],
    )  # fmt: skip
    said = answers(platform)
    assert [(str(one.said_by), str(one.outcome)) for one in said] == [("associations", "found"), ("business", "found")]
    assert {(one.association_id, one.asked_by, one.asked_at) for one in said} == {(made.id, person.id, factory.now)}
    assert "1971" not in str([one.content for one in said])  # a birth
    with platform.database.reading() as session:
        assert len(session.exec(select(AuditLine).where(AuditLine.action == "register.asked")).all()) == 2


def test_without_a_setting_the_same_page_goes_on_by_hand(browser, factory, platform) -> None:
    page = browser().sign_in(factory.person())
    assert "répertoires publics" not in page.get(FIRST).text
    sent = page.post(FIRST, {"siret": SIRET})
    shown = page.get(sent.location)
    held = fields(shown.text)
    assert (held["siret"], held["name"], "répertoire des" in shown.text) == (SIRET, "", False)
    assert answers(platform) == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [("", "Indiquez le numéro SIRET"), ("12", "quatorze chiffres"), ("13002526500014", "comporte une erreur")],
)
def test_a_wrong_number_is_told_beside_its_field_and_nobody_is_asked(
    standing, browser, factory, typed: str, message: str
) -> None:
    answer = browser().sign_in(factory.person()).post(FIRST, {"siret": typed})
    assert (answer.status_code, message in words(answer), f'value="{typed}"' in answer.text) == (422, True, True)
    assert standing.asked == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": 429}, "Le répertoire ne répond pas en ce moment"),
        ({"status": 500}, "Le répertoire ne répond pas en ce moment"),
        ({"body": b"<html>"}, "Le répertoire ne répond pas en ce moment"),
        ({"waits": 0.5}, "Le répertoire ne répond pas en ce moment"),
        ({}, "Numéro inconnu du répertoire"),
    ],
    ids=["429", "500", "garbage", "slow", "unknown"],
)
def test_no_fault_of_a_register_stands_in_the_way(
    standing, browser, factory, platform, monkeypatch, change: dict[str, object], said: str
) -> None:
    if "waits" in change:
        monkeypatch.setattr(registers, "PATIENCE", 0.2)
    vars(standing).update(change)
    page = browser().sign_in(factory.person())
    sent = page.post(FIRST, {"siret": "13002526500013"})
    shown = page.get(sent.location)
    assert said in shown.text
    held = {**fields(shown.text), "name": "À la main", "address": "1 rue Fictive", "commune": "Rennes"}
    assert page.post(NEXT, held).status_code == 302
    assert [one.association_id is not None for one in answers(platform)] == [True, True]


def test_a_number_is_asked_once_a_day_and_a_silent_register_is_left_alone(
    standing, browser, factory, platform, clock
) -> None:
    page = browser().sign_in(factory.person())
    for _ in range(3):
        page.post(FIRST, {"siret": SIRET})
        page.get(f"{NEXT}?siret={SIRET}")
    assert len(standing.asked) == 2
    clock.move(days=1, minutes=1)
    standing.status = 503
    page = browser().sign_in(factory.person())
    for siret in (SIRET, "13002526500013", SIRET):
        page.post(FIRST, {"siret": siret})
    assert len(standing.asked) == 4
    assert "Les Passerelles fictives" in page.get(f"{NEXT}?siret={SIRET}").text  # what it said before still stands
    clock.move(minutes=2)
    standing.status = 200
    page.post(FIRST, {"siret": SIRET})
    assert len(standing.asked) == 6


def test_a_closed_office_is_told_with_the_seats_number_to_take(standing, browser, factory) -> None:
    standing.close_down("2024-06-30", seat="00000901900027")
    page = browser().sign_in(factory.person())
    shown = page.get(page.post(FIRST, {"siret": SIRET}).location)
    text = words(shown)
    assert "est fermé depuis le 30 juin 2024" in text
    assert "Prendre le SIRET du siège : 000 009 019 00027" in text
    assert 'name="siret" value="00000901900027"' in shown.text


def test_a_company_is_asked_whether_it_is_an_association(standing, browser, factory) -> None:
    standing.unit["nature_juridique"], standing.unit["complements"]["est_association"] = "5710", False
    standing.associations["data"]["siren"] = "000000000"
    page = browser().sign_in(factory.person())
    assert "Est-ce bien une association" in page.get(page.post(FIRST, {"siret": SIRET}).location).text


def test_a_held_number_leads_to_a_claim_and_tells_nothing(standing, browser, factory) -> None:
    holder = factory.person()
    association = factory.association(holder, siret=SIRET, name="Le Nom que l’on garde")
    refused = browser().sign_in(factory.person()).post(FIRST, {"siret": SIRET})
    assert (refused.status_code, "Ce SIRET est déjà enregistré" in refused.text) == (409, True)
    for hidden in ("Le Nom que", holder.email, association.email, "Passerelles", "répertoire des"):
        assert hidden not in refused.text
    assert standing.asked == []
    own = browser().sign_in(holder).post(FIRST, {"siret": SIRET})
    assert own.location == f"/association/associations/{association.id}"


def test_reading_a_page_asks_nobody(standing, browser, factory, platform) -> None:
    page = browser().sign_in(factory.person())
    for siret in (SIRET, "", "x", "<script>", "9" * 5_000):
        assert page.get(NEXT, query_string={"siret": siret}).status_code == 200
    assert (standing.asked, answers(platform)) == ([], [])


def test_a_description_that_is_there_is_compared_and_what_differs_is_said(standing, browser, factory, platform) -> None:
    owner = factory.person()
    association = factory.association(owner, siret=SIRET, name="LES PASSERELLES  FICTIVES", rna="W691000902")
    here = f"/association/associations/{association.id}"
    page = browser().sign_in(owner)
    done = page.post(f"{here}/repertoire", page=f"{here}/modifier")
    assert (done.status_code, done.location) == (303, f"{here}/modifier")
    text = words(page.get(done.location))
    assert "W691000901" in text
    assert "Les Passerelles fictives" not in text  # but for capitals it is what was typed
    assert browser().sign_in(factory.person()).post(f"{here}/repertoire", page="/compte").status_code == 404
    assert all(one.association_id == association.id for one in answers(platform))


def test_without_a_siret_one_begins_and_is_asked_before_the_deposit(browser, factory, platform) -> None:
    page = browser().sign_in(factory.person())
    begun = page.post(NEXT, {"name": "Les Nouveaux fictifs", "address": "1 rue Fictive", "commune": "Rennes"})
    assert begun.status_code == 302
    text = words(page.get(begun.location))
    assert "5 renseignements manquent encore" in text
    form = {"name": "Les Nouveaux fictifs", "address": "1 rue Fictive", "commune": "Rennes", "version": "1",
            "email": "a@example.org", "representative_name": "Léa Exemple", "representative_capacity": "présidente",
            "representative_email": "lea@example.org"}  # fmt: skip
    assert page.post(f"{begun.location}/modifier", form).status_code == 302
    assert "1 renseignement manque encore" in words(page.get(begun.location))
    assert page.post(f"{begun.location}/modifier", {**form, "version": "2", "siret": SIRET}).status_code == 302
    assert "manque encore" not in words(page.get(begun.location))
    assert page.post(f"{begun.location}/modifier", {**form, "version": "3", "siret": ""}).status_code == 422


@on_both_databases
def test_what_nobody_took_is_forgotten(standing, browser, factory, platform, clock) -> None:
    association = factory.association(factory.person(), siret=SIRET)
    person = factory.person()
    with platform.database.writing() as session:
        for holder, outcome in ((None, "found"), (association.id, "found"), (association.id, "silent")):
            session.add(RegisterAnswer(said_by="business", siret=SIRET, association_id=holder, outcome=outcome,
                                       asked_by=person.id, asked_at=factory.now))  # fmt: skip
    clock.move(days=29)
    keep_time(platform, PublicLinks("http://127.0.0.1:8000"))
    assert len(answers(platform)) == 3
    clock.move(days=2)
    keep_time(platform, PublicLinks("http://127.0.0.1:8000"))
    assert [(one.association_id, str(one.outcome)) for one in answers(platform)] == [(association.id, "found")]
