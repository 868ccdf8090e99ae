"""The rendered letters of a call, put together for the post: one archive, or one PDF to print, in the order of the post.

Letters to dossiers that an official is recused of are in neither.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.core.call.canonical import canonical_hash
from aap.core.results import Table
from aap.documents.media_types import PDF, MadeFile
from aap.documents.papers.letterhead import document_date
from aap.documents.papers.letters_archive import letters_archive
from aap.documents.papers.letters_book import BoundLetter, bind_letters
from aap.documents.papers.postal import postal_order
from aap.documents.tables.csv_out import csv_bytes
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.outbox import Job, JobState
from aap.records.rankings import Decision
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.in_force import in_force
from aap.services.dossier.access import recused_dossiers
from aap.services.errors import NotFound
from aap.services.outbox import Progress, start_job
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform


@dataclass(frozen=True)
class _Kept:
    """A rendered letter and to whom it goes."""

    application_id: str
    reference: str
    number: int | None
    association: str
    postal_code: str
    place: str
    sha256: str


def _kept(session: Session, call_id: str) -> list[_Kept]:
    """The rendered letters of the decisions in force, in the order of the post. One query."""
    found = session.exec(
        select(Decision, Application, Association).where(
            Decision.call_id == call_id,
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
            col(Decision.letter_sha256).is_not(None),
            in_force(),
        )
    )
    letters = [
        _Kept(
            application.id, application.reference, decision.letter_number, association.name, association.postal_code,
            f"{association.postal_code} {association.commune_name}".strip(), decision.letter_sha256 or "",
        )
        for decision, application, association in found
    ]  # fmt: skip
    return sorted(letters, key=lambda one: postal_order(one.postal_code, one.association, one.reference))


def _handed(session: Session, actor: Actor, call: OpenedCall) -> tuple[list[_Kept], int]:
    """What this official may take away, and how many letters are withheld. Raises NotFound where there is none."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    letters = _kept(session, call.id)
    handed = [one for one in letters if one.application_id not in hidden]
    if not handed:
        raise NotFound("letter", call.id)
    return handed, len(letters) - len(handed)


def archive_letters(session: Session, platform: Platform, *, actor: Actor, call: OpenedCall, now: datetime) -> MadeFile:
    """All letters as a ZIP with the list of them (`bordereau.csv`); logged. Raises NotFound for none."""
    handed, withheld = _handed(session, actor, call)
    record(session, actor, "letters.downloaded", call.record, now=now, after={"letters": len(handed), "reference": ""})
    listed = Table(
        ("order", "letter", "reference", "association", "town"),
        tuple((str(at), str(one.number or ""), one.reference, one.association, one.place)
              for at, one in enumerate(handed, 1)),
    )  # fmt: skip
    files = [(one.reference, platform.files.read(one.sha256)) for one in handed]
    content = letters_archive(files, listed=csv_bytes(listed), withheld=withheld)
    return MadeFile(f"{call.id}-lettres.zip", "application/zip", content)


def start_book(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> Job:
    """The letters as one PDF, made as a job; the one that was made already of the same letters for the same person.

    Raises NotFound where no letter is rendered.
    """
    handed, withheld = _handed(session, actor, call)
    arguments = {
        "letters": canonical_hash({one.reference: one.sha256 for one in handed}),
        "without": sorted(recused_dossiers(session, actor, call.id)),
        "withheld": withheld,
    }
    made = session.exec(
        select(Job)
        .where(Job.kind == "letters_book", Job.call_id == call.id, Job.author_id == actor.row_id)
        .where(Job.state == JobState.DONE)
        .order_by(col(Job.created_at).desc(), col(Job.id))
    )
    for job in made:
        if job.arguments == arguments:
            return job
    return start_job(session, "letters_book", actor=actor, now=now, call_id=call.id, arguments=arguments)


def make_book(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Job `letters_book`: the rendered letters, less those of `without`, as one PDF in the store."""
    without = set(job.arguments["without"])
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        letters = [one for one in _kept(session, call.id) if one.application_id not in without]
    content = bind_letters(
        call.file,
        _bound(platform, letters),
        withheld=int(job.arguments["withheld"]),
        made_on=document_date(call.file),
        progress=lambda done: progress(done, len(letters), "letters_book"),
    )
    progress(len(letters), len(letters), "letters_book")
    return {"book": platform.files.put(io.BytesIO(content)).sha256, "bound": len(letters)}


def _bound(platform: Platform, letters: Sequence[_Kept]) -> list[BoundLetter]:
    def reading(sha256: str) -> Any:
        return lambda: platform.files.read(sha256)

    return [BoundLetter(one.reference, one.number, one.association, one.place, reading(one.sha256)) for one in letters]


def made_book(
    session: Session, platform: Platform, *, actor: Actor, call: OpenedCall, job_id: str, now: datetime
) -> MadeFile:
    """The PDF that a job made, for who asked for it; logged.

    Raises NotFound, also where they were recused of one more dossier since.
    """
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    job = session.get(Job, job_id)
    if job is None or job.call_id != call.id or job.kind != "letters_book" or job.author_id != actor.row_id:
        raise NotFound("job", job_id)
    newly = recused_dossiers(session, actor, call.id) - set(job.arguments["without"])
    if job.state != JobState.DONE or newly:
        raise NotFound("job", job_id)
    record(
        session, actor, "letters.downloaded", call.record, now=now,
        after={"letters": job.result["bound"], "reference": ""},
    )  # fmt: skip
    return MadeFile(f"{call.id}-lettres.pdf", PDF, platform.files.read(job.result["book"]))
