"""A worker whose kind `audit` computes without end: `python -m tests.worlds.busy_worker`, until `enough` is in the instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest import mock

from aap import jobs
from aap.jobs import doing
from aap.records.outbox import Job
from aap.services.outbox import Progress
from aap.services.platform import Platform
from aap.settings import Settings


def compute(platform: Platform, _job: Job, progress: Progress) -> Mapping[str, Any]:
    """Takes all of a core, as a ranking does, and tells now and then how far it is."""
    rounds = 0
    while not (platform.settings.instance / "enough").exists():
        sum(number * number for number in range(3_000_000))
        rounds += 1
        progress(rounds, rounds)
    return {"rounds": rounds}


if __name__ == "__main__":
    with mock.patch.dict(doing.WORK, {"audit": compute}):  # type: ignore[arg-type]
        jobs.work(Settings())
