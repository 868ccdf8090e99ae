"""What associations send after their deposit: messages that nobody has read, and completions compared."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from aap.services.audit import Subject
from aap.services.dossier.access import find_dossier
from aap.services.dossier.completion import compared_deposits
from aap.services.dossier.messages import mark_messages_read
from aap.services.permissions import Permission
from aap.services.screening.official_dossier import READ
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, reading, signed_in, writing
from aap.web.official.pages import blueprint, call_of_page, show_call_page


@blueprint.get("/<call_id>/dossiers/<reference>/versions")
@requires(Permission.DOSSIER_INSPECT)
def revisions(call_id: str, reference: str) -> str:
    """What each deposit after the first one changed."""
    with reading() as session:
        call_of_page(session, call_id)
        found = compared_deposits(session, actor=signed_in(), application_id=find_dossier(session, call_id, reference))
    consulted(READ, Subject.of(found.application))
    return show_call_page(
        "revisions.html", found.call, application=found.application, found=found.revisions, page_width="page"
    )


@blueprint.post("/<call_id>/dossiers/<reference>/messages/lus")
@requires(Permission.DOSSIER_INSPECT)
def messages_read(call_id: str, reference: str) -> ResponseReturnValue:
    """The association's messages are read: they leave the dashboard."""
    with writing() as session:
        call_of_page(session, call_id)
        mark_messages_read(
            session, actor=signed_in(), application_id=find_dossier(session, call_id, reference), now=arrived_at()
        )
    return redirect(url_for("official.call", call_id=call_id) + "#a-lire", 303)
