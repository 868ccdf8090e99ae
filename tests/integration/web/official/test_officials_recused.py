"""Officials and jury members: they declare interests, are matched, listed and recused as reviewers are."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader
from sqlmodel import col, select

from aap.records.applications import Application, SectionAnswers
from aap.records.associations import Association
from aap.records.people import Role, RoleGrant
from aap.records.reviews import Recusal
from aap.services.assignment.proposals import apply_proposal, compute_proposal, keep_proposal, prepare
from aap.services.assignment.situation import default_settings
from aap.services.errors import InvalidInput, Objection
from aap.services.harmonising.further_reviews import ask_further_review, further_reviewers
from aap.services.ranking.minuting import minutes_pdf
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.assignment_pages import Browsers
from tests.worlds.assignments import Table, Tables
from tests.worlds.offices import Offices

SIRET, RNA = "13002526500013", "W691000001"


def describe(here: Table, at: int, **values: Any) -> None:
    with here.factory.platform.database.writing() as session:
        association = session.get_one(Association, here.dossiers[at].association_id)
        for name, value in values.items():
            setattr(association, name, value)
        session.add(association)


def recusals(here: Table) -> dict[str, tuple[str, bool]]:
    """Application id → (person, confirmed)."""
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(Recusal).where(col(Recusal.dismissed_at).is_(None)))
        return {one.application_id: (one.person_id, one.confirmed) for one in found}


def lines(*interests: dict[str, str]) -> dict[str, str]:
    return {
        "complet": "oui",
        **{
            f"{name}-{at}": value
            for at, line in enumerate(interests)
            for name, value in {"nature": "organisation", "lien": "", **line}.items()
        },
    }


@on_both_databases
def test_an_official_declares_from_their_home_and_is_kept_from_what_matches(table: Tables, browser: Browsers) -> None:
    here = table(dossiers=4)
    by_siret, by_rna, by_name, free = here.dossiers
    describe(here, 0, siret=SIRET)
    describe(here, 1, rna=RNA)
    describe(here, 2, officers=[{"name": "LE GOFF Élodie", "capacity": "trésorière"}])
    signed = browser().sign_in(here.official)
    home = signed.get("/instruction/").text
    assert ("Vos intérêts ne sont pas encore déclarés" in home, "/instruction/interets" in home) == (True, True)
    assert signed.get(here.address(f"dossiers/{by_siret.reference}")).status_code == 200
    done = signed.post(
        "/instruction/interets",
        lines(
            {"nom": "Ma fédération", "siret": SIRET},
            {"nom": "Mon club", "rna": RNA},
            {"nature": "person", "nom": "Elodie Le Goff", "lien": "sœur"},
        ),
    )
    assert done.location == "/instruction/"
    assert recusals(here) == {
        by_siret.id: (here.official.id, True), by_rna.id: (here.official.id, True), by_name.id: (here.official.id, False),
    }  # fmt: skip
    assert "Vos intérêts ne sont pas encore déclarés" not in signed.get("/instruction/").text
    statuses = [signed.get(here.address(f"dossiers/{one.reference}")).status_code for one in here.dossiers]
    assert statuses == [404, 404, 200, 200]
    own = signed.get(here.address("deports")).text
    assert "une autre personne du service le tranche" in own
    colleague = browser().sign_in(here.other)
    page = colleague.get(here.address("deports")).text
    for words in ("Service et jury", "Ma fédération", "LE GOFF Élodie", "Instructeur"):
        assert words in page
    assert free.id not in recusals(here)


def test_any_official_and_any_member_of_the_jury_can_be_recused_by_hand(table: Tables, browser: Browsers) -> None:
    here = table()
    juror = here.factory.person(Role.JURY, call=here.call, name="Dominique Juré")
    everywhere = here.factory.person(Role.OFFICIAL, name="Alix Partout")
    outsider = here.factory.person(Role.JURY, call=here.factory.call(), name="Claude Ailleurs")
    signed = browser().sign_in(here.official)
    page = signed.get(here.address("deports")).text
    assert [name in page for name in ("Dominique Juré", "Alix Partout", "Claude Ailleurs")] == [True, True, False]
    for at, person in enumerate((juror, everywhere, here.other, here.reviewers["R01"])):
        typed = {"reference": here.dossiers[at].reference, "personne": person.id, "motif": "Conjoint."}
        assert signed.post(here.address("deports"), typed).status_code == 302
    assert recusals(here) == {
        here.dossiers[at].id: (person.id, True)
        for at, person in enumerate((juror, everywhere, here.other, here.reviewers["R01"]))
    }
    strange = {"reference": here.dossiers[5].reference, "personne": outsider.id, "motif": "Conjoint."}
    assert signed.post(here.address("deports"), strange).status_code == 404


def test_a_member_of_the_jury_declares_interests_too_and_sees_nothing_else(table: Tables, browser: Browsers) -> None:
    here = table(dossiers=2)
    describe(here, 0, siret=SIRET)
    juror = here.factory.person(Role.JURY, call=here.call)
    signed = browser().sign_in(juror)
    assert "/compte/interets" in signed.get("/compte").text
    done = signed.post("/compte/interets", lines({"nom": "Ma fédération", "siret": SIRET}))
    assert done.location == "/compte"
    assert recusals(here) == {here.dossiers[0].id: (juror.id, True)}
    for closed in ("/instruction/", "/evaluation/", "/instruction/interets", here.address("")):
        assert signed.get(closed).status_code == 404
    assert browser().sign_in(here.factory.person()).get("/compte/interets").status_code == 404


def test_a_declaration_stands_for_every_role_that_a_person_has(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    signed.post("/instruction/interets", lines())
    assert "pas encore déclarés" not in signed.get("/instruction/").text
    with here.factory.platform.database.writing() as session:
        session.add(RoleGrant(person_id=here.official.id, role=Role.OFFICIAL, call_id=here.factory.call().id,
                              created_at=here.factory.now))  # fmt: skip
    assert "pas encore déclarés" not in signed.get("/instruction/").text


def test_an_answer_to_a_probable_link_that_is_missing_is_refused(table: Tables, browser: Browsers) -> None:
    here = table()
    describe(here, 0, officers=[{"name": "LE GOFF Élodie", "capacity": "trésorière"}])
    browser().sign_in(here.other).post(
        "/instruction/interets", lines({"nature": "person", "nom": "Elodie Le Goff", "lien": "sœur"})
    )
    with here.factory.platform.database.reading() as session:
        recusal = session.exec(select(Recusal)).one()
    signed = browser().sign_in(here.official)
    address = here.address(f"deports/{recusal.id}/reponse")
    for typed in ({}, {"reponse": ""}, {"reponse": "peut-être"}):
        refused = signed.post(address, typed, page=here.address("deports"))
        assert (refused.status_code, "Dites si c’est un lien ou non." in refused.text) == (422, True)
    with here.factory.platform.database.reading() as session:
        held = session.get_one(Recusal, recusal.id)
        assert (held.confirmed, held.dismissed_at) == (False, None)


# --- assigning by hand ------------------------------------------------------------------------------------------------


def new_tie(here: Table, at: int) -> None:
    """R01 declared a partner; only now does the dossier name it: nobody searched since."""
    with here.factory.platform.database.writing() as session:
        session.add(SectionAnswers(application_id=here.dossiers[at].id, section="projet", updated_at=here.factory.now,
                                   answers={"partenaires": [{"nom": "Croix bleue", "siret": SIRET}]}))  # fmt: skip


@pytest.fixture
def tied(table: Tables, browser: Browsers) -> Table:
    here = table()
    browser().sign_in(here.reviewers["R01"]).post(
        "/evaluation/interets", lines({"nom": "Croix bleue", "siret": SIRET, "lien": "salarié"})
    )
    new_tie(here, 0)
    return here


def test_a_move_by_hand_meets_the_conflicts_that_a_distribution_would(tied: Table, browser: Browsers) -> None:
    reference = tied.dossiers[0].reference
    address = tied.address(f"repartition/dossiers/{reference}")
    signed = browser().sign_in(tied.official)
    assert 'value="R01"' not in signed.get(address).text  # not offered, though the register has nothing yet
    for action in ("voir", "deplacer"):
        refused = signed.post(address, {"out": "", "into": "R01", "action": action})
        assert (refused.status_code, "déportée de ce dossier" in refused.text) == (422, True)
    assert tied.pairs() == set()
    assert recusals(tied) == {tied.dossiers[0].id: (tied.reviewers["R01"].id, True)}  # and the register says why
    assert (reference, "R01") not in tied.distribute()


def test_a_further_review_meets_them_too(tied: Table) -> None:
    database = tied.factory.platform.database
    dossier = tied.dossiers[0]
    with database.reading() as session:
        application = session.get_one(Application, dossier.id)
        association = session.get_one(Association, dossier.association_id)
        offered = {one.code for one in further_reviewers(session, tied.call, application, association)}
    assert offered == set(tied.reviewers) - {"R01"}
    with pytest.raises(InvalidInput), database.writing() as session:
        ask_further_review(session, actor=tied.actor, call=tied.call, reference=dossier.reference,
                           person_id=tied.reviewers["R01"].id, links=LINKS, now=tied.factory.now)  # fmt: skip


def test_a_proposal_made_before_a_tie_is_not_applied(table: Tables, browser: Browsers) -> None:
    here = table()
    browser().sign_in(here.reviewers["R01"]).post("/evaluation/interets", lines({"nom": "X", "siret": SIRET}))
    database, now = here.factory.platform.database, here.factory.now
    with database.writing() as session:
        found = prepare(session, actor=here.actor, call_id=here.call.id, settings=default_settings(here.call), now=now)
        kept = keep_proposal(session, actor=here.actor, found=found, proposal=compute_proposal(found), now=now)
        proposal_id = kept.id
    new_tie(here, 0)
    with pytest.raises(InvalidInput) as stale, database.writing() as session:
        apply_proposal(
            session,
            actor=here.actor,
            call_id=here.call.id,
            proposal_id=proposal_id,
            links=PublicLinks("http://127.0.0.1:8000"),
            now=now,
        )
    assert stale.value.problems == {"": Objection("assignment.situation_changed")}
    assert here.pairs() == set()


def test_a_lock_or_a_way_of_distributing_that_nobody_chose_is_refused(table: Tables, browser: Browsers) -> None:
    here = table()
    pairs = here.distribute()
    reference, code = sorted(pairs)[0]
    signed = browser().sign_in(here.official)
    lock = here.address("repartition/verrou")
    page = here.address("repartition")
    signed.post(lock, {"dossier": reference, "code": code, "verrou": "oui"}, page=page)
    assert signed.post(lock, {"dossier": reference, "code": code}, page=page).status_code == 422
    shown = signed.get(here.address(f"repartition/dossiers/{reference}")).text
    assert "Déverrouiller" in shown  # still locked
    unchosen = signed.post(page, {"evaluations": "2"})
    assert (unchosen.status_code, "Choisissez l’une des deux façons" in unchosen.text) == (422, True)


def test_the_minutes_name_the_jury_that_has_the_role_and_leave_lines_for_others(office: Offices) -> None:
    here = office()
    here.factory.person(Role.JURY, call=here.call, name="Dominique Juré")
    here.factory.person(Role.JURY, call=here.factory.call(), name="Claude Ailleurs")
    with here.factory.platform.database.writing() as session:
        made = minutes_pdf(session, actor=here.factory.actor(here.first), call=here.call, now=here.factory.now)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    assert ("Dominique Juré" in text, "Claude Ailleurs" in text) == (True, False)
