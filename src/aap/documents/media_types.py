"""The kinds of files that come in and go out, as browsers and mails name them."""

from __future__ import annotations

from dataclasses import dataclass

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
CSV = "text/csv; charset=utf-8"
BY_ENDING = {
    "pdf": PDF, "xlsx": XLSX, "docx": DOCX, "csv": CSV, "json": "application/json", "html": "text/html; charset=utf-8",
}  # fmt: skip
SHOWN_INLINE = frozenset({PDF, "image/png", "image/jpeg"})
"""Shown by the browser, alone on its page; everything else is saved."""


@dataclass(frozen=True)
class MadeFile:
    """`content_type`: one of `documents.media_types`, or another that a browser knows."""

    name: str
    content_type: str
    content: bytes
