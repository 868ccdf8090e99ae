"""Minutes (procès-verbal) of a meeting, a consensus or a register of recusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aap.documents.papers.letterhead import Sender
from aap.documents.papers.lists import Cell, PaperColumn
from aap.documents.papers.pdf import PdfMetadata, render_pdf
from aap.documents.papers.run_standing import RunStanding


@dataclass(frozen=True, slots=True)
class Heading:
    """A title between paragraphs."""

    heading: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    paragraph: str


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences set as one list."""

    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MinutesTable:
    """A table with as many cells a row as columns; without rows it says `empty`."""

    columns: tuple[PaperColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "Aucune ligne."


@dataclass(frozen=True, slots=True)
class Attendee:
    """A line of the table of those present, to be completed by hand."""

    name: str
    capacity: str = ""
    presence: str = "Présent"


@dataclass(frozen=True, slots=True)
class MinutesView:
    """Minutes ready to lay out. `signatories`: name and capacity of each who signs; `witness`, `standing` as in a list."""

    title: str
    call_title: str
    reference: str
    sender: Sender
    held_on: date
    place: str = ""
    attendees: tuple[Attendee, ...] = ()
    body: tuple[Heading | Paragraph | Sentences | MinutesTable, ...] = ()
    signatories: tuple[Attendee, ...] = ()
    fingerprint: str = ""
    witness: str = ""
    standing: RunStanding | None = None


def render_minutes(view: MinutesView) -> bytes:
    """The minutes as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"{view.title} – {view.call_title}",
        author=" – ".join(filter(None, (view.sender.authority, view.sender.service))),
        made_on=view.held_on,
        subject=view.reference,
    )
    return render_pdf("minutes.html", metadata, {"minutes": view})
