"""What everybody may ask for is made once and served from the disk: a stranger's loop costs reading a file.

One maker at a time among all processes of a machine. Who asks meanwhile waits if there is room, else is told to come
back in a moment: threads are for the other pages.
"""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import structlog
from flask import Response, request, session
from werkzeug.exceptions import ServiceUnavailable

from aap import __version__
from aap.own_files import templates_folder
from aap.web.context import platform
from aap.whole_files import whole_file

log = structlog.get_logger(__name__)

FRESH = 60
"""Seconds for which a browser or a proxy serves a public answer without asking again."""
_ROOM = threading.Semaphore(2)
"""Threads of this process that make something or wait for it."""


@cache
def _documents_version() -> str:
    """Changes with the program and the templates of its documents."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted((templates_folder() / "documents").rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def version_of(*parts: object) -> str:
    """A name for what is made of these values by this version of the program."""
    return hashlib.sha256("\n".join((_documents_version(), *map(str, parts))).encode()).hexdigest()[:32]


def kept_file(name: str, version: str, make: Callable[[], bytes]) -> Path:
    """The file `name` as it is in this version, made where it isn't there; an earlier version goes.

    Raises ServiceUnavailable where it is being made and others wait already, OSError where the disk is full.
    """
    folder = platform().settings.instance / "made"
    path = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.{version}"
    if path.exists():
        return path
    if not _ROOM.acquire(blocking=False):
        raise ServiceUnavailable(retry_after=3)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{path.stem}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed, or its process dies
            if not path.exists():
                _put(path, make())
                _forget_others(path)
    finally:
        _ROOM.release()
    return path


def _put(path: Path, content: bytes) -> None:
    with whole_file(path) as target:
        target.write(content)
    log.info("file.made", name=path.name, size=len(content))


def _forget_others(path: Path) -> None:
    for other in path.parent.glob(f"{path.stem}.*"):
        if other != path and other.suffix != ".lock":
            with suppress(OSError):
                other.unlink()


def kept_answer(path: Path, name: str, content_type: str, *, attachment: bool) -> Response:
    """A kept file as an answer that browsers and proxies may keep too."""
    kind = "attachment" if attachment else "inline"
    headers = {"Content-Disposition": f'{kind}; filename="{name}"'}  # made of a call's id: letters, figures, dashes
    return public(Response(path.read_bytes(), mimetype=content_type, headers=headers), etag=path.suffix[1:])


def public(answer: Response, *, etag: str) -> Response:
    """Marks an answer that is the same for everybody, and leaves its content out where the asker has it (304).

    Who brings cookies may have a page of their own: that answer stays theirs, and is asked for again each time.
    """
    answer.set_etag(etag)
    answer.make_conditional(request)
    theirs = bool(request.cookies) or session.modified
    answer.headers["Cache-Control"] = "private, no-cache" if theirs else f"public, max-age={FRESH}, must-revalidate"
    answer.vary.update(("Cookie", "Accept-Language"))
    return answer
