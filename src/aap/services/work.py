"""What long work looks like. The kinds, by name, stand in `aap.jobs.WORK`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aap.records.outbox import Job
from aap.services.platform import Platform


class Progress(Protocol):
    """Told how far the work is: `done` of `total`, and what is being done."""

    def __call__(self, done: int, total: int, message: str = "") -> None: ...


Work = Callable[[Platform, Job, Progress], Mapping[str, Any]]
"""A kind of long work: does the job, tells how far it is, gives its result. May be run again after a crash."""
