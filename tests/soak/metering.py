"""What a request costs: time by the clock and of processors, and memory, of this process and of those that it started.

Linux only. `python -m tests.soak.metering PID` is the process that watches the others: it answers each line of its input
with the largest memory that one of them held since the last line, and the seconds of processor that all have spent.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_OFTEN = 0.01  # seconds between two looks: some processes live for a moment only


@dataclass
class Cost:
    """Seconds; megabytes. `added`: the most that this process held above what it held before; `largest`: the most that
    one process that it started held, what it shares with others included (0: there is none)."""

    wall: float = 0.0
    processor: float = 0.0
    added: float = 0.0
    largest: float = 0.0


def _memory(pid: int | str, name: str) -> float:
    """A line of /proc/PID/status in megabytes; 0 where the process is gone."""
    try:
        text = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in text.splitlines() if line.startswith(f"{name}:")), 0.0)


def _family(pid: int) -> dict[int, float]:
    """What the process started, and what these started: process → seconds of processor, of those it waited for too."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for place in _PROC.iterdir():
        if not place.name.isdigit():
            continue
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        one = int(place.name)
        parents[one], spent[one] = int(fields[1]), sum(int(field) for field in fields[11:15]) / _TICKS
    found: set[int] = set()
    while True:
        more = {one for one, parent in parents.items() if parent == pid or parent in found} - found
        if not more:
            return {one: spent[one] for one in found if one != os.getpid()}
        found |= more


def _watch(pid: int) -> None:
    largest = 0.0
    while True:
        family = _family(pid)
        largest = max([largest, *(_memory(one, "VmRSS") for one in family)])
        if not select.select([sys.stdin], [], [], _OFTEN)[0]:
            continue
        if not sys.stdin.readline():
            return
        print(largest, sum(family.values()), flush=True)
        largest = 0.0


class Meter:
    """Measures one block after the other. Its watching process costs what is measured nothing."""

    def __enter__(self) -> Meter:
        command = [sys.executable, "-m", "tests.soak.metering", str(os.getpid())]
        self._watcher = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_error: object) -> None:
        self._watcher.communicate()

    def _asked(self) -> tuple[float, float]:
        assert self._watcher.stdin is not None
        assert self._watcher.stdout is not None
        self._watcher.stdin.write("\n")
        self._watcher.stdin.flush()
        largest, spent = self._watcher.stdout.readline().split()
        return float(largest), float(spent)

    @contextmanager
    def metered(self) -> Iterator[Cost]:
        """Fills in the cost when the block ends."""
        cost = Cost()
        (_PROC / "self/clear_refs").write_text("5")  # the peak begins again from here
        _, others = self._asked()
        held, own, begun = _memory("self", "VmRSS"), time.process_time(), time.monotonic()
        try:
            yield cost
        finally:
            cost.wall, cost.processor = time.monotonic() - begun, time.process_time() - own
            cost.added = max(0.0, _memory("self", "VmHWM") - held)
            cost.largest, now = self._asked()
            cost.processor += max(0.0, now - others)


if __name__ == "__main__":
    _watch(int(sys.argv[1]))
