"""The complete dossier as one PDF (answers, then the attached files), and a call's blank questionnaire."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Literal

import img2pdf
import pikepdf
from PIL import Image, ImageOps

from aap.core import french
from aap.core.call.schema import CallFile
from aap.core.call.wording import condition_in_words
from aap.core.questions.base.in_words import SectionReading
from aap.core.questions.base.question import Question
from aap.documents.papers.letterhead import Sender, document_date, sender_of
from aap.documents.papers.pdf import PdfMetadata, exact_moment, render_pdf

_A4_POINTS = (595.28, 841.89)
_LONGEST_SIDE = 2200  # pixels: 190 dots an inch on A4, readable and light
_MOST_PIXELS = 80_000_000  # a photo of 80 megapixels; above, a small file may hide a bomb


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the dossier. `media` other than pdf or image is listed but cannot be shown in the PDF."""

    label: str
    name: str
    media: Literal["pdf", "image", "other"]
    content: bytes
    sha256: str = ""
    size: int = 0  # bytes, where the content isn't given

    @property
    def weight(self) -> int:
        """Size in bytes."""
        return len(self.content) or self.size


@dataclass(frozen=True, slots=True)
class Approval:
    """The legal representative approved the dossier by the link that was mailed to them."""

    name: str
    capacity: str
    at: datetime


_CAPACITIES = {
    "self": "représentant légal de l’association, signataire",
    "representative": "approuvé par le représentant légal",
    "mandate": "muni d’un pouvoir du représentant légal",
}


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who submitted a dossier, in what capacity (self, representative, mandate) and with whose approval."""

    name: str
    capacity: str
    approval: Approval | None = None

    def __str__(self) -> str:
        words = _CAPACITIES.get(self.capacity, "")
        if self.approval is not None:
            words = (
                f"approuvé le {exact_moment(self.approval.at)} par {self.approval.name}, {self.approval.capacity}, "
                "représentant légal, par le lien qui lui a été envoyé"
            )
        return ", ".join(word for word in (self.name, words) if word)


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier ready to lay out. `submitted_at` None is a draft, dated by `made_on`; it has no `submitter`."""

    number: str
    call_title: str
    reference: str
    sender: Sender
    association: str
    made_on: date | datetime
    sections: tuple[SectionReading, ...]
    submitted_at: datetime | None = None
    submitter: Submitter | None = None
    identifier: str = ""
    project: str = ""
    requested_amount: int | None = None  # cents
    attestations: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class _Enclosed:
    """An attachment and its pages; `refusal` says why it has none."""

    attachment: Attachment
    pages: pikepdf.Pdf | None
    refusal: str = ""


def render_dossier(view: DossierView) -> bytes:
    """The dossier as a PDF: cover, answers by section, list of files, then each file behind a page that names it.

    A file that cannot be opened (encrypted, damaged, another kind) keeps its page, which says so.
    """
    enclosed = [_enclose(attachment) for attachment in view.attachments]
    metadata = PdfMetadata(
        title=f"Dossier {view.number} – {view.association}",
        author=view.association,
        made_on=view.submitted_at or view.made_on,
        subject=view.call_title,
    )
    written = render_pdf("dossier.html", metadata, {"dossier": view, "enclosed": enclosed})
    return _insert(written, enclosed) if enclosed else written


def blank_questionnaire(call: CallFile) -> bytes:
    """All the questions of a call with their help and limits, to work on before typing."""
    metadata = PdfMetadata(
        title=f"Questionnaire – {french.spaced(call.call.title or call.id)}",
        author=call.call.authority.name if call.call.authority else call.id,
        made_on=document_date(call),
        subject=call.call.reference or call.id,
    )
    values = {
        "call": call,
        "sender": sender_of(call),
        "limits": limits,
        "condition": partial(condition_in_words, call),
    }
    return render_pdf("questionnaire.html", metadata, values)


def limits(question: Question) -> str:
    """What a question accepts, in a few words: « facultatif ; 2 000 caractères au plus »."""
    words = ([] if question.required else ["facultatif"]) + question.limits()
    return " ; ".join(words).replace(" ;", french.NNBSP + ";")


def reproduced_pages(attachment: Attachment) -> bytes | str:
    """The file's pages as a PDF, or in words why it has none here."""
    enclosed = _enclose(attachment)
    if enclosed.pages is None:
        return enclosed.refusal
    written = io.BytesIO()
    with enclosed.pages as pages:
        pages.save(written, deterministic_id=True)
    return written.getvalue()


def _enclose(attachment: Attachment) -> _Enclosed:
    try:
        if attachment.media == "pdf":
            return _Enclosed(attachment, pikepdf.Pdf.open(io.BytesIO(attachment.content)))
        if attachment.media == "image":
            return _Enclosed(attachment, pikepdf.Pdf.open(io.BytesIO(_image_page(attachment.content))))
    except pikepdf.PasswordError:
        return _Enclosed(attachment, None, "Ce PDF est protégé par un mot de passe : il n’est pas reproduit ici.")
    except (pikepdf.PdfError, OSError, ValueError, Image.DecompressionBombError):
        return _Enclosed(attachment, None, "Ce fichier ne peut pas être lu : il n’est pas reproduit ici.")
    return _Enclosed(attachment, None, "Ce type de fichier se consulte à part : il n’est pas reproduit ici.")


def _image_page(content: bytes) -> bytes:
    """A picture as one A4 page, upright, without transparency, at a size that a printer can use."""
    with Image.open(io.BytesIO(content)) as picture:
        if picture.width * picture.height > _MOST_PIXELS:
            raise ValueError("too many pixels")
        upright = ImageOps.exif_transpose(picture)
        flat = Image.new("RGB", upright.size, "white")
        rgba = upright.convert("RGBA")
        flat.paste(rgba, mask=rgba.getchannel("A"))
    flat.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    jpeg = io.BytesIO()
    flat.save(jpeg, "JPEG", quality=85)
    page = _A4_POINTS if flat.height >= flat.width else _A4_POINTS[::-1]
    layout = img2pdf.get_layout_fun(pagesize=page, border=(36, 36), fit=img2pdf.FitMode.into)
    made: bytes = img2pdf.convert(jpeg.getvalue(), layout_fun=layout, nodate=True)
    return made


def _insert(written: bytes, enclosed: Sequence[_Enclosed]) -> bytes:
    """The files' pages behind their separators, which are the last pages of `written`, one a file."""
    with pikepdf.Pdf.open(io.BytesIO(written)) as whole:
        first = len(whole.pages) - len(enclosed)
        for position in range(len(enclosed) - 1, -1, -1):
            source = enclosed[position].pages
            if source is None:
                continue
            for offset, page in enumerate(source.pages):
                whole.pages.insert(first + position + 1 + offset, page)
        bound = io.BytesIO()
        whole.save(bound, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    for part in enclosed:
        if part.pages is not None:
            part.pages.close()
    return bound.getvalue()
