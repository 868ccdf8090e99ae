"""Files that leave the service: candidates, rankings, lists of laureates, letters. Each leaves a line in the log."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.ranking.processing_sheet import processing_sheet
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.run import RunInput, json_text
from aap.core.results import ResultRow, ReviewerRow, Table, laureates_table
from aap.core.selection.problem import Rules
from aap.core.selection.rules import rules_of
from aap.documents.media_types import CSV, PDF, XLSX, MadeFile
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import DossierLabel, laureate_list_view, ranking_list_view, render_list
from aap.documents.papers.sheets import SheetView, render_sheet
from aap.documents.report.ranking_files import file_stem, readable_json
from aap.documents.report.report_html import ReportInput, report_html
from aap.documents.tables.csv_out import csv_bytes
from aap.documents.tables.workbooks import laureates_workbook, ranking_workbook
from aap.records.outbox import Job, JobState
from aap.records.rankings import RankingRun
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.access import dossier_of, find_dossier
from aap.services.errors import NotFound
from aap.services.outbox import Progress, start_job
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.ranking.runs import RunView, pseudonym_key, view_run
from aap.services.ranking.trials import ranked, run_content


@dataclass(frozen=True)
class _RunFiles:
    """A kept run with all that its files are made of. Names are those of the day it was computed."""

    call: OpenedCall
    view: RunView
    secret: str

    @property
    def run(self) -> RankingRun:
        return self.view.run

    @property
    def rows(self) -> tuple[ResultRow, ...]:
        names = {one.id: one.association for one in run_content(self.run).given.applications}
        return tuple(dataclasses.replace(row, association=names[row.application_id]) for row in self.view.rows)

    @property
    def method(self) -> str:
        return self.call.file.scoring.method

    @property
    def title(self) -> str:
        return self.call.record.title

    @property
    def labels(self) -> Mapping[str, DossierLabel]:
        return {
            name: DossierLabel(reference=name, project=self.view.titles[name], place=self.view.places[name])
            for name in self.view.ids
        }

    @property
    def final(self) -> bool:
        return bool(self.run.report.get("final"))


def _reviewer_rows(table: Table) -> list[ReviewerRow]:
    def figure(cell: str) -> Decimal | None:
        return Decimal(cell) if cell else None

    return [
        ReviewerRow(name, int(reviews), Decimal(mean), Decimal(severity), figure(low), figure(high))
        for name, reviews, mean, severity, low, high in table.rows
    ]


def reviewer_rows(run: RankingRun) -> list[ReviewerRow]:
    """The reviewers' severities as a run found them."""
    return _reviewer_rows(run_content(run).reviewers)


def _ranking_xlsx(files: _RunFiles) -> bytes:
    criteria = [(criterion.id, criterion.title or criterion.id) for criterion in files.call.file.rubric.criteria]
    return ranking_workbook(files.rows, criteria, f"Classement – {files.title}")


def _ranking_pdf(files: _RunFiles) -> bytes:
    """Tens of pages: see `ranking_list`."""
    return render_list(
        ranking_list_view(
            files.call.file, files.rows, result_hash=files.run.result_hash, final=files.final, labels=files.labels
        )
    )


def _laureates_pdf(files: _RunFiles) -> bytes:
    return render_list(
        laureate_list_view(
            files.call.file, files.rows, result_hash=files.run.result_hash, final=files.final, labels=files.labels
        )
    )


def _report_html(files: _RunFiles) -> bytes:
    content = run_content(files.run)
    return report_html(
        ReportInput(
            files.call.file,
            content.given.applications,
            files.rows,
            _reviewer_rows(content.reviewers),
            files.run.report,
        )
    )


def _synthesis_xlsx(files: _RunFiles) -> bytes:
    from aap.documents.tables.synthesis import synthesis_workbook  # pandas takes its time: only where it is wanted

    applications = run_content(files.run).given.applications
    return synthesis_workbook(files.call.file, applications, files.rows, f"Synthèse – {files.title}")


def _public(files: _RunFiles) -> bytes:
    key = pseudonym_key(files.secret, files.call.id)
    return json_text(public_bundle(files.run.bundle, key=key).value).encode() + b"\n"


