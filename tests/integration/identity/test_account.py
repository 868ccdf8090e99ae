"""One's own account page."""

from __future__ import annotations

import io
import json
import re

from sqlmodel import select

from aap.records.people import MembershipRole, Person, Role
from aap.services.account import reminders_and_channels
from aap.services.account.reminders_and_channels import switched_on
from tests.conftest import Browser
from tests.factories import PASSWORD
from tests.worlds.applicants import pdf
from tests.worlds.mailbox import link_in, mails_to


def test_the_page_says_who_one_is_in_words(browser, factory, count_queries) -> None:
    call = factory.call()
    person = factory.person(Role.OFFICIAL, call=call)
    factory.association(person, role=MembershipRole.READER, name="Les Passerelles fictives")
    page = browser().sign_in(person)
    with count_queries() as queries:
        answer = page.get("/compte")
    assert f"Instructeur de l’appel « {call.record.title} »" in answer.text.replace("\u00a0", " ")
    assert "lecteur" in answer.text
    assert queries.count <= 10


def test_name_phone_and_reminders_are_saved(browser, factory, platform) -> None:
    person = factory.person()
    page = browser().sign_in(person)
    typed = {"name": " Léa  Neuve ", "phone": "06 39 98 12 34", "switch_2_days": "y"}
    assert page.post("/compte", typed).location == "/compte"
    with platform.database.reading() as session:
        row = session.get(Person, person.id)
        assert (row.name, row.phone, switched_on(session, row.id)) == ("Léa Neuve", "+33639981234", ("2_days",))


def test_what_is_off_by_itself_is_on_only_for_who_turned_it(factory, platform, monkeypatch) -> None:
    other = reminders_and_channels.Switch("sms", by_itself=False)
    monkeypatch.setattr(reminders_and_channels, "SWITCHES", (*reminders_and_channels.REMINDERS, other))
    person, silent = factory.person(), factory.person()
    with platform.database.writing() as session:
        reminders_and_channels.switch(session, person.id, ["2_days", "sms"])
        assert switched_on(session, person.id) == ("2_days", "sms")
        assert switched_on(session, silent.id) == ("7_days", "2_days", "4_hours")
        assert session.exec(select(Person.id).where(reminders_and_channels.wants(other))).all() == [person.id]


def test_a_phone_that_is_none_is_answered_beside_its_field(browser, factory) -> None:
    answer = browser().sign_in(factory.person()).post("/compte", {"name": "Léa", "phone": "demain"})
    assert answer.status_code == 422
    assert answer.text.count("Écrivez un numéro comme") == 2
    assert 'value="demain"' in answer.text


def test_a_new_address_counts_once_its_mail_was_opened(browser, factory, platform) -> None:
    person = factory.person(email="ancienne@example.org")
    taken = factory.person(email="prise@example.org")
    page = browser().sign_in(person)
    assert "Un message vient d’être envoyé" in page.post("/compte/adresse", {"email": taken.email}).text
    assert mails_to(platform, taken.email) == []
    page.post("/compte/adresse", {"email": "Neuve@example.org"})
    with platform.database.reading() as session:
        assert session.get(Person, person.id).email == "ancienne@example.org"
    link = link_in(mails_to(platform, "neuve@example.org")[0])
    assert page.get(link).location == "/compte"
    with platform.database.reading() as session:
        assert session.get(Person, person.id).email == "neuve@example.org"
    assert [mail.subject for mail in mails_to(platform, "ancienne@example.org")] == [
        "L’adresse de votre compte a changé"
    ]


def test_the_copy_of_ones_data_holds_ones_own_and_no_secret(browser, factory) -> None:
    person, other = factory.person(), factory.person()
    factory.application(factory.call(), factory.association(person), title="Mon projet")
    factory.application(factory.call(), factory.association(other), title="Le projet d’une autre")
    page = browser().sign_in(person)
    answer = page.post("/compte/donnees", page="/compte")
    content = json.loads(answer.data)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mes-donnees.json"'
    assert content["account"]["email"] == person.email
    assert [row["title"] for row in content["dossiers"]] == ["Mon projet"]
    assert "argon2" not in answer.text
    assert person.fs_uniquifier not in answer.text
    assert other.email not in answer.text


def test_the_copy_holds_claims_and_invitations_without_their_secrets(browser, factory, platform) -> None:
    person, owner = factory.person(), factory.person()
    factory.association(owner, siret="13002526500013")
    inviting = browser().sign_in(owner)
    association_page = inviting.get("/association/").text
    address = re.search(r"/association/associations/[0-9a-f-]{36}", association_page)
    assert address
    inviting.post(f"{address[0]}/personnes", {"email": person.email, "role": "reader"})
    page = browser().sign_in(person)
    claim = {"siret": "13002526500013", "explanation": "Trésorière", "proof": "document"}
    claim["file"] = (io.BytesIO(pdf("Procès-verbal")), "proces-verbal.pdf")
    page.post("/association/associations/reclamer", claim, page="/compte")
    content = json.loads(page.post("/compte/donnees", page="/compte").data)
    assert [claim["explanation"] for claim in content["siret_claims"]] == ["Trésorière"]
    assert [(one["email"], one["role"], "token_hash" in one) for one in content["invitations"]] == [
        (person.email, "reader", False)
    ]


def test_an_old_session_gives_the_password_again_before_the_address_changes(strict_app, factory, clock) -> None:
    page = Browser(strict_app.test_client()).sign_in(factory.person())
    assert page.get("/compte/adresse").status_code == 200
    clock.move(minutes=16)
    asked = page.get("/compte/adresse").location
    assert asked == "/verification?next=/compte/adresse"
    assert "Ce mot de passe n’est pas le bon." in page.post(asked, {"password": "pas celui-là"}).text
    assert page.post(asked, {"password": PASSWORD}).location == "/compte/adresse"
    assert page.get("/compte/adresse").status_code == 200
