"""From a template and values to a tagged PDF (PDF/UA-1 mode), always the same bytes for the same values.

The style sheet and its fonts are parsed once a process. Nothing is fetched while a document is rendered: every URL,
also `file:` and `data:`, is refused, so that no text typed by a person can bring a file or an address into a PDF.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn

import weasyprint
from jinja2 import Environment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from aap.core import french
from aap.core.delays import paris
from aap.documents.templating import document_environment
from aap.own_files import templates_folder

FONT_SCHEME = "aap-font:"
FONT_FILES = {
    "regular": "SourceSansPro-Regular.ttf",
    "italic": "SourceSansPro-It.ttf",
    "semibold": "SourceSansPro-Semibold.ttf",
    "bold": "SourceSansPro-Bold.ttf",
}


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
    """Serves the font files named in FONT_FILES to the style sheet, and nothing else."""

    def __init__(self) -> None:
        super().__init__(fail_on_errors=True)

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        name = FONT_FILES.get(url.removeprefix(FONT_SCHEME)) if url.startswith(FONT_SCHEME) else None
        if name is None:
            raise ForbiddenResource(url)
        font = files("font_source_sans_pro").joinpath("files", name).read_bytes()
        return URLFetcherResponse(url, font, {"Content-Type": "font/ttf"})


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


@cache
def _press() -> _Press:
    text = (templates_folder() / "documents" / "documents.css").read_text(encoding="utf-8")
    fonts = FontConfiguration()
    style = weasyprint.CSS(string=text, font_config=fonts, url_fetcher=FontsOnly())
    digest = hashlib.sha256(f"{weasyprint.VERSION}\n{text}".encode()).digest()
    return _Press(style, digest, fonts)


def exact_moment(value: datetime) -> str:
    """An aware moment on the clock of Paris, to the second: « 28 février 2025 à 23 h 58 min 12 s »."""
    local = paris(value)
    clock = f"{local.hour} h {local.minute:02d} min {local.second:02d} s".replace(" ", french.NBSP)
    return f"{french.day(local.date())} à {clock}"


def file_size(size: int) -> str:
    """A size in bytes: « 812 o », « 34 ko », « 1,2 Mo » (multiples of 1 000)."""
    if size < 1_000:
        return f"{size}{french.NBSP}o"
    if size < 1_000_000:
        return french.number(Fraction(size, 1_000)) + french.NBSP + "ko"
    return french.plain(Fraction(size, 1_000_000), 1) + french.NBSP + "Mo"


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
    return document_environment("documents", day=french.day, moment=exact_moment, file_size=file_size, blocks=blocks)


def render_html(template: str, metadata: PdfMetadata, values: Mapping[str, Any]) -> str:
    """The document as HTML. `template` is a file of templates/documents; `values` are its names."""
    return environment().get_template(template).render(metadata=metadata, **values)


def render_pdf(template: str, metadata: PdfMetadata, values: Mapping[str, Any]) -> bytes:
    """The document as a PDF. Raises ForbiddenResource when it asks for any URL."""
    return html_to_pdf(render_html(template, metadata, values))


def html_to_pdf(html: str) -> bytes:
    """An HTML page as a tagged PDF; its identifier is drawn from what it is made of."""
    with _ONE_AT_A_TIME:
        press = _press()
        identifier = hashlib.sha256(press.style_digest + html.encode()).hexdigest()[:32].encode()
        try:
            document = weasyprint.HTML(string=html, url_fetcher=DenyAll())
            pdf: bytes = document.write_pdf(
                stylesheets=[press.style],
                font_config=press.fonts,
                pdf_variant="pdf/ua-1",
                pdf_identifier=identifier,
            )
        except FatalURLFetchingError as refusal:
            cause = refusal.__cause__
            raise cause if isinstance(cause, ForbiddenResource) else ForbiddenResource(str(refusal)) from refusal
    return pdf
