"""Long work asks, now and then, whether it is to go on.

Whoever starts it says with `watched` who is asked: a command looks whether a signal came, a job whether a person
cancelled it. What the asked one raises ends the work, also inside the solver (`core/selection/work.py`).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watch = Callable[[], None]
"""Raises what the work is to end with, if it is to end. Asked very often: it must be quick."""

_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Within it `go_on` asks `watch`."""
    before = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(before)


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started within never hear Ctrl-C, which a terminal sends to all: whoever started them ends them.

    For this process it waits until the end of the block.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def go_on() -> None:
    """Raises what whoever watches raises; nothing where nobody does."""
    watch = _watch.get()
    if watch is not None:
        watch()
