"""People of an association: invitations, roles, handover."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.records.people import MembershipRole
from aap.services.association.associations import get_association
from aap.services.association.members import (
    accept_invitation,
    cancel_invitation,
    change_member,
    find_invitation,
    invite_member,
    members_of,
)
from aap.services.errors import InvalidInput, NotFound
from aap.services.permissions import Permission
from aap.web import wanted
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.context import arrived_at, current_actor, links, reading, signed_in, writing
from aap.web.people_words import membership_choices, membership_words
from aap.web.wording.sentences import worded


def _page(association_id: str, problems: dict[str, str] | None = None, email: str = "", role: str = "editor") -> str:
    actor = signed_in()
    with reading() as session:
        association = get_association(session, actor=actor, association_id=association_id)
        members = members_of(session, actor=actor, association_id=association_id, now=arrived_at())
    return render_template(
        "association/members.html",
        association=association,
        members=members,
        roles=membership_choices(),
        may_manage=actor.memberships[association_id] is MembershipRole.OWNER,
        person_id=actor.person_id,
        problems=problems or {},
        email=email,
        role=role,
    )


@blueprint.get("/associations/<association_id>/personnes")
@requires(Permission.ASSOCIATION_READ)
def members(association_id: str) -> str:
    return _page(association_id)


@blueprint.post("/associations/<association_id>/personnes")
@requires(Permission.ASSOCIATION_MEMBERS)
def invite(association_id: str) -> ResponseReturnValue:
    email, role = request.form.get("email", ""), request.form.get("role", "")
    try:
        with writing() as session:
            invite_member(
                session, actor=signed_in(), association_id=association_id, email=email, role=role,
                links=links(), now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        return _page(association_id, worded(error.problems), email, role), 422
    flash(_("L’invitation est envoyée à %(email)s.", email=email), "success")
    return redirect(url_for("association.members", association_id=association_id))


@blueprint.post("/associations/<association_id>/personnes/<person_id>")
@requires(Permission.ASSOCIATION_READ)
def change(association_id: str, person_id: str) -> ResponseReturnValue:
    """Another role; `aucun`: no longer a member. None at all is no answer, and refused as any unknown role."""
    role = request.form.get("role", "")
    leaves = role == "aucun"
    actor = signed_in()
    try:
        with writing(person_id) as session:
            change_member(
                session, actor=actor, association_id=association_id, person_id=person_id,
                role=None if leaves else role,
                now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as error:
        return _page(association_id, worded(error.problems, {"role": f"role-{person_id}"})), 422
    if leaves and person_id == actor.person_id:
        flash(_("Vous avez quitté l’association."), "success")
        return redirect(url_for("association.home"))
    flash(_("C’est enregistré."), "success")
    return redirect(url_for("association.members", association_id=association_id))


@blueprint.post("/associations/<association_id>/invitations/<invitation_id>/annuler")
@requires(Permission.ASSOCIATION_MEMBERS)
def uninvite(association_id: str, invitation_id: str) -> ResponseReturnValue:
    with writing() as session:
        cancel_invitation(
            session, actor=signed_in(), association_id=association_id, invitation_id=invitation_id, now=arrived_at()
        )
    flash(_("L’invitation est annulée."), "success")
    return redirect(url_for("association.members", association_id=association_id))


@blueprint.get("/invitation/<token>")
@requires(Permission.PUBLIC_READ)
def invitation(token: str) -> ResponseReturnValue:
    """What the mailed link shows, before signing in too: who invites to what. Looking changes nothing."""
    return _invitation_page(token)


@blueprint.post("/invitation/<token>")
@requires(Permission.ASSOCIATION_HOME)
def accept(token: str) -> ResponseReturnValue:
    """Whoever holds the mailed link and is signed in joins."""
    try:
        with writing() as session:
            association = accept_invitation(session, actor=signed_in(), token=token, now=arrived_at())
    except NotFound:
        return _invitation_page(token)
    flash(_("Vous faites maintenant partie de %(name)s.", name=association.name), "success")
    return redirect(url_for("association.show", association_id=association.id))


def _invitation_page(token: str) -> ResponseReturnValue:
    try:
        with reading() as session:
            case = find_invitation(session, token=token, now=arrived_at())
    except NotFound:
        return render_template("association/invitation_over.html", case=None), 404
    actor = current_actor()
    if not case.is_open:
        mine = actor is not None and case.association.id in actor.memberships
        return render_template("association/invitation_over.html", case=case, mine=mine), 404
    here = url_for("association.invitation", token=token)
    if actor is None:
        wanted.remember(here, arrived_at())  # signing up passes through a mail
    role = membership_words(MembershipRole(case.invitation.role))
    return render_template("association/invitation.html", case=case, role=role, here=here)
