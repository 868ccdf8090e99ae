"""The list of candidates: what it shows, how it is searched, ordered and taken away, and how many queries it takes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.reviews import Recusal
from aap.services.candidates.candidate_filter import CandidateFilter
from aap.services.candidates.listing import candidates
from tests.databases import on_both_databases
from tests.worlds.offices import Office, Offices


def listed(page: str) -> list[str]:
    """The references in the order of the table."""
    return re.findall(r'class="reference">(ESSAI-\d+)<', page)


def named(here: Office) -> None:
    """Names that need accents to be forgotten, and amounts that all differ."""
    names = ["Écho des jeunes", "abeilles du Midi", "Zèbres réunis", "École ouverte", "Île aux mentors"]
    with here.factory.platform.database.writing() as session:
        for number, (dossier, name) in enumerate(zip(here.dossiers, names, strict=True)):
            session.get_one(Association, dossier.association_id).name = name
            held = session.get_one(Application, dossier.id)
            held.requested_amount = (5 - number) * 10_000_00
            held.submitted_at = here.factory.now + timedelta(hours=number)


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("tri=-reference", [4, 3, 2, 1, 0]),
        ("tri=association", [1, 0, 3, 4, 2]),
        ("tri=-association", [2, 4, 3, 0, 1]),
        ("tri=amount", [4, 3, 2, 1, 0]),
        ("tri=-submitted", [4, 3, 2, 1, 0]),
        ("tri=region", [0, 1, 4, 2, 3]),
        ("tri=reviews", [0, 1, 2, 3, 4]),
        ("tri=n’importe", [0, 1, 2, 3, 4]),
        ("q=ecole", [3]),
        ("q=JEUNES+echo", [0]),
        ("q=montpellier&tri=-amount", [2, 3]),
        ("q=%25", [0, 1, 2, 3, 4]),  # a sign alone is no word
        ("q=zzz", []),
        ("etat=ineligible", [4]),
        ("region=Occitanie", [2, 3]),
        ("region=Nulle+part", []),
        ("theme=sport&region=Auvergne-Rhône-Alpes", [1]),
    ],
)
def test_the_list_is_searched_filtered_and_ordered(
    office: Offices, browser: Callable[[], Any], query: str, order: list[int]
) -> None:
    here = office()
    named(here)
    page = browser().sign_in(here.first).get(here.address(f"candidats?{query}"))
    assert page.status_code == 200
    assert listed(page.text) == [here.dossiers[at].reference for at in order]


def test_drafts_are_counted_and_never_shown(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.OPEN)
    draft = here.factory.application(here.call, title="Secret de l’association")
    signed = browser().sign_in(here.first)
    assert ">1</dd>" in signed.get(here.address()).text
    for tail in ("", "candidats", f"candidats?q={draft.reference}", "candidats.csv"):
        assert "Secret de l’association" not in signed.get(here.address(tail)).text
    assert signed.get(here.address(f"dossiers/{draft.reference}")).status_code == 404


def test_who_is_recused_sees_nothing_of_the_dossier_anywhere(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PUBLISHED)
    secret = here.dossiers[1]
    with here.factory.platform.database.writing() as session:
        session.add(
            Recusal(person_id=here.first.id, application_id=secret.id, origin="official", reason="Un proche.",
                    created_at=here.factory.now)
        )  # fmt: skip
        session.get_one(Association, secret.association_id).name = "Association cachée"
    signed = browser().sign_in(here.first)
    for tail in ("candidats", "candidats.csv", "evaluations", "jury", "classement/1", "classement/1/essai?sans=sud",
                 "decisions", "decisions/suites"):  # fmt: skip
        page = signed.get(here.address(tail))
        assert page.status_code == 200
        assert (tail, secret.reference in page.text, "cachée" in page.text) == (tail, False, False)
    for tail in (f"dossiers/{secret.reference}", f"classement/1/dossiers/{secret.reference}",
                 f"classement/1/dossiers/{secret.reference}/fiche.pdf",
                 f"decisions/{secret.reference}/lettre.pdf", f"decisions/{secret.reference}/apercu.pdf"):  # fmt: skip
        assert (tail, signed.get(here.address(tail)).status_code) == (tail, 404)
    listed = signed.get(here.address("candidats")).text
    assert "Le montant du dossier dont vous êtes déporté n’est pas compté." in listed
    assert "Association cachée" in browser().sign_in(here.second).get(here.address("candidats")).text


def test_the_filtered_list_leaves_as_csv_and_xlsx(office: Offices, browser: Callable[[], Any]) -> None:
    here = office()
    named(here)
    signed = browser().sign_in(here.first)
    made = signed.client.get(here.address("candidats.csv?region=Occitanie"))
    rows = list(csv.DictReader(io.StringIO(made.data.decode("utf-8-sig"))))
    assert [(row["Dossier"], row["Association"], row["Montant demandé"], row["État"]) for row in rows] == [
        (here.dossiers[2].reference, "Zèbres réunis", "30000.00", "Recevable"),
        (here.dossiers[3].reference, "École ouverte", "20000.00", "Recevable"),
    ]
    sheet = openpyxl.load_workbook(
        io.BytesIO(signed.client.get(here.address("candidats.xlsx")).data), read_only=True
    ).active
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert [name for name in ("Écho des jeunes", "Zèbres réunis", 50000) if name not in cells] == []
    assert signed.get(here.address("candidats.pdf")).status_code == 404


def test_the_day_of_a_deposit_is_that_of_paris(office: Offices, browser: Callable[[], Any]) -> None:
    here = office()
    with here.factory.platform.database.writing() as session:
        for dossier in here.dossiers:
            held = session.get_one(Application, dossier.id)
            held.submitted_at = datetime(2025, 2, 27, 23, 30, tzinfo=UTC)
            session.add(held)
    signed = browser().sign_in(here.first)
    (day,) = {row["Déposé le"] for row in csv.DictReader(
        io.StringIO(signed.client.get(here.address("candidats.csv?colonnes=depose")).data.decode("utf-8-sig")))}  # fmt: skip
    book = openpyxl.load_workbook(
        io.BytesIO(signed.client.get(here.address("candidats.xlsx?colonnes=depose")).data), read_only=True
    )
    cells = [cell for row in book.active.iter_rows(values_only=True) for cell in row]
    assert (day, cells.count("28/02/2025")) == ("28/02/2025", len(here.dossiers))


def crowd(here: Office, number: int) -> None:
    """`number` more dossiers, each of its own association."""
    now = here.factory.now
    with here.factory.platform.database.writing() as session:
        owners = [
            Association(
                name=f"Association {at:04}", department="69", commune_name="Lyon", created_at=now, updated_at=now
            )
            for at in range(number)
        ]
        session.add_all(owners)
        session.flush()
        session.add_all(
            Application(
                call_id=here.call.id, association_id=owner.id, reference=f"ESSAI-9{at:04}", title=f"Projet {at}",
                state=ApplicationState.ELIGIBLE, requested_amount=1_000_00, created_at=now, updated_at=now,
                submitted_at=now, screened_at=now,
            )
            for at, owner in enumerate(owners)
        )  # fmt: skip


def test_pages_of_a_long_list_follow_each_other(office: Offices, browser: Callable[[], Any]) -> None:
    here = office()
    crowd(here, 120)
    signed = browser().sign_in(here.first)
    for sort in ("reference", "association", "-amount"):
        pages = [listed(signed.get(here.address(f"candidats?tri={sort}&page={number}")).text) for number in (1, 2, 3)]
        assert [len(page) for page in pages] == [50, 50, 25]
        assert len({reference for page in pages for reference in page}) == 125
    last = signed.get(here.address("candidats?page=99")).text
    assert listed(last) == listed(signed.get(here.address("candidats?page=3")).text)
    assert listed(signed.get(here.address("candidats?page=-1")).text)[0] == here.dossiers[0].reference


LISTS = {
    "candidats": CallState.CLOSED,
    "candidats?q=projet&tri=association": CallState.CLOSED,
    "candidats?tri=-reviews": CallState.CLOSED,
    "evaluations": CallState.REVIEWING,
    "": CallState.REVIEWING,
    "jury": CallState.DELIBERATING,
    "classement/1": CallState.PROPOSED,
    "decisions": CallState.PUBLISHED,
}


MOST_QUERIES = {"": 22, "jury": 14, "decisions": 18, "classement/1": 11}
"""Where more stands on the page than a list: the gates once all reviews are in, the jury's room, the state of the letters, the
computations that failed."""


@pytest.mark.parametrize("tail", LISTS)
def test_a_list_takes_few_queries_whatever_its_length(
    office: Offices, browser: Callable[[], Any], count_queries: Callable[[], Any], tail: str
) -> None:
    here = office(LISTS[tail])
    signed = browser().sign_in(here.first)
    signed.get(here.address(tail))
    with count_queries() as few:
        assert signed.get(here.address(tail)).status_code == 200
    crowd(here, 60)
    with count_queries() as many:
        assert signed.get(here.address(tail)).status_code == 200
    assert (many.count, many.count <= MOST_QUERIES.get(tail, 10)) == (few.count, True), "\n".join(many.statements)


@on_both_databases
def test_the_list_is_the_same_on_both_databases(office: Offices) -> None:
    here = office()
    named(here)
    crowd(here, 60)
    actor = here.factory.actor(here.first)
    with here.factory.platform.database.reading() as session:
        for sort in ("reference", "-amount", "submitted", "association", "region", "-reviews"):
            for text in ("", "ecole"):
                wanted = CandidateFilter(text=text, sort=sort)
                whole = candidates(session, actor=actor, call=here.call, wanted=wanted)
                first = candidates(session, actor=actor, call=here.call, wanted=wanted, page=1)
                assert whole.rows[:50] == first.rows
                assert (whole.count, first.count, whole.total, first.requested) == (
                    (len(whole.rows), whole.count, 65, sum(one.requested_amount for one in whole.rows))
                )
