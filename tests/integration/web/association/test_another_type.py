"""A type of question that the product doesn't have, added by one file and one template: a dossier goes its whole way."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask
from jinja2 import FileSystemLoader

import aap.core.questions
from aap.core.call.json_schema import call_file_schema
from aap.core.call.loading import inspect_call, load_call
from aap.core.french import listed
from aap.core.questions.base.discovery import discover
from aap.core.questions.base.question import TYPES
from aap.core.questions.base.union import keys_of
from aap.documents.papers.dossier import blank_questionnaire
from aap.own_files import rubrics_folder
from aap.records.people import Role
from aap.services.dossier.withdrawing import resume_application, withdraw_application
from tests.conftest import Browser
from tests.factories import LINKS
from tests.unit.documents.papers import samples
from tests.worlds.applicants import ANSWERS, Space, Spaces
from tests.worlds.read_page import ReadPage

WORLD = Path(__file__).parents[3] / "worlds" / "another_type"
QUESTION = '{id: creneau, label: "À quelles heures ?", type: hours, latest: "20:00"}'
SUBMITTED = {"capacity": "self", "attestation": ["0", "1", "2"]}


def text_with(question: str) -> str:
    """The call mentorat-2026 with one more question at the head of its first page."""
    text = (rubrics_folder() / "mentorat-2026.yaml").read_text()
    before, mark, after = text.partition("- id: titre\n")
    assert mark
    indent = before.rpartition("\n")[2]
    return f"{before}- {question}\n{indent}{mark}{after}"


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch, app: Flask) -> Iterator[None]:
    """The product with the file and the template of the type `hours` beside those of its own."""
    monkeypatch.setattr(aap.core.questions, "__path__", [*aap.core.questions.__path__, str(WORLD)])
    assert isinstance(app.jinja_loader, FileSystemLoader)
    monkeypatch.setattr(app.jinja_loader, "searchpath", [*app.jinja_loader.searchpath, str(WORLD / "templates")])
    discover()
    yield
    del TYPES["hours"]
    del sys.modules["aap.core.questions.hours"]


def told(text: str) -> list[str]:
    """The errors of a call file; its date of decision is only worth a warning."""
    return [
        f"{one.key} {one.message} [{one.found}] {one.allowed} {one.nearest}"
        for one in inspect_call(text, name="f").problems
        if one.is_error
    ]


@pytest.mark.usefixtures("hours")
def test_a_call_file_may_ask_it_with_its_own_keys_and_no_other() -> None:
    question = load_call(text_with(QUESTION), name="f").form.sections[0].questions[0]
    assert (question.type, type(question)) == ("hours", TYPES["hours"])
    place = "form.sections[0].questions[0]"
    assert told(text_with(QUESTION.replace("latest", "lastest"))) == [
        f"{place}.lastest clé inconnue [lastest] "
        "id, label, type, help, example, required, show_if, criteria, identifying ou latest latest"
    ]
    assert told(text_with(QUESTION.replace('"20:00"', "vingt"))) == [
        f"{place}.latest cette heure n’est pas bien écrite [vingt] 20:00 "
    ]
    part = call_file_schema()["$defs"]["HoursQuestion"]
    assert part["properties"]["latest"]["description"] == "Heure de fin la plus tardive, par exemple 20:00."


def test_without_it_the_call_file_is_refused_by_its_type() -> None:
    place, (*names, last) = "form.sections[0].questions[0]", sorted(TYPES)
    assert told(text_with(QUESTION)) == [
        f"{place}.type cette valeur n’est pas possible ici [hours] {', '.join(names)} ou {last} ",
        f"{place}.latest clé inconnue [latest] {listed(keys_of(None), 'ou')} ",
    ]


def save(browser: Browser, one: Space, start: str, end: str) -> ReadPage:
    """Posts the first page; gives the page as the answer shows it, or as it then opens."""
    here = f"{one.url}/sections/projet"
    page = ReadPage.of(browser.get(here))
    values = {**page.values, "q.creneau.from": start, "q.creneau.to": end, "save": "stay"}
    answer = browser.post(here, values, page=here)
    return ReadPage.of(answer) if answer.status_code == 422 else ReadPage.of(browser.get(here))


@pytest.mark.usefixtures("hours")
def test_a_dossier_with_it_is_saved_checked_submitted_read_printed_and_compared(
    space: Spaces, signed: Callable[[Space], Browser], browser: Callable[[], Browser], clock: Any
) -> None:
    one = space(ANSWERS, text=text_with(QUESTION)).attach_all()
    mine = signed(one)
    assert "de 8 h" not in mine.get(f"{one.url}/relecture").text
    assert [problem.field for problem in one.dossier().errors] == ["creneau.from"]

    page = save(mine, one, "matin", "21h")
    assert page.errors == {
        "q.creneau.from": "Erreur : Ce n’est pas une heure. Écrivez-la comme 9 h ou 18:30.",
        "q.creneau.to": "Erreur : Au plus tard à 20 h 00.",
    }
    assert (page.values["q.creneau.from"], page.values["q.creneau.to"]) == (["matin"], ["21h"])
    save(mine, one, "9 h", "18:30")
    assert one.dossier().answers["creneau"] == {"from": "09:00", "to": "18:30"}
    assert one.dossier().errors == ()
    assert "de 9 h 00 à 18 h 30" in words(mine.get(f"{one.url}/relecture").text)

    assert mine.post(f"{one.url}/depot", SUBMITTED).status_code == 303
    with mine.client.get(f"{one.url}/dossier.pdf") as answer, pikepdf.open(io.BytesIO(answer.data)):
        assert "À quelles heures ? de 9 h 00 à 18 h 30" in samples.text_of(answer.data)
    assert "jusqu’à 20 h 00" in samples.text_of(blank_questionnaire(one.call.file))
    assert "Jusqu’à 20 h 00" in words(mine.get(f"/appels/{one.call.id}/questions").text)

    for use_case, values in ((withdraw_application, {"reason": "", "links": LINKS}), (resume_application, {})):
        with one.database.writing() as session:
            use_case(session, actor=one.actor, application_id=one.id, now=clock(), **values)
    clock.move(hours=1)
    save(mine, one, "10:00", "18:30")
    assert mine.post(f"{one.url}/depot", SUBMITTED, page="/compte").status_code == 303

    official = browser().sign_in(one.factory.person(Role.OFFICIAL, call=one.call))
    dossier = f"/instruction/{one.call.id}/dossiers/{one.application.reference}"
    assert "de 10 h 00 à 18 h 30" in words(official.get(dossier).text)
    compared = words(official.get(f"{dossier}/versions").text)
    assert "de 9 h 00 à 18 h 30" in compared
    assert "de 10 h 00 à 18 h 30" in compared


def words(text: str) -> str:
    """The text with plain spaces."""
    return " ".join(text.split())
