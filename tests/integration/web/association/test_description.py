"""An association is described once for all calls: what is checked, completed and kept."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlmodel import select

from aap.records.associations import Association
from aap.records.audit import AuditValues
from aap.records.people import Membership, MembershipRole
from aap.services.association.associations import SiretHeld, create_association
from tests.databases import on_both_databases
from tests.integration.web.public.test_calls import words
from tests.worlds.described import TYPED

NEW = "/association/associations/nouvelle/description"


def describe(page, typed: dict[str, object]):
    """Begins with what an association is known by, then says the rest of it; gives the answer to the second."""
    begun = page.post(NEW, typed)
    assert begun.status_code == 302
    return page.post(f"{begun.location}/modifier", {**typed, "version": "1"})


def kept(platform) -> Association:
    with platform.database.reading() as session:
        return session.exec(select(Association)).one()


@on_both_databases
def test_what_was_typed_is_checked_completed_and_kept_in_one_form(browser, factory, platform, typed) -> None:
    person = factory.person()
    answer = describe(browser().sign_in(person), typed)
    found = kept(platform)
    assert (answer.status_code, answer.location) == (302, f"/association/associations/{found.id}")
    names = ("siret", "rna", "created_on", "postal_code", "commune_code", "commune_name", "department", "region", "zone",
             "email", "phone", "website", "iban", "officers", "version")  # fmt: skip
    assert {name: getattr(found, name) for name in names} == {
        "siret": "13002526500013",
        "rna": "W691234567",
        "created_on": date(2011, 2, 1),
        "postal_code": "69001",
        "commune_code": "69123",
        "commune_name": "Lyon",
        "department": "69",
        "region": "84",
        "zone": "metro",
        "email": "Contact@passerelles.example.org",
        "phone": "+33199001234",
        "website": "https://passerelles.example.org",
        "iban": "FR1420041010050500013M02606",
        "officers": [
            {"name": "Dominique Exemple", "capacity": "présidente"},
            {"name": "Sacha Fictif", "capacity": "trésorier"},
            {"name": "Lou Modèle", "capacity": ""},
        ],
        "version": 2,
    }
    with platform.database.reading() as session:
        held = session.exec(select(Membership)).one()
    assert (held.person_id, held.role) == (person.id, MembershipRole.OWNER)


def test_the_page_shows_what_is_derived(browser, factory, typed, count_queries) -> None:
    page = browser().sign_in(factory.person())
    address = describe(page, {**typed, "commune": "saint denis 974", "phone": "0262 12 34 56"}).location
    with count_queries() as queries:
        text = words(page.get(address))
    for said in ("La Réunion (974)", "Départements et régions d’outre-mer", "130 025 265 00013", "0262 12 34 56",
                 "1ᵉʳ février 2011", "FR14 2004 1010 0505 0001 3M02 606 (LA BANQUE POSTALE)", "Sacha Fictif"):  # fmt: skip
        assert said in text, said
    assert queries.count <= 9


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"name": ""}, "name", "Indiquez le nom de l’association"),
        ({"name": "x" * 251}, "name", "Ce texte compte 251 caractères : 250 au plus."),
        ({"siret": ""}, "siret", "Indiquez le numéro SIRET"),
        ({"siret": "130025265"}, "siret", "Un numéro SIRET compte quatorze chiffres."),
        ({"siret": "13002526500014"}, "siret", "Ce numéro SIRET comporte une erreur"),
        ({"siret": "00000000000000"}, "siret", "Ce numéro SIRET n’est pas valable."),
        ({"siret": "1300252650001³"}, "siret", "Un numéro SIRET compte quatorze chiffres."),
        ({"rna": "691234567"}, "rna", "Un numéro RNA commence par W"),
        ({"rna": "WW91234567"}, "rna", "Un numéro RNA commence par W"),
        ({"created_on": "31/02/2020"}, "created_on", "Ce n’est pas une date."),
        ({"created_on": "11/02/2025"}, "created_on", "Cette date est dans l’avenir"),
        ({"created_on": "1/1/1515"}, "created_on", "Cette date est trop ancienne"),
        ({"commune": ""}, "commune", "Indiquez la commune du siège."),
        ({"commune": "Atlantide"}, "commune", "Choisissez la commune dans la liste officielle"),
        ({"postal_code": "690"}, "postal_code", "Un code postal compte cinq chiffres."),
        ({"email": "lyon@"}, "email", "Ce n’est pas une adresse électronique"),
        ({"representative_email": "a@b@c"}, "representative_email", "Ce n’est pas une adresse électronique"),
        ({"representative_email": ""}, "representative_email", "Indiquez l’adresse électronique de cette personne"),
        ({"email": "l’asso@example.org"}, "email", "Cette adresse contient une apostrophe courbe"),
        ({"phone": "demain"}, "phone", "Ce n’est pas un numéro de téléphone"),
        ({"phone": "1"}, "phone", "Ce n’est pas un numéro de téléphone"),
        ({"iban": "FR14 2004 1010 0505 0001 3M02 607"}, "iban", "Cet IBAN comporte une erreur"),
        ({"iban": "DE"}, "iban", "Cet IBAN comporte une erreur"),
        ({"website": "javascript:alert(1)"}, "website", "Ce n’est pas une adresse de site"),
        ({"website": "http://a b.example.org"}, "website", "Ce n’est pas une adresse de site"),
        ({"officers": "Léa Exemple, présidente\n;"}, "officers", "Ligne 2 : écrivez le prénom et le nom"),
        ({"officers": "Léa Exemple\n" * 61}, "officers", "60 personnes au plus"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_in_the_summary(
    browser, factory, platform, typed, change: dict[str, str], field: str, message: str
) -> None:
    owner = factory.person()
    association = factory.association(owner, siret="73282932000074")
    page = browser().sign_in(owner)
    answer = page.post(f"/association/associations/{association.id}/modifier", {**typed, "version": "1", **change})
    text = words(answer)
    assert answer.status_code == 422
    assert f'href="#{field}"' in text
    assert message in text[text.index(f'id="{field}-error"') :]
    assert "Dominique Exemple" in text  # what was typed elsewhere is still there
    assert kept(platform).version == 1


def test_all_problems_are_told_at_once(browser, factory) -> None:
    owner = factory.person()
    association = factory.association(owner)
    page = browser().sign_in(owner)
    typed = {"siret": "1", "iban": "x", "phone": "y", "version": "1"}
    text = words(page.post(f"/association/associations/{association.id}/modifier", typed))
    assert "10 réponses sont à corriger" in text
    assert text.count('class="field-error"') == 10


HOSTILE = ("\x00", "é" * 30_000, "<script>alert(1)</script>", "' OR 1=1 --", "{{ 7*7 }}", "\ud7ff\ufffe\u202e", "😀" * 300,
           "=cmd|'/c calc'!A1", "\r\nBcc: x@example.org", "%s%n", "../../etc/passwd")  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_are_answered_by_the_form_or_kept_as_text(browser, factory, platform, typed, value: str) -> None:
    page = browser().sign_in(factory.person())
    token = page.token(NEW)
    for field in (*TYPED, "commune.code", "commune.choice", "version"):
        answer = page.client.post(NEW, data={**typed, field: value, "csrf_token": token})
        assert answer.status_code in (302, 422), field
        if answer.status_code == 302:
            answer = page.get(answer.location)
            assert answer.status_code == 200
            with platform.database.writing() as session:  # the SIRET is free for the next field
                for held in session.exec(select(Association)):
                    held.siret = None
        assert "<script>alert(1)" not in answer.text


@pytest.mark.parametrize(
    ("typed_commune", "code"),
    [
        ("LYON", "69123"),
        ("  st étienne (42) ", "42218"),
        ("Saint-Étienne (Loire)", "42218"),
        ("l'haÿ les roses", "94038"),
        ("saint pierre et miquelon", None),
        ("69380", None),  # several communes share this postal code
        ("97400", "97411"),
        ("69380 Lissieu", "69117"),
        ("Saint-Denis", None),
        ("Saint-Denis (La Réunion)", "97411"),
        ("œting", "57521"),
        ("Papeete", "98735"),
        ("Paris 13", "75056"),
    ],
)
def test_a_commune_is_found_by_name_postal_code_or_department(
    browser, factory, platform, typed, typed_commune: str, code: str | None
) -> None:
    answer = browser().sign_in(factory.person()).post(NEW, {**typed, "commune": typed_commune, "phone": ""})
    if code is None:
        assert answer.status_code == 422
    else:
        assert (answer.status_code, kept(platform).commune_code) == (302, code)


def test_values_are_kept_as_they_are_meant_however_they_are_typed(browser, factory, platform, typed) -> None:
    change = {
        "name": "Les  Amis \t de l’Étang", "siret": "SIRET : 130-025-265-00013", "rna": "RNA W691234567", "created_on": "5/7/98",
        "iban": "IBAN : FR14-2004-1010-0505-0001-3M02-606", "commune": "Paris 13e arr.", "postal_code": "",
    }  # fmt: skip
    assert describe(browser().sign_in(factory.person()), {**typed, **change}).status_code == 302
    found = kept(platform)
    assert (found.name, found.siret, found.rna, found.created_on, found.iban, found.commune_name, found.postal_code) == (
        "Les Amis de l’Étang", "13002526500013", "W691234567", date(1998, 7, 5), "FR1420041010050500013M02606", "Paris",
        "75013",
    )  # fmt: skip


def test_homonyms_are_asked_for_without_a_script(browser, factory, platform, typed) -> None:
    page = browser().sign_in(factory.person())
    asked = page.post(NEW, {**typed, "commune": "saint-denis", "phone": ""})
    assert asked.status_code == 422
    for choice in ("97411", "93066", "11339"):
        assert f'name="commune.choice" value="{choice}"' in asked.text
    chosen = {"commune": "saint-denis", "commune.asked": "saint-denis", "commune.choice": "93066"}
    assert page.post(NEW, {**typed, **chosen, "phone": ""}).status_code == 302
    assert (kept(platform).commune_code, kept(platform).postal_code) == ("93066", "93200")


def test_a_choice_among_homonyms_is_dropped_when_another_name_was_typed(browser, factory, platform, typed) -> None:
    page = browser().sign_in(factory.person())
    chosen = {"commune": "Rennes", "commune.asked": "saint-denis", "commune.choice": "93066"}
    assert page.post(NEW, {**typed, **chosen}).status_code == 302
    assert kept(platform).commune_code == "35238"


@pytest.mark.parametrize("rna", ["W2A1000123", "W9R2003456", "W691234567", ""])
def test_the_rna_of_corsica_and_overseas_holds_a_letter_and_some_associations_have_none(
    browser, factory, platform, typed, rna: str
) -> None:
    assert browser().sign_in(factory.person()).post(NEW, {**typed, "rna": rna}).status_code == 302
    assert kept(platform).rna == (rna or None)


def test_the_audit_log_holds_no_bank_account_and_no_name_of_a_person(browser, factory, platform, typed) -> None:
    page = browser().sign_in(factory.person())
    address = describe(page, typed).location
    page.post(f"{address}/modifier", {**typed, "version": "2", "name": "Autre nom"})
    with platform.database.reading() as session:
        content = str([row.content for row in session.exec(select(AuditValues))])
    assert "Autre nom" in content
    for hidden in ("FR1420041010050500013M02606", "presidence@example.org", "Dominique Exemple", "Sacha Fictif"):
        assert hidden not in content


def test_two_people_who_change_it_at_once_see_both_versions(browser, factory, platform, typed) -> None:
    first, second = factory.person(), factory.person()
    page = browser().sign_in(first)
    address = page.post(NEW, typed).location
    with platform.database.writing() as session:
        held = session.exec(select(Membership)).one()
        session.add(
            Membership(person_id=second.id, association_id=held.association_id, role="editor", created_at=factory.now)
        )
    other = browser().sign_in(second)
    assert other.post(f"{address}/modifier", {**typed, "version": "1", "acronym": "NOUVEAU"}).status_code == 302
    stale = page.post(f"{address}/modifier", {**typed, "version": "1", "acronym": "MIEN"})
    text = words(stale)
    assert (stale.status_code, "NOUVEAU" in text, 'value="MIEN"' in text, 'name="version" value="2"' in text) == (
        409, True, True, True,
    )  # fmt: skip
    assert page.post(f"{address}/modifier", {**typed, "version": "2", "acronym": "MIEN"}).status_code == 302
    assert (kept(platform).acronym, kept(platform).version) == ("MIEN", 3)


def test_strangers_and_readers_find_no_form(browser, factory) -> None:
    owner, reader = factory.person(), factory.person()
    association = factory.association(owner)
    factory.association(reader)
    with factory.platform.database.writing() as session:
        session.add(
            Membership(person_id=reader.id, association_id=association.id, role="reader", created_at=factory.now)
        )
    address = f"/association/associations/{association.id}"
    stranger = browser().sign_in(factory.person())
    for tail in ("", "/modifier", "/personnes", "/documents"):
        assert stranger.get(address + tail).status_code == 404
    page = browser().sign_in(reader)
    assert [page.get(address + tail).status_code for tail in ("", "/modifier", "/personnes", "/documents")] == [
        200, 404, 200, 200,
    ]  # fmt: skip
    assert page.post(f"{address}/modifier", {"name": "Volée"}, page=address).status_code == 404


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_of_two_people_who_describe_one_siret_at_the_same_moment_one_is_told(factory, platform, typed) -> None:
    values = {**typed, "commune_code": "69123"}
    actors = [factory.actor(factory.person()) for _ in range(2)]
    ready, outcomes = threading.Barrier(2), []

    def describe(actor) -> None:
        try:
            with platform.database.writing() as session:
                ready.wait()
                create_association(session, actor=actor, typed=values, now=factory.now)
            outcomes.append("created")
        except SiretHeld as held:
            outcomes.append(held.siret)

    threads = [threading.Thread(target=describe, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["13002526500013", "created"]
