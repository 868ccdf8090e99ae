"""Files that arrive in pieces: after a cut, what has arrived stays and the next piece goes on from there.

A file lies under `folder`, in a folder of its sender's and of what it is sent for, until it is whole and taken, or a day old.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aap.services.actor import Actor

MOST_FILES = 30
"""Files that are sent together."""
_KEPT = timedelta(days=1)
_MOST_OF_ONE = 3
"""Times the largest file that one person may have under way."""


class TooMuchUnderWay(Exception):
    """This person has too much half-sent: it goes by itself within a day."""


@dataclass(frozen=True)
class Pieces:
    """What has arrived of the files that one person sends together for one purpose."""

    folder: Path
    largest: int  # bytes of one file

    @classmethod
    def of(cls, root: Path, actor: Actor, *purpose: str, largest: int) -> Pieces:
        """`purpose`: names of what it is for, and the sender's own name for it; nobody else's actor leads to it."""
        names = [
            hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40] for parts in ([actor.person_id], list(purpose))
        ]
        return cls(root.joinpath(*names), largest)

    def received(self, place: int) -> int:
        """Bytes of the file at this place, from 0."""
        path = self.folder / str(place)
        return path.stat().st_size if path.exists() else 0

    def add(self, place: int, offset: int, piece: bytes, *, now: datetime) -> int:
        """Adds what follows what has arrived; a piece that came before, or comes too early, changes nothing. Gives `received`.

        Raises TooMuchUnderWay, OSError (disk full).
        """
        self._forget_old(now)
        if not 0 <= place < MOST_FILES:
            raise TooMuchUnderWay
        if not piece:
            return self.received(place)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / str(place)).open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # the same piece may come again while it is being written
            have = held.seek(0, os.SEEK_END)
            if offset != have:
                return have
            if have + len(piece) > self.largest or self._under_way() + len(piece) > _MOST_OF_ONE * self.largest:
                raise TooMuchUnderWay
            held.write(piece)
        return have + len(piece)

    def whole(self, sizes: Sequence[int]) -> list[bytes] | None:
        """The files, when each has arrived whole."""
        if any(self.received(place) != size for place, size in enumerate(sizes)):
            return None
        return [(self.folder / str(place)).read_bytes() if size else b"" for place, size in enumerate(sizes)]

    def drop(self) -> None:
        """Forgets them: they are taken, or refused."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _under_way(self) -> int:
        return sum(path.stat().st_size for path in self.folder.parent.glob("*/*"))

    def _forget_old(self, now: datetime) -> None:
        oldest = (now - _KEPT).timestamp()
        for folder in self.folder.parent.parent.glob("*/*"):
            if folder.stat().st_mtime < oldest and folder != self.folder:
                shutil.rmtree(folder, ignore_errors=True)
