"""The checks that every HTML answer of the tests goes through find what they are for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import html5lib
import pytest

from tests.page_faults import faults_of

TRAIL = '<nav class="trail"><ol><li><a href="/association/dossiers/1">Le jardin</a></li></ol></nav>'
WRONG = {
    "<p id=a></p><p id=a></p>": "the id a stands twice",
    '<p class="field-error">Trop court.</p>': "a refused form has no summary of its errors",
    "<table><tr><th scope=row>a</th><td>b</td></tr></table>": "a table has no caption: ab",
    "<table><caption>T</caption><tr><th>a</th></tr></table>": "a heading without scope: T",
    "<table><caption>T</caption><tr><td>a</td><td>b</td></tr></table>": "a row without heading: T",
    TRAIL: "the title doesn't name the dossier Le jardin: Titre",
    '<nav class="pages"><a aria-current="page">Page 3</a></nav>': "the title doesn't name the page of the list: Titre",
    '<form class="filter-bar"><input type="search" value="zz"></form>': "the title doesn't name the filter zz: Titre",
    '<form class="filter-bar"><select><option value="s" selected>Sud</option></select></form>': (
        "the title doesn't name the filter Sud: Titre"
    ),
}
RIGHT = (
    "<table><caption>T</caption><thead><tr><th scope=col>a</th></tr></thead><tr><th scope=row>a</th><td>b</td></tr></table>"
    '<div class="error-summary">Une réponse est à corriger</div><p class="field-error">Trop court.</p>'
)


def found_in(body: str, title: str = "Titre", status: int = 200) -> list[str]:
    root = html5lib.parse(f"<title>{title}</title>{body}", namespaceHTMLElements=False)
    answer: Any = SimpleNamespace(status_code=status)
    return faults_of(answer, root)


@pytest.mark.parametrize("body", WRONG)
def test_a_fault_is_found(body: str) -> None:
    assert found_in(body) == [WRONG[body]]


def test_a_refused_form_says_so_in_its_title_and_in_a_summary() -> None:
    assert found_in(RIGHT, "Erreur : Titre", 422) == []
    assert found_in(RIGHT, "Titre", 422) == ["the title of a refused form doesn't say it: Titre"]
    assert found_in("", "Erreur : Titre", 422) == ["a refused form has no summary of its errors"]


def test_a_title_that_says_it_all_is_right() -> None:
    pages = '<nav class="pages"><a aria-current="page">Page 3</a></nav>'
    search = '<form class="filter-bar"><input type="search" value="zz"></form>'
    assert found_in(TRAIL + pages + search + RIGHT, "Reçu – Le jardin, « zz », page 3 sur 4") == []
