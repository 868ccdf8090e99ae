"""Whether the service can take deposits, and whether the work behind it goes on: what health pages and probes ask.

Cheap, and never waits for what others do: it looks at the disk and the database by ways of its own.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlmodel import Session

from aap.records.store_faults import StoreFault, fault_of
from aap.services.platform import Platform
from aap.services.workers import worker_seen

ROOM = 4_000_000
"""Bytes that must be free where the instance lies: the next deposits, with their lines of the log and their WAL."""
SILENT = timedelta(seconds=90)
"""No worker has given a sign of life for longer than this: none is there."""
LATE = timedelta(minutes=10)
"""A mail or a job that could leave waits longer than this: the queue does not get on."""
HELD = 20.0
"""Seconds after which a database that others hold all the time counts as unable to take anything."""
KEPT = 1.0
"""Seconds for which an answer is given again: whoever asks all the time costs nothing."""


class State(StrEnum):
    """`degraded`: only background work fails; `unavailable`: deposits can't be taken."""

    OK = "ok"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Health:
    """`silent`: which background work is (`worker`, `queue`); `fault`: why deposits can't be taken."""

    state: State
    silent: tuple[str, ...] = ()
    fault: StoreFault | None = None


class HealthWatch:
    """The health of one instance, asked by one process."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._looking = threading.Lock()
        self._last: tuple[float, Health] | None = None
        self._held_since: float | None = None

    def look(self, *, kept: float = KEPT) -> Health:
        """As it is now, or as it was less than `kept` seconds ago."""
        with self._looking:
            if self._last is None or time.monotonic() - self._last[0] >= kept:
                health = self._look()
                self._last = (time.monotonic(), health)
            return self._last[1]

    def _look(self) -> Health:
        fault = no_room(self._platform.settings.instance) or self._refusal()
        if fault is not None:
            return Health(State.UNAVAILABLE, fault=fault)
        try:
            with self._platform.database.probing() as session:
                silent = silent_work(session, self._platform.clock(), in_place=self._platform.settings.immediate_jobs)
        except Exception as error:
            fault = fault_of(error)
            if fault is None:
                raise
            return Health(State.UNAVAILABLE, fault=fault)
        return Health(State.DEGRADED if silent else State.OK, silent)

    def _refusal(self) -> StoreFault | None:
        """Why the database takes nothing. That others write at this moment is no reason, unless it lasts."""
        fault = self._platform.database.refusal()
        if fault is not StoreFault.BUSY:
            self._held_since = None
            return fault
        now = time.monotonic()
        self._held_since = self._held_since or now
        return fault if now - self._held_since >= HELD else None


def no_room(folder: Path) -> StoreFault | None:
    """Whether `ROOM` bytes can still be laid down in the folder: asked of the file system, which knows its quotas."""
    try:
        with tempfile.TemporaryFile(dir=folder) as place:
            os.posix_fallocate(place.fileno(), 0, ROOM)
    except OSError as error:
        return fault_of(error) or StoreFault.AWAY
    return None


def silent_work(session: Session, now: datetime, *, in_place: bool) -> tuple[str, ...]:
    """Which background work does not get on. `in_place`: work is done where it is asked for, and needs no worker."""
    seen = worker_seen(session, now)
    dead = not in_place and is_silent(seen.heartbeat, now)
    return ("worker",) * dead + ("queue",) * is_late_work(seen.waiting_since, now)


def is_silent(heartbeat: datetime | None, now: datetime) -> bool:
    """Whether no worker has given a sign of life lately, or ever."""
    return heartbeat is None or now - heartbeat > SILENT


def is_late_work(waiting_since: datetime | None, now: datetime) -> bool:
    """Whether what could be done waits for so long that the queue does not get on."""
    return waiting_since is not None and now - waiting_since > LATE
