"""An output folder that is there whole or not at all: written beside its place, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARKS_OF_A_RUN = ("report.json", "bundle.json")


class FolderRefused(Exception):
    """The output folder can't be used; the message is French."""


def check_place(out: Path, *, force: bool) -> None:
    """Refuse what must not be replaced: any existing path without `force`, and with it anything but an earlier run."""
    if not os.path.lexists(out):
        return
    if not force:
        raise FolderRefused(f"{out} existe déjà (--force le remplace).")
    if not out.is_dir():
        raise FolderRefused(f"{out} n’est pas un dossier.")
    names = {entry.name for entry in out.iterdir()}
    if names and not names.issuperset(MARKS_OF_A_RUN):
        raise FolderRefused(f"{out} contient autre chose qu’un classement : --force ne le remplace pas.")


@contextmanager
def written_whole(out: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder beside `out`, renamed to it when the block ends well and removed in every other case.

    With `force` an earlier run is set aside first, put back if the renaming fails, and removed at the end.
    """
    out = out.resolve() if out.is_symlink() else out
    made = _missing_parents(out.parent)
    out.parent.mkdir(parents=True, exist_ok=True)
    done = False
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield folder
        mask = os.umask(0)
        os.umask(mask)
        folder.chmod(0o777 & ~mask)
        check_place(out, force=force)
        _swap(folder, out)
        done = True
    finally:
        if not done:
            shutil.rmtree(folder, ignore_errors=True)
            for parent in made:
                if not any(parent.iterdir()):
                    parent.rmdir()


def _missing_parents(parent: Path) -> list[Path]:
    """The folders above `out` that will have to be made, the deepest first."""
    missing = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    return missing


def _swap(folder: Path, out: Path) -> None:
    if not out.exists():
        folder.rename(out)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    out.rename(aside / "before")
    try:
        folder.rename(out)
    except BaseException:
        (aside / "before").rename(out)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)


def write(folder: Path, name: str, content: bytes) -> None:
    """Write one file of the folder; `name` may have folders in it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
