"""ClamAV's opinion of a file, over its socket (`clamd`, command INSTREAM): asked before the file is kept anywhere."""

from __future__ import annotations

import socket
import struct
from contextlib import closing

import structlog

from aap.documents.incoming.incoming_file import IncomingFile, RefusedFile

PATIENCE = 30  # seconds
_BLOCK = 1 << 20

log = structlog.get_logger(__name__)


def refuse_infected(clamd: str, file: IncomingFile) -> None:
    """Raises RefusedFile for a file that ClamAV knows to be harmful, and where it gives no opinion.

    `clamd`: `unix:/run/clamav/clamd.ctl` or `tcp:host:port`; empty: nobody is asked.
    """
    if not clamd:
        return
    try:
        answer = _asked(clamd, file.content)
    except (OSError, ValueError) as error:
        log.warning("antivirus.silent", reason=type(error).__name__)
        answer = ""
    if answer.endswith("FOUND"):
        log.warning("antivirus.found", what=answer.removeprefix("stream: ").removesuffix(" FOUND")[:80])
        raise RefusedFile(
            file.name,
            "L’antivirus a reconnu un programme malveillant dans ce fichier\u00a0: il n’a pas été gardé. Vérifiez votre "
            "appareil, puis envoyez une copie saine, au format PDF.",
        )
    if not answer.endswith("OK"):
        raise RefusedFile(
            file.name,
            "Le contrôle antivirus ne répond pas en ce moment\u00a0: ce fichier n’a pas été gardé. Envoyez-le à nouveau dans "
            "quelques minutes\u00a0; le reste de votre dossier est enregistré.",
        )


def _asked(clamd: str, content: bytes) -> str:
    kind, _, place = clamd.partition(":")
    if kind == "unix":
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(PATIENCE)
    elif kind == "tcp":
        host, _, port = place.rpartition(":")
        link = socket.create_connection((host, int(port)), PATIENCE)
    else:
        raise ValueError("AAP_CLAMD")
    with closing(link):
        if kind == "unix":
            link.connect(place)
        link.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), _BLOCK):
            block = content[start : start + _BLOCK]
            link.sendall(struct.pack(">L", len(block)) + block)
        link.sendall(struct.pack(">L", 0))
        answer = bytearray()
        while block := link.recv(4096):
            answer += block
            if b"\0" in block:
                break
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
