"""An output folder that is there whole or not at all: written beside its place, then renamed.

With `--force` an earlier run that stands there is replaced; a folder of anything else is never deleted, it is set aside
under another name.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from aap.core.french import NBSP

MARKS_OF_A_RUN = (("report.json", "bundle.json"), ("report.json", "assignment.csv"))
"""Files that a folder of `aap rank` or of `aap assign` has: such a folder may be replaced."""


class FolderRefused(Exception):
    """The output folder can't be used; the message is French."""


def check_place(out: Path, *, force: bool) -> None:
    """Refuse any existing path without `force`, and with it what is no folder or can't be moved."""
    if not os.path.lexists(out):
        return
    if not force:
        raise FolderRefused(f"{out} existe déjà (--force le remplace).")
    if not out.is_dir():
        raise FolderRefused(f"{out} n’est pas un dossier.")
    if Path.cwd().is_relative_to(out.resolve()):
        raise FolderRefused(f"{out} contient le dossier courant{NBSP}: --force ne le remplace pas.")


@contextmanager
def written_whole(out: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder beside `out`, renamed to it when the block ends well and removed in every other case.

    With `force` what stands there is set aside first, put back if the renaming fails; an earlier run is then removed.
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


def place_aside(out: Path) -> Path | None:
    """Where `written_whole` would move what stands in `out`: None when it is nothing, or a run to be replaced."""
    if not out.is_dir():
        return None
    names = {entry.name for entry in out.iterdir()}
    if not names or any(names.issuperset(marks) for marks in MARKS_OF_A_RUN):
        return None
    endings = chain(("",), (f"-{number}" for number in count(2)))
    spare = (out.with_name(f"{out.name}.avant{ending}") for ending in endings)
    return next(path for path in spare if not os.path.lexists(path))


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
    kept = place_aside(out)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    before = aside / "before"
    out.rename(before)
    try:
        folder.rename(out)
    except BaseException:
        before.rename(out)
        aside.rmdir()
        raise
    if kept is not None:
        before.rename(kept)
    shutil.rmtree(aside, ignore_errors=True)


def write(folder: Path, name: str, content: bytes) -> None:
    """Write one file of the folder; `name` may have folders in it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
