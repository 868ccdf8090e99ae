"""The kinds of long work, by name: what `outbox.start_job` may ask for and the worker runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aap.records.outbox import Job
from aap.services.platform import Platform


class Progress(Protocol):
    """Told how far the work is: `done` of `total`, and what is being done."""

    def __call__(self, done: int, total: int, message: str = "") -> None: ...


Work = Callable[[Platform, Job, Progress], Mapping[str, Any]]

KINDS: dict[str, Work] = {}
