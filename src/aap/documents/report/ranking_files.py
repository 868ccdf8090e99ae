"""The files of one run of the ranking (docs/file-mode.md): names and bytes, from the run's values.

The PDF list and the letters are made apart (`press`): they take longest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aap.core.call.lots import criteria_of
from aap.core.call.schema import CallFile
from aap.core.inputs import Application
from aap.core.ranking.bundle import run_bundle
from aap.core.ranking.run import Run
from aap.core.ranking.run_input import json_text
from aap.core.results import ResultRow, ReviewerRow, Table, laureates_table
from aap.documents.report.report_html import ReportInput, report_html
from aap.documents.tables.csv_out import csv_bytes
from aap.documents.tables.workbooks import laureates_workbook, ranking_file

LONGEST_NAME = 180  # bytes of a file name before its ending: file systems hold 255
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%]')

File = tuple[str, bytes]


class RunValues(Protocol):
    """What the files of a run are made of: a run of file mode, or a kept one as its reader may know it."""

    @property
    def file(self) -> CallFile: ...
    @property
    def title(self) -> str: ...
    @property
    def rows(self) -> tuple[ResultRow, ...]: ...
    @property
    def applications(self) -> Sequence[Application]: ...
    @property
    def ranking(self) -> Table: ...
    @property
    def reviewers(self) -> Sequence[ReviewerRow]: ...
    @property
    def reviewers_table(self) -> Table: ...
    @property
    def report(self) -> Mapping[str, Any]: ...
    @property
    def bundle(self) -> str: ...


def _author(run: RunValues) -> str:
    return run.file.call.authority.name if run.file.call.authority else ""


def _workbook_of_ranking(run: RunValues) -> bytes:
    criteria = [(criterion.id, criterion.title or criterion.id) for criterion in criteria_of(run.file)]
    return ranking_file(run.rows, criteria, f"Classement – {run.title}", run.reviewers, _author(run))


RANKING_FILES: Mapping[str, Callable[[RunValues], bytes]] = {
    "ranking.csv": lambda run: csv_bytes(run.ranking),
    "laureates.csv": lambda run: csv_bytes(laureates_table(run.rows, run.file.scoring.method)),
    "reviewers.csv": lambda run: csv_bytes(run.reviewers_table),
    "report.json": lambda run: readable_json(run.report),
    "bundle.json": lambda run: run.bundle.encode() + b"\n",
    "ranking.xlsx": _workbook_of_ranking,
    "laureates.xlsx": lambda run: laureates_workbook(
        run.rows, run.file.scoring.method, f"Lauréats – {run.title}", _author(run)
    ),
    "report.html": lambda run: report_html(
        ReportInput(run.file, run.applications, run.rows, run.reviewers, run.report)
    ),
}
"""Every file of a run but the PDFs, in file mode and online, by its name."""

_IN_FRENCH = {
    "ranking": "classement",
    "laureates": "laureats",
    "reviewers": "evaluateurs",
    "report": "rapport",
    "synthesis": "synthese",
    "bundle": "archive",
    "public-bundle": "archive-sans-noms",
}


def saved_as(name: str) -> str:
    """The name under which a person's browser saves a file of a run: `classement.pdf`. File mode's are a published format."""
    stem, _, ending = name.rpartition(".")
    return f"{_IN_FRENCH.get(stem, stem)}.{ending}"


@dataclass(frozen=True, slots=True)
class _Computed:
    """A run that was just computed."""

    run: Run

    @property
    def file(self) -> CallFile:
        return self.run.given.call

    @property
    def title(self) -> str:
        return self.file.call.title or self.file.call.id

    @property
    def rows(self) -> tuple[ResultRow, ...]:
        return self.run.rows

    @property
    def applications(self) -> Sequence[Application]:
        return self.run.given.applications

    @property
    def ranking(self) -> Table:
        return self.run.ranking_table

    @property
    def reviewers(self) -> Sequence[ReviewerRow]:
        return self.run.reviewers

    @property
    def reviewers_table(self) -> Table:
        return self.run.reviewers_table

    @property
    def report(self) -> Mapping[str, Any]:
        return self.run.report

    @property
    def bundle(self) -> str:
        return json_text(run_bundle(self.run))


def table_files(run: Run) -> Iterator[File]:
    """Every file of a run but the PDFs."""
    computed = _Computed(run)
    return ((name, make(computed)) for name, make in RANKING_FILES.items())


def readable_json(value: Any) -> bytes:
    """JSON for eyes and programs: indented, keys in their order, UTF-8, a line end at the end."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"


def file_stem(application_id: str) -> str:
    """A file name for an application's id: the id itself where it is harmless, else with `%XX` for what isn't.

    No two ids give the same name, none leaves the folder, none is hidden; a very long one is cut and bears its digest.
    """
    stem = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", application_id)
    if stem[:1] in {".", " "}:
        stem = f"%{ord(stem[0]):02X}{stem[1:]}"
    if stem[-1:] in {".", " "}:
        stem = f"{stem[:-1]}%{ord(stem[-1]):02X}"
    if len(stem.encode()) > LONGEST_NAME:
        digest = hashlib.sha256(application_id.encode()).hexdigest()[:16]
        stem = f"{stem.encode()[: LONGEST_NAME - 17].decode(errors='ignore')}%{digest}"
    return stem
