"""The pages of a call's reviewers: invitations one by one and by a table, somebody who drops out."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from sqlmodel import select

from aap.records.outbox import OutboxMail
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Reviewer
from tests.databases import on_both_databases
from tests.worlds.assignment_pages import Browsers, plain
from tests.worlds.assignments import Table, Tables
from tests.worlds.mailbox import as_received, link_in, mails_to

SHEET = "text/csv"


@on_both_databases
def test_an_invited_person_gets_an_account_a_role_and_a_link(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    typed = {"courriel": " Alix@Example.org ", "nom": "Alix Neuve", "themes": ["sport"], "departements": "69 2a",
             "minimum": "2", "maximum": "9", "disponible": "oui"}  # fmt: skip
    assert signed.post(here.address("evaluateurs/invitation"), typed).status_code == 302
    with here.factory.platform.database.reading() as session:
        person = session.exec(select(Person).where(Person.email == "alix@example.org")).one()
        profile = session.exec(select(Reviewer).where(Reviewer.person_id == person.id)).one()
        assert session.exec(select(RoleGrant.role).where(RoleGrant.person_id == person.id)).all() == ["reviewer"]
        mail = session.exec(select(OutboxMail).where(OutboxMail.recipient == person.email)).one()
    assert (profile.code, profile.themes, profile.departments, profile.min_load, profile.max_load) == (
        "R07", ["sport"], ["69", "2A"], 2, 9,
    )  # fmt: skip
    as_received(here.factory.platform, mail)
    link = re.search(r"https?://[^/\s]+(/connexion/lien/\S+)", mail.body)
    assert link is not None
    assert "/evaluation/interets" in mail.body
    shown = browser().get(link.group(1))
    assert (shown.status_code, here.official.name in shown.text, here.call.record.title in shown.text) == (
        200,
        True,
        True,
    )
    again = signed.post(here.address("evaluateurs/invitation"), typed)
    assert (again.status_code, "évalue déjà" in again.text, "Alix Neuve" in again.text) == (422, True, True)
    assert "Alix Neuve" in signed.get(here.address("evaluateurs")).text


def test_who_has_an_account_reads_who_invites_to_what_and_the_link_signs_nobody_in(
    table: Tables, browser: Browsers
) -> None:
    here = table()
    platform = here.factory.platform
    known = here.factory.person(Role.ADMIN, email="alix@example.org")
    typed = {"courriel": "alix@example.org", "nom": "Alix", "minimum": "0", "maximum": "9", "disponible": "oui"}
    browser().sign_in(here.official).post(here.address("evaluateurs/invitation"), typed)
    link = link_in(mails_to(platform, "alix@example.org")[0])
    reader = browser()
    shown = reader.get(link)
    assert (shown.status_code, here.official.name in shown.text, here.call.record.title in shown.text) == (
        200,
        True,
        True,
    )
    assert "Administrateur" not in shown.text  # nothing of what else they are
    assert reader.client.post(link, data={"csrf_token": reader.token("/connexion")}).location == "/connexion/lien"
    assert reader.get("/compte").status_code == 302
    browser().sign_in(known)
    assert reader.get(link).status_code == 200  # whoever signed in since still finds it
    with platform.database.writing() as session:
        session.delete(
            session.exec(select(RoleGrant).where(RoleGrant.person_id == known.id, RoleGrant.role == "reviewer")).one()
        )
    withdrawn = reader.get(link)
    assert (withdrawn.status_code, "a été retiré" in withdrawn.text) == (404, True)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"courriel": "nom@"}, "courriel"),
        ({"nom": ""}, "nom"),
        ({"nom": "x" * 201}, "nom"),
        ({"minimum": "5", "maximum": "2"}, "minimum"),
        ({"maximum": "1e3"}, "maximum"),
        ({"maximum": "٣"}, "maximum"),
        ({"themes": ["danse"]}, "themes"),
        ({"departements": "69 <script>"}, "departements"),
    ],
)
def test_every_fault_of_an_invitation_stands_beside_its_field(
    table: Tables, browser: Browsers, typed: dict[str, Any], field: str
) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    whole = {"courriel": "alix@example.org", "nom": "Alix", "minimum": "0", "maximum": "9", **typed}
    answer = signed.post(here.address("evaluateurs/invitation"), whole)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


def test_a_reviewer_of_whom_nobody_said_whether_they_are_available_is_not_invited(
    table: Tables, browser: Browsers
) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    typed = {"courriel": "alix@example.org", "nom": "Alix", "minimum": "0", "maximum": "9"}
    for unsaid in ({}, {"disponible": "peut-être"}):
        answer = signed.post(here.address("evaluateurs/invitation"), {**typed, **unsaid})
        assert (answer.status_code, "Dites si cette personne est disponible." in answer.text) == (422, True)
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(Person).where(Person.email == "alix@example.org")).all() == []


def upload(signed: Any, here: Table, content: bytes, name: str = "personnes.csv") -> Any:
    address = here.address("evaluateurs/tableau")
    return signed._checked(
        signed.client.post(
            address,
            data={"csrf_token": signed.token(address), "fichier": (io.BytesIO(content), name, SHEET)},
            content_type="multipart/form-data",
        )
    )


def test_a_table_invites_and_updates_all_at_once(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    known = here.reviewers["R01"].email
    content = (
        "courriel;nom;themes;departements;minimum;maximum;disponible\n"
        f"{known};Peu importe;École;75|2A;1;4;non\n"
        "bao@example.org;Bao Neuf;sport|ecole;;;;\n"
    ).encode("cp1252")
    assert upload(signed, here, content).status_code == 302
    with here.factory.platform.database.reading() as session:
        first = session.exec(select(Reviewer).where(Reviewer.person_id == here.reviewers["R01"].id)).one()
        bao = session.exec(
            select(Reviewer).where(Person.id == Reviewer.person_id, Person.email == "bao@example.org")
        ).one()
    assert (first.themes, first.departments, first.min_load, first.max_load, first.available) == (
        ["ecole"], ["75", "2A"], 1, 4, False,
    )  # fmt: skip
    assert (bao.themes, bao.max_load, bao.available) == (["sport", "ecole"], 25, True)


HOSTILE = [
    (b"", "Choisissez un fichier"),
    (b"\x00\xff\xfe", ""),
    (b"%PDF-1.7 nothing", ""),
    (b"courriel\na@example.org\n", "colonne absente"),
    (b"courriel;nom\n", "aucune ligne"),
    (b"courriel;nom\n=HYPERLINK(1);x\n", "adresse électronique"),
    (b"courriel;nom;maximum\na@example.org;A;-1\nb@example.org;B;9999999999\n", "ligne 3"),
    (b"courriel;nom\na@example.org;A\nA@EXAMPLE.org;B\n", "déjà à la ligne 2"),
    (b"courriel;nom;themes;departements\na@example.org;A;danse;999\n", "aucun département"),
    ("courriel;nom\na@example.org;" + "é" * 5000 + "\n", "trop long"),
    (b"courriel;nom\n" + b"".join(b"bad%d;x\n" % n for n in range(500)), "autres"),
]


@pytest.mark.parametrize(("content", "words"), HOSTILE)
def test_a_hostile_table_takes_nothing_and_says_every_line(
    table: Tables, browser: Browsers, content: bytes | str, words: str
) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    answer = upload(signed, here, content if isinstance(content, bytes) else content.encode())
    assert answer.status_code == 422
    assert words in plain(answer.text)
    with here.factory.platform.database.reading() as session:
        assert len(session.exec(select(Reviewer).where(Reviewer.call_id == here.call.id)).all()) == 6
        assert session.exec(select(OutboxMail)).all() == []


def test_a_reviewer_who_drops_out_leads_to_a_proposal_of_their_dossiers_only(table: Tables, browser: Browsers) -> None:
    here = table()
    before = here.distribute()
    signed = browser().sign_in(here.official)
    person = here.reviewers["R03"]
    page = here.address(f"evaluateurs/{person.id}")
    answer = signed.post(f"{page}/depart", page=page)
    assert "/propositions/" in answer.location
    assert person.name in signed.get(answer.location).text
    signed.post(f"{answer.location}/application", page=answer.location)
    after = here.pairs()
    assert before - after == {pair for pair in before if pair[1] == "R03"}
    assert len(after) == len(before)
    assert "Indisponible" in signed.get(here.address("evaluateurs")).text
    assert signed.post(f"{page}/retour", page=page).status_code == 302
    assert "Indisponible" not in signed.get(here.address("evaluateurs")).text
