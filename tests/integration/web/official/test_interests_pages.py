"""Declared interests, the conflicts that they lead to, recusals that an official adds and lifts."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader
from sqlmodel import col, select

from aap.records.applications import SectionAnswers
from aap.records.associations import Association
from aap.records.people import Person
from aap.records.reviews import Interest, Recusal
from aap.services.panel.recusing import add_recusal
from tests.databases import on_both_databases
from tests.worlds.assignment_pages import Browsers
from tests.worlds.assignments import Tables


def declare(signed: Any, *lines: dict[str, str], complete: bool = True) -> Any:
    typed = {
        f"{name}-{at}": value
        for at, line in enumerate(lines)
        for name, value in {"nom": "", "nature": "organisation", **line}.items()
    }
    return signed.post("/evaluation/interets", {**typed, **({"complet": "oui"} if complete else {})})


@on_both_databases
def test_declared_interests_keep_a_reviewer_from_dossiers_certain_at_once_probable_once_confirmed(
    table: Tables, browser: Browsers
) -> None:
    here = table(dossiers=4)
    platform = here.factory.platform
    first, second, third, fourth = here.dossiers
    with platform.database.writing() as session:
        one = session.get_one(Association, first.association_id)
        one.siret = "13002526500013"
        two = session.get_one(Association, second.association_id)
        two.officers = [{"name": "LE GOFF Élodie", "capacity": "trésorière"}]
        session.add_all([one, two])
        session.add(SectionAnswers(application_id=third.id, section="projet", updated_at=here.factory.now,
                                   answers={"partenaires": [{"nom": "La Croix bleue de Lyon", "siret": ""}]}))  # fmt: skip
    signed = browser().sign_in(here.reviewers["R01"])
    assert "déclarez vos liens d’intérêts" in signed.get("/evaluation/").text
    answer = declare(
        signed,
        {"nom": "Ma fédération", "siret": "130 025 265 00013", "lien": "employeur"},
        {"nature": "person", "nom": "Elodie Le Goff", "lien": "sœur"},
        {"nom": "Croix-Bleue", "lien": "bénévole"},
    )
    assert answer.status_code == 302
    home = signed.get("/evaluation/").text
    assert "Un dossier qui vous touche" in home
    assert "déclarez vos liens d’intérêts" not in home
    with platform.database.reading() as session:
        found = session.exec(select(Recusal).order_by(col(Recusal.application_id))).all()
        states = {one.application_id: one.confirmed for one in found}
    assert states == {first.id: True, second.id: False, third.id: False}
    assert fourth.id not in states

    official = browser().sign_in(here.official)
    page = official.get(here.address("deports")).text
    assert "LE GOFF Élodie" in page
    assert "La Croix bleue de Lyon" in page
    ids = {one.application_id: one.id for one in found}
    for application, reply in ((second, "oui"), (third, "non")):
        sent = official.post(here.address(f"deports/{ids[application.id]}/reponse"), {"reponse": reply, "motif": "Vu."},
                             page=here.address("deports"))  # fmt: skip
        assert sent.status_code == 302
    again = official.post(here.address(f"deports/{ids[third.id]}/reponse"), {"reponse": "oui"},
                          page=here.address("deports"))  # fmt: skip
    assert again.status_code == 404
    official.post(here.address("deports/recherche"), page=here.address("deports"))
    with platform.database.reading() as session:
        found = session.exec(select(Recusal)).all()
        after = {one.application_id: (one.confirmed, one.dismissed_at is None) for one in found}
    assert after == {first.id: (True, True), second.id: (True, True), third.id: (False, False)}
    text = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(official.get(here.address("deports.pdf")).data)).pages
    )
    assert first.reference in text
    assert second.reference in text
    assert third.reference not in text


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"nom": "", "lien": "employeur"}, "nom-0"),
        ({"nom": "X", "siret": "123"}, "siret-0"),
        ({"nom": "X", "siret": "13002526500014"}, "siret-0"),
        ({"nom": "X", "rna": "W12"}, "rna-0"),
        ({"nom": "X", "nature": "autre"}, "nature-0"),
        ({"nom": "X", "nature": ""}, "nature-0"),
        ({"nom": "X", "lien": "é" * 201}, "lien-0"),
        ({"nom": "<script>alert(1)</script>" * 20}, "nom-0"),
    ],
)
def test_a_declaration_with_a_fault_is_kept_in_the_form(
    table: Tables, browser: Browsers, line: dict[str, str], field: str
) -> None:
    here = table()
    signed = browser().sign_in(here.reviewers["R01"])
    answer = declare(signed, line)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(Interest)).all() == []


def test_a_declaration_needs_the_box_and_may_be_empty(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.reviewers["R01"])
    assert declare(signed, complete=False).status_code == 422
    added = signed.post("/evaluation/interets", {"nom-0": "Une association", "action": "ajouter"})
    assert (added.status_code, 'value="Une association"' in added.text, 'name="nom-2"' in added.text) == (
        200,
        True,
        True,
    )
    assert declare(signed).status_code == 302
    with here.factory.platform.database.reading() as session:
        assert session.get_one(Person, here.reviewers["R01"].id).interests_declared_at is not None
    assert browser().sign_in(here.official).get("/evaluation/interets").status_code == 404


def test_an_official_adds_and_lifts_a_recusal_with_reasons(table: Tables, browser: Browsers) -> None:
    here = table()
    pairs = here.distribute()
    reference, code = sorted(pairs)[0]
    signed = browser().sign_in(here.official)
    person = here.reviewers[code]
    for typed, field in (
        ({"reference": "INCONNU", "personne": person.id, "motif": "x"}, "reference"),
        ({"reference": reference, "personne": "", "motif": "x"}, "personne"),
        ({"reference": reference, "personne": person.id, "motif": " "}, "motif"),
    ):
        refused = signed.post(here.address("deports"), typed)
        assert (refused.status_code, f'id="{field}-error"' in refused.text) == (422, True)
    done = signed.post(here.address("deports"), {"reference": reference, "personne": person.id, "motif": "Conjoint."})
    assert done.status_code == 302
    assert here.pairs() == pairs - {(reference, code)}
    with here.factory.platform.database.reading() as session:
        recusal = session.exec(select(Recusal)).one()
    lift = here.address(f"deports/{recusal.id}/levee")
    assert signed.post(lift, {"motif": ""}, page=here.address("deports")).status_code == 422
    assert signed.post(lift, {"motif": "Erreur."}, page=here.address("deports")).status_code == 302
    assert signed.post(lift, {"motif": "Encore."}, page=here.address("deports")).status_code == 404
    assert "Erreur." in signed.get(here.address("deports")).text


def test_an_official_s_own_recusal_is_hidden_and_another_lifts_it(table: Tables, browser: Browsers) -> None:
    here = table()
    dossier = here.dossiers[0]
    with here.factory.platform.database.writing() as session:
        add_recusal(session, actor=here.factory.actor(here.other), application_id=dossier.id, person_id=here.other.id,
                    reason="Ma sœur y travaille.", now=here.factory.now)  # fmt: skip
        recusal = session.exec(select(Recusal)).one()
    own = browser().sign_in(here.other)
    assert "Ma sœur" not in own.get(here.address("deports")).text
    lift = here.address(f"deports/{recusal.id}/levee")
    assert own.post(lift, {"motif": "x"}, page=here.address("deports")).status_code == 404
    other = browser().sign_in(here.official)
    assert "Ma sœur" in other.get(here.address("deports")).text
    assert other.post(lift, {"motif": "Elle est partie."}, page=here.address("deports")).status_code == 302
