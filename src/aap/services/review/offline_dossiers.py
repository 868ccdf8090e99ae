"""All of a reviewer's dossiers as PDF in one ZIP, made outside the request; blind calls stay blind in it."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from aap.documents.papers.dossier import Attachment, DossierView, render_dossier
from aap.documents.papers.letterhead import sender_of
from aap.records.applications import Application, Document
from aap.records.outbox import Job, JobState
from aap.records.reviews import Assignment
from aap.services.actor import Actor, load_actor
from aap.services.audit import Subject, record
from aap.services.errors import NotFound
from aap.services.outbox import Progress, start_job
from aap.services.permissions import Permission, Target, ensure
from aap.services.platform import Platform
from aap.services.review.given_files import DossierFile
from aap.services.review.offline_reviews import reviewed_call
from aap.services.review.reviewer_pages import ReviewingPage, may_mark, open_given_dossier

KIND = "reviewer_dossiers"
FIXED_TIME = (2000, 1, 1, 0, 0, 0)
"""A ZIP must date its files: the same dossiers give the same bytes."""


def ask_dossiers(session: Session, *, actor: Actor, call_id: str, now: datetime) -> Job:
    """Starts the making of the ZIP with the dossiers that the actor has now."""
    call = reviewed_call(session, actor=actor, call_id=call_id)
    arguments = {"person": actor.person_id, "applications": sorted(_given(session, actor, call.id))}
    return start_job(session, KIND, actor=actor, now=now, call_id=call.id, arguments=arguments)


def latest_dossiers(session: Session, *, actor: Actor, call_id: str) -> Job | None:
    """The last ZIP that the actor asked for, if the dossiers in it are still all theirs. Two queries."""
    ensure(actor, Permission.REVIEW_HOME, Target(call_id=call_id), kind="call", id=call_id)
    job = session.exec(
        select(Job)
        .where(Job.kind == KIND, Job.call_id == call_id, Job.author_id == actor.person_id)
        .order_by(col(Job.created_at).desc(), col(Job.id).desc())
        .limit(1)
    ).first()
    if job is None or not set(job.arguments["applications"]) <= _given(session, actor, call_id):
        return None
    return job


@dataclass(frozen=True)
class DossiersFile:
    """The ZIP of a reviewer's dossiers, in the file store."""

    name: str
    sha256: str


def open_dossiers(session: Session, *, actor: Actor, call_id: str, now: datetime) -> DossiersFile:
    """The ZIP that is ready. Raises NotFound, also where a dossier in it was taken back or the actor is recused."""
    reviewed_call(session, actor=actor, call_id=call_id)
    job = latest_dossiers(session, actor=actor, call_id=call_id)
    if job is None or job.state != JobState.DONE:
        raise NotFound("dossiers", call_id)
    record(
        session,
        actor,
        "review.dossiers_downloaded",
        Subject("call", call_id, call_id),
        now=now,
        after={"dossiers": job.result["references"]},
    )
    return DossiersFile(f"dossiers-{call_id}.zip", job.result["sha256"])


def _given(session: Session, actor: Actor, call_id: str) -> set[str]:
    return set(
        session.exec(
            select(Application.id).where(
                Assignment.application_id == Application.id, may_mark(actor.person_id, call_id)
            )
        )
    )


@dataclass(frozen=True)
class _Listed:
    """A file as the answers of the PDF name it."""

    name: str
    size: int
    url: None = None
    note: str = ""


def make_dossiers(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """The work of the job: one PDF a dossier, its files included, put in a ZIP of the file store."""
    applications: list[str] = job.arguments["applications"]
    with platform.database.reading() as session:
        actor = load_actor(session, job.arguments["person"])
    if actor is None:
        raise NotFound("person", job.arguments["person"])
    references = []
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, application_id in enumerate(applications):
                progress(number, len(applications), "")
                with platform.database.reading() as session:
                    page = open_given_dossier(
                        session, actor=actor, application_id=application_id, now=platform.clock(), link=_listed
                    )
                    digests = _digests(session, page)
                reference = page.dossier.application.reference
                references.append(reference)
                entry = zipfile.ZipInfo(f"{reference}.pdf", FIXED_TIME)
                archive.writestr(entry, render_dossier(_view(platform, page, digests)), zipfile.ZIP_DEFLATED)
        target.seek(0)
        stored = platform.files.put(target)
    progress(len(applications), len(applications), "")
    return {"sha256": stored.sha256, "size": stored.size, "references": references}


def _listed(file: DossierFile) -> _Listed:
    return _Listed(file.name, file.size)


def _digests(session: Session, page: ReviewingPage) -> dict[str, str]:
    ids = [file.id for file in page.files]
    return dict(session.exec(select(Document.id, Document.sha256).where(col(Document.id).in_(ids))).all())


def _view(platform: Platform, page: ReviewingPage, digests: Mapping[str, str]) -> DossierView:
    call, application = page.dossier.call, page.dossier.application
    labels = {question.id: question.label for section in call.file.form.sections for question in section.questions}
    return DossierView(
        number=application.reference,
        call_title=call.record.title,
        reference=call.file.call.reference or call.id,
        sender=sender_of(call.file),
        association=page.association.name if page.association else "Identité masquée",
        made_on=application.submitted_at or application.created_at,
        sections=page.sections,
        submitted_at=application.submitted_at,
        project=application.title,
        requested_amount=application.requested_amount or None,
        attachments=tuple(
            _attachment(platform, labels.get(file.question, file.question), file, digests[file.id])
            for file in page.files
        ),
    )


def _attachment(platform: Platform, label: str, file: DossierFile, sha256: str) -> Attachment:
    media: Literal["pdf", "image", "other"] = (
        "pdf"
        if file.content_type == "application/pdf"
        else "image"
        if file.content_type.startswith("image/")
        else "other"
    )
    # The digest stays out: it would tell which of two known files this is.
    return Attachment(label, file.name, media, platform.files.read(sha256) if media != "other" else b"")
