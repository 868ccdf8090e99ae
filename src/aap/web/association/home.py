"""Home of the association's space, and how a dossier is started."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.answers.eligibility import check_eligibility
from aap.records.applications import ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import MembershipRole
from aap.services.actor import Actor
from aap.services.association.associations import associations_of
from aap.services.association.siret_claims import claims_of
from aap.services.call.calls import OpenedCall, get_call, list_calls
from aap.services.dossier.applying import form_changes, start_application
from aap.services.dossier.own_dossiers import DossierLine, dossiers_of
from aap.services.errors import NotFound
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.states import state_in_words
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.eligibility_answers import kept_answers
from aap.web.people_words import membership_choices


@blueprint.get("/")
@requires(Permission.ASSOCIATION_HOME)
def home() -> str:
    actor = signed_in()
    now = arrived_at()
    with reading() as session:
        associations = associations_of(session, actor)
        lines = dossiers_of(session, actor)
        claims = claims_of(session, actor)
        calls = [call for call in list_calls(session, frozenset({CallState.OPEN})) if call.accepts_new_dossiers(now)]
    dossiers = [
        (
            line,
            state_in_words(
                ApplicationState(line.application.state), line.call, now, line.due_at, correcting=line.correcting
            ),
        )
        for line in lines
    ]
    return render_template(
        "association/home.html",
        dossiers=dossiers,
        associations=[(one, actor.memberships[one.id]) for one in associations],
        claims=claims,
        calls=[(call, _startable(call, associations, lines, actor)) for call in calls],
        roles=membership_choices(),
        now=now,
    )


def _startable(
    call: OpenedCall, associations: Sequence[Association], lines: Sequence[DossierLine], actor: Actor
) -> bool:
    """Whether one of the person's associations has no dossier for this call yet."""
    present = {line.application.association_id for line in lines if line.call.id == call.id}
    mine = {one.id for one in associations if actor.memberships[one.id] is not MembershipRole.READER}
    return bool(mine - present)


@blueprint.route("/dossiers/nouveau/<call_id>", methods=["GET", "POST"])
@requires(Permission.ASSOCIATION_HOME)
def start(call_id: str) -> ResponseReturnValue:
    """Which association applies, and from which earlier dossier."""
    actor, now = signed_in(), arrived_at()
    with reading() as session:
        call = get_call(session, call_id)
        if call.state is CallState.DRAFT:
            raise NotFound("call", call_id)
        mine = associations_of(session, actor)
        lines = dossiers_of(session, actor)
    associations = [one for one in mine if actor.memberships[one.id] is not MembershipRole.READER]
    present = {line.application.association_id: line.application.id for line in lines if line.call.id == call_id}
    earlier = {
        one.id: [line for line in lines if line.application.association_id == one.id and line.call.id != call_id]
        for one in associations
    }
    changes = {line.application.id: form_changes(line.call, call) for found in earlier.values() for line in found}
    if request.method == "POST":
        association_id = request.form.get("association", "")
        if association_id not in {one.id for one in associations}:
            return render_template(
                "association/start.html", call=call, associations=associations, present=present, earlier=earlier,
                problems=[("association", _("Choisissez l’association qui candidate."))], now=now, changes=changes,
            ), 422  # fmt: skip
        answers = kept_answers(call_id)
        source = request.form.get("earlier", "")
        known = {line.application.id for line in earlier.get(association_id, [])}
        with writing() as session:
            application = start_application(
                session, actor=actor, call_id=call_id, association_id=association_id, eligibility=answers,
                earlier_id=source if source in known else None, now=now,
            )  # fmt: skip
        return redirect(url_for("association.dossier", application_id=application.id))
    verdict = check_eligibility(call.file.eligibility, kept_answers(call_id)).verdict
    return render_template(
        "association/start.html", call=call, associations=associations, present=present, earlier=earlier, problems=[],
        now=now, verdict=verdict, changes=changes,
    )  # fmt: skip
