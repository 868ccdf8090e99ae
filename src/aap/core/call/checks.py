"""Checks across the keys of a call file: what a schema can't say of one value alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aap.core.call.paths import Path
from aap.core.call.schema import CallFile
from aap.core.problems import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that doesn't fit. `rests_on`: the other paths that were read to find it."""

    path: Path
    message: str
    found: str = ""
    allowed: str = ""
    nearest: str = ""
    severity: Severity = "error"
    at_key: bool = False
    rests_on: tuple[Path, ...] = ()


def check_call(call: CallFile) -> Iterator[Finding]:
    """Everything in a call that doesn't fit together, in the order of the file."""
    for criterion in call.rubric.criteria:
        if criterion.scale is None and call.rubric.scale is None:
            yield Finding(("rubric",), "aucune échelle de notation", rests_on=(("rubric", "scale"),))
            return
