"""What the tests of the pages about the assignment share: a proposal, a text to compare."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.worlds.assignments import Table

Browsers = Callable[[], Any]


def propose(signed: Any, here: Table, **typed: str) -> str:
    """Proposes; gives the address of the proposal."""
    answer = signed.post(here.address("repartition"), {"mode": "rebuild", "evaluations": "2", **typed})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " "))
