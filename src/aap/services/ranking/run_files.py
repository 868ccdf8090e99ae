"""Files that leave the service: rankings, lists of laureates, reports, bundles. Each leaves a line in the log.

Who is recused of a dossier finds its line masked in every file; what can't be masked (bundles) is refused to them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.core.call.lots import criteria_of
from aap.core.call.schema import CallFile
from aap.core.delays import paris
from aap.core.inputs import Application as RankedApplication
from aap.core.ranking.processing_sheet import processing_sheet
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.run_input import RunInput, json_text
from aap.core.results import MASKED, ResultRow, ReviewerRow, Table, ranking_table, reviewer_row
from aap.core.selection.problem import Rules
from aap.core.selection.rules import rules_of
from aap.documents.media_types import BY_ENDING, PDF, MadeFile
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import DossierLabel, laureate_list_view, log_witness, ranking_list_view, render_list
from aap.documents.papers.run_standing import RunStanding
from aap.documents.papers.sheets import SheetView, render_sheet
from aap.documents.report.ranking_files import RANKING_FILES, file_stem, saved_as
from aap.records.outbox import ENDED_WITHOUT_RESULT, Job
from aap.records.rankings import RankingRun
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.access import dossier_of, ensure_whole, find_dossier, recused_references
from aap.services.errors import NotFound
from aap.services.outbox import Progress, start_job
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.ranking.runs import RunView, masked_view, pseudonym_key, view_run
from aap.services.ranking.trials import ranked, run_content
from aap.services.ranking.versions import run_standing


@dataclass(frozen=True)
class RunFiles:
    """A kept run as one actor may read it, with all that its files are made of. Names are those of the day it was
    computed."""

    call: OpenedCall
    view: RunView
    secret: str
    standing: RunStanding | None = None

    @property
    def run(self) -> RankingRun:
        return self.view.run

    @property
    def rows(self) -> tuple[ResultRow, ...]:
        names = {one.id: one.association for one in run_content(self.run).given.applications}
        return tuple(
            row if row.masked else dataclasses.replace(row, association=names[row.application_id])
            for row in self.view.rows
        )

    @property
    def applications(self) -> tuple[RankedApplication, ...]:
        """What the run was computed from; of a masked dossier nothing but that it is one."""
        masked = self.view.masked
        return tuple(
            RankedApplication(masked[one.id], MASKED, 0, attributes=dict.fromkeys(one.attributes, (MASKED,)))
            if one.id in masked
            else one
            for one in run_content(self.run).given.applications
        )

    @property
    def file(self) -> CallFile:
        return self.call.file

    @property
    def ranking(self) -> Table:
        """As it was computed; with a masked line, the same table written again."""
        if not self.view.masked:
            return run_content(self.run).ranking
        return ranking_table(self.rows, [criterion.id for criterion in criteria_of(self.file)])

    @property
    def reviewers(self) -> Sequence[ReviewerRow]:
        return reviewer_rows(self.run)

    @property
    def reviewers_table(self) -> Table:
        return run_content(self.run).reviewers

    @property
    def report(self) -> Mapping[str, Any]:
        return self.view.report

    @property
    def bundle(self) -> str:
        return self.run.bundle

    @property
    def title(self) -> str:
        return self.call.record.title

    @property
    def labels(self) -> Mapping[str, DossierLabel]:
        return {
            name: DossierLabel(reference=name, project=self.view.titles[name], place=self.view.places[name])
            for name in self.view.titles
        }

    @property
    def final(self) -> bool:
        return bool(self.run.report.get("final"))

    @property
    def granted(self) -> int:
        """Cents to all laureates: a figure of the call, the same for everybody."""
        granted: float = self.run.report["budget"]["granted"]
        return round(granted * 100)


def reviewer_rows(run: RankingRun) -> list[ReviewerRow]:
    """The reviewers' severities as a run found them."""
    return [reviewer_row(cells) for cells in run_content(run).reviewers.rows]


def _ranking_pdf(files: RunFiles) -> bytes:
    """Tens of pages: see `ranking_list`."""
    listed = ranking_list_view(
        files.call.file,
        files.rows,
        result_hash=files.run.result_hash,
        final=files.final,
        labels=files.labels,
        reviewers=files.reviewers,
    )
    return render_list(dataclasses.replace(listed, standing=files.standing))


def _laureates_pdf(files: RunFiles) -> bytes:
    listed = laureate_list_view(
        files.call.file,
        files.rows,
        result_hash=files.run.result_hash,
        final=files.final,
        labels=files.labels,
        granted=files.granted,
        witness=log_witness(files.run.audit_lines, files.run.audit_head),
    )
    return render_list(dataclasses.replace(listed, standing=files.standing))


def _synthesis_xlsx(files: RunFiles) -> bytes:
    from aap.documents.tables.synthesis import synthesis_workbook  # pandas takes its time: only where it is wanted

    return synthesis_workbook(files.call.file, files.applications, files.rows, f"Synthèse – {files.title}")


def _public(files: RunFiles) -> bytes:
    key = pseudonym_key(files.secret, files.call.id)
    return json_text(public_bundle(files.run.bundle, key=key).value).encode() + b"\n"


_FILES: Mapping[str, Callable[[RunFiles], bytes]] = {
    **RANKING_FILES,
    "ranking.pdf": _ranking_pdf,
    "laureates.pdf": _laureates_pdf,
    "synthesis.xlsx": _synthesis_xlsx,
    "public-bundle.json": _public,
}
RUN_FILES = tuple(_FILES)
"""The files of a run, by the names that they also bear in file mode."""

WHOLE_FILES = frozenset({"bundle.json", "public-bundle.json"})
"""Files that are of use only as a whole: who is recused of a dossier of the call doesn't get them."""


