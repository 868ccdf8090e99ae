"""Opens files of strangers in a process of their own, that has no secret, little memory and little time.

A small server process (`python -m aap.documents.incoming.apart`) holds the libraries; for each request it forks a child, which
bounds itself, opens the files, answers and ends. A file that makes a library crash, swell or loop takes down that child only.
The server starts with the first file, and ends when its process ends or nobody has sent anything for a while.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

from aap.documents.incoming.incoming_file import IncomingFile, RefusedFile, TakenFile

MEMORY = 400_000_000  # bytes that opening may take beside the libraries
PROCESSOR = 8  # seconds
PATIENCE = 25  # seconds by the clock
IDLE = 300  # seconds without a request
AT_ONCE = 2  # requests of one process; the next ones wait
_LARGEST_ANSWER = 1_000_000_000

_TOO_HEAVY = (
    "Ce fichier ne peut pas être ouvert sans risque\u00a0: il est abîmé, ou demande trop de mémoire ou de temps. Enregistrez-le "
    "à nouveau au format PDF (en l’imprimant vers un PDF), puis envoyez cette copie."
)

_waiting = threading.BoundedSemaphore(AT_ONCE)
_starting = threading.Lock()
_server: tuple[int, subprocess.Popen[bytes], socket.socket] | None = None


def opened(work: str, files: Sequence[IncomingFile], *, accept: Sequence[str]) -> tuple[TakenFile, ...]:
    """`work`: a name of `recognising.WORK`. Raises RefusedFile: of the file, or because opening it broke a bound."""
    asked = {"work": work, "accept": list(accept), "files": [[file.name, len(file.content)] for file in files]}
    with _waiting:
        try:
            ours = _request()
            with ours:
                ours.settimeout(PATIENCE)
                _send(ours, asked, [file.content for file in files])
                told, contents = _received(ours)
        except (OSError, EOFError, ValueError, struct.error):
            raise RefusedFile(files[0].name, _TOO_HEAVY) from None
    if told["refused"]:
        raise RefusedFile(*told["refused"])
    return tuple(
        TakenFile(name, content_type, content)
        for (name, content_type), content in zip(told["taken"], contents, strict=True)
    )


def stop() -> None:
    """Ends the process that opens files; the next file starts another."""
    global _server  # noqa: PLW0603
    with _starting:
        if _server is not None and _server[0] == os.getpid():
            _server[2].close()
            _server[1].wait()
        _server = None


atexit.register(stop)


def _request() -> socket.socket:
    """A socket to a fresh child. The server is started where there is none (any more, or in this process)."""
    global _server  # noqa: PLW0603
    ours, theirs = socket.socketpair()
    with theirs, _starting:
        for _ in range(2):
            if _server is not None and _server[1].poll() is not None:
                _server[2].close()
                _server = None
            if _server is None or _server[0] != os.getpid():
                _server = _started()
            try:
                socket.send_fds(_server[2], [b"."], [theirs.fileno()])
            except OSError:  # it has just ended
                _server[2].close()
                _server = None
                continue
            return ours
    ours.close()
    raise OSError("the process that opens files can't be started")


def _started() -> tuple[int, subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "TMPDIR") if name in os.environ}
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", "aap.documents.incoming.apart"],
            stdin=theirs.fileno(),
            env=kept,
            start_new_session=True,
        )
    return os.getpid(), server, ours


# --- what goes over a socket: 8 bytes of length and JSON, then the contents, each 8 bytes of length and bytes ---------


def _send(link: socket.socket, told: Any, contents: Sequence[bytes]) -> None:
    for part in (json.dumps(told).encode(), *contents):
        link.sendall(struct.pack(">Q", len(part)))
        link.sendall(part)


def _received(link: socket.socket) -> tuple[dict[str, Any], list[bytes]]:
    told = json.loads(_part(link))
    return told, [_part(link) for _ in told.get("files") or told.get("taken") or ()]


def _part(link: socket.socket) -> bytes:
    (length,) = struct.unpack(">Q", _exactly(link, 8))
    if length > _LARGEST_ANSWER:
        raise ValueError("too long an answer")
    return _exactly(link, length)


def _exactly(link: socket.socket, length: int) -> bytes:
    held = bytearray()
    while len(held) < length:
        block = link.recv(min(length - len(held), 1 << 20))
        if not block:
            raise EOFError
        held += block
    return bytes(held)


# --- the server and its children --------------------------------------------------------------------------------------


def serve(control: socket.socket) -> None:
    """Forks a child for every socket that arrives; ends with its parent, or when idle."""
    from aap.documents.incoming import pdfs, pictures, recognising  # noqa: F401  (before forking: once for all children)

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.settimeout(IDLE)
    while True:
        try:
            told, descriptors, _flags, _address = socket.recv_fds(control, 1, 1)
        except TimeoutError:
            return
        if not told:
            return
        for descriptor in descriptors:
            if os.fork() == 0:
                control.close()
                with contextlib.suppress(BaseException), socket.socket(fileno=descriptor) as link:
                    _bound()
                    _answer(link)
                os._exit(0)
            os.close(descriptor)


def _bound() -> None:
    with open("/proc/self/statm" if os.path.exists("/proc/self/statm") else os.devnull) as pages:
        held = int((pages.read().split() or ["0"])[0]) * resource.getpagesize()
    if held:
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(PATIENCE)


def _answer(link: socket.socket) -> None:
    from aap.documents.incoming.recognising import WORK

    asked, contents = _received(link)
    files = [IncomingFile(name, content) for (name, _), content in zip(asked["files"], contents, strict=True)]
    try:
        taken = WORK[asked["work"]](files, asked["accept"])
    except RefusedFile as refused:
        _send(link, {"refused": [refused.name, refused.message], "taken": []}, ())
        return
    told = {"refused": None, "taken": [[file.name, file.content_type] for file in taken]}
    _send(link, told, [file.content for file in taken])


if __name__ == "__main__":
    with socket.socket(fileno=0) as from_parent:
        serve(from_parent)
