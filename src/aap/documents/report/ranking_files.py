"""The files of one run of the ranking (docs/file-mode.md): names and bytes, from the run's values.

The PDF list and the letters are made apart (`press`): they take longest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from aap.core.ranking.bundle import run_bundle
from aap.core.ranking.run import Run, json_text
from aap.core.results import laureates_table
from aap.documents.report.report_html import ReportInput, report_html
from aap.documents.tables.csv_out import csv_bytes
from aap.documents.tables.workbooks import laureates_workbook, ranking_file

LONGEST_NAME = 180  # bytes of a file name before its ending: file systems hold 255
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%]')

File = tuple[str, bytes]


def table_files(run: Run) -> Iterator[File]:
    """Every file of a run but the PDFs."""
    call = run.given.call
    title = call.call.title or call.id
    method = run.ranking.method
    criteria = [(criterion.id, criterion.title or criterion.id) for criterion in call.rubric.criteria]
    yield "ranking.csv", csv_bytes(run.ranking_table)
    yield "laureates.csv", csv_bytes(laureates_table(run.rows, method))
    yield "reviewers.csv", csv_bytes(run.reviewers_table)
    yield "report.json", readable_json(run.report)
    yield "bundle.json", json_text(run_bundle(run)).encode() + b"\n"
    yield "ranking.xlsx", ranking_file(run.rows, criteria, f"Classement – {title}")
    yield "laureates.xlsx", laureates_workbook(run.rows, method, f"Lauréats – {title}")
    yield "report.html", report_html(ReportInput(call, run.given.applications, run.rows, run.reviewers, run.report))


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
