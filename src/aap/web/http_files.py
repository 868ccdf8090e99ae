"""Files as pages receive and hand them out: those of an input, those of an answer. What keeps them: `services/file_store.py`."""

from __future__ import annotations

import io
from typing import BinaryIO

from flask import Response, request, send_file

from aap.documents.incoming.incoming_file import IncomingFile
from aap.documents.media_types import PDF, SHOWN_INLINE


def sent_files(name: str) -> list[IncomingFile]:
    """The files of one input; an input left empty gives none."""
    return [IncomingFile(one.filename, one.stream.read()) for one in request.files.getlist(name) if one.filename]


def pdf_answer(content: bytes, name: str) -> Response:
    """A PDF that the browser may show."""
    return file_answer(io.BytesIO(content), name, PDF)


def attachment_answer(content: bytes, name: str, content_type: str) -> Response:
    """A file that we made, to keep."""
    answer = send_file(io.BytesIO(content), mimetype=content_type, as_attachment=True, download_name=name, max_age=0)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def file_answer(stream: BinaryIO, name: str, content_type: str) -> Response:
    """A file, shown where that is safe. Never run: its type is ours, sniffing is off, and nothing in it may load."""
    shown = content_type in SHOWN_INLINE
    answer = send_file(
        stream,
        mimetype=content_type if shown else "application/octet-stream",
        as_attachment=not shown,
        download_name=name,
        max_age=0,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
