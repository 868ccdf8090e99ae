"""Files that are whole or not there: written beside their place under another name, then given their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(file: Path, *, durable: bool = False, only_new: bool = False) -> Iterator[BinaryIO]:
    """A stream to write `file` by (0600), which takes its place when the block ends, and leaves nothing where it fails.

    `durable`: content and name are on the disk before this returns. `only_new`: raises FileExistsError where there is one
    already; else it is replaced. Raises OSError (disk full). The folder must be there.
    """
    descriptor, partial = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:40]}-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        if only_new:
            os.link(partial, file)
        else:
            os.replace(partial, file)
        if durable:
            sync_folder(file.parent)
    finally:
        Path(partial).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
