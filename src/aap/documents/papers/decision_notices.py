"""Letters around a decision that is contested or corrected: of intent, of acknowledgement, of reply."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from aap.core import french
from aap.core.call import letter_texts
from aap.core.call.schema import CallFile
from aap.documents.papers.greeting import greeting
from aap.documents.papers.letterhead import Author, Sender, sender_of
from aap.documents.papers.letters import Recipient
from aap.documents.papers.pdf import PdfMetadata, render_pdf


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A letter ready to lay out: every text is final. `author` None: it isn't signed (an acknowledgement); `draft`: what
    the banner of one that isn't sent says. `joined`: names of the files that came with an appeal."""

    sender: Sender
    recipient: Recipient
    object: str
    references: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    greeting: str
    closing: str
    made_on: date
    privacy: str
    author: Author | None = None
    appeals: tuple[str, ...] = ()
    highlights: tuple[tuple[str, str], ...] = ()
    joined: tuple[str, ...] = ()
    draft: str = ""


def notice_view(
    call: CallFile,
    *,
    recipient: Recipient,
    capacity: str,
    reference: str,
    project: str,
    object: str,
    paragraphs: Iterable[str],
    made_on: date,
    author: Author | None = None,
    appeals: Iterable[str] = (),
    highlights: tuple[tuple[str, str], ...] = (),
    joined: tuple[str, ...] = (),
    draft: str = "",
) -> NoticeView:
    """The letter with the call's letterhead; its texts get their no-break spaces here. `capacity`: the representative's, who
    is greeted by it as in the decision letters; `reference`: the dossier's.
    """
    greeted = greeting(capacity)
    lines = [("Appel à projets", call.call.reference or call.call.id), ("Dossier", reference)]
    if project:
        lines.append(("Projet", french.spaced(project)))
    return NoticeView(
        sender=sender_of(call),
        recipient=recipient,
        object=french.spaced(object),
        references=tuple(lines),
        paragraphs=tuple(map(french.spaced, paragraphs)),
        greeting=greeted,
        closing=french.spaced(letter_texts.fill_in(letter_texts.DEFAULT_CLOSING, {"greeting": greeted})),
        made_on=made_on,
        privacy=french.spaced(letter_texts.default_privacy(call.call.contact)),
        author=author,
        appeals=tuple(map(french.spaced, appeals)),
        highlights=highlights,
        joined=joined,
        draft=draft,
    )


def render_notice(view: NoticeView) -> bytes:
    """The letter as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"{view.object} – {view.recipient.association}",
        author=view.sender.in_full,
        made_on=view.made_on,
        subject=view.object,
    )
    return render_pdf("notice.html", metadata, {"notice": view})
