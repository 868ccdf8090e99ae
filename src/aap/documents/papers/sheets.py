"""The sheet of one dossier's algorithmic processing (CRPA L311-3-1, R311-3-1-2), to hand out on request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from aap.core import french
from aap.core.ranking.processing_sheet import ProcessingSheet, SheetPart
from aap.documents.papers.letterhead import Sender
from aap.documents.papers.lists import Cell, PaperColumn
from aap.documents.papers.minutes import Heading, MinutesTable, Paragraph
from aap.documents.papers.pdf import PdfMetadata, render_pdf


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet ready to lay out. `made_on`: the day of the run that it describes."""

    sheet: ProcessingSheet
    sender: Sender
    reference: str
    made_on: date

    @property
    def body(self) -> tuple[Heading | Paragraph | MinutesTable, ...]:
        parts: list[Heading | Paragraph | MinutesTable] = []
        for number, part in enumerate(self.sheet.parts, 1):
            parts.append(Heading(f"{number}. {part.title}"))
            parts.extend(Paragraph(french.spaced(text)) for text in part.paragraphs)
            if part.table:
                parts.append(_table(part))
        return tuple(parts)


def _table(part: SheetPart) -> MinutesTable:
    """The first row is the header; a column whose every cell is a figure is set to the right. What names the rows takes what the
    other columns leave, where it is words."""
    header, *rows = part.table
    figures = [any(row[at] for row in rows) and all(_is_figure(row[at]) for row in rows) for at in range(len(header))]
    widths = [None if figures[0] or at == 0 else _width(row[at] for row in part.table) for at in range(len(header))]
    columns = tuple(
        PaperColumn(title, width, figure=figure) for title, width, figure in zip(header, widths, figures, strict=True)
    )
    return MinutesTable(columns, tuple(tuple(Cell(cell) for cell in row) for row in rows))


def _width(texts: Iterable[str]) -> int:
    """Millimetres for the longest of them in one line, within what leaves room for the others."""
    return min(60, max(22, 2 * max(map(len, texts))))


def _is_figure(text: str) -> bool:
    return not text.strip("0123456789,−-%€ \u00a0\u202f")


def render_sheet(view: SheetView) -> bytes:
    """The sheet as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"Fiche de traitement algorithmique – {view.sheet.application_id}",
        author=view.sender.in_full,
        made_on=view.made_on,
        subject=view.sheet.call_title,
    )
    return render_pdf("sheet.html", metadata, {"view": view, "sheet": view.sheet})
