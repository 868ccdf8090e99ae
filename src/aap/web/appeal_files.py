"""The files that come with an appeal, from its association's page or from the paper that an official records."""

from __future__ import annotations

from aap.services.decision.appeals import MEGABYTES, MOST_FILES
from aap.services.dossier.uploads import ReceivedFile, receive
from aap.services.errors import InvalidInput, Objection
from aap.web.context import platform
from aap.web.http_files import sent_files


def receive_appeal_files() -> tuple[ReceivedFile, ...]:
    """Those of the form's input `files`, checked and stored. Raises RefusedFile, InvalidInput (too many), OSError."""
    files = sent_files("files")
    if len(files) > MOST_FILES:
        raise InvalidInput({"files": Objection("decision.appeal_files", most=MOST_FILES)})
    return receive(platform(), files, ("pdf", "image", "spreadsheet", "document"), max_megabytes=MEGABYTES)
