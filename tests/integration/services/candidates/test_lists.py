"""Lists of candidates: what narrows them together, what finds a dossier, labels, what is picked, kept views, files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from aap.core.results import MASKED
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.audit import AuditLine
from aap.records.calls import Call, CallState
from aap.services.call.calls import get_call
from aap.services.candidates.candidate_filter import CandidateFilter
from aap.services.candidates.desk import desk_of
from aap.services.candidates.listing import all_found, candidates
from aap.services.candidates.picked import pick, picked_dossiers, put_back
from aap.services.candidates.service_labels import label_dossiers, unlabel_dossiers
from aap.services.candidates.views import drop_view, keep_view
from aap.services.errors import InvalidInput, NotFound
from tests.databases import on_both_databases
from tests.integration.web.official.test_recused_downloads import hide
from tests.worlds.offices import Office, Offices

Browsers = Callable[[], Any]


def found(here: Office, wanted: CandidateFilter) -> list[int]:
    """Which of the world's dossiers a list shows, in its order."""
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        listed = candidates(session, actor=here.factory.actor(here.first), call=call, wanted=wanted)
    places = {one.reference: at for at, one in enumerate(here.dossiers)}
    return [places[one.reference] for one in listed.rows]


def spread(here: Office) -> None:
    """Dossiers of 10 000 € to 50 000 €, and a SIRET for the first."""
    with here.factory.platform.database.writing() as session:
        for at, dossier in enumerate(here.dossiers):
            session.get_one(Application, dossier.id).requested_amount = (at + 1) * 10_000_00
        session.get_one(Association, here.dossiers[0].association_id).siret = "12345678200010"


@on_both_databases
def test_filters_narrow_together(office: Offices) -> None:
    here = office(CallState.PUBLISHED)
    spread(here)
    actor = here.factory.actor(here.first)
    with here.factory.platform.database.writing() as session:
        ids = [one.id for one in here.dossiers[:3]]
        label_dossiers(session, actor=actor, call=here.call, ids=ids, name=" À  revoir ", now=here.factory.now)
        pick(session, actor=actor, call=here.call, ids=[here.dossiers[1].id, here.dossiers[4].id])
    laureates = found(here, CandidateFilter(outcome="laureate"))
    assert laureates == [at for at in range(5) if at in laureates] != []
    assert found(here, CandidateFilter(least=20_000_00, most=40_000_00)) == [1, 2, 3]
    assert found(here, CandidateFilter(least=20_000_00, label="À revoir")) == [1, 2]
    assert found(here, CandidateFilter(flag="picked")) == [1, 4]
    assert found(here, CandidateFilter(flag="picked", label="À revoir")) == [1]
    assert found(here, CandidateFilter(outcome="laureate", least=30_000_00)) == [at for at in laureates if at > 1]
    scored = found(here, CandidateFilter(sort="-score"))
    assert scored[-1] == 4  # the ineligible one has no score
    assert found(here, CandidateFilter(lowest=Decimal(101))) == []
    with here.factory.platform.database.reading() as session:
        wanted, call = CandidateFilter(outcome="ineligible"), get_call(session, here.call.id)
        assert all_found(session, actor=actor, call=call, wanted=wanted) == (here.dossiers[4].id,)


def test_before_the_deliberation_nothing_narrows_or_orders_by_what_may_not_be_known(office: Offices) -> None:
    here = office(CallState.REVIEWING)
    everything = [0, 1, 2, 3, 4]
    for wanted in (
        CandidateFilter(lowest=Decimal(99)),
        CandidateFilter(outcome="laureate"),
        CandidateFilter(sort="-rank"),
    ):
        assert sorted(found(here, wanted)) == everything
    with here.factory.platform.database.reading() as session:
        actor = here.factory.actor(here.first)
        call = get_call(session, here.call.id)
        listed = candidates(session, actor=actor, call=call, wanted=CandidateFilter())
    assert {(one.rank, one.score, one.outcome, one.granted_amount) for one in listed.rows} == {(None, None, "", None)}


@pytest.mark.parametrize(
    ("text", "places"), [("ESSAI-{0}", [0]), ("essai-{0}", [0]), ("123 456 782", [0]), ("12345678200010", [0])]
)
def test_a_reference_or_a_siret_finds_its_dossier_alone(office: Offices, text: str, places: list[int]) -> None:
    here = office()
    spread(here)
    number = here.dossiers[0].reference.partition("-")[2]
    assert found(here, CandidateFilter(text=text.format(number))) == places


def test_the_last_part_of_a_reference_stands_first(office: Offices) -> None:
    here = office()
    last = here.dossiers[4].reference
    assert found(here, CandidateFilter(text=str(int(last.rpartition("-")[2]))))[0] == 4


