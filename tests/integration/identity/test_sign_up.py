"""Creating an account, confirming it, and what the answers tell."""

from __future__ import annotations

import pytest
from sqlmodel import select

from aap.records.people import Person
from aap.services.account.reminders_and_channels import switched_on
from aap.services.platform import Platform
from tests.databases import on_both_databases
from tests.worlds.mailbox import link_in, mails_to

GOOD = {"name": "Léa Exemple", "email": "Lea@Example.org", "password": "quatre mots pas liés"}


@on_both_databases
def test_an_account_is_made_confirmed_by_mail_and_signs_in(browser, platform: Platform) -> None:
    page = browser()
    answer = page.post("/inscription", GOOD)
    assert (answer.status_code, answer.location) == (302, "/confirmation")
    waiting = page.get("/confirmation").text
    assert ("Ouvrez le lien" in waiting, 'type="password"' in waiting) == (True, False)
    signing_in = {"email": "lea@example.org", "password": GOOD["password"]}
    early = page.post("/connexion", signing_in)
    assert (early.status_code, "pas encore confirmée" in early.text) == (200, True)
    mails = mails_to(platform, "lea@example.org")
    assert [mail.subject for mail in mails] == ["Confirmez votre adresse électronique"]
    assert page.get(link_in(mails[0])).location == "/connexion"
    done = page.post("/connexion", signing_in)
    assert (done.status_code, done.location) == (302, "/apres-connexion")
    with platform.database.reading() as session:
        person = session.exec(select(Person)).one()
        reminders = switched_on(session, person.id)
    assert (person.email, person.name, person.active, reminders) == (
        "lea@example.org",
        "Léa Exemple",
        True,
        ("7_days", "2_days", "4_hours", "comments"),
    )
    assert person.last_login_at == platform.clock()


def test_who_comes_for_a_dossier_without_an_account_is_led_to_one_and_comes_back(browser, platform: Platform) -> None:
    page = browser()
    wanted = "/association/dossiers/nouveau/essai"
    asked = page.get(page.get(wanted).location).text
    assert "Vous n’avez pas encore de compte" in asked
    assert "pas encore de compte" not in page.get("/connexion").text
    page.get("/inscription")
    assert page.post("/inscription", GOOD).location == "/confirmation"
    page.get(link_in(mails_to(platform, "lea@example.org")[0]))
    done = page.post("/connexion", {"email": GOOD["email"], "password": GOOD["password"]})
    assert page.get(done.location).location == wanted


def test_a_known_address_gets_the_same_answer_and_a_mail_that_says_so(browser, factory, platform: Platform) -> None:
    known = factory.person(email="connue@example.org")
    answers = []
    for email in ("connue@example.org", "nouvelle@example.org"):
        page = browser()
        answer = page.post("/inscription", {**GOOD, "email": email})
        following = page.get(answer.location)
        answers.append((answer.status_code, answer.location, following.text.replace(email, "…")))
    assert [answer[:2] for answer in answers] == [(302, "/confirmation")] * 2
    assert [part.count("Un message vient d’être envoyé") for *_, part in answers] == [1, 1]
    assert [mail.subject for mail in mails_to(platform, known.email)] == ["Vous avez déjà un compte"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "Écrivez votre prénom et votre nom."),
        ({"name": "<script>alert(1)</script>"}, "Ce nom contient des caractères qui ne peuvent pas y être."),
        ({"email": "lea@"}, "Écrivez une adresse comme nom@example.org."),
        ({"email": "l’asso@example.org"}, "Cette adresse contient une apostrophe courbe"),
        ({"email": "lea@example.org\r\nBcc: x@example.org"}, "Écrivez une adresse comme nom@example.org."),
        ({"password": "court"}, "Ce mot de passe est trop court"),
        ({"password": "a" * 40}, "il répète toujours la même chose"),
        ({"password": "motdepasse1234"}, "Ce mot de passe serait deviné trop vite"),
        ({"password": "lea.exemple2025"}, "Ce mot de passe serait deviné trop vite"),
        ({"password": "ab cd" * 400}, "Ce mot de passe est trop long"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field_and_in_the_summary(
    browser, platform: Platform, change: dict[str, str], message: str
) -> None:
    answer = browser().post("/inscription", {**GOOD, **change})
    assert answer.status_code == 200
    assert answer.text.count(message) == 2
    assert 'role="alert"' in answer.text
    assert GOOD["password"] not in answer.text
    if "email" not in change:
        assert 'value="Lea@Example.org"' in answer.text or 'value="lea@example.org"' in answer.text.lower()
    with platform.database.reading() as session:
        assert session.exec(select(Person)).all() == []


@pytest.mark.parametrize("text", ["é" * 500, "\x00", "😀" * 50, "' OR 1=1 --", "\ud7ff\ufffe", "{{ 7*7 }}"])
@pytest.mark.parametrize(
    "address", ["/connexion", "/inscription", "/mot-de-passe-oublie", "/confirmation", "/connexion/lien"]
)
def test_hostile_text_is_answered_by_the_form(browser, address: str, text: str) -> None:
    answer = browser().post(address, {"name": text, "email": text, "password": text, "next": text})
    assert answer.status_code in (200, 422)
    assert "49" not in answer.text.split("csrf_token")[0] or text != "{{ 7*7 }}"


def test_a_body_of_json_is_refused(app, browser) -> None:
    page = browser()
    token = page.token("/connexion")
    answer = page.client.post("/connexion", json=[1], headers={"X-CSRFToken": token})
    assert answer.status_code == 415
