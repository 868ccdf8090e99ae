"""Where the product's own files lie: beside the sources in a checkout, inside the package in an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    """Folder of the page, document and mail templates."""
    return _shipped("templates")


def rubrics_folder() -> Path:
    """Folder of the call files that come with the product."""
    return _shipped("rubrics")


def guide_file(name: str) -> Path:
    """A users' guide, in Markdown: one of the docs, packed apart from the others."""
    return _shipped("docs") / f"guide-{name}.md"


@cache
def _shipped(name: str) -> Path:
    """The checkout's folder first, so that an edit shows at once; else the one packed into the wheel.

    Raises FileNotFoundError when neither is there (an incomplete installation).
    """
    checkout = _PACKAGE.parent.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    packaged = _PACKAGE / name
    if packaged.is_dir():
        return packaged
    raise FileNotFoundError(f"the folder {name!r} is neither in a checkout nor in the installed package")
