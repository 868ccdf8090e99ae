"""A file made to be handed out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MadeFile:
    """`content_type`: one of `documents.media_types`, or another that a browser knows."""

    name: str
    content_type: str
    content: bytes
