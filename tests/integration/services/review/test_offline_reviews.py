"""The workbook: what it holds, how it comes back, what it refuses; the dossiers' ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from sqlmodel import col, select

from aap.core.problems import BadInput
from aap.records.applications import ApplicationState
from aap.records.reviews import Mark, Review
from aap.services.errors import NotFound, Objection
from aap.services.panel.recusing import declare_recusal
from aap.services.platform import Platform
from aap.services.review.offline_dossiers import open_dossiers
from aap.services.review.offline_reviews import WorkbookConflicts, WorkbookRefused, reviewer_workbook, take_workbook
from aap.services.review.reviewing import save_review, submit_review
from tests.databases import on_both_databases
from tests.worlds.desks import Desk, Desks

Edit = dict[str, Any]


def act(here: Desk, work: Callable[..., Any], person: Any = None, **given: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return work(session, actor=here.factory.actor(person or here.first), now=platform.clock(), **given)


def download(here: Desk, person: Any = None) -> bytes:
    made: bytes = act(here, reviewer_workbook, person, call_id=here.call.id).content
    return made


def edited(content: bytes, edits: Edit) -> bytes:
    """The workbook with some cells typed, as a spreadsheet saves it."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for cell, value in edits.items():
        book["Évaluations"][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def take(here: Desk, content: bytes, choices: dict[str, str] | None = None) -> Any:
    return act(here, take_workbook, call_id=here.call.id, name="c.xlsx", content=content, choices=choices or {})


def stored(here: Desk, person: Any = None) -> dict[str, Any]:
    with here.factory.platform.database.reading() as session:
        found = session.exec(
            select(Review, Mark)
            .where(Mark.review_id == Review.id, Review.person_id == (person or here.first).id)
            .order_by(col(Mark.criterion))
        ).all()
    return {mark.criterion: (mark.score, mark.comment, review.state) for review, mark in found}


def test_the_workbook_locks_all_but_the_answers_and_lists_the_allowed_marks(desk: Desks) -> None:
    here = desk()
    act(here, save_review, application_id=here.application.id, entry=here.entry(qualite="3,5"))
    sheet = openpyxl.load_workbook(io.BytesIO(download(here)))["Évaluations"]
    row = [cell.value for cell in sheet[2]]
    assert row == [here.application.reference, here.application.title, 3.5, "Bien vu.", None, None, None, None]
    assert [cell.protection.locked for cell in sheet[2]] == [True, True, *[False] * 6]
    assert sheet.protection.sheet
    lists = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert lists["C2"] == "aap!$E$1:$E$11"


def test_the_same_dossiers_give_the_same_bytes(desk: Desks) -> None:
    here = desk()
    assert download(here) == download(here)


@on_both_databases
def test_a_filled_workbook_saves_drafts_and_submits_what_says_so(platform: Platform, desk: Desks) -> None:
    here = desk()
    other = here.factory.application(here.call, None, ApplicationState.ELIGIBLE)
    here.factory.assignment(other, here.first)
    content = edited(
        download(here), {"C2": 4.5, "D2": "Très bien.", "E2": 3, "G2": "Solide.", "H2": "oui", "C3": 2, "D3": "Moyen."}
    )
    taken = take(here, content)
    assert (taken.saved, taken.submitted, taken.left) == (1, 1, 0)
    with platform.database.reading() as session:
        states = session.exec(select(Review.application_id, Review.state, Review.general_comment)).all()
    assert sorted(states) == sorted([(here.application.id, "submitted", "Solide."), (other.id, "draft", "")])
    again = take(here, content)
    assert (again.saved, again.submitted, again.left) == (0, 1, 1)


@on_both_databases
def test_every_error_is_named_by_its_cell_and_nothing_is_taken(platform: Platform, desk: Desks) -> None:
    here = desk()
    other = here.factory.application(here.call, None, ApplicationState.ELIGIBLE)
    here.factory.assignment(other, here.first)
    content = edited(download(here), {"C2": 4, "E2": 3, "C3": 9, "E3": "beaucoup", "H3": "oui", "A4": "ESSAI-99999",
                                      "C4": 3})  # fmt: skip
    with pytest.raises(WorkbookRefused) as caught:
        take(here, content)
    assert [one.cell for one in caught.value.found] == ["Évaluations!C3", "Évaluations!E3", "Évaluations!A4"]
    assert stored(here) == {}


def test_a_row_that_may_or_may_not_be_submitted_is_refused_and_no_draft(desk: Desks) -> None:
    here = desk()
    for cells in ({"C2": 4, "H2": "peut-être"}, {"H2": "à soumettre"}):
        with pytest.raises(WorkbookRefused) as caught:
            take(here, edited(download(here), cells))
        (fault,) = caught.value.found
        expected = (Objection("review.submit_unread"), "Évaluations!H2", here.application.reference, cells["H2"])
        assert (fault.objection, fault.cell, fault.reference, fault.found) == expected
    assert stored(here) == {}


def test_a_submission_without_a_mark_or_a_needed_comment_is_refused(desk: Desks) -> None:
    here = desk()
    with pytest.raises(WorkbookRefused) as caught:
        take(here, edited(download(here), {"C2": 1, "H2": "oui"}))
    assert [one.cell for one in caught.value.found] == ["Évaluations!D2", "Évaluations!E2"]


@on_both_databases
def test_what_changed_on_both_sides_is_shown_and_asked(platform: Platform, desk: Desks) -> None:
    here = desk()
    content = edited(download(here), {"C2": 4})
    act(here, save_review, application_id=here.application.id, entry=here.entry(qualite="2"))
    with pytest.raises(WorkbookConflicts) as caught:
        take(here, content)
    ((reference, found),) = caught.value.found
    assert reference == here.application.reference
    assert {"part": "mark", "criterion": "Qualité", "mine": "4", "theirs": "2"} in found
    assert stored(here)["qualite"][0] == Decimal(2)
    assert take(here, content, {reference: "online"}).left == 1
    assert take(here, content, {reference: "workbook"}).saved == 1
    assert stored(here)["qualite"][0] == Decimal(4)


def test_an_untouched_row_never_overwrites_what_was_entered_online(desk: Desks) -> None:
    here = desk()
    content = download(here)
    act(here, save_review, application_id=here.application.id, entry=here.entry(qualite="2"))
    assert take(here, content).left == 1
    assert stored(here)["qualite"][0] == Decimal(2)


def test_notes_for_oneself_survive_the_workbook(desk: Desks, platform: Platform) -> None:
    here = desk()
    entry = here.entry(qualite="2")
    act(here, save_review, application_id=here.application.id, entry=type(entry)(
        marks=entry.marks, notes="Relire le budget.", rubric_hash=entry.rubric_hash))  # fmt: skip
    take(here, edited(download(here), {"C2": 3}))
    with platform.database.reading() as session:
        assert session.exec(select(Review.notes)).one() == "Relire le budget."


def test_a_submitted_review_is_not_changed_by_a_workbook(desk: Desks) -> None:
    here = desk()
    content = edited(download(here), {"C2": 1, "D2": "Non."})
    act(here, submit_review, application_id=here.application.id, entry=here.entry(qualite="4", solidite="4"))
    with pytest.raises(WorkbookRefused) as caught:
        take(here, content)
    assert caught.value.found[0].objection == Objection(
        "review.submitted_already", reference=here.application.reference
    )
    assert stored(here)["qualite"][0] == Decimal(4)


def test_somebody_elses_workbook_and_other_files_are_refused(desk: Desks) -> None:
    here = desk()
    with pytest.raises(WorkbookRefused):
        take(here, download(here, here.second))
    for content in (b"", b"%PDF-1.4", b"PK\x03\x04 broken", edited(download(here), {"C1": "Autre"})):
        with pytest.raises(BadInput):
            take(here, content)


def test_a_recused_dossier_is_neither_in_the_workbook_nor_taken_from_it(desk: Desks) -> None:
    here = desk()
    content = edited(download(here), {"C2": 4, "E2": 4})
    act(here, declare_recusal, application_id=here.application.id, reason="Ancien salarié.")
    assert openpyxl.load_workbook(io.BytesIO(download(here)))["Évaluations"].max_row == 1
    with pytest.raises(WorkbookRefused) as caught:
        take(here, content)
    assert [one.cell for one in caught.value.found] == ["Évaluations!A2"]


def test_the_pages_hand_out_and_take_back(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    url = f"/evaluation/appels/{here.call.id}/hors-ligne"
    content = signed.client.get(f"{url}/classeur.xlsx").data
    wrong = signed.post(url, {"classeur": (io.BytesIO(edited(content, {"C2": 9})), "c.xlsx")})
    place = f"Dossier {here.application.reference}, cellule Évaluations!C2, qui contient «\u00a09\u00a0»"
    assert (wrong.status_code, place in wrong.text.replace("\u202f", "\u00a0")) == (422, True)
    filled = edited(content, {"C2": 4, "E2": 3})
    signed.post(
        f"/evaluation/dossiers/{here.application.id}", {"note-qualite": "2", "version": "0", "rubric": "0" * 64}
    )
    asked = signed.post(url, {"classeur": (io.BytesIO(filled), "c.xlsx")})
    assert asked.status_code == 409
    carried = asked.text.partition('name="porte" value="')[2].partition('"')[0]
    form = {"porte": carried, "nom": "c.xlsx", f"choix-{here.application.reference}": "workbook"}
    assert signed.post(url, form).status_code == 302
    assert stored(here)["qualite"][0] == Decimal(4)
    assert signed.post(url, {}).status_code == 422


def test_the_zip_holds_ones_dossiers_and_stays_blind(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk(reviewing="blind: true")
    signed = browser().sign_in(here.first)
    url = f"/evaluation/appels/{here.call.id}/hors-ligne"
    assert signed.client.get(f"{url}/dossiers.zip").status_code == 404
    assert signed.post(f"{url}/dossiers", {}, page=url).status_code == 302
    with signed.client.get(f"{url}/dossiers.zip") as answer, zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == [f"{here.application.reference}.pdf"]
        pdf = archive.read(archive.namelist()[0])
    assert pdf.startswith(b"%PDF")
    assert b"reconnaissable" not in pdf
    act(here, declare_recusal, application_id=here.application.id, reason="Ancien salarié.")
    with pytest.raises(NotFound):
        act(here, open_dossiers, call_id=here.call.id)
    assert browser().sign_in(here.third).client.get(f"{url}/dossiers.zip").status_code == 404