@on_both_databases
def test_labels_and_picks_and_views_are_kept_and_taken_back(office: Offices) -> None:
    here = office()
    actor, other = here.factory.actor(here.first), here.factory.actor(here.second)
    ids = [one.id for one in here.dossiers]
    now = here.factory.now
    with here.factory.platform.database.writing() as session:
        assert label_dossiers(session, actor=actor, call=here.call, ids=ids[:2], name="Urgent", now=now) == 2
        assert label_dossiers(session, actor=actor, call=here.call, ids=ids[:3], name="Urgent", now=now) == 1
        assert unlabel_dossiers(session, actor=other, call=here.call, ids=ids[:1], name="Urgent", now=now) == 1
        with pytest.raises(InvalidInput):
            label_dossiers(session, actor=actor, call=here.call, ids=ids, name=" ", now=now)
        pick(session, actor=actor, call=here.call, ids=[*ids[:2], "nobody"])
        assert pick(session, actor=actor, call=here.call, ids=ids[1:3]) == 1
        put_back(session, actor=actor, call=here.call, ids=ids[:1])
        keep_view(
            session, actor=actor, call=here.call, name="Mes dossiers", query="etat=submitted", shared=False, now=now
        )
        keep_view(
            session, actor=actor, call=here.call, name="Mes dossiers", query="etat=eligible", shared=True, now=now
        )
    with here.factory.platform.database.reading() as session:
        mine, theirs = (desk_of(session, actor=one, call=here.call) for one in (actor, other))
        assert picked_dossiers(session, actor=actor, call=here.call) == tuple(ids[1:3])
        actions = session.exec(select(AuditLine.action).where(AuditLine.call_id == here.call.id)).all()
    assert mine.labels == {ids[1]: ("Urgent",), ids[2]: ("Urgent",)} == theirs.labels
    assert (mine.picked, theirs.picked) == (frozenset(ids[1:3]), frozenset())
    ((own,), (shared,)) = mine.views, theirs.views
    assert (own.query, own.mine, shared.mine, shared.author) == ("etat=eligible", True, False, here.first.name)
    assert (actions.count("dossiers.labelled"), actions.count("dossiers.unlabelled")) == (2, 1)
    with here.factory.platform.database.writing() as session:
        with pytest.raises(NotFound):
            drop_view(session, actor=other, call=here.call, view_id=own.id)
        drop_view(session, actor=actor, call=here.call, view_id=own.id)


def test_who_is_recused_picks_labels_and_finds_nothing_of_the_dossier(office: Offices) -> None:
    here = office(CallState.PUBLISHED)
    actor = here.factory.actor(here.first)
    hide(here)
    hidden = here.dossiers[0]
    with here.factory.platform.database.writing() as session:
        assert (
            label_dossiers(session, actor=actor, call=here.call, ids=[hidden.id], name="Vu", now=here.factory.now) == 0
        )
        assert pick(session, actor=actor, call=here.call, ids=[hidden.id]) == 0
        assert hidden.id not in all_found(session, actor=actor, call=here.call, wanted=CandidateFilter())
        listed = candidates(session, actor=actor, call=here.call, wanted=CandidateFilter(most=10**12))
        assert hidden.id not in {one.id for one in listed.rows}
        assert MASKED not in {one.association for one in listed.rows}


def test_a_file_has_what_the_page_shows_and_what_every_file_has(office: Offices, browser: Browsers) -> None:
    here = office(CallState.PUBLISHED)
    signed = browser().sign_in(here.first)
    always = ["Dossier", "Association", "SIRET", "Commune", "Région", "Projet", "Thème", "Montant demandé", "Rang", "Note",
              "Décision", "Montant accordé"]  # fmt: skip
    made = signed.client.get(here.address("candidats.excel.csv?colonnes=rna&etat=notified&issue=laureate"))
    assert made.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(made.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == [*always[:3], "RNA", *always[3:]]
    assert {row[rows[0].index("Décision")] for row in rows[1:]} == {"Lauréat"}
    assert all("," in row[-1] for row in rows[1:])
    ods = signed.client.get(here.address("candidats.ods"))
    content = zipfile.ZipFile(io.BytesIO(ods.data)).read("content.xml").decode()
    assert all(one.reference in content for one in here.dossiers)
    assert 'office:value-type="float"' in content
    with here.factory.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = CallState.REVIEWING
    early = signed.client.get(here.address("candidats.csv"))
    lines = list(csv.DictReader(io.StringIO(early.data.decode())))
    assert {(line["Rang"], line["Note"], line["Décision"], line["Montant accordé"]) for line in lines} == {
        ("", "", "", "")
    }


def test_an_official_picks_over_pages_and_filters_without_scripts(office: Offices, browser: Browsers) -> None:
    here = office()
    signed = browser().sign_in(here.first)
    page = here.address("candidats")
    add = here.address("candidats/selection")
    signed.post(add, {"reference": here.dossiers[0].reference, "action": "ajouter"}, page=page)
    after = signed.post(add, {"action": "tout", "filtre": "etat=ineligible"}, page=page)
    assert after.headers["Location"].endswith("candidats?etat=ineligible")
    shown = signed.get(here.address("candidats?signale=picked")).text
    assert [one.reference in shown for one in here.dossiers] == [True, False, False, False, True]
    wrong = signed.post(here.address("candidats/etiquettes"), {"label": "x" * 41, "action": "poser"}, page=page)
    assert wrong.status_code == 422
    assert "x" * 41 in wrong.text
    signed.post(here.address("candidats/vues"), {"name": "Irrecevables", "filtre": "etat=ineligible"}, page=page)
    assert f'href="{page}?etat=ineligible"' in signed.get(page).text
    bad = signed.get(here.address("candidats?montant_min=beaucoup&etat=ineligible"))
    assert (bad.status_code, "beaucoup" in bad.text, here.dossiers[4].reference in bad.text) == (422, True, True)
