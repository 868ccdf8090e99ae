"""The file of an appeal as one PDF: a cover with its contents, then every paper behind the other, with bookmarks."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pikepdf

from aap.documents.papers.letterhead import Sender
from aap.documents.papers.minutes import Heading, MinutesTable, Paragraph, Sentences
from aap.documents.papers.pdf import PdfMetadata, render_pdf

ExtractBlock = Heading | Paragraph | Sentences | MinutesTable


@dataclass(frozen=True, slots=True)
class ExtractView:
    """A paper that is made for the file: what the service holds and no paper says yet. `foot`: at the end of each page."""

    title: str
    sender: Sender
    foot: str
    made_on: datetime
    subtitle: str = ""
    body: tuple[ExtractBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundPart:
    """A paper of the file. `group`: the heading under which it stands in the contents."""

    group: str
    title: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AppealFileView:
    """A file ready to be bound. `facts`: label and value on the cover; `notices`: sentences under the contents."""

    title: str
    call_title: str
    reference: str
    sender: Sender
    made_on: datetime
    facts: tuple[tuple[str, str], ...]
    parts: tuple[BoundPart, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the contents; `page` counts from 1 in the whole file, None for a heading."""

    title: str
    page: int | None


def render_extract(view: ExtractView) -> bytes:
    """The paper as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"{view.title} – {view.foot}", author=view.sender.authority, made_on=view.made_on, subject=view.foot
    )
    return render_pdf("extract.html", metadata, {"extract": view})


def bind(view: AppealFileView) -> bytes:
    """The whole file; the same view gives the same bytes."""
    counts = []
    for part in view.parts:
        with pikepdf.Pdf.open(io.BytesIO(part.content)) as opened:
            counts.append(len(opened.pages))
    cover, pages = _cover(view, counts, 1)
    if pages > 1:  # the contents take more room than they were thought to
        cover, pages = _cover(view, counts, pages)
    return _joined(view, cover, _starts(counts, pages))


def _starts(counts: Sequence[int], before: int) -> list[int]:
    """The page, from 1, on which each part begins."""
    starts = []
    page = before + 1
    for count in counts:
        starts.append(page)
        page += count
    return starts


def _cover(view: AppealFileView, counts: Sequence[int], pages: int) -> tuple[bytes, int]:
    entries: list[_Entry] = []
    group = ""
    for part, start in zip(view.parts, _starts(counts, pages), strict=True):
        if part.group != group:
            group = part.group
            entries.append(_Entry(group, None))
        entries.append(_Entry(part.title, start))
    metadata = PdfMetadata(
        title=f"{view.title} – {view.call_title}", author=view.sender.authority, made_on=view.made_on,
        subject=view.reference,
    )  # fmt: skip
    content = render_pdf("appeal_file.html", metadata, {"file": view, "entries": entries})
    with pikepdf.Pdf.open(io.BytesIO(content)) as opened:
        return content, len(opened.pages)


def _joined(view: AppealFileView, cover: bytes, starts: Sequence[int]) -> bytes:
    with pikepdf.Pdf.open(io.BytesIO(cover)) as whole:
        opened = []
        for part in view.parts:
            source = pikepdf.Pdf.open(io.BytesIO(part.content))
            opened.append(source)
            whole.pages.extend(source.pages)
        with whole.open_outline() as outline:
            outline.root.clear()
            groups: dict[str, pikepdf.OutlineItem] = {}
            for part, start in zip(view.parts, starts, strict=True):
                if part.group not in groups:
                    groups[part.group] = pikepdf.OutlineItem(part.group, start - 1)
                    outline.root.append(groups[part.group])
                groups[part.group].children.append(pikepdf.OutlineItem(part.title, start - 1))
        bound = io.BytesIO()
        whole.save(bound, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    for source in opened:
        source.close()
    return bound.getvalue()
