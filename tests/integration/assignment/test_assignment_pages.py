"""The pages of reviewers, conflicts and the assignment: who sees what, hostile input, the number of queries."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader
from sqlmodel import col, select

from aap.records.applications import Application, ApplicationState, SectionAnswers
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.outbox import OutboxMail
from aap.records.people import Person, RoleGrant
from aap.records.reviews import Assignment, AssignmentProposal, Interest, Recusal, RecusalOrigin, Reviewer
from aap.services.assignment_moves import lock_seats
from aap.services.recusing import add_recusal
from tests.databases import on_both_databases
from tests.integration.assignment.conftest import Table, Tables

Browsers = Callable[[], Any]
SHEET = "text/csv"


def propose(signed: Any, here: Table, **typed: str) -> str:
    """Proposes; gives the address of the proposal."""
    answer = signed.post(here.address("repartition"), {"mode": "rebuild", "evaluations": "2", **typed})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " "))


# --- the assignment ---------------------------------------------------------------------------------------------------


def test_an_official_proposes_looks_applies_locks_and_moves(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    empty = plain(signed.get(here.address("repartition")).text)
    assert "2 places vides" in empty
    address = propose(signed, here)
    page = plain(signed.get(address).text)
    assert "Rien n’est encore changé" in page
    assert "Chaque dossier a ses 2 évaluateurs" in page
    assert here.pairs() == set()
    applied = signed.post(f"{address}/application", page=address)
    assert applied.status_code == 302
    pairs = here.pairs()
    assert len(pairs) == 24
    assert "24 dossiers confiés" in plain(signed.get(applied.location).text)
    assert "a été appliquée" in signed.get(address).text

    reference, code = sorted(pairs)[0]
    dossier = here.address(f"repartition/dossiers/{reference}")
    locked = signed.post(here.address("repartition/verrou"), {"dossier": reference, "code": code, "verrou": "oui"},
                         page=dossier)  # fmt: skip
    assert locked.location == dossier
    assert "Déverrouiller" in signed.get(dossier).text
    into = next(one for one in here.reviewers if (reference, one) not in pairs)
    seen = signed.post(dossier, {"out": "", "into": into, "action": "voir"})
    assert "Effet de ce changement" in seen.text
    assert here.pairs() == pairs
    assert signed.post(dossier, {"out": "", "into": into, "action": "deplacer"}).status_code == 302
    assert here.pairs() == pairs | {(reference, into)}

    table_of_pairs = signed.get(here.address("repartition.csv"))
    rows = list(csv.DictReader(io.StringIO(table_of_pairs.text)))
    assert {(row["dossier"], row["code"]) for row in rows} == here.pairs()
    assert {row["verrouille"] for row in rows if row["dossier"] == reference} == {"oui", "non"}


def test_a_proposal_that_is_abandoned_changes_nothing_and_is_gone(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    address = propose(signed, here)
    assert signed.post(f"{address}/abandon", page=address).status_code == 302
    assert here.pairs() == set()
    assert signed.post(f"{address}/application", page=here.address("repartition")).status_code == 404


def test_a_stale_proposal_says_so_beside_what_was_asked(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    address = propose(signed, here)
    token = signed.token(address)
    with here.factory.platform.database.writing() as session:
        add_recusal(session, actor=here.actor, application_id=here.dossiers[0].id,
                    person_id=here.reviewers["R01"].id, reason="Cousine.", now=here.factory.now)  # fmt: skip
    assert "La situation a changé" in signed.get(address).text
    refused = signed.client.post(f"{address}/application", data={"csrf_token": token})
    assert (refused.status_code, "faites-en une nouvelle" in refused.text) == (422, True)
    assert here.pairs() == set()


@pytest.mark.parametrize("typed", [{"evaluations": "trois"}, {"evaluations": "0"}, {"evaluations": "²"}, {"mode": "x"}])
def test_settings_that_can_t_be_read_stay_in_the_form(table: Tables, browser: Browsers, typed: dict[str, str]) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    sent = {"mode": "rebuild", "evaluations": "2", **typed}
    answer = signed.post(here.address("repartition"), sent)
    assert answer.status_code == 422
    if "evaluations" in typed:
        assert f'value="{typed["evaluations"]}"' in answer.text
    assert here.pairs() == set()


def test_what_can_t_be_satisfied_is_said_before_anything_is_applied(table: Tables, browser: Browsers) -> None:
    here = table(dossiers=4, reviewers=4)
    with here.factory.platform.database.writing() as session:
        for code in ("R01", "R02", "R03"):
            session.add(Recusal(person_id=here.reviewers[code].id, application_id=here.dossiers[0].id,
                                origin=RecusalOrigin.OFFICIAL, reason="Lien.", created_at=here.factory.now))  # fmt: skip
    signed = browser().sign_in(here.official)
    page = plain(signed.get(propose(signed, here)).text)
    reference = here.dossiers[0].reference
    assert f"Le dossier {reference} n’a que 1 évaluateur possible sur 4 pour 2 évaluations" in page
    with here.factory.platform.database.writing() as session:
        add_recusal(session, actor=here.actor, application_id=here.dossiers[0].id, person_id=here.other.id,
                    reason="Conjoint.", now=here.factory.now)  # fmt: skip
        kept = session.exec(select(AssignmentProposal)).one()
    recused = browser().sign_in(here.other)
    shown = recused.get(here.address(f"repartition/propositions/{kept.id}"))
    assert (shown.status_code, reference in shown.text) == (200, False)


def test_the_list_takes_as_many_queries_for_40_dossiers_as_for_4(
    table: Tables, browser: Browsers, count_queries: Callable[[], Any]
) -> None:
    counts = []
    for size in (4, 40):
        here = table(dossiers=size)
        here.distribute()
        signed = browser().sign_in(here.official)
        for tail in ("repartition", "evaluateurs", "deports"):
            with count_queries() as queries:
                assert signed.get(here.address(tail)).status_code == 200
            counts.append((tail, queries.count))
    assert counts[:3] == counts[3:]
    assert dict(counts)["repartition"] <= 18
    assert max(count for tail, count in counts if tail != "repartition") <= 13


# --- recused: 404 everywhere ------------------------------------------------------------------------------------------


def test_a_recused_reviewer_and_a_recused_official_find_nothing_anywhere(table: Tables, browser: Browsers) -> None:
    here = table()
    pairs = here.distribute()
    reference, code = sorted(pairs)[0]
    dossier = here.dossier(reference)
    person = here.reviewers[code]
    signed = browser().sign_in(person)
    assert signed.get(f"/evaluation/dossiers/{dossier.id}").status_code == 200
    with here.factory.platform.database.writing() as session:
        for one in (person, here.other):
            add_recusal(session, actor=here.actor, application_id=dossier.id, person_id=one.id, reason="Lien.",
                        now=here.factory.now)  # fmt: skip
    for tail in ("", "/deport", "/fichiers/x"):
        assert signed.get(f"/evaluation/dossiers/{dossier.id}{tail}").status_code == 404
    assert (
        signed.post(f"/evaluation/dossiers/{dossier.id}", {"note-qualite": "3"}, page="/evaluation/").status_code == 404
    )
    assert dossier.title not in signed.get("/evaluation/").text
    official = browser().sign_in(here.other)
    for tail in (f"candidats/{reference}", f"repartition/dossiers/{reference}"):
        assert official.get(here.address(tail)).status_code == 404, tail
    locked = official.post(here.address("repartition/verrou"), {"dossier": reference, "verrou": "oui"},
                           page=here.address("repartition"))  # fmt: skip
    assert locked.status_code == 404
    for tail in ("repartition", f"repartition?q={reference}", "repartition.csv", "deports", "candidats", "evaluations",
                 "evaluateurs"):  # fmt: skip
        answer = official.get(here.address(tail))
        found = answer.text.replace(f'value="{reference}"', "")
        assert (answer.status_code, reference in found, dossier.title in found) == (200, False, False), tail
    pdf = official.get(here.address("deports.pdf"))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages)
    assert reference not in text


def test_strangers_and_reviewers_get_404_on_every_page(table: Tables, browser: Browsers) -> None:
    here = table()
    here.distribute()
    proposal = propose(browser().sign_in(here.official), here, mode="complete")
    reference = here.dossiers[0].reference
    for person in (here.stranger, here.reviewers["R01"]):
        signed = browser().sign_in(person)
        for tail in ("evaluateurs", "evaluateurs/invitation", "evaluateurs/tableau", "deports", "deports.pdf",
                     "repartition", "repartition.csv", f"evaluateurs/{here.reviewers['R02'].id}",
                     f"repartition/dossiers/{reference}"):  # fmt: skip
            assert signed.get(here.address(tail)).status_code == 404, tail
        assert signed.get(proposal).status_code == 404
        posted = signed.post(f"{proposal}/application", page="/compte")
        assert posted.status_code == 404
    anonymous = browser()
    assert anonymous.get(here.address("repartition")).status_code == 302


# --- reviewers --------------------------------------------------------------------------------------------------------


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
    link = re.search(r"https?://[^/\s]+(/connexion/lien/\S+)", mail.body)
    assert link is not None
    assert "/evaluation/interets" in mail.body
    assert browser().get(link.group(1)).status_code == 200
    again = signed.post(here.address("evaluateurs/invitation"), typed)
    assert (again.status_code, "évalue déjà" in again.text, "Alix Neuve" in again.text) == (422, True, True)
    assert "Alix Neuve" in signed.get(here.address("evaluateurs")).text


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


# --- interests and conflicts ------------------------------------------------------------------------------------------


def declare(signed: Any, *lines: dict[str, str], complete: bool = True) -> Any:
    typed = {f"{name}-{at}": value for at, line in enumerate(lines) for name, value in {"nom": "", **line}.items()}
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
        profile = session.exec(select(Reviewer).where(Reviewer.person_id == here.reviewers["R01"].id)).one()
    assert profile.interests_declared_at is not None
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


def test_pages_can_be_read_in_every_state_and_changed_only_where_it_makes_sense(
    table: Tables, browser: Browsers
) -> None:
    here = table()
    here.distribute()
    reference, code = sorted(here.pairs())[0]
    with here.factory.platform.database.writing() as session:
        lock_seats(session, actor=here.actor, call_id=here.call.id, reference=reference, code=code, locked=True,
                   now=here.factory.now)  # fmt: skip
    signed = browser().sign_in(here.official)
    for state in CallState:
        if state in (CallState.DRAFT,):
            continue
        here.set_state(state)
        for tail in ("evaluateurs", "deports", "repartition"):
            assert signed.get(here.address(tail)).status_code == 200, (state, tail)
    here.set_state(CallState.PUBLISHED)
    page = signed.get(here.address("repartition")).text
    assert "Proposer une répartition" not in page
    refused = signed.post(here.address("repartition"), {"mode": "rebuild", "evaluations": "2"},
                          page=here.address("repartition"))  # fmt: skip
    assert refused.status_code in (403, 409)


def test_a_withdrawn_or_unknown_dossier_has_no_page(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    with here.factory.platform.database.writing() as session:
        gone = session.get_one(Application, here.dossiers[0].id)
        gone.state = ApplicationState.WITHDRAWN
        session.add(gone)
    for reference in (here.dossiers[0].reference, "INCONNU", "../etc"):
        assert signed.get(here.address(f"repartition/dossiers/{reference}")).status_code == 404
    for tail in ("repartition/propositions/x", "evaluateurs/x"):
        assert signed.get(here.address(tail)).status_code == 404
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(Assignment)).all() == []
