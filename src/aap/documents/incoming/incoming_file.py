"""A file as it was sent, as it is kept, and why one can't be taken."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from aap.core.composed import nfc
from aap.documents.media_types import PDF, XLSX

Family = Literal["pdf", "image", "spreadsheet", "document"]

TYPES: dict[str, tuple[Family, str]] = {
    "xlsx": ("spreadsheet", XLSX),
    "ods": ("spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
    "docx": ("document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "odt": ("document", "application/vnd.oasis.opendocument.text"),
}
"""Ending → family and media type of the office formats that are taken."""


class RefusedFile(Exception):
    """Why a file can't be taken and what to do, in French."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message


@dataclass(frozen=True)
class IncomingFile:
    """A file as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True)
class TakenFile:
    """A file that can be kept."""

    name: str
    content_type: str
    content: bytes


def clean_name(name: str) -> str:
    """The last part of a name, without control characters or marks that turn the reading direction; 120 characters."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(char for char in nfc(last) if unicodedata.category(char)[0] != "C")
    kept = re.sub(r'[<>:"|?*]', "_", kept).strip(" .")
    if len(kept) > 120:
        stem, dot, ending = kept.rpartition(".")
        kept = f"{stem[:110]}{dot}{ending[:9]}" if dot and len(ending) < 10 else kept[:120]
    return kept or "document"


def with_ending(name: str, content_type: str) -> str:
    """The name with the ending of what the file is."""
    endings = {PDF: ".pdf", "text/csv": ".csv", **{kind: f".{ending}" for ending, (_, kind) in TYPES.items()}}
    ending = endings[content_type]
    if name.lower().endswith(ending):
        return name
    stem, dot, old = name.rpartition(".")
    return f"{stem if dot and len(old) <= 5 else name}{ending}"
