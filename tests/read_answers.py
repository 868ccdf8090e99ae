"""The text of an answer, whatever its format: what a person can read in a page, a PDF, a workbook, an archive."""

from __future__ import annotations

import html
import io
import re
import zipfile
from functools import lru_cache

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from werkzeug.test import TestResponse


def text_of(answer: TestResponse) -> str:
    """All that the answer says, its file names included."""
    return content_text(answer.data)


@lru_cache(maxsize=64)  # several actors get the same bytes
def content_text(content: bytes) -> str:
    """The text of a PDF, of every part of a ZIP or a workbook, or of a text."""
    if content.startswith(b"%PDF"):
        try:
            return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        except PyPdfError:  # a file that somebody sent in, and that only says it is one
            return content.decode("latin-1")
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(f"{name}\n{content_text(archive.read(name))}" for name in archive.namelist())
    text = content.decode("utf-8", "replace")
    return html.unescape(re.sub(r"<[^>]*>", " ", text)) + text if "<" in text[:300] else text
