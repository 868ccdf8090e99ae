"""What a request costs: time by the clock and the processors', and memory, of this process and of those that it started."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass
class Cost:
    """Seconds; megabytes. `added`: the most that this process held above what it held before; `largest`: the most that
    one process that it started held, shared pages included (0: none was there)."""

    wall: float = 0.0
    processor: float = 0.0
    added: float = 0.0
    largest: float = 0.0


def _descendants(pid: int) -> list[int]:
    found = []
    for task in (_PROC / str(pid) / "task").glob("*/children"):
        try:
            children = [int(one) for one in task.read_text().split()]
        except OSError:  # it ended meanwhile
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found


def _memory(pid: int | str, name: str) -> float:
    """A line of /proc/PID/status in megabytes; 0 where the process is gone."""
    try:
        text = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in text.splitlines() if line.startswith(f"{name}:")), 0.0)


def _spent(pid: int) -> float:
    """Seconds of processor of a process and of what it waited for."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(one) for one in fields[11:15]) / _TICKS


class _Watch(threading.Thread):
    """Looks every 5 ms at the processes that this one started: some live for a moment only."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.largest = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            for pid in _descendants(os.getpid()):
                self.largest = max(self.largest, _memory(pid, "VmRSS"))
            self.ended.wait(0.005)


@contextmanager
def metered() -> Iterator[Cost]:
    """Fills in the cost when the block ends. Linux only."""
    cost, own, watch = Cost(), os.getpid(), _Watch()
    (_PROC / "self/clear_refs").write_text("5")  # the peak begins again from here
    held = _memory("self", "VmRSS")
    spent = sum(os.times()[:4]) + sum(_spent(pid) for pid in _descendants(own))
    watch.start()
    begun = time.monotonic()
    try:
        yield cost
    finally:
        cost.wall = time.monotonic() - begun
        watch.ended.set()
        watch.join()
        cost.processor = sum(os.times()[:4]) + sum(_spent(pid) for pid in _descendants(own)) - spent
        cost.added = max(0.0, _memory("self", "VmHWM") - held)
        cost.largest = watch.largest
