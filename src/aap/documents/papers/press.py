"""PDFs made in processes of their own: those of a run while the rest is computed and written, and batches of letters.

The PDF engine takes longer to load than a call of 236 applications takes to rank, and one process makes about twenty
letters a second: fresh processes (never forks of a process that may hold threads) load it meanwhile and share the work.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING

from aap.core.interruption import deaf_children
from aap.core.results import Census

if TYPE_CHECKING:
    from aap.core.call.schema import CallFile, Lot
    from aap.core.inputs import Application, JuryDecision
    from aap.core.ranking.run import Run
    from aap.core.results import ResultRow
    from aap.documents.papers.letter_facts import WrittenDecision
    from aap.documents.papers.letters import LetterView
    from aap.documents.report.ranking_files import File

BATCH = 8  # letters handed to a process at a time


class Press:
    """A context that makes PDFs in `processes` processes; they start loading as soon as it is made."""

    def __init__(self, processes: int) -> None:
        self._pool = ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), initializer=_watch_parent, initargs=(os.getpid(),)
        )
        others = set(multiprocessing.active_children())
        with deaf_children():
            for _ in range(processes):
                self._pool.submit(_load)
        self._started = set(multiprocessing.active_children()) - others

    def __enter__(self) -> Press:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._started:  # what they made has been handed over, or nobody wants it any more
            process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def rendered(self, views: Sequence[LetterView]) -> Generator[bytes]:
        """The letters as PDFs, in their order. Closed before its end, it makes no more."""
        waiting = [self._pool.submit(_rendered, views[at : at + BATCH]) for at in range(0, len(views), BATCH)]
        try:
            yield from chain.from_iterable(future.result() for future in waiting)
        finally:
            for future in waiting:
                future.cancel()

    def laureates(self, run: Run) -> Future[bytes]:
        """The list that an official signs."""
        return self._pool.submit(_laureates, run.given.call, run.rows, run.report["result_hash"], run.report["final"])

    def letters(self, run: Run, progress: Callable[[int, int], None]) -> Iterator[File]:
        """One letter an application that has an outcome, as `letters/<application_id>.pdf`, in the ranking's order."""
        applications = {application.id: application for application in run.given.applications}
        draft = not run.report["final"]
        written = _written(run.given.decisions)
        waiting = [
            self._pool.submit(
                _letters,
                part.given.call,
                [
                    (row, applications[row.application_id], written.get(row.application_id, ()))
                    for row in part.rows[at : at + BATCH]
                ],
                Census.of(part.rows, part.given.call.scoring.method),
                draft,
                part.lot,
            )
            for part in run.parts
            for at in range(0, len(part.rows), BATCH)
        ]
        for done, future in enumerate(waiting, start=1):
            yield from future.result()
            progress(min(done * BATCH, len(run.rows)), len(run.rows))


class _KeptPress:
    """One press for all batches of a process: they come piece after piece, and loading the PDF engine takes as long as
    twenty letters. It is given back when nobody has used it for a while."""

    IDLE = 30.0  # seconds

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._press: Press | None = None
        self._users = 0
        self._closing: threading.Timer | None = None

    def rendered(self, views: Sequence[LetterView], processes: int) -> Generator[bytes]:
        """As a press does. What breaks it (a process that the kernel ended) is raised, and the next batch has a new one."""
        with self._lock:
            if self._closing is not None:
                self._closing.cancel()
            if self._press is None:
                self._press = Press(processes)
            press, self._users = self._press, self._users + 1
        broken = True
        try:
            yield from press.rendered(views)
            broken = False
        except GeneratorExit:
            broken = False
            raise
        finally:
            with self._lock:
                self._users -= 1
                if broken and self._press is press:
                    self._press = None
                if not self._users and self._press is not None:
                    self._closing = threading.Timer(self.IDLE, self._close)
                    self._closing.daemon = True
                    self._closing.start()
            if broken:
                press.__exit__(None, None, None)

    def _close(self) -> None:
        with self._lock:
            if self._users or self._press is None:
                return
            press, self._press = self._press, None
        press.__exit__(None, None, None)


_KEPT = _KeptPress()


def rendered(views: Sequence[LetterView], processes: int | None = None) -> Generator[bytes]:
    """Letters as PDFs, in their order: a few here, more on every core. `processes`: one a core by default."""
    processes = processes or os.cpu_count() or 1
    if processes == 1 or len(views) <= 2 * BATCH:
        yield from (one for view in views for one in _rendered([view]))
    else:
        yield from _KEPT.rendered(views, processes)


def _rendered(views: Sequence[LetterView]) -> list[bytes]:
    from aap.documents.papers.letters import render_letter

    return [render_letter(view) for view in views]


def _load() -> None:
    """Load the PDF engine, its style sheet and its fonts."""
    import aap.documents.papers.lists  # noqa: F401


def _watch_parent(parent: int) -> None:
    """In a process of a pool: it ends with who started it, also where that was killed."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """It waits for work on a pipe that it holds open itself: nothing else tells it that nobody sends any."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _laureates(call: CallFile, rows: Sequence[ResultRow], result_hash: str, final: bool) -> bytes:
    from aap.documents.papers.lists import laureate_list_view, render_list

    return render_list(laureate_list_view(call, rows, result_hash=result_hash, final=final))


def _written(decisions: Iterable[JuryDecision]) -> dict[str, tuple[WrittenDecision, ...]]:
    """What the jury decided on each application, with the reason that its letter gives."""
    from aap.documents.papers.letter_facts import WrittenDecision

    found: dict[str, tuple[WrittenDecision, ...]] = {}
    for one in decisions:
        if one.decision in ("in", "out", "amount"):
            amount = None if one.amount is None else int(one.amount * 100)
            kept = WrittenDecision(one.decision, one.reason, amount=amount)
            found[one.application_id] = (*found.get(one.application_id, ()), kept)
    return found


def _letters(
    call: CallFile,
    rows: Sequence[tuple[ResultRow, Application, tuple[WrittenDecision, ...]]],
    census: Census,
    draft: bool,
    lot: Lot | None,
) -> list[File]:
    from aap.documents.papers.letter_facts import NoLetter
    from aap.documents.papers.letters import letter_from_row, render_letter
    from aap.documents.report.ranking_files import file_stem

    made = []
    for row, application, written in rows:
        try:
            view = letter_from_row(
                call,
                row,
                census=census,
                application=application,
                draft=draft,
                lot=lot,
                written=written,
            )
        except NoLetter:
            continue
        made.append((f"letters/{file_stem(row.application_id)}.pdf", render_letter(view)))
    return made
