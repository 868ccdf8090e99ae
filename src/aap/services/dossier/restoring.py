"""Putting an earlier version of a section back: a save like another, after which what stood is a version too."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.core.answers.merging import base_text, read_base
from aap.core.values import RAW
from aap.records.redrafts import VersionEnd
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.dossier.applying import OpenedPage, SavedSection, save_section
from aap.services.dossier.dossiers import open_dossier
from aap.services.dossier.section_history import version_of_section
from aap.services.errors import NotFound
from aap.services.permissions import Permission


def restore_version(
    session: Session, *, actor: Actor, application_id: str, section_id: str, version_id: str, now: datetime
) -> SavedSection:
    """The version's answers take the place of the section's; files stay as they are. Nothing is lost, nothing is deposited.

    Of a deposited dossier it is its corrections that change. Raises StateForbids (it can't be changed now), NotFound.
    """
    dossier = open_dossier(
        session,
        actor=actor,
        application_id=application_id,
        permission=Permission.APPLICATION_EDIT,
        lock=True,
        files=False,
    )
    section = next((one for one in dossier.call.file.form.sections if one.id == section_id), None)
    if section is None:
        raise NotFound("section", section_id)
    version = version_of_section(session, application_id, section_id, version_id)
    held = dossier.sections.get(section_id)
    base = base_text((one.id for one in section.questions), dossier.typed)
    saved = save_section(
        session, actor=actor, application_id=application_id, section_id=section_id,
        answers={**version.answers, RAW: dict(version.raw)} if version.raw else dict(version.answers),
        page=OpenedPage(version=held.version if held else 0, base=read_base(base)), now=now, files=False,
        ending=VersionEnd.RESTORED,
    )  # fmt: skip
    if dossier.is_kept_apart:
        return saved
    record(
        session, actor, "application.version_restored", dossier.application, now=now,
        after={"section": section_id, "of": version.ended_at.isoformat()},
    )  # fmt: skip
    return saved
