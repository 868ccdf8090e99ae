"""Files that a form brings, checked and stored before the page's transaction: an appeal's, the scan of a paper."""

from __future__ import annotations

from collections.abc import Sequence

from aap.documents.incoming.incoming_file import Family, RefusedFile
from aap.services.decision.appeals import MEGABYTES
from aap.services.dossier.uploads import ReceivedFile, receive
from aap.services.errors import InvalidInput, said_by_core
from aap.web.context import platform
from aap.web.http_files import sent_files


def receive_appeal_files() -> tuple[ReceivedFile, ...]:
    """Those of the form's input `files`. Raises RefusedFile, OSError."""
    return receive(
        platform(), sent_files("files"), ("pdf", "image", "spreadsheet", "document"), max_megabytes=MEGABYTES
    )


def receive_scan(field: str, *, max_megabytes: int, accept: Sequence[Family] = ("pdf", "image")) -> ReceivedFile | None:
    """The one file of an input; None where it was left empty. Raises InvalidInput on the input, OSError."""
    try:
        stored = receive(platform(), sent_files(field)[:1], accept, max_megabytes=max_megabytes)
    except RefusedFile as refused:
        raise InvalidInput({field: said_by_core(f"{refused.name}\u00a0: {refused.message}")}) from None
    return next(iter(stored), None)
