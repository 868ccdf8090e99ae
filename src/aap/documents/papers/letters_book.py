"""The letters of a call as one PDF in the order of the post, with a list of what is in it in front."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pikepdf

from aap.core import french
from aap.core.call.schema import CallFile
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import DOSSIER_COLUMN, Cell, PaperColumn, SignedListView, render_list


@dataclass(frozen=True, slots=True)
class BoundLetter:
    """A letter in its place. `number`: of the call's letters; `content`: reads its PDF when it is its turn."""

    reference: str
    number: int | None
    association: str
    place: str
    content: Callable[[], bytes]


def bind_letters(
    call: CallFile, letters: Sequence[BoundLetter], *, withheld: int, made_on: date, progress: Callable[[int], None]
) -> bytes:
    """One PDF: the list, then each letter, all with bookmarks; the same letters give the same bytes.

    `withheld`: letters that are not in it, which the list says; `progress` is told how many are bound.
    """
    with pikepdf.Pdf.new() as book:
        sheets: list[int] = []
        for done, letter in enumerate(letters, 1):
            with pikepdf.Pdf.open(io.BytesIO(letter.content())) as one:
                sheets.append(len(one.pages))
                book.pages.extend(one.pages)
            if done % 10 == 0:
                progress(done)
        with pikepdf.Pdf.open(io.BytesIO(_cover(call, letters, sheets, withheld, made_on))) as cover:
            first = len(cover.pages)
            for at, page in enumerate(cover.pages):
                book.pages.insert(at, page)
        with book.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Bordereau", 0))
            for letter, length in zip(letters, sheets, strict=True):
                outline.root.append(pikepdf.OutlineItem(f"{letter.reference} – {letter.association}", first))
                first += length
        book.docinfo["/Title"] = f"Lettres – {call.call.title or call.id}"
        book.Root.Lang = pikepdf.String("fr")
        made = io.BytesIO()
        book.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return made.getvalue()


def _cover(
    call: CallFile, letters: Sequence[BoundLetter], sheets: Sequence[int], withheld: int, made_on: date
) -> bytes:
    notes = []
    if withheld:
        told = french.count(withheld, "lettre n’est pas", "lettres ne sont pas")
        notes.append(f"{told} dans ce fichier : vous êtes déporté de leurs dossiers.")
    view = SignedListView(
        title="Bordereau des lettres",
        call_title=call.call.title or call.id,
        reference=call.call.reference or call.id,
        sender=sender_of(call),
        summary=(("Lettres", french.number(len(letters))), ("Pages", french.number(sum(sheets)))),
        columns=(
            PaperColumn("Ordre", 13, figure=True),
            PaperColumn("Lettre", 15, figure=True),
            DOSSIER_COLUMN,
            PaperColumn("Association"),
            PaperColumn("Commune", 48),
            PaperColumn("Pages", 13, figure=True),
        ),
        rows=tuple(
            (
                Cell(str(order)),
                Cell(f"N°{french.NBSP}{letter.number}" if letter.number else "–"),
                Cell(letter.reference),
                Cell(letter.association),
                Cell(letter.place or "–"),
                Cell(str(length)),
            )
            for order, (letter, length) in enumerate(zip(letters, sheets, strict=True), 1)
        ),
        made_on=made_on,
        notes=tuple(notes),
    )
    return render_list(view)
