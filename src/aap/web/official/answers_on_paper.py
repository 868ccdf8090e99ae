"""An answer to a grant that came on paper: recorded by an official with the paper, which is read from the dossier."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.documents.media_types import PDF, MadeFile
from aap.services.decision.answering import LONGEST_REASON
from aap.services.decision.in_force import GIVEN_UP
from aap.services.decision.paper_answers import PAPER_MEGABYTES, answered_on_paper, read_paper, record_paper_answer
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.official.pages import blueprint, hand_out, show_call_page
from aap.web.received_files import receive_scan
from aap.web.wording.sentences import worded


def _page(call_id: str, reference: str, problems: dict[str, str]) -> str:
    with reading() as session:
        dossier, decision = answered_on_paper(session, actor=signed_in(), call_id=call_id, reference=reference)
    return show_call_page(
        "paper_answer.html",
        dossier.call,
        dossier=dossier,
        decision=decision,
        given_up=decision.answer in GIVEN_UP,
        problems=problems,
        typed=request.form,
        megabytes=PAPER_MEGABYTES,
        longest=LONGEST_REASON,
        page_width="narrow",
    )


@blueprint.route("/<call_id>/decisions/<reference>/reponse", methods=["GET", "POST"])
@requires(Permission.DECISIONS_NOTIFY)
def paper_answer(call_id: str, reference: str) -> ResponseReturnValue:
    """Records that a laureate accepts or declines in writing."""
    if request.method == "GET":
        return _page(call_id, reference, {})
    with reading() as session:  # before a file is kept: may this person do it?
        answered_on_paper(session, actor=signed_in(), call_id=call_id, reference=reference)
    try:
        paper = receive_scan("file", max_megabytes=PAPER_MEGABYTES)
        with writing() as session:
            record_paper_answer(
                session,
                actor=signed_in(),
                call_id=call_id,
                reference=reference,
                answer=request.form.get("answer", ""),
                reason=request.form.get("reason", ""),
                paper=paper.sha256 if paper else None,
                links=links(),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _page(call_id, reference, worded(refused.problems)), 422
    flash(_("La réponse est enregistrée ; l’association en est avisée par courriel."), "success")
    return redirect(url_for("official.dossier", call_id=call_id, reference=reference))


@blueprint.get("/<call_id>/decisions/<reference>/reponse/piece.pdf")
@requires(Permission.DOSSIER_INSPECT)
def answer_paper(call_id: str, reference: str) -> Response:
    """The paper that an answer came on."""
    with writing() as session:
        sha256 = read_paper(session, actor=signed_in(), call_id=call_id, reference=reference, now=arrived_at())
    return hand_out(MadeFile(f"{reference}-reponse.pdf", PDF, platform().files.read(sha256)), inline=True)
