"""SIGINT and SIGTERM end a command at once, wherever it is, with 130 or 143 (docs/file-mode.md).

The handler raises, and it remembers: an exception raised while a module loads may come out as an ImportError, and one
raised inside the solver's callback is lost. So whatever ends a command after a signal ends it with the signal's code, and
long work asks `go_on` in between.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from aap.core.interruption import watched

_ENDING = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """A signal asks the command to end."""


class Signals:
    """What was heard. `code`: the command's exit code then, None as long as nothing was."""

    def __init__(self) -> None:
        self.code: int | None = None

    def heard(self, number: int, _frame: FrameType | None) -> None:
        """The handler: the first signal raises, those that come while everything is put away don't."""
        if self.code is None:
            self.code = 128 + number
            raise Stopped

    def look(self) -> None:
        if self.code is not None:
            raise Stopped


@contextmanager
def signals_heard() -> Iterator[Signals]:
    """Within it both signals raise Stopped. Commands that handle them on their own (`serve`, `worker`) go before."""
    signals = Signals()
    if threading.current_thread() is not threading.main_thread():
        yield signals  # only the main thread may have handlers
        return
    before = {number: signal.signal(number, signals.heard) for number in _ENDING}
    try:
        with watched(signals.look):
            yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
