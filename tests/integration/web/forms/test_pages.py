"""The dossier's form over HTTP: without scripts, with wrong, huge, hostile and Unicode input."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from aap.core.answers.readable import read_section
from aap.core.call.loading import load_call
from aap.core.values import clean_text
from aap.own_files import rubrics_folder
from aap.web.forms import SectionForm
from aap.web.guide import ANSWERS, SECTION, TERRITORIES

PATTERN = re.compile(r'<(?:input|textarea|select)[^>]*\sname="(q\.[^"]+)"')


def without_templates(page: str) -> str:
    """The page as a browser shows it: patterns of rows aren't part of it (and html5lib doesn't know <template>)."""
    return re.sub(r"<template>.*?</template>", "", page, flags=re.S)


def post(client: FlaskClient, fields: dict[str, str | list[str]]) -> str:
    client.application.config["WTF_CSRF_ENABLED"] = False
    answer = client.post("/guide", data=MultiDict(fields))
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def form_of(fields: dict[str, str | list[str]]) -> SectionForm:
    return SectionForm(SECTION, {}, TERRITORIES, post=MultiDict(fields))


def test_the_guide_is_valid_html_without_inline_scripts_or_styles(client: FlaskClient) -> None:
    page = client.get("/guide").get_data(as_text=True)
    parser = html5lib.HTMLParser()
    parser.parse(without_templates(page))
    assert parser.errors == []
    assert " style=" not in page
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r'\son\w+="', page) == []
    ids = re.findall(r'\sid="([^"]+)"', without_templates(page))
    assert sorted({one for one in ids if ids.count(one) > 1}) == []


def test_every_error_of_the_summary_leads_to_an_element_of_the_page(client: FlaskClient) -> None:
    page = client.get("/guide").get_data(as_text=True)
    ids = set(re.findall(r'\sid="([^"]+)"', page))
    targets = set(re.findall(r'<li><a href="#(q\.[^"]+)"', page))
    assert "q.titre" not in targets  # it is long enough
    assert {"q.resume", "q.cout", "q.periode.end", "q.commune", "q.partenaires.1.nom"} <= targets
    assert targets - ids == set()


def test_each_error_is_bound_to_its_input(client: FlaskClient) -> None:
    page = client.get("/guide").get_data(as_text=True)
    found = re.search(r'<input[^>]*id="q\.partenaires\.1\.apport"[^>]*>', page)
    assert found is not None
    assert 'aria-describedby="q.partenaires.1.apport-error"' in found[0]
    assert 'aria-invalid="true"' in found[0]
    assert 'value="beaucoup"' in found[0]
    assert 'id="q.partenaires.1.apport-error"' in page


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>\"'>",
        "\x00\x01\x1b[31m\ud7ff\u202egnp.exe\ufeff",
        "x" * 450_000,
        "🦊́̂̃" * 500 + "نص عربي",
        "9" * 5_000,
        "{{ 7*7 }} %s %(n)s ${1}",
        "-1e999",
    ],
)
def test_hostile_text_in_every_field_is_answered_and_stays(client: FlaskClient, text: str) -> None:
    names = set(PATTERN.findall(client.get("/guide").get_data(as_text=True)))
    assert len(names) > 60
    huge = len(text) > 100_000
    page = post(client, dict.fromkeys(["q.resume", "q.titre"] if huge else sorted(names), text))
    assert "<script>alert" not in page
    assert clean_text(text) in unescape(page)


@pytest.mark.parametrize("row", ["99999999999", "-1", "x", "²", "1e3", ""])
def test_row_numbers_that_a_page_never_sends_are_ignored(row: str) -> None:
    form = form_of({f"q.partenaires.{row}.nom": "A", "q.partenaires.7.nom": "B"})
    assert form.own_answers() == {"partenaires": [{"nom": "B"}]}


def test_rows_and_blocks_are_added_and_removed_by_buttons() -> None:
    rows = {"q.partenaires.0.nom": "A", "q.partenaires.1.nom": "B", "q.etapes.0.intitule": "E"}
    added = form_of({**rows, "edit": "add q.partenaires"})
    assert [row["nom"] for row in added["partenaires"].typed] == ["A", "B", ""]
    removed = form_of({**rows, "edit": "remove q.partenaires.0"})
    assert removed.own_answers()["partenaires"] == [{"nom": "B"}]
    assert removed.edits
    blocks = form_of({**rows, "edit": "add q.etapes"})
    assert len(blocks["etapes"].blocks({})) == 2
    assert blocks.own_answers()["etapes"] == [{"intitule": "E"}]


def test_a_table_takes_no_more_rows_than_the_call_allows() -> None:
    rows: dict[str, str | list[str]] = {f"q.partenaires.{n}.nom": "A" for n in range(4)}
    form = form_of({**rows, "edit": "add q.partenaires"})
    assert (len(form["partenaires"].typed), form["partenaires"].question.may_add(form["partenaires"].typed)) == (
        4,
        False,
    )


@pytest.mark.parametrize(
    ("fields", "code", "raw"),
    [
        ({"q.commune": "grenoble"}, "38185", None),
        ({"q.commune": "Saint Martin d'Heres"}, "38421", None),
        ({"q.commune": "38400"}, "38421", None),
        ({"q.commune": "Saint-Denis"}, None, "Saint-Denis"),
        ({"q.commune": "Saint-Denis (974)"}, "97411", None),
        ({"q.commune": "Saint-Denis", "q.commune.asked": "Saint-Denis", "q.commune.choice": "97411"}, "97411", None),
        ({"q.commune": "Grenoble", "q.commune.asked": "Saint-Denis", "q.commune.choice": "97411"}, "38185", None),
        ({"q.commune": "Saint-Denis (La Réunion)", "q.commune.code": "97411"}, "97411", None),
        ({"q.commune": "Grenoble", "q.commune.code": "97411"}, "38185", None),
        ({"q.commune": "Atlantis"}, None, "Atlantis"),
        ({"q.commune": "99999"}, None, "99999"),
    ],
)
def test_a_commune_is_found_or_asked_again(fields: dict[str, str], code: str | None, raw: str | None) -> None:
    answers = form_of({**fields}).own_answers()
    assert (answers.get("commune"), answers.get("_raw", {}).get("commune")) == (code, raw)


def test_homonyms_are_offered_when_the_page_comes_back(client: FlaskClient) -> None:
    page = post(client, {"q.commune": "Saint-Denis"})
    assert "Plusieurs communes portent ce nom" in page
    assert re.findall(r'name="q\.commune\.choice" value="(\d+)"', page) == ["97411", "93066"]


def test_another_section_and_its_unread_text_stay_when_a_page_is_saved() -> None:
    before = {"autre": "reste", "titre": "Ancien", "_raw": {"ailleurs": "abc", "cout": "ancien"}}
    form = SectionForm(SECTION, before, TERRITORIES, post=MultiDict({"q.titre": "Nouveau titre", "q.nombre": "dix"}))
    assert form.answers == {
        "autre": "reste",
        "titre": "Nouveau titre",
        "_raw": {"ailleurs": "abc", "nombre": "dix"},
    }


def test_a_stored_draft_posted_back_unchanged_is_the_same_draft(app: Flask, client: FlaskClient) -> None:
    page = client.get("/guide").get_data(as_text=True)
    inputs = html5lib.parse(without_templates(page), namespaceHTMLElements=False)
    fields: MultiDict[str, str] = MultiDict()
    for element in [*inputs.iter("input"), *inputs.iter("textarea")]:
        name, kind = element.get("name", ""), element.get("type", "text")
        checked = kind not in ("radio", "checkbox") or element.get("checked") is not None
        if name.startswith("q.") and checked:
            value = element.text or "" if element.tag == "textarea" else element.get("value", "")
            fields.add(name, value.removeprefix("\n"))
    again = SectionForm(SECTION, {}, TERRITORIES, post=fields)
    assert again.own_answers() == ANSWERS


def test_answers_read_with_labels_and_what_is_to_correct() -> None:
    reading = {one.id: one for one in read_section(SECTION, ANSWERS, TERRITORIES).answers}
    assert reading["nombre"].text == "1\u202f200 jeunes"
    assert reading["sujet"].text == "Insertion professionnelle"
    assert list(reading["autres"].items) == ["Grenoble (Isère)", "Saint-Martin-d’Hères (Isère)"]
    assert (reading["commune"].text, reading["commune"].unread) == ("", "Saint-Denis")
    assert reading["partenaires"].rows == [["Ville de Grenoble", "12\u202f000,50\u00a0€", ""], ["", "beaucoup", ""]]
    assert [side.totals[0] for side in reading["budget"].sides] == [5_200_000, 5_000_000, 300_000, 300_000]


@pytest.mark.parametrize("path", sorted(rubrics_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_every_section_of_the_shipped_calls_is_a_page(app: Flask, path: Path) -> None:
    call = load_call(path.read_bytes(), name=path.name)
    template = app.jinja_env.from_string(
        "{% import 'ui/question.html' as questions %}{{ questions.section_fields(form, {}) }}"
    )
    with app.test_request_context("/"):
        for section in call.form.sections:
            form = SectionForm(section, {}, TERRITORIES)
            required = {f"q.{one.id}" for one in section.questions if one.required and one.show_if is None}
            asked = {f"q.{problem.question}" for problem in form.check()}
            page = without_templates(template.render(form=form))
            assert asked == required
            assert {target for target, _text in form.summary} <= set(re.findall(r'\sid="([^"]+)"', page))
