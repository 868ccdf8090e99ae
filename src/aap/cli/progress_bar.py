"""A progress bar on a terminal, with the time spent; nothing in a pipe or a log."""

from __future__ import annotations

import sys
import time

from aap.core.interruption import go_on


class ProgressLine:
    """One line on standard error, rewritten in place; silent where standard error is no terminal."""

    WIDTH = 30

    def __init__(self) -> None:
        self._shown = ""
        self._is_terminal = sys.stderr.isatty()
        self._since = time.monotonic()

    def __call__(self, step: str, done: int, total: int) -> None:
        go_on()
        if not self._is_terminal:
            return
        seconds = int(time.monotonic() - self._since)
        text = step
        if total > 1:
            filled = self.WIDTH * done // total
            text = f"{step} [{'#' * filled}{'.' * (self.WIDTH - filled)}] {done}/{total}"
        if seconds:
            text += f" {seconds // 60}\u00a0min {seconds % 60:02d}\u00a0s" if seconds >= 60 else f" {seconds}\u00a0s"
        if text != self._shown:
            sys.stderr.write("\r" + text.ljust(len(self._shown)))
            sys.stderr.flush()
            self._shown = text

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Erase the line, before other text is written."""
        if self._shown:
            sys.stderr.write("\r" + " " * len(self._shown) + "\r")
            sys.stderr.flush()
            self._shown = ""