_FILES: Mapping[str, tuple[str, Callable[[_RunFiles], bytes]]] = {
    "ranking.csv": (CSV, lambda files: csv_bytes(run_content(files.run).ranking)),
    "ranking.xlsx": (XLSX, _ranking_xlsx),
    "ranking.pdf": (PDF, _ranking_pdf),
    "laureates.csv": (CSV, lambda files: csv_bytes(laureates_table(files.rows, files.method))),
    "laureates.xlsx": (
        XLSX,
        lambda files: laureates_workbook(files.rows, files.method, f"Lauréats – {files.title}"),
    ),
    "laureates.pdf": (PDF, _laureates_pdf),
    "synthesis.xlsx": (XLSX, _synthesis_xlsx),
    "reviewers.csv": (CSV, lambda files: csv_bytes(run_content(files.run).reviewers)),
    "report.json": ("application/json", lambda files: readable_json(files.run.report)),
    "report.html": ("text/html; charset=utf-8", _report_html),
    "bundle.json": ("application/json", lambda files: files.run.bundle.encode() + b"\n"),
    "public-bundle.json": ("application/json", _public),
}
RUN_FILES = tuple(_FILES)
"""The files of a run, by the names that they also bear in file mode."""


def run_file(
    session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, name: str, secret: str, now: datetime
) -> MadeFile:
    """One of RUN_FILES. `secret`: the instance's, from which the pseudonyms of the public bundle are drawn.

    Raises NotFound for another name.
    """
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    if name not in _FILES:
        raise NotFound("file", name)
    content_type, make = _FILES[name]
    content = make(_RunFiles(call, view_run(session, run), secret))
    _downloaded(session, actor, run, name, hashlib.sha256(content).hexdigest(), now)
    return MadeFile(_file_name(call, run, name), content_type, content)


RANKING_LIST = "ranking.pdf"
"""The file of a run that takes seconds to lay out: made once by the job `ranking_list`, then handed out as it is kept."""


def ranking_list(session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, now: datetime) -> Job:
    """The job that makes a run's RANKING_LIST, started where none was or the last one failed."""
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    made = session.exec(
        select(Job)
        .where(Job.kind == "ranking_list", Job.call_id == call.id, Job.state != JobState.FAILED)
        .order_by(col(Job.created_at), col(Job.id))
    )
    arguments = {"run": run.id}
    held = next((job for job in made if job.arguments == arguments), None)
    return held or start_job(session, "ranking_list", actor=actor, now=now, call_id=call.id, arguments=arguments)


def make_ranking_list(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Job `ranking_list`: lays RANKING_LIST out and keeps it in the file store. Argument: `run`. May be run again."""
    progress(0, 1, "Mise en page")
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        files = _RunFiles(call, view_run(session, session.get_one(RankingRun, job.arguments["run"])), "")
    stored = platform.files.put(io.BytesIO(_ranking_pdf(files)))
    progress(1, 1, "Mise en page")
    return {"sha256": stored.sha256, "list_of": files.run.number}


def kept_ranking_list(
    session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, sha256: str, now: datetime
) -> str:
    """Logs that the list that a finished job kept is handed out; gives its name."""
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    _downloaded(session, actor, run, RANKING_LIST, sha256, now)
    return _file_name(call, run, RANKING_LIST)


def _file_name(call: OpenedCall, run: RankingRun, name: str) -> str:
    return f"{call.id}-{run.number}-{name}"


def _downloaded(session: Session, actor: Actor, run: RankingRun, name: str, sha256: str, now: datetime) -> None:
    record(session, actor, "ranking.downloaded", run, now=now, after={"file": name, "sha256": sha256})


@dataclass(frozen=True)
class _KeptRun:
    """A kept run as the sheet of a dossier reads it: its rows as they were computed, nothing solved again."""

    given: RunInput
    rules: Rules
    rows: Sequence[ResultRow]
    ranking: Ranking
    report: Mapping[str, Any]


def processing_sheet_file(
    session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, reference: str, now: datetime
) -> MadeFile:
    """The sheet of one dossier's processing, to hand out on request. Raises NotFound, also for who is recused of it."""
    application_id = find_dossier(session, call.id, reference)
    dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id)
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    files = _RunFiles(call, view_run(session, run), "")
    content, ranking = ranked(run)
    if reference not in {standing.id for standing in ranking.standings}:
        raise NotFound("application", reference)
    given = dataclasses.replace(content.given, call=call.file)
    kept = _KeptRun(given, rules_of(call.file), files.rows, ranking, run.report)
    view = SheetView(
        sheet=processing_sheet(kept, reference),
        sender=sender_of(call.file),
        reference=call.file.call.reference or call.id,
        made_on=paris(run.created_at).date(),
    )
    record(
        session,
        actor,
        "sheet.downloaded",
        Subject("application", application_id, call.id),
        now=now,
        after={"run": run.number},
    )
    return MadeFile(f"{file_stem(reference)}-fiche-de-traitement.pdf", PDF, render_sheet(view))
