"""Every field of the two real calls with wrong, huge, hostile and Unicode values: said beside the field and in the
summary, kept as typed, never an error of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from aap.core.budgets.accounting import accounts
from aap.core.call.schema import Section
from aap.core.questions.base.question import Question
from aap.core.values import clean_text
from tests.conftest import Browser
from tests.worlds.applicants import Space, Spaces
from tests.worlds.read_page import ReadPage

HOSTILE = {
    "script": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }} {% include '/etc/passwd' %} ${7*7} %(x)s %s {0}",
    "sql": "'; DROP TABLE application; -- \\",
    "control": "a\x00b\x08c\x1b[31m\ufffe\u202egro.elpmaxe",
    "unicode": "e\u0301te\u0301 🧑🏽‍🤝‍🧑🏻 𝒜 ﷽ नमस्ते ٣٤ ½ \u200b",
    "huge": "x" * 4_000,
    "digits": "9" * 500,
    "exponent": "1e400",
    "infinite": "NaN",
    "negative": "-12,345",
    "arabic_digits": "٤٥",
    "nearly_date": "31/02/2026",
    "far_date": "9999999999-99-99",
    "lines": "un\r\ndeux\rtrois\u2028quatre",
    "blank": " \u00a0\u200b\t\n ",
    "row_bomb": "q.actions.99999999999999999999.x",
}
KEPT_TEXT = frozenset({"text", "long_text", "number", "money", "date", "commune", "period", "cell", "budget"})
CALLS = ("mentorat-2026", "mentorat-2025")


@dataclass(frozen=True)
class Input:
    """One input of a page: the name that it posts, and what it is."""

    name: str
    kind: str


def inputs_of(question: Question, prefix: str = "q.") -> Iterator[Input]:
    """Every input of a question, as the page names them."""
    name = f"{prefix}{question.id}"
    match question.type:
        case "file":
            return
        case "period":
            yield Input(f"{name}.start", "period")
            yield Input(f"{name}.end", "period")
        case "yes_no" | "choice":
            yield Input(name, "option")
            if question.detail_if is not None:
                yield Input(f"{name}.detail", "long_text")
        case "multiple_choice":
            yield Input(name, "option")
        case "commune" | "communes":
            yield Input(name, "commune")
            for part in ("code", "choice", "asked", "codes"):
                yield Input(f"{name}.{part}", "hidden")
        case "table":
            for column in question.columns:
                yield Input(f"{name}.0.{column.id}", "text" if column.type == "text" else "cell")
        case "group":
            for inner in question.questions:
                yield from inputs_of(inner, f"{name}.0.")
        case "budget":
            for account in accounts(question.budget or "project"):
                yield Input(f"{name}.{account.code}", "budget")
        case _:
            yield Input(name, question.type)


def same_text(value: str) -> str:
    """A text whatever its line ends, spaces and Unicode form are: what a person sees of it."""
    return " ".join(clean_text(value, lines=True).split())


def post_all(browser: Browser, space: Space, section: Section, value: str) -> tuple[int, ReadPage]:
    """Posts the value to every input of a section; gives the answer, and the page as it then opens."""
    fields = {one.name: value for question in section.questions for one in inputs_of(question)}
    here = f"{space.url}/sections/{section.id}"
    answer = browser.get(here)
    version = ReadPage.of(answer).values["version"][0]
    answer = browser.post(here, {**fields, "version": version, "save": "stay"}, page=here)
    page = ReadPage.of(answer) if answer.status_code == 422 else ReadPage.of(browser.get(here))
    return answer.status_code, page


@pytest.mark.parametrize("call_name", CALLS)
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_value_in_every_field_is_kept_and_said_beside_each(
    space: Spaces, signed: Callable[[Space], Browser], call_name: str, case: str
) -> None:
    value = HOSTILE[case]
    one = space(name=call_name)
    browser = signed(one)
    for section in one.call.file.form.sections:
        if section.id not in {shown.id for shown in one.dossier().visible}:
            continue
        status, page = post_all(browser, one, section, value)
        assert status in (303, 422)
        assert page.unsaid_errors() == []
        assert {target for target, _ in page.summary} == set(page.errors), section.id
        for question in section.questions:
            for field in inputs_of(question):
                if field.kind not in KEPT_TEXT or field.name not in page.by_id:
                    continue  # a block of which nothing could be kept isn't there any more
                assert list(map(same_text, page.values[field.name])) == [same_text(value)], field.name


WRONG = {
    "number": ("douze", "1,2,3", "12 %", "-5", "10e3", "²"),
    "period": ("demain", "31.04.2026"),
    "commune": ("Ville Imaginaire", "99999", "Saint-Denis"),
    "budget": ("mille", "-1", "1,2345", "1e9", "99999999999999", "=1+1"),
    "option": ("autre chose", "OUI ", "<b>"),
}
"""What isn't an answer of each kind."""


