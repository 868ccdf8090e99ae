"""What a decision rests on, contesting it, and answering before one is corrected."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.documents.incoming.incoming_file import RefusedFile
from aap.services.decision.answering import former_letter
from aap.services.decision.appeal_pages import own_appeal_file, own_appeal_paper
from aap.services.decision.appeals import file_appeal, withdraw_appeal
from aap.services.decision.hearing import intent_for_association, observe
from aap.services.decision.own_sheet import sheet_for_association
from aap.services.dossier.dossiers import open_dossier
from aap.services.errors import DeadlinePassed, InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.after_deposit import decision_page
from aap.web.association.blueprint import blueprint
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.http_files import file_answer, pdf_answer
from aap.web.received_files import receive_appeal_files
from aap.web.wording.sentences import worded


def _to_decision(application_id: str, place: str) -> ResponseReturnValue:
    return redirect(url_for("association.decision", application_id=application_id) + place, 303)


@blueprint.get("/dossiers/<application_id>/decisions/<int:ordinal>/lettre.pdf")
@requires(Permission.DECISION_READ)
def former_decision(application_id: str, ordinal: int) -> ResponseReturnValue:
    """The letter of a decision that was replaced since."""
    with reading() as session:
        reference, sha256 = former_letter(session, actor=signed_in(), application_id=application_id, number=ordinal)
    return pdf_answer(platform().files.read(sha256), f"decision-{reference}-{ordinal}.pdf")


@blueprint.get("/dossiers/<application_id>/decision/fiche-de-traitement.pdf")
@requires(Permission.DECISION_READ)
def own_sheet(application_id: str) -> ResponseReturnValue:
    """How the calculation treated this dossier."""
    with writing() as session:
        made = sheet_for_association(
            session, actor=signed_in(), application_id=application_id, links=links(), now=arrived_at()
        )
    return pdf_answer(made.content, made.name)


# --- appeals ----------------------------------------------------------------------------------------------------------


@blueprint.post("/dossiers/<application_id>/recours")
@requires(Permission.DECISION_ANSWER)
def contest(application_id: str) -> ResponseReturnValue:
    """A recours gracieux with its files; too late, the page says what is left."""
    with reading() as session:  # before a file is kept for somebody who may not
        open_dossier(
            session,
            actor=signed_in(),
            application_id=application_id,
            permission=Permission.DECISION_ANSWER,
            files=False,
        )
    try:
        stored = receive_appeal_files()
        with writing() as session:
            file_appeal(
                session, actor=signed_in(), application_id=application_id, body=request.form.get("body", ""),
                files=stored, links=links(), now=arrived_at(),
            )  # fmt: skip
    except RefusedFile as refused:
        return decision_page(application_id, {"files": f"{refused.name}\u00a0: {refused.message}"}, "contest"), 422
    except InvalidInput as error:
        return decision_page(application_id, worded(error.problems), "contest"), 422
    except DeadlinePassed:
        return decision_page(application_id, {}, "late"), 409
    flash(_("Votre recours est enregistré et transmis au service."), "success")
    return _to_decision(application_id, "#recours")


@blueprint.get("/dossiers/<application_id>/recours/<contest_id>/<any(accuse, reponse):paper>.pdf")
@requires(Permission.DECISION_READ)
def appeal_paper(application_id: str, contest_id: str, paper: str) -> ResponseReturnValue:
    """The acknowledgement of an appeal, or the answer to it."""
    with reading() as session:
        sha256 = own_appeal_paper(
            session, actor=signed_in(), application_id=application_id, contest_id=contest_id, paper=paper
        )
    return pdf_answer(platform().files.read(sha256), f"recours-{paper}.pdf")


@blueprint.get("/dossiers/<application_id>/recours/<contest_id>/pieces/<file_id>")
@requires(Permission.DECISION_READ)
def appeal_file(application_id: str, contest_id: str, file_id: str) -> ResponseReturnValue:
    with reading() as session:
        found = own_appeal_file(
            session, actor=signed_in(), application_id=application_id, contest_id=contest_id, file_id=file_id
        )
    return file_answer(platform().files.open(found.sha256), found.name, found.media_type)


@blueprint.post("/dossiers/<application_id>/recours/<contest_id>/retrait")
@requires(Permission.DECISION_ANSWER)
def drop_appeal(application_id: str, contest_id: str) -> ResponseReturnValue:
    """The association takes its appeal back."""
    with writing() as session:
        withdraw_appeal(
            session,
            actor=signed_in(),
            application_id=application_id,
            contest_id=contest_id,
            links=links(),
            now=arrived_at(),
        )
    flash(_("Votre recours est retiré."), "success")
    return _to_decision(application_id, "#recours")


# --- before a decision is corrected -----------------------------------------------------------------------------------


@blueprint.get("/dossiers/<application_id>/corrections/<correction_id>/lettre.pdf")
@requires(Permission.DECISION_READ)
def intent(application_id: str, correction_id: str) -> ResponseReturnValue:
    """The letter of intent; who opens it stands in the log."""
    with writing() as session:
        sha256 = intent_for_association(
            session, actor=signed_in(), application_id=application_id, correction_id=correction_id, now=arrived_at()
        )
    return pdf_answer(platform().files.read(sha256), "lettre-d-intention.pdf")


@blueprint.post("/dossiers/<application_id>/corrections/<correction_id>")
@requires(Permission.DECISION_ANSWER)
def answer_intent(application_id: str, correction_id: str) -> ResponseReturnValue:
    """The association's observations."""
    try:
        with writing() as session:
            observe(
                session, actor=signed_in(), application_id=application_id, correction_id=correction_id,
                text=request.form.get("text", ""), links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        return decision_page(application_id, worded(error.problems), "observe"), 422
    except DeadlinePassed:
        return decision_page(application_id, {}, "observed_late"), 409
    flash(_("Vos observations sont transmises au service."), "success")
    return _to_decision(application_id, "#correction")
