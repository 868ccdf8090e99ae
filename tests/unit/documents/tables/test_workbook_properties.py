"""What a workbook says of itself: whose it is, and in which language."""

from __future__ import annotations

import io
from pathlib import Path

from openpyxl import load_workbook

from aap.documents.tables.workbooks import SheetColumn, SheetOf, workbook_of

SOURCE = Path(__file__).parents[4] / "src" / "aap"


def said_by(content: bytes) -> tuple[str | None, str | None, str | None]:
    book = load_workbook(io.BytesIO(content))
    return book.properties.title, book.properties.creator, book.custom_doc_props["Language"].value


def test_a_workbook_names_its_author_and_its_language() -> None:
    name: SheetColumn[str] = SheetColumn("Nom", "text", lambda one: one)
    sheets = [SheetOf("Feuille", [name], ["a"])]
    assert said_by(workbook_of("Essai", sheets, "Préfecture d’Essai")) == ("Essai", "Préfecture d’Essai", "fr-FR")
    assert said_by(workbook_of("Essai", sheets)) == ("Essai", "Appels à projets", "fr-FR")


def test_every_workbook_is_described_by_the_one_function() -> None:
    by_hand = [path.name for path in SOURCE.rglob("*.py") if "set_properties(" in path.read_text(encoding="utf-8")]
    assert by_hand == ["workbooks.py"]
