"""The list in force as files: the laureates to sign or to hand on, as each version has them."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from aap.core.delays import paris
from aap.core.french import NBSP, day
from aap.core.results import ResultRow
from aap.documents.media_types import BY_ENDING, MadeFile
from aap.documents.papers.letterhead import Author, author_of
from aap.documents.papers.lists import laureate_list_view, render_list
from aap.documents.report.ranking_files import RANKING_FILES, saved_as
from aap.records.applications import Application
from aap.records.rankings import RankingRun
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.decision.in_force import InForce
from aap.services.decision.letter_contents import current_terms
from aap.services.decision.list_versions import list_at, reasons_since
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure
from aap.services.ranking.run_files import RunFiles
from aap.services.ranking.runs import view_run
from aap.services.ranking.versions import run_standing

LIST_FILES = ("laureates.pdf", "laureates.xlsx", "laureates.csv")
"""The files of a version, by the names that they bear for a run."""


@dataclass(frozen=True, kw_only=True)
class _ListFiles(RunFiles):
    """A run's files with the laureates of a version of its list. `ids`: reference → application's id; `reasons`: why it is
    retained, where a person decided it since."""

    held: InForce
    ids: dict[str, str]
    reasons: dict[str, str]

    @property
    def rows(self) -> tuple[ResultRow, ...]:
        shown = {name: reference for reference, name in self.view.masked.items()}
        return tuple(self._decided(row, self.ids[shown.get(row.application_id, row.application_id)])
                     for row in super().rows)  # fmt: skip

    def _decided(self, row: ResultRow, application_id: str) -> ResultRow:
        granted = self.held.granted.get(application_id)
        if granted is not None:
            row = dataclasses.replace(row, status="laureate", granted_amount=None if row.masked else granted)
            own = None if row.masked else self.reasons.get(application_id)
            return row if own is None else dataclasses.replace(row, reason_code="", reason=own)
        return row if row.status != "laureate" else dataclasses.replace(row, status="not_selected", granted_amount=None)

    @property
    def granted(self) -> int:
        return self.held.total


def list_file(session: Session, *, actor: Actor, call: OpenedCall, number: int, name: str, now: datetime) -> MadeFile:
    """One of LIST_FILES of a version; its download is logged. Who is recused of a dossier finds its line masked.

    Raises NotFound for another name or version.
    """
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    if name not in LIST_FILES:
        raise NotFound("file", name)
    held = list_at(session, actor=actor, call=call, number=number)
    run = session.get_one(RankingRun, held.run_id)
    view = view_run(session, run, actor=actor)
    known = session.exec(select(Application.reference, Application.id).where(Application.call_id == call.id))
    files = _ListFiles(
        call=call,
        view=view,
        secret="",
        standing=run_standing(session, run),
        held=held,
        ids=dict(known.all()),
        reasons=reasons_since(session, call.id, number),
    )
    if name.endswith(".pdf"):
        content = _pdf(files, author_of(call.file, current_terms(session, call.id)))
    else:
        content = RANKING_FILES[name](files)
    after = {"file": name, "version": number, "sha256": hashlib.sha256(content).hexdigest()}
    record(session, actor, "decision.list_downloaded", run, now=now, after=after)
    return MadeFile(f"{call.id}-liste-{number}-{saved_as(name)}", BY_ENDING[name.rpartition(".")[2]], content)


def _pdf(files: _ListFiles, author: Author) -> bytes:
    """The list as it is signed, as the letters that would be made now are, with its number, its day, and the fingerprint of
    its bundle."""
    held = files.held
    on = None if held.at is None else paris(held.at).date()
    view = laureate_list_view(
        files.call.file,
        files.rows,
        result_hash=held.bundle_hash,
        labels=files.labels,
        granted=files.granted,
        dated=on,
        author=author,
    )
    version = f"n°{NBSP}{held.version}" + ("" if on is None else f", du {day(on)}")
    return render_list(
        dataclasses.replace(view, summary=(("Version de la liste", version), *view.summary), standing=files.standing)
    )
