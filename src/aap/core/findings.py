"""What a check across keys finds, and the checks that every part of a call shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aap.core.french import listed, quoted
from aap.core.paths import Path, shown
from aap.core.problems import Severity, nearest

STAND_IN = "x--inconnu-"  # how a name begins that stands for a refused one (see `repair`); nobody writes that


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that doesn't fit. `rests_on`: the other paths that were read to find it (`*` for any step).

    `among`: `found` is a name that was looked for among the values at `rests_on`. `is_conflict`: rules of the selection
    that can't all hold, which a ranking names as such (exit code 3).
    """

    path: Path
    message: str
    found: str = ""
    allowed: str = ""
    nearest: str = ""
    severity: Severity = "error"
    at_key: bool = False
    rests_on: tuple[Path, ...] = ()
    among: bool = False
    is_conflict: bool = False


def repeated(named: Iterable[tuple[Path, str]], what: str) -> Iterator[Finding]:
    """Ids given twice. `named`: the path of each id, and the id; `what`: the thing, with its article."""
    first: dict[str, Path] = {}
    for path, name in named:
        if name in first:
            message = f"cet identifiant est déjà celui d’{what} ({shown(first[name][:-1])})"
            yield Finding(path, message, found=name, rests_on=(first[name],))
        else:
            first[name] = path


def unknown(path: Path, name: str, known: Iterable[str], message: str, *rests_on: Path) -> Iterator[Finding]:
    """`name` isn't among the known ones."""
    names = tuple(dict.fromkeys(name for name in known if not name.startswith(STAND_IN)))
    if name not in names:
        allowed = listed(names, "ou") if names else "rien : aucun n’est défini"
        close = nearest(name, names)
        yield Finding(path, message, found=name, allowed=allowed, nearest=close, rests_on=rests_on, among=True)


def out_of_order(
    lower: tuple[Path, object], upper: tuple[Path, object], is_wrong: bool, message: str = ""
) -> Iterator[Finding]:
    """A minimum above a maximum, told at the maximum."""
    if is_wrong:
        said = message or f"le maximum est plus petit que le minimum ({quoted(str(lower[1]))})"
        yield Finding(upper[0], said, found=str(upper[1]), rests_on=(lower[0],))
