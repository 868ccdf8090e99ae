"""Files by their content: a file's name is its SHA-256, and it is durable before anybody is told so."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from aap.whole_files import sync_folder, whole_file

_BLOCK = 1 << 18


class FileTooLarge(Exception):
    """The stream holds more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(frozen=True)
class StoredFile:
    """`size` in bytes; the hash is also the file's name in the store."""

    sha256: str
    size: int


@dataclass(frozen=True)
class FileStore:
    """Files under `folder`, two letters deep. Nothing is ever overwritten."""

    folder: Path

    def path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not all(letter in "0123456789abcdef" for letter in sha256):
            raise ValueError("not a SHA-256")
        return self.folder / sha256[:2] / sha256

    def put(self, stream: BinaryIO | IO[bytes], *, limit: int | None = None) -> StoredFile:
        """Stores a stream: temporary file, hash while writing, fsync, rename, fsync of the folder.

        Raises `FileTooLarge` past `limit` bytes and OSError (disk full): nothing is left behind.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=".incoming-")
        try:
            with os.fdopen(descriptor, "wb") as target:
                while block := stream.read(_BLOCK):
                    size += len(block)
                    if limit is not None and size > limit:
                        raise FileTooLarge(limit)
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            final = self.path(digest.hexdigest())
            if not final.exists():
                if not final.parent.exists():
                    final.parent.mkdir(exist_ok=True)
                    sync_folder(self.folder)
                os.replace(temporary, final)
                sync_folder(final.parent)
        finally:
            Path(temporary).unlink(missing_ok=True)
        return StoredFile(digest.hexdigest(), size)

    def derived(self, sha256: str, purpose: str, make: Callable[[bytes], bytes]) -> Path:
        """What `make` gives for a file, made once. No row names it: it may be erased at any time, and no backup needs it.

        `purpose`: a word that names what is made, with the version of how.
        """
        made = self.folder / ".derived" / purpose / self.path(sha256).name
        if not made.exists():
            content = make(self.read(sha256))
            made.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(made) as target:
                target.write(content)
        return made

    def open(self, sha256: str) -> BinaryIO:
        """The content. Raises FileNotFoundError."""
        return self.path(sha256).open("rb")

    def read(self, sha256: str) -> bytes:
        with self.open(sha256) as stream:
            return stream.read()
