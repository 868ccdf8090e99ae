"""A supervisor in a process of its own: `python -m tests.unit.serving.supervised FOLDER KIND…`.

Each child adds a line with its pid to FOLDER/KIND. Its kind is what it does: see `KINDS`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from aap.serving.supervisor import Child, Supervisor

FOLDER = Path(sys.argv[1])


def note(name: str) -> None:
    with (FOLDER / name).open("a") as lines:
        lines.write(f"{os.getpid()}\n")


def steady() -> None:
    note("steady")
    signal.pause()


def finishing() -> None:
    """Ends what it has begun before it goes."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    note("finishing")
    while not asked:
        time.sleep(0.01)
    time.sleep(0.3)
    note("finished")


def stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("stubborn")
    time.sleep(600)


def failing() -> None:
    note("failing")
    raise RuntimeError("not today")


def parental() -> None:
    """Has a child of its own, which knows nothing of a parent's death."""
    if os.fork() == 0:
        note("grandchild")
        signal.pause()
    note("parental")
    signal.pause()


KINDS = {one.__name__: one for one in (steady, finishing, stubborn, failing, parental)}

if __name__ == "__main__":
    children = [Child(name, KINDS[name]) for name in sys.argv[2:]]
    watch = (lambda: False) if "failing" in sys.argv else None
    sys.exit(Supervisor(children, watch=watch, hopeless=3, patience=1.5, wait=lambda deaths: 0.05 * deaths).run())
