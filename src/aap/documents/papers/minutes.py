"""Minutes (procès-verbal) of a meeting, a consensus or a register of recusals: one model, which two writers lay out.

What is written stands in `MinutesView` alone: the PDF (here) and the text document (`minutes_docx`) say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aap.core import french
from aap.documents.papers.letterhead import Sender
from aap.documents.papers.lists import Cell, PaperColumn
from aap.documents.papers.pdf import PdfMetadata, render_pdf
from aap.documents.papers.run_standing import RunStanding


@dataclass(frozen=True, slots=True)
class Heading:
    """A title between paragraphs: of a part (`level` 2), or within one (3, 4)."""

    heading: str
    level: int = 2


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


PaperPart = Heading | Paragraph | Sentences | MinutesTable


@dataclass(frozen=True, slots=True)
class Attendee:
    """A line of the table of those present, to be completed by hand."""

    name: str
    capacity: str = ""
    presence: str = "Présent"


@dataclass(frozen=True, slots=True)
class MinutesView:
    """Minutes ready to lay out. `signatories`: name and capacity of each who signs; `witness`, `standing` as in a list.

    `opened_with`: the first sentence of a paper like them, which tells of no meeting.
    """

    title: str
    call_title: str
    reference: str
    sender: Sender
    held_on: date
    place: str = ""
    attendees: tuple[Attendee, ...] = ()
    body: tuple[PaperPart, ...] = ()
    signatories: tuple[Attendee, ...] = ()
    fingerprint: str = ""
    witness: str = ""
    standing: RunStanding | None = None
    opened_with: str = ""

    @property
    def opening(self) -> str:
        """`Séance du 10 avril 2025, Limoges.`"""
        return self.opened_with or f"Séance du {french.day(self.held_on)}{f', {self.place}' if self.place else ''}."

    @property
    def foot(self) -> str:
        """What stands under every page."""
        seen = f" – empreinte {self.fingerprint[:16]}" if self.fingerprint else ""
        mark = f"{self.standing.mark} – " if self.standing and self.standing.mark else ""
        return f"{mark}{self.reference} – {self.title}{seen}"

    @property
    def parts(self) -> tuple[PaperPart, ...]:
        """Everything between the opening and the notes."""
        if not self.attendees:
            return self.body
        rows = tuple((Cell(one.name), Cell(one.capacity), Cell(one.presence)) for one in self.attendees)
        columns = (PaperColumn("Nom", 58), PaperColumn("Qualité"), PaperColumn("Présence", 34))
        return (Heading("Participants"), MinutesTable(columns, rows), *self.body)

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """Words and a code each, above the signatures."""
        return (
            *((("Empreinte du résultat (SHA-256)\u00a0: ", self.fingerprint),) if self.fingerprint else ()),
            *((("", self.witness),) if self.witness else ()),
        )


def render_minutes(view: MinutesView) -> bytes:
    """The minutes as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"{view.title} – {view.call_title}",
        author=view.sender.in_full,
        made_on=view.held_on,
        subject=view.reference,
    )
    return render_pdf("minutes.html", metadata, {"minutes": view})