def run_file(
    session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, name: str, secret: str, now: datetime
) -> MadeFile:
    """One of RUN_FILES. `secret`: the instance's, from which the pseudonyms of the public bundle are drawn.

    Raises NotFound for another name, RecusedFromCall for one of WHOLE_FILES where the actor is recused of a dossier.
    """
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    if name not in _FILES:
        raise NotFound("file", name)
    if name in WHOLE_FILES:
        ensure_whole(session, actor, call.id)
    standing = run_standing(session, run)
    content = _FILES[name](RunFiles(call, view_run(session, run, actor=actor), secret, standing))
    _downloaded(session, actor, run, name, hashlib.sha256(content).hexdigest(), now)
    return MadeFile(_file_name(call, run, name, standing), BY_ENDING[name.rpartition(".")[2]], content)


RANKING_LIST = "ranking.pdf"
"""The file of a run that takes seconds to lay out: made once by the job `ranking_list`, then handed out as it is kept."""


def ranking_list(session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, now: datetime) -> Job:
    """The job that makes a run's RANKING_LIST, started where none was or the last one failed.

    There is one for everybody, and one for each set of dossiers that somebody is recused of: a kept list never serves a
    person who must not read it. Nor is a provisional one handed out once the run is frozen, or taken back.
    """
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    made = session.exec(
        select(Job)
        .where(Job.kind == "ranking_list", Job.call_id == call.id, col(Job.state).not_in(ENDED_WITHOUT_RESULT))
        .order_by(col(Job.created_at), col(Job.id))
    )
    standing = run_standing(session, run)
    arguments = {"run": run.id, "standing": " ".join(standing.sentences), **_without(session, actor, call.id)}
    held = next((job for job in made if job.arguments == arguments), None)
    return held or start_job(session, "ranking_list", actor=actor, now=now, call_id=call.id, arguments=arguments)


def _without(session: Session, actor: Actor, call_id: str) -> dict[str, Any]:
    """What of the arguments of the job `ranking_list` depends on who asks: the references that are masked, if any."""
    hidden = recused_references(session, actor, call_id)
    return {"masked": sorted(hidden)} if hidden else {}


def make_ranking_list(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Job `ranking_list`: lays RANKING_LIST out and keeps it in the file store. May be run again.

    Arguments: `run`, where it stood (`standing`) when the list was asked for, and where its reader is recused of dossiers
    their references as `masked`.
    """
    progress(0, 1, "layout")
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        run = session.get_one(RankingRun, job.arguments["run"])
        view = masked_view(view_run(session, run, actor=SYSTEM), job.arguments.get("masked", ()))
        files = RunFiles(call, view, "", run_standing(session, run))
    stored = platform.files.put(io.BytesIO(_ranking_pdf(files)))
    progress(1, 1, "layout")
    return {"sha256": stored.sha256, "list_of": files.run.number}


def kept_ranking_list(
    session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, sha256: str, now: datetime
) -> str:
    """Logs that the list that a finished job kept is handed out; gives its name."""
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    _downloaded(session, actor, run, RANKING_LIST, sha256, now)
    return _file_name(call, run, RANKING_LIST, run_standing(session, run))


def _file_name(call: OpenedCall, run: RankingRun, name: str, standing: RunStanding) -> str:
    return f"{call.id}-{run.number}-{standing.word}-{saved_as(name)}"


def _downloaded(session: Session, actor: Actor, run: RankingRun, name: str, sha256: str, now: datetime) -> None:
    record(session, actor, "ranking.downloaded", run, now=now, after={"file": name, "sha256": sha256})


@dataclass(frozen=True)
class _KeptRun:
    """A kept run as the sheet of a dossier reads it: its rows as they were computed, nothing solved again."""

    given: RunInput
    rules: Rules
    rows: Sequence[ResultRow]
    ranking: Ranking
    lot: None = None  # a call with lots isn't run here


def processing_sheet_file(
    session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, reference: str, now: datetime
) -> MadeFile:
    """The sheet of one dossier's processing, to hand out on request. Raises NotFound, also for who is recused of it."""
    content = processing_sheet_pdf(session, actor=actor, call=call, run=run, reference=reference)
    record(
        session,
        actor,
        "sheet.downloaded",
        Subject("application", find_dossier(session, call.id, reference), call.id),
        now=now,
        after={"run": run.number},
    )
    return MadeFile(f"{file_stem(reference)}-fiche-de-traitement.pdf", PDF, content)


def processing_sheet_pdf(session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, reference: str) -> bytes:
    """The same for an official, for a file that holds it among others; its log is the caller's. Raises NotFound."""
    application_id = find_dossier(session, call.id, reference)
    dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=application_id)
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    return sheet_of(session, call, run, reference, actor=actor)


def sheet_of(
    session: Session, call: OpenedCall, run: RankingRun, reference: str, *, actor: Actor, since: str = ""
) -> bytes:
    """The sheet of a dossier that its caller has opened, from the run's lines as `actor` reads them. `since`: what was
    decided on it after the run. Raises NotFound for a dossier that isn't in the run."""
    files = RunFiles(call, view_run(session, run, actor=actor), "")
    content, ranking = ranked(run)
    if reference not in {standing.id for standing in ranking.standings}:
        raise NotFound("application", reference)
    given = dataclasses.replace(content.given, call=call.file)
    kept = _KeptRun(given, rules_of(call.file), files.rows, ranking)
    return render_sheet(
        SheetView(
            sheet=processing_sheet(kept, reference, result_hash=run.result_hash, since=since),
            sender=sender_of(call.file),
            reference=call.file.call.reference or call.id,
            made_on=paris(run.created_at).date(),
        )
    )
