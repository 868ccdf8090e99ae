"""The versions of a section: the list, one of them beside what stands now, and putting it back."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.records.people import MembershipRole
from aap.services.dossier.dossiers import OpenedDossier
from aap.services.dossier.restoring import restore_version
from aap.services.dossier.section_history import MOST_VERSIONS, compare_version, section_history
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.context import arrived_at, reading, signed_in, writing


def _may_restore(dossier: OpenedDossier, section_id: str) -> bool:
    return dossier.is_open(section_id) and signed_in().memberships[dossier.association.id] != MembershipRole.READER


@blueprint.get("/dossiers/<application_id>/sections/<section_id>/versions")
@requires(Permission.APPLICATION_READ)
def section_versions(application_id: str, section_id: str) -> str:
    """Who changed the section when, the latest first."""
    with reading() as session:
        found = section_history(session, actor=signed_in(), application_id=application_id, section_id=section_id)
    return render_template(
        "association/section_versions.html", dossier=found.dossier, section=found.section, found=found,
        most=MOST_VERSIONS, one_minute=timedelta(minutes=1),
    )  # fmt: skip


@blueprint.get("/dossiers/<application_id>/sections/<section_id>/versions/<version_id>")
@requires(Permission.APPLICATION_READ)
def section_version(application_id: str, section_id: str, version_id: str) -> str:
    """A version beside what stands now."""
    with reading() as session:
        found = compare_version(
            session, actor=signed_in(), application_id=application_id, section_id=section_id, version_id=version_id
        )
    return render_template(
        "association/section_version.html",
        dossier=found.dossier,
        section=found.section,
        found=found,
        may_restore=_may_restore(found.dossier, section_id),
    )


@blueprint.post("/dossiers/<application_id>/sections/<section_id>/versions/<version_id>")
@requires(Permission.APPLICATION_EDIT)
def restore_section_version(application_id: str, section_id: str, version_id: str) -> ResponseReturnValue:
    with writing() as session:
        restore_version(
            session, actor=signed_in(), application_id=application_id, section_id=section_id, version_id=version_id,
            now=arrived_at(),
        )  # fmt: skip
    flash(_("La version est rétablie. Ce qu’elle remplace est gardé parmi les versions."), "success")
    return redirect(url_for("association.section", application_id=application_id, section_id=section_id), 303)
