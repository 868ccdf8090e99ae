"""What a screen reader is told of a paper: one table a list, named rows, nothing that only decorates."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pikepdf
import pytest

from aap.documents.papers.lists import laureate_list_view, ranking_list_view, render_list
from aap.own_files import templates_folder
from tests.unit.documents.papers import samples

HASH = "3f" * 32


def long_list() -> pikepdf.Pdf:
    rows = [samples.row(rank) for rank in range(1, 68)]
    return pikepdf.open(io.BytesIO(render_list(laureate_list_view(samples.call(), rows, result_hash=HASH))))


def walked(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
    for kid in element.K:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from walked(kid)


def elements(pdf: pikepdf.Pdf, kind: str) -> list[pikepdf.Object]:
    return [one for one in walked(pdf.Root.StructTreeRoot) if kind == one.S]


def told(pdf: pikepdf.Pdf, element: pikepdf.Object) -> str:
    """The text that an element leads to, by the marks in its pages."""
    words = []
    for one in [element, *walked(element)]:
        for mark in (kid for kid in one.K if isinstance(kid, int)):
            words.append(f"{pdf.pages.index(pikepdf.Page(one.Pg))}/{mark}")
    return " ".join(words)


def test_a_list_over_several_pages_is_one_table_with_a_name_whose_rows_have_headings() -> None:
    with long_list() as pdf:
        assert len(pdf.pages) > 1
        (table,) = elements(pdf, "/Table")
        below = list(walked(table))
        assert [str(one.S) for one in below if one.S in ("/Caption", "/THead")] == ["/Caption", "/THead"]
        assert told(pdf, next(one for one in below if one.S == "/Caption")) != ""
        rows = [one for one in below if one.S == "/TR"]
        scopes = [[str(cell.A.Scope) for cell in row.K if cell.S == "/TH"] for row in rows]
        assert scopes == [["/Column"] * 6, *[["/Row"]] * 68]  # the head, the laureates, their total


def test_a_cell_names_the_headings_of_the_one_head_on_whatever_page_it_stands() -> None:
    with long_list() as pdf:
        (table,) = elements(pdf, "/Table")
        ids = {str(cell.ID) for cell in walked(table) if cell.S == "/TH"}
        named = {str(name) for cell in walked(table) if cell.S == "/TD" for name in cell.A.Headers}
        assert named <= ids


def test_what_the_structure_does_not_lead_to_is_an_artifact() -> None:
    with long_list() as pdf:
        reached = {
            (one.Pg.objgen, kid) for one in walked(pdf.Root.StructTreeRoot) for kid in one.K if isinstance(kid, int)
        }
        for page in pdf.pages:
            marked = {int(mark) for mark in re.findall(rb"/MCID (\d+)", page.Contents.read_bytes())}
            assert {(page.objgen, mark) for mark in marked} == {one for one in reached if one[0] == page.objgen}
            words = page.Contents.read_bytes()
            assert words.count(b"BMC") + words.count(b"BDC") == words.count(b"EMC")


def test_the_ranking_with_its_reasons_is_one_table_too() -> None:
    rows = [samples.row(rank, reason="Un motif. " * 12) for rank in range(1, 40)]
    with pikepdf.open(io.BytesIO(render_list(ranking_list_view(samples.call(), rows, result_hash=HASH)))) as pdf:
        assert (len(pdf.pages) > 1, len(elements(pdf, "/Table"))) == (True, 1)


@pytest.mark.parametrize(
    "template", sorted((templates_folder() / "documents").glob("*.html")), ids=lambda one: one.stem
)
def test_every_table_of_a_template_has_a_caption_and_its_headings_a_scope(template: object) -> None:
    text = template.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    tables = re.findall(r"<table\b.*?</table>", text, re.S)
    assert [one[:60] for one in tables if "<caption" not in one] == []
    assert re.findall(r"<th(?![^>]*scope=)[ >][^>]*>", text) == []
