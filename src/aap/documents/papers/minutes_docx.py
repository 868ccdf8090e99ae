"""Minutes as a text document (DOCX) to finish by hand: real headings, tables whose header row comes back, in French.

It says what the PDF says: both lay out the same `MinutesView`. The same view gives the same bytes: no date in it is the
clock's.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph as DocxParagraph

from aap.documents.papers.lists import Cell, PaperColumn
from aap.documents.papers.minutes import Heading, MinutesTable, MinutesView, PaperPart, Paragraph, Sentences
from aap.documents.papers.pdf import blocks

_INK = RGBColor(0x1D, 0x34, 0x61)
_FONT = "Arial"
_WIDTH = 210 - 2 * 18  # mm of an A4 page between its margins
_ENTRY_DATE = (2000, 1, 1, 0, 0, 0)
_LANGUAGE = "fr-FR"


def minutes_docx(view: MinutesView) -> bytes:
    """The minutes as a DOCX; the same view gives the same bytes."""
    made = Document()
    _prepare(made, view)
    sender = view.sender
    for number, line in enumerate(filter(None, (sender.authority, sender.service, sender.address, sender.contact))):
        made.add_paragraph().add_run(line).bold = number == 0
    made.add_heading(view.title, level=1)
    made.add_paragraph(view.call_title, style="Subtitle")
    for sentence in view.standing.sentences if view.standing else ():
        made.add_paragraph().add_run(sentence).bold = True
    made.add_paragraph(view.opening)
    for part in view.parts:
        _write(part, made)
    for words, code in view.notes:
        _small(made.add_paragraph(), words + code)
    _signatures(made, view)
    return _with_fixed_dates(made)


def _prepare(made: DocxDocument, view: MinutesView) -> None:
    """Page, styles, language, properties, foot."""
    section = made.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin = section.bottom_margin = Mm(18)
    for name, size in (
        ("Normal", 10),
        ("Heading 1", 17),
        ("Heading 2", 13),
        ("Heading 3", 11),
        ("Heading 4", 10),
        ("Subtitle", 12),
    ):
        style = made.styles[name]
        style.font.name, style.font.size, style.font.italic = _FONT, Pt(size), False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # a theme's font would come first
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), _FONT)
        if name != "Normal":
            style.font.color.rgb = _INK
    made.styles["Normal"].paragraph_format.space_after = Pt(4)
    for language in made.styles.element.iter(qn("w:lang")):
        for script in ("val", "eastAsia"):
            language.set(qn(f"w:{script}"), _LANGUAGE)
    core = made.core_properties
    day = datetime.combine(view.held_on, time(), tzinfo=UTC).replace(tzinfo=None)
    core.title, core.author, core.subject = f"{view.title} – {view.call_title}", view.sender.in_full, view.reference
    core.language, core.comments, core.keywords, core.last_modified_by = _LANGUAGE, "", "", view.sender.in_full
    core.created = core.modified = day
    foot = section.footer.paragraphs[0]
    _small(foot, f"{view.foot} – ")
    _page_number(foot)


def _page_number(paragraph: DocxParagraph) -> None:
    run = paragraph.add_run()
    run.font.size = Pt(8)
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.set(qn("xml:space"), "preserve")
            element.text = text
        run._r.append(element)


def _small(paragraph: DocxParagraph, text: str) -> None:
    paragraph.add_run(text).font.size = Pt(8)


# --- parts ------------------------------------------------------------------------------------------------------------


def _write(part: PaperPart, made: DocxDocument) -> None:
    """Adds one part to the document."""
    match part:
        case Heading():
            made.add_heading(part.heading, level=part.level)
        case Paragraph():
            for block in blocks([part.paragraph]):
                _list(made, block.items) if block.items else made.add_paragraph(block.text)
        case Sentences():
            _list(made, part.sentences)
        case MinutesTable():
            _grid(made, part)


def _list(made: DocxDocument, items: Sequence[str]) -> None:
    for item in items:
        made.add_paragraph(item, style="List Bullet")


def _grid(made: DocxDocument, part: MinutesTable) -> None:
    if not part.rows:
        made.add_paragraph(part.empty)
        return
    table = _table(made, part.columns, 1 + len(part.rows))
    for cell, column in zip(table.rows[0].cells, part.columns, strict=True):
        _fill(cell, Cell(column.title), column, head=True)
    header = table.rows[0]._tr.get_or_add_trPr()
    header.append(OxmlElement("w:tblHeader"))
    for line, cells in zip(table.rows[1:], part.rows, strict=True):
        line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell, content, column in zip(line.cells, cells, part.columns, strict=True):
            _fill(cell, content, column)
    made.add_paragraph()


def _table(made: DocxDocument, columns: Sequence[PaperColumn], rows: int) -> Table:
    """An empty table with the columns' widths: those without one share what is left."""
    table: Table = made.add_table(rows=rows, cols=len(columns))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    open_ones = sum(column.width is None for column in columns)
    left = (_WIDTH - sum(column.width or 0 for column in columns)) / max(open_ones, 1)
    for place, column in zip(table.columns, columns, strict=True):
        place.width = Mm(column.width or max(left, 20))
        for cell in place.cells:
            cell.width = place.width
    return table


def _fill(cell: _Cell, content: Cell, column: PaperColumn, *, head: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    run = paragraph.add_run(content.text)
    run.font.size, run.bold = Pt(8 if column.reference else 9), head
    if head:
        run.font.color.rgb = _INK
    if column.figure:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if content.detail:
        detail = cell.add_paragraph()
        detail.paragraph_format.space_after = Pt(1)
        _small(detail, content.detail)


def _signatures(made: DocxDocument, view: MinutesView) -> None:
    if not view.signatories:
        return
    table = made.add_table(rows=1, cols=len(view.signatories))
    for cell, person in zip(table.rows[0].cells, view.signatories, strict=True):
        cell.paragraphs[0].add_run(person.capacity)
        cell.add_paragraph().add_run(person.name).bold = True
        for _line in range(4):
            cell.add_paragraph()


# --- bytes ------------------------------------------------------------------------------------------------------------


def _with_fixed_dates(made: Any) -> bytes:
    """The archive with its entries in one order and at one date: the library writes the clock into it."""
    saved, out = io.BytesIO(), io.BytesIO()
    made.save(saved)
    with zipfile.ZipFile(saved) as given, zipfile.ZipFile(out, "w") as archive:
        names = given.namelist()
        first = "[Content_Types].xml"
        for name in [first, *sorted(one for one in names if one != first)]:
            entry = zipfile.ZipInfo(name, _ENTRY_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, given.read(name))
    return out.getvalue()