@pytest.mark.parametrize("call_name", CALLS)
@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_answer_of_its_kind_is_refused_beside_each_field(
    space: Spaces, signed: Callable[[Space], Browser], call_name: str, kind: str
) -> None:
    one = space(name=call_name)
    browser = signed(one)
    met = 0
    for section in one.call.file.form.sections:
        if section.id not in {shown.id for shown in one.dossier().visible}:
            continue
        names = [f.name for q in section.questions if q.show_if is None for f in inputs_of(q) if f.kind == kind]
        if not names:
            continue
        here = f"{one.url}/sections/{section.id}"
        for value in WRONG[kind]:
            version = ReadPage.of(browser.get(here)).values["version"][0]
            answer = browser.post(here, {**dict.fromkeys(names, value), "version": version}, page=here)
            page = ReadPage.of(answer)
            met += len(names)
            assert answer.status_code == 422, value
            assert page.unsaid_errors() == []
            shown = [name for name in names if name in page.by_id]
            assert set(shown) <= set(page.errors), (value, sorted(set(shown) - set(page.errors)))
            assert set(shown) <= {target for target, _ in page.summary}
            if kind != "option":
                assert {name: page.values[name] for name in shown} == {name: [value.strip()] for name in shown}
    assert met > 0


@pytest.mark.parametrize("call_name", CALLS)
def test_names_that_no_field_has_change_nothing(
    space: Spaces, signed: Callable[[Space], Browser], call_name: str
) -> None:
    one = space(name=call_name)
    browser = signed(one)
    section = one.call.file.form.sections[0].id
    here = f"{one.url}/sections/{section}"
    strange = {
        "q.": "x", "q..": "x", "q.titre.0": "x", "q.inconnue": "x", "q.budget.99": "12", "q.actions.-1.intitule": "x",
        "q.actions.99999999999999999999.intitule": "x", "q.actions.²2.intitule": "x", "q.actions.1e3.intitule": "x",
        "q._raw": "x", "version": "9" * 400, "edit": "remove q.actions.9999", "save": "\x00",
    }  # fmt: skip
    answer = browser.post(here, {**strange, "version": "0"}, page=here)
    assert answer.status_code in (200, 303, 422)
    held = one.dossier().sections.get(section)
    assert held is None or (held.answers, held.raw) == ({}, {})


EDITS = (
    "add", "add q.titre", "remove q.actions.0", "remove q.actions.x", "safe", "safe x y", "safe statuts " + "0" * 36,
    "upload", "upload x", "upload statuts", "\x00", "é" * 9999,
)  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_a_button_that_no_page_has_breaks_nothing(space: Spaces, signed: Callable[[Space], Browser], edit: str) -> None:
    one = space()
    browser = signed(one)
    for section in ("projet", "pieces"):
        here = f"{one.url}/sections/{section}"
        answer = browser.post(here, {"version": "0", "edit": edit, "q.titre": "Un titre gardé"}, page=here)
        assert answer.status_code in (200, 303, 404, 422)
    assert one.dossier().answers.get("titre") == "Un titre gardé"
