"""`-` for standard input or output, where one file is read or written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aap.documents.tables.table_rows import TableSource

DASH = Path("-")
INPUT_NAME = "entrée standard"
"""What problems call the file that came by standard input."""


def is_stream(path: Path | None) -> bool:
    return path == DASH


def input_name(path: Path, *, whole: bool = False) -> str:
    """The name that the problems of an input bear: that of the file, or (`whole`) its path as it was given."""
    return INPUT_NAME if is_stream(path) else str(path) if whole else path.name


def read_input(most: int) -> bytes:
    """Standard input, to the end or one byte beyond `most`, which is enough to refuse it."""
    return sys.stdin.buffer.read(most + 1)


def write_output(content: bytes) -> None:
    """Bytes on standard output, as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def check_once(paths: Sequence[Path | None]) -> None:
    """Standard input holds one file, and standard output one too. Raises UsageError, which ends with code 2."""
    if sum(is_stream(path) for path in paths) > 1:
        raise click.UsageError("« - » ne peut désigner qu’un seul fichier.")


def table_source(path: Path) -> TableSource:
    """A table to read: at its path, or from standard input for `-`."""
    if not is_stream(path):
        return path
    from aap.documents.tables.table_files import MAX_BYTES, TableFile

    return TableFile(INPUT_NAME, read_input(MAX_BYTES))
