"""The files that come with an appeal, from its association's page or from the paper that an official records."""

from __future__ import annotations

from aap.services.decision.appeals import MEGABYTES
from aap.services.dossier.uploads import ReceivedFile, receive
from aap.web.context import platform
from aap.web.http_files import sent_files


def receive_appeal_files() -> tuple[ReceivedFile, ...]:
    """Those of the form's input `files`, checked and stored. Raises RefusedFile, OSError."""
    return receive(
        platform(), sent_files("files"), ("pdf", "image", "spreadsheet", "document"), max_megabytes=MEGABYTES
    )
