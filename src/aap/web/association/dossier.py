"""A dossier as a whole: its task list, the call's rules once more, the read-through, the complete PDF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.answers.eligibility import asked
from aap.core.call.schema import Section
from aap.records.people import MembershipRole
from aap.services.call.public_calls import other_open_calls
from aap.services.decision.answer_terms import known_decision
from aap.services.dossier.applying import answer_eligibility
from aap.services.dossier.comments import CountedComments, count_comments
from aap.services.dossier.dossiers import OpenedDossier, deadline_of, open_dossier
from aap.services.dossier.messages import exchanged_with
from aap.services.dossier.readable import dossier_pdf, readings
from aap.services.dossier.receipts import receipts_of
from aap.services.dossier.redrafting import deposit_that_stands, may_correct
from aap.services.dossier.silence import rejected_on
from aap.services.dossier.taken_over import to_look_at
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.pages import read_files
from aap.web.association.states import stages_of, state_in_words
from aap.web.association.what_next import what_next
from aap.web.context import arrived_at, platform, reading, signed_in, writing
from aap.web.help_here import may_write
from aap.web.http_files import pdf_answer
from aap.web.time_left import time_left


@blueprint.get("/dossiers/<application_id>")
@requires(Permission.APPLICATION_READ)
def dossier(application_id: str) -> str:
    """Where the dossier stands and what is left to do."""
    actor, now = signed_in(), arrived_at()
    with reading() as session:
        found = open_dossier(session, actor=actor, application_id=application_id)
        exchanged, unread = exchanged_with(session, application_id)
        taken = to_look_at(session, found) if found.in_writing else frozenset()
        silent_on = rejected_on(session, found.application)
        comments = count_comments(session, application_id) if found.in_writing else {}
        known = known_decision(session, found)
        stands = deposit_that_stands(session, application_id) if found.redraft is not None else None
    project = found.budget("project")
    tasks = _tasks(found, taken, comments)
    deadline = deadline_of(found)
    due_at = found.completion.due_at if found.completion else None
    return render_template(
        "association/dossier.html",
        dossier=found,
        standing=state_in_words(found.state, found.call, now, due_at, correcting=found.correcting),
        path=stages_of(found.application, found.call, now, due_at, silent_on),
        coming=what_next(found.state, found.call, now, due_at=due_at, silent_on=silent_on, known=known),
        exchanged=exchanged,
        unread=unread,
        may_write=may_write(actor, found),
        tasks=tasks,
        progress=_progress(tasks),
        requested=project.request if project else 0,
        editable=found.in_writing,
        stands=stands,
        lapsed=found.redraft is not None and found.redraft.lapsed_at is not None,
        may_correct=may_correct(found, actor, now),
        may_edit=actor.memberships[found.association.id] is not MembershipRole.READER,
        ready=not (found.errors or found.missing_identity)
        and found.eligibility.verdict != "unknown"
        and all(found.is_completed(section.id) for section in found.visible),
        deadline=deadline,
        left=time_left(deadline, now),
        now=now,
    )


def _identity_task(dossier: OpenedDossier) -> dict[str, Any]:
    """The association's description, which every dossier of it takes up."""
    state, kind = missing_words(len(dossier.missing_identity))
    return {
        "label": identity_title(),
        "url": identity_url(dossier),
        "state": state,
        "kind": kind,
        "open": True,
        "left": kind != "success",
    }


def identity_title() -> str:
    return _("Présenter votre association")


def identity_url(dossier: OpenedDossier, **asked: Any) -> str:
    """Where the description is changed, from a dossier; for who may only read, where it is read."""
    association_id = dossier.association.id
    if signed_in().memberships[association_id] is MembershipRole.READER:
        return url_for("association.show", association_id=association_id)
    return url_for("association.describe", association_id=association_id, dossier=dossier.id, **asked)


def missing_words(number: int) -> tuple[str, str]:
    """(words, kind of badge) of what has so many answers missing and none wrong."""
    if not number:
        return _("Complet"), "success"
    return ngettext("%(num)s réponse manquante", "%(num)s réponses manquantes", number), "warning"


