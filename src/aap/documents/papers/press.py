"""The PDFs of a run, made in processes of their own while the rest is computed and written.

The PDF engine takes longer to load than a call of 236 applications takes to rank, and one process makes about twenty
letters a second: fresh processes (never forks of a process that may hold threads) load it meanwhile and share the work.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
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
    from aap.documents.report.ranking_files import File

BATCH = 8  # letters handed to a process at a time


class Press:
    """A context that makes PDFs in `processes` processes; they start loading as soon as it is made."""

    def __init__(self, processes: int) -> None:
        self._pool = ProcessPoolExecutor(max_workers=processes, mp_context=multiprocessing.get_context("spawn"))
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
                Census.of(part.rows),
                draft,
                part.lot,
            )
            for part in run.parts
            for at in range(0, len(part.rows), BATCH)
        ]
        for done, future in enumerate(waiting, start=1):
            yield from future.result()
            progress(min(done * BATCH, len(run.rows)), len(run.rows))


def _load() -> None:
    """Load the PDF engine, its style sheet and its fonts."""
    import aap.documents.papers.lists  # noqa: F401


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
                ranked=census.ranked,
                retained=census.retained,
                application=application,
                draft=draft,
                lot=lot,
                written=written,
            )
        except NoLetter:
            continue
        made.append((f"letters/{file_stem(row.application_id)}.pdf", render_letter(view)))
    return made
