"""From a template and values to a tagged PDF (PDF/UA-1 mode, see `reading_order`), always the same bytes for the same values.

The style sheet and its fonts are parsed once a process, but for a document whose characters ask for more fonts
(`documents.fonts`). Nothing is fetched while a document is rendered: every URL, also `file:` and `data:`, is refused,
so that no text typed by a person can bring a file or an address into a PDF.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NoReturn

import weasyprint
from jinja2 import Environment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from aap.core import french
from aap.core.delays import paris
from aap.documents.papers.fonts import Face, OwnFonts, needed, style_sheet
from aap.documents.papers.reading_order import read_as_a_whole
from aap.documents.templating import document_environment
from aap.own_files import templates_folder


class ForbiddenResource(Exception):
    """A document asked for a URL while it was rendered; `url` says which."""

    def __init__(self, url: str) -> None:
        super().__init__(f"a document may not fetch {url!r}")
        self.url = url


class DenyAll(URLFetcher):
    """Refuses every URL, whatever its scheme, and stops the rendering."""

    def __init__(self) -> None:
        super().__init__(fail_on_errors=True)

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> NoReturn:
        raise ForbiddenResource(url)


class FontsOnly(URLFetcher):
    """Serves the fonts given, by their URLs, to the style sheet, and nothing else."""

    def __init__(self, given: Mapping[str, bytes]) -> None:
        super().__init__(fail_on_errors=True)
        self._given = given

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        if url not in self._given:
            raise ForbiddenResource(url)
        return URLFetcherResponse(url, self._given[url], {"Content-Type": "font/ttf"})


@dataclass(frozen=True, slots=True)
class PdfMetadata:
    """What a PDF says of itself. `made_on` is the document's own date, never the clock's."""

    title: str
    author: str
    made_on: date | datetime
    subject: str = ""

    @property
    def created(self) -> str:
        """W3C date as WeasyPrint reads it."""
        if isinstance(self.made_on, datetime):
            return paris(self.made_on).isoformat(timespec="seconds")
        return self.made_on.isoformat()


@dataclass(frozen=True, slots=True)
class _Press:
    """The parsed style sheet with the fonts that it brought in."""

    style: weasyprint.CSS
    style_digest: bytes
    fonts: FontConfiguration


# Pango's font map, and the caches that WeasyPrint hangs on the font configuration, are not safe to share between
# threads at work. One document at a time also keeps the memory of a worker flat.
_ONE_AT_A_TIME = threading.Lock()


STYLE_SHEETS = ("documents.css", "letter.css", "longer.css")
"""One after the other: what all share, letters (and what other papers take from them), lists and longer papers."""


@cache
def _usual_press() -> _Press:
    """Where the common faces are enough: as good as always."""
    return _press(OwnFonts(), ())


def _press(configuration: FontConfiguration, others: Sequence[Face]) -> _Press:
    text = "\n".join((templates_folder() / "documents" / name).read_text(encoding="utf-8") for name in STYLE_SHEETS)
    text, given = style_sheet(text, others)
    style = weasyprint.CSS(string=text, font_config=configuration, url_fetcher=FontsOnly(given))
    digest = hashlib.sha256(f"{weasyprint.VERSION}\n{text}".encode())
    for content in given.values():
        digest.update(content)
    return _Press(style, digest.digest(), configuration)


def _press_for(html: str) -> _Press:
    more = needed(set(html))
    if more.complete and not more.faces:
        return _usual_press()
    return _press(OwnFonts() if more.complete else FontConfiguration(), more.faces)


def exact_moment(value: datetime) -> str:
    """An aware moment on the clock of Paris, to the second: « 28 février 2025 à 23 h 58 min 12 s »."""
    local = paris(value)
    clock = f"{local.hour} h {local.minute:02d} min {local.second:02d} s".replace(" ", french.NBSP)
    return f"{french.day(local.date())} à {clock}"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`text`), or a list (`items`)."""

    text: str = ""
    items: tuple[str, ...] = ()


def blocks(texts: Iterable[str]) -> list[Block]:
    """Paragraphs as they stand; neighbours that begin with a dash (« – » or « - ») are one list."""
    found: list[Block] = []
    for text in texts:
        item = text.removeprefix("– ").removeprefix("- ")
        if item == text:
            found.append(Block(text))
        elif found and found[-1].items:
            found[-1] = Block(items=(*found[-1].items, item))
        else:
            found.append(Block(items=(item,)))
    return found


@cache
def environment() -> Environment:
    """The environment of the PDF documents."""
    return document_environment(
        "documents", day=french.day, moment=exact_moment, file_size=french.file_size, blocks=blocks
    )


def render_html(template: str, metadata: PdfMetadata, values: Mapping[str, Any]) -> str:
    """The document as HTML. `template` is a file of templates/documents; `values` are its names."""
    return environment().get_template(template).render(metadata=metadata, **values)


def render_pdf(template: str, metadata: PdfMetadata, values: Mapping[str, Any]) -> bytes:
    """The document as a PDF. Raises ForbiddenResource when it asks for any URL."""
    return html_to_pdf(render_html(template, metadata, values))


def html_to_pdf(html: str) -> bytes:
    """An HTML page as a tagged PDF; its identifier is drawn from what it is made of."""
    with _ONE_AT_A_TIME:
        press = _press_for(html)
        identifier = hashlib.sha256(press.style_digest + html.encode()).hexdigest()[:32].encode()
        try:
            document = weasyprint.HTML(string=html, url_fetcher=DenyAll())
            pdf: bytes = document.write_pdf(
                finisher=read_as_a_whole,
                stylesheets=[press.style],
                font_config=press.fonts,
                pdf_variant="pdf/ua-1",
                pdf_identifier=identifier,
            )
        except FatalURLFetchingError as refusal:
            cause = refusal.__cause__
            raise cause if isinstance(cause, ForbiddenResource) else ForbiddenResource(str(refusal)) from refusal
    return pdf
