"""Every text that people read is marked for translation, and the catalogue holds it, on pages that no test opens too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes
from scripts.catalogues import FOLDER, ROOT, catalogues, written

from tests.pseudo import outside

OTHERS = ("documents", "report", "mail")
"""Templates of documents and mails: their sentences are in the language of who receives them, not of who clicks."""
SHOWROOM = ("templates/ui/guide.html", "src/aap/web/guide.py")  # for who develops
LAST_PAGE = "src/aap/web/errors.py"  # holds the page for when nothing else can be shown

MARKING = {"_", "gettext", "ngettext", "lazy_gettext"}
FRENCH = re.compile(r"[à-öø-ÿÀ-ÖØ-Ý’«»]")
NO_TEXT = {"– aap", "CSV", "ODS", "XLSX", "regles-.json", "verification-.json"}
"""The product's name and names of files."""


@pytest.mark.parametrize("domain", ["messages", "scripts"])
def test_the_catalogue_is_what_make_texts_writes(domain: str) -> None:
    assert (FOLDER / f"{domain}.pot").read_bytes() == written(catalogues()[domain]), "run `make texts`"


def _source_texts(tree: nodes.Node) -> Iterator[str]:
    """What a template writes itself: its texts, with nothing where an expression stands."""
    for node in tree.find_all(nodes.Output):
        for part in node.nodes:
            yield part.data if isinstance(part, nodes.TemplateData) else ""


def test_no_template_holds_an_unmarked_text() -> None:
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    found = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = path.relative_to(ROOT).as_posix()
        if name.split("/")[1] not in OTHERS and name not in SHOWROOM:
            texts = [words for words in outside("".join(_source_texts(environment.parse(path.read_text()))))
                     if words not in NO_TEXT and not words.startswith("aria-")]  # fmt: skip
            if texts:
                found[name] = texts
    assert found == {}


def _quoted(tree: ast.AST) -> Iterator[str]:
    """Strings in code that are neither marked nor documentation."""
    for node in ast.iter_child_nodes(tree):
        marked = isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKING
        said = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not marked and not said:
            yield from _quoted(node)


def test_no_page_words_a_french_text_that_is_not_marked() -> None:
    found = {}
    for path in sorted((*(ROOT / "src/aap/web").rglob("*.py"), *(ROOT / "src/aap/identity").rglob("*.py"),
                        ROOT / "src/aap/app.py")):  # fmt: skip
        name = path.relative_to(ROOT).as_posix()
        texts = (
            []
            if name in SHOWROOM
            else [words for words in _quoted(ast.parse(path.read_text())) if FRENCH.search(words)]
        )
        if name == LAST_PAGE:
            texts = [words for words in texts if not words.startswith("<!doctype html>")]
        if texts:
            found[name] = texts
    assert found == {}


def _script_texts(source: str) -> Iterator[str]:
    """Strings of a script that are not marked: its comments and what is handed to gettext are taken out."""
    code = re.sub(r"^\s*//.*|\s//\s.*$|/\*.*?\*/", "", source, flags=re.M)
    code = re.sub(r"\bn?gettext\((?:\s*\"[^\"]*\"[\s+,]*)+", "(", code)
    yield from (found.group() for found in re.finditer(r"\"[^\"\n]*\"|`[^`]*`", code))


def test_no_script_holds_an_unmarked_text() -> None:
    word = re.compile(r"[a-zà-ÿ]{2,} [a-zà-ÿ]{2,}|^[\"`][A-ZÀ-Ý][a-zà-ÿ]+")
    known = re.compile(
        r"^[\"`](?:Enter|Escape|Arrow\w+|Accept|Europe)|[\[\]$#]|[.-]\w"
    )  # keys, headers, selectors, classes
    found = {
        path.name: texts
        for path in sorted((ROOT / "src/aap/web/static/js").glob("*.js"))
        if (texts := [one for one in _script_texts(path.read_text())
                      if (FRENCH.search(one) or word.search(one)) and not known.search(one)])
    }  # fmt: skip
    assert found == {}


def test_what_is_kept_never_speaks_a_language_of_the_request() -> None:
    below = [
        path.relative_to(ROOT).as_posix()
        for folder in ("core", "records", "services", "documents", "jobs", "cli")
        for path in _files(ROOT / "src/aap" / folder)
        if re.search(r"\bflask_babel\b|\bgettext\b", path.read_text())
    ]
    assert below == []


FIGURES = {"web/figures.py", "web/filters.py"}
"""They may ask for French figures: where the language is chosen, and its filters (`rounded`, the type of a number)."""


def test_pages_write_figures_in_the_language_of_the_answer() -> None:
    typography = {"NBSP", "NNBSP", "spaced", "quoted"}
    found = {}
    for path in sorted((ROOT / "src/aap/web").rglob("*.py")):
        name = path.relative_to(ROOT / "src/aap").as_posix()
        tree = ast.parse(path.read_text())
        used = {
            node.attr for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "french"
        } | {
            one.name for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "aap.core.french" for one in node.names
        }  # fmt: skip
        if name not in FIGURES and used - typography:
            found[name] = used - typography
    assert found == {}


def _files(path: Path) -> Iterator[Path]:
    yield from path.rglob("*.py") if path.is_dir() else (path,)
