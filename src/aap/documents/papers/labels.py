"""Addresses on sheets of labels: A4, three by eight, each 70 × 37 mm, without margins between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aap.core.call.schema import CallFile
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.pdf import PdfMetadata, render_pdf

ACROSS, DOWN = 3, 8


@dataclass(frozen=True, slots=True)
class AddressLabel:
    """`lines`: the addressee first, the town last. `reference`: small, so that letter and label are put together."""

    reference: str
    lines: tuple[str, ...]


def render_labels(call: CallFile, labels: Sequence[AddressLabel], *, made_on: date) -> bytes:
    """The labels in their order, row by row; the same labels give the same bytes. `made_on` dates the file."""
    rows = [labels[at : at + ACROSS] for at in range(0, len(labels), ACROSS)]
    sheets = [rows[at : at + DOWN] for at in range(0, len(rows), DOWN)]
    metadata = PdfMetadata(
        title=f"Étiquettes d’adresses – {call.call.title or call.id}",
        author=sender_of(call).in_full,
        made_on=made_on,
    )
    return render_pdf("labels.html", metadata, {"sheets": sheets, "across": ACROSS})