def _tasks(
    dossier: OpenedDossier, taken: frozenset[str], comments: Mapping[str, CountedComments]
) -> list[dict[str, Any]]:
    """`taken`: the questions that hold what is to be looked at again."""
    tasks = []
    if dossier.state == "draft" or dossier.correcting or dossier.missing_identity:
        tasks.append(_identity_task(dossier))
    if asked(dossier.call.file.eligibility) and (dossier.state == "draft" or dossier.correcting):
        verdict = dossier.eligibility.verdict
        state, kind = {
            "yes": (_("Complet"), "success"),
            "no": (_("Une condition n’est pas remplie"), "danger"),
            "to_check": (_("À vérifier par le service"), "info"),
            "unknown": (_("À remplir"), "neutral"),
        }[verdict]
        url = url_for("association.eligibility", application_id=dossier.id)
        left = verdict in ("unknown", "no")
        label = _("Vérifier que vous pouvez répondre")
        tasks.append({"label": label, "url": url, "state": state, "kind": kind, "open": True, "left": left})
    for section in dossier.visible:
        state, kind = section_state(dossier, section)
        tasks.append(
            {
                "label": section.title,
                "url": url_for("association.section", application_id=dossier.id, section_id=section.id),
                "state": state,
                "kind": kind,
                "open": dossier.is_open(section.id),
                "left": kind != "success",
                "hint": " ".join(
                    filter(
                        None,
                        (
                            _taken_over(sum(question.id in taken for question in section.questions)),
                            _to_settle(comments.get(section.id)),
                        ),
                    )
                ),
            }
        )
    return tasks


def _to_settle(comments: CountedComments | None) -> str:
    if comments is None or not comments.open:
        return ""
    return ngettext("%(num)s\u00a0commentaire à régler.", "%(num)s\u00a0commentaires à régler.", comments.open)


def _progress(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the tasks that are open: how many there are, how many are done, and the first that is left."""
    parts = [task for task in tasks if task["open"]]
    left = [task for task in parts if task["left"]]
    return {"parts": len(parts), "done": len(parts) - len(left), "next": left[0] if left else None}


def _taken_over(number: int) -> str:
    if not number:
        return ""
    return ngettext(
        "%(num)s\u00a0réponse reprise d’un dossier précédent est à revoir.",
        "%(num)s\u00a0réponses reprises d’un dossier précédent sont à revoir.",
        number,
    )


def section_state(dossier: OpenedDossier, section: Section) -> tuple[str, str]:
    """(words, kind of badge) of a section's state."""
    if not dossier.is_open(section.id):
        return _("Fermée"), "neutral"
    errors = [one for one in dossier.problems.get(section.id, ()) if one.severity == "error"]
    wrong = sum(one.code != "missing" for one in errors)
    held = dossier.sections.get(section.id)
    files = any(question.id in dossier.files for question in section.questions)
    if not errors and not dossier.is_completed(section.id):
        return _("À compléter"), "warning"
    if not errors:
        return missing_words(0)
    if (held is None or not (held.answers or held.raw)) and not files:
        return _("Pas commencé"), "neutral"
    if wrong:
        return ngettext("%(num)s réponse à corriger", "%(num)s réponses à corriger", wrong), "danger"
    return missing_words(len(errors))


@blueprint.route("/dossiers/<application_id>/recevabilite", methods=["GET", "POST"])
@requires(Permission.APPLICATION_READ)
def eligibility(application_id: str) -> ResponseReturnValue:
    """The call's rules, answered once more with what the dossier says."""
    actor = signed_in()
    if request.method == "POST":
        answers = {key.removeprefix("e."): value for key, value in request.form.items() if key.startswith("e.")}
        with writing() as session:
            answer_eligibility(session, actor=actor, application_id=application_id, answers=answers, now=arrived_at())
        return redirect(url_for("association.eligibility", application_id=application_id))
    with reading() as session:
        found = open_dossier(session, actor=actor, application_id=application_id)
        broken = found.eligibility.verdict == "no"
        others = other_open_calls(session, found.call.id, arrived_at()) if broken else ()
    return render_template("association/eligibility.html", dossier=found, result=found.eligibility, others=others)


@blueprint.get("/dossiers/<application_id>/relecture")
@requires(Permission.APPLICATION_READ)
def read_through(application_id: str) -> str:
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
        comments = count_comments(session, application_id)
    return render_template(
        "association/read_through.html",
        dossier=found,
        readings=readings(found, read_files(found)),
        comments=comments,
    )


@blueprint.get("/dossiers/<application_id>/dossier.pdf")
@requires(Permission.APPLICATION_READ)
def complete_pdf(application_id: str) -> ResponseReturnValue:
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id, deposited=True)
        receipts = receipts_of(session, found)
    last = receipts[-1] if receipts else None
    name = f"dossier-{found.application.reference}.pdf"
    return pdf_answer(dossier_pdf(platform().files, found, last, found.application.updated_at), name)
