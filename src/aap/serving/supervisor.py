"""Child processes that are kept alive: started, started again when they die, told to stop together.

The parent loads the code once and forks: the children share its memory, and a child that died is back without loading
anything. So the parent must hold nothing that a fork breaks: no thread, no open database, no queue.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

import structlog

log = structlog.get_logger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a child that died is started again; doubled each time."""
CALM = 60.0
"""A child that lived this many seconds starts anew without memory of earlier deaths."""
PATIENCE = 9.0
"""Seconds from the request to stop until what still runs is killed."""
_PR_SET_PDEATHSIG = 1
_STOPPING = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Child:
    """A process by its name; `run` is its life, in the forked process. SIGTERM asks it to end."""

    name: str
    run: Callable[[], object]


def wait_before(deaths: int) -> float:
    """Seconds to wait after so many deaths in a row (1: the first)."""
    return float(min(FIRST_WAIT * 2 ** (deaths - 1), LONGEST_WAIT))


class _Kept:
    """What the supervisor knows of one child."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.pid: int | None = None
        self.started = 0.0
        self.deaths = 0
        self.due: float | None = 0.0  # when it is to be started; None while it runs


class Supervisor:
    """Runs `children` until SIGTERM or SIGINT.

    `watch` is called about ten times a second until it gives True (the service answers). Where it is given and a child
    dies `hopeless` times in a row before that, there is nothing to keep alive: everything stops and `run` gives 1.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        watch: Callable[[], bool] | None = None,
        hopeless: int = 4,
        patience: float = PATIENCE,
        wait: Callable[[int], float] = wait_before,
        calm: float = CALM,
    ) -> None:
        self._kept = [_Kept(child) for child in children]
        self._watch, self._hopeless = watch, hopeless
        self._patience, self._wait, self._calm = patience, wait, calm
        self._stop = False
        self._failed = False

    def run(self) -> int:
        """0 after a request to stop, 1 where the children could not be brought to life."""
        reading, writing = os.pipe()
        for end in (reading, writing):
            os.set_blocking(end, False)
        former = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        handlers = {one: signal.signal(one, self._told) for one in (*_STOPPING, signal.SIGCHLD)}
        try:
            while not self._stop:
                self._start_due()
                self._watch_once()
                _rest(reading, self._time_to_rest())
                self._bury()
            self._end(reading)
        finally:
            for one, handler in handlers.items():
                signal.signal(one, handler)
            signal.set_wakeup_fd(former)
            os.close(reading)
            os.close(writing)
        return int(self._failed)

    def _told(self, number: int, _frame: object) -> None:
        if number in _STOPPING:
            self._stop = True

    def _start_due(self) -> None:
        for kept in self._kept:
            if kept.due is not None and kept.due <= time.monotonic():
                kept.pid, kept.started, kept.due = _start(kept.child), time.monotonic(), None

    def _watch_once(self) -> None:
        if self._watch is not None and self._watch():
            self._watch = None

    def _time_to_rest(self) -> float:
        if self._watch is not None:
            return 0.1
        waits = [kept.due - time.monotonic() for kept in self._kept if kept.due is not None]
        return max(0.0, min([*waits, 60.0]))

    def _bury(self) -> None:
        """Takes notice of the dead, whoever they are (as first process of a container it inherits others' too)."""
        while (found := _a_dead_one()) is not None:
            pid, code = found
            for kept in self._kept:
                if kept.pid == pid:
                    self._note_death(kept, code)

    def _note_death(self, kept: _Kept, code: int) -> None:
        assert kept.pid is not None
        _tell(kept.pid, signal.SIGTERM)  # what it has started and left behind
        if time.monotonic() - kept.started >= self._calm:
            kept.deaths = 0
        kept.deaths += 1
        kept.pid = None
        if self._stop:
            return
        wait = self._wait(kept.deaths)
        kept.due = time.monotonic() + wait
        log.warning("child.died", child=kept.child.name, code=code, again_in=wait)
        if self._watch is not None and kept.deaths >= self._hopeless:
            log.error("child.hopeless", child=kept.child.name, deaths=kept.deaths)
            self._stop = self._failed = True

    def _end(self, wakes: int) -> None:
        """Asks every child to stop, waits, kills what is left."""
        until = time.monotonic() + self._patience
        for kept in self._kept:
            if kept.pid is not None:
                _tell(kept.pid, signal.SIGTERM)
        while any(kept.pid is not None for kept in self._kept) and (left := until - time.monotonic()) > 0:
            _rest(wakes, left)
            self._bury()
        for kept in self._kept:
            if kept.pid is not None:
                log.warning("child.killed", child=kept.child.name)
                _tell(kept.pid, signal.SIGKILL)
                os.waitpid(kept.pid, 0)


def _start(child: Child) -> int:
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _live(child, parent)
    with suppress(OSError):
        os.setpgid(pid, pid)  # here too: whoever comes first, the group is there before anybody is told to stop
    return pid


def _live(child: Child, parent: int) -> NoReturn:
    """The forked process: signals as a new process has them, a group of its own (Ctrl-C reaches the parent alone)."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for one in (*_STOPPING, signal.SIGCHLD):
            signal.signal(one, signal.SIG_DFL)
        os.setpgid(0, 0)
        die_with(parent)
        child.run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def die_with(parent: int) -> None:
    """This process is told to stop (SIGTERM) when its parent dies. Linux only: elsewhere it outlives a killed parent."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), signal.SIGTERM)


def _tell(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _a_dead_one() -> tuple[int, int] | None:
    """(pid, exit code; negative: the signal that ended it) of a child that ended; None where all live."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _rest(wakes: int, seconds: float) -> None:
    """Sleeps until a signal arrives, at most so long."""
    if select.select([wakes], [], [], seconds)[0]:
        os.read(wakes, 4096)
