"""People: find, invite, give and take roles, close and reopen accounts."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.services.account.people import (
    GIVEN_ROLES,
    give_role,
    invite_person,
    list_people,
    managed_person,
    send_invitation_again,
    set_person_active,
    take_role,
)
from aap.services.account.second_factor import reset_factors
from aap.services.audit import Subject
from aap.services.call.calls import list_calls
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.platform import Session
from aap.web.access import requires
from aap.web.admin.blueprint import blueprint, show_admin_page
from aap.web.answers import yes_or_no
from aap.web.context import arrived_at, consulted, links, platform, reading, signed_in, writing
from aap.web.paging import page_number
from aap.web.people_words import factor_words, membership_words, role_name, role_words
from aap.web.wording.sentences import worded


@blueprint.get("/personnes")
@requires(Permission.PEOPLE_MANAGE)
def people() -> str:
    text, role, state = (request.args.get(name, "")[:200] for name in ("q", "role", "etat"))
    with reading() as session:
        found = list_people(session, actor=signed_in(), text=text, role=role, state=state, page=page_number())

    def url_of(page: int) -> str:
        return url_for("admin.people", q=text or None, role=role or None, etat=state or None, page=page)

    return show_admin_page(
        "people.html",
        found=found,
        words=role_words,
        text=text,
        role=role,
        state=state,
        roles=[(str(one), role_name(one)) for one in GIVEN_ROLES] + [("association", _("Membre d’une association"))],
        states=[
            ("active", _("Compte ouvert")),
            ("waiting", _("Jamais connecté")),
            ("closed", _("Compte fermé")),
        ],
        url_of=url_of,
    )


def _choices(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Roles and calls to choose from."""
    return {
        "role_choices": [(str(one), role_name(one)) for one in GIVEN_ROLES],
        "call_choices": [("", _("Tous les appels"))] + [(one.id, one.record.title) for one in list_calls(session)],
    }


@blueprint.route("/personnes/nouvelle", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def invite() -> ResponseReturnValue:
    """A new account; its person gets a link."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            with writing() as session:
                person = invite_person(
                    session, platform(), links(), actor=signed_in(), email=request.form.get("email", ""),
                    name=request.form.get("name", ""), role=request.form.get("role", ""),
                    call_id=request.form.get("call_id", ""), now=arrived_at(),
                )  # fmt: skip
        except InvalidInput as refused:
            problems = worded(refused.problems)
        else:
            flash(_("Le compte est ouvert, et un lien est envoyé à %(email)s.", email=person.email), "success")
            return redirect(url_for("admin.person", person_id=person.id))
    with reading() as session:
        choices = _choices(session)
    page = show_admin_page("invite.html", problems=problems, typed=request.form, page_width="narrow", **choices)
    return (page, 422) if problems else page


def _page(person_id: str, problems: dict[str, str] | None = None, form: str = "") -> str:
    """`form`: which of the page's forms was refused."""
    with reading() as session:
        found = managed_person(session, actor=signed_in(), person_id=person_id)
        choices = _choices(session)
    return show_admin_page(
        "person.html",
        found=found,
        person=found.person,
        myself=found.person.id == signed_in().person_id,
        words=role_words,
        factors=factor_words(found.factors),
        memberships=[(one, membership_words(one.role)) for one in found.memberships],
        problems=problems or {},
        form=form,
        typed=request.form if form else {},
        page_width="page",
        **choices,
    )


@blueprint.get("/personnes/<person_id>")
@requires(Permission.PEOPLE_MANAGE)
def person(person_id: str) -> str:
    page = _page(person_id)
    if person_id != signed_in().person_id:
        consulted("person.read", Subject("person", person_id))
    return page


def _change(person_id: str, form: str, change: Callable[[Session], object], done: str) -> ResponseReturnValue:
    try:
        with writing(person_id) as session:
            change(session)
    except InvalidInput as refused:
        return _page(person_id, worded(refused.problems), form), 422
    flash(done, "success")
    return redirect(url_for("admin.person", person_id=person_id), 303)


@blueprint.post("/personnes/<person_id>/roles")
@requires(Permission.PEOPLE_MANAGE)
def give(person_id: str) -> ResponseReturnValue:
    """Gives a role, or takes one back (`retirer`: role and call, parted by a bar)."""
    taken = request.form.get("retirer")
    if taken is not None:
        role, _separator, call_id = taken.partition("|")
        return _change(
            person_id, "taken",
            lambda session: take_role(
                session, actor=signed_in(), person_id=person_id, role=role, call_id=call_id, now=arrived_at()
            ),
            _("Le rôle est retiré."),
        )  # fmt: skip
    return _change(
        person_id, "given",
        lambda session: give_role(
            session, actor=signed_in(), person_id=person_id, role=request.form.get("role", ""),
            call_id=request.form.get("call_id", ""), now=arrived_at(),
        ),
        _("Le rôle est donné."),
    )  # fmt: skip


@blueprint.post("/personnes/<person_id>/invitation")
@requires(Permission.PEOPLE_MANAGE)
def invite_again(person_id: str) -> ResponseReturnValue:
    return _change(
        person_id, "invitation",
        lambda session: send_invitation_again(
            session, platform(), links(), actor=signed_in(), person_id=person_id, now=arrived_at()
        ),
        _("Un nouveau lien est envoyé."),
    )  # fmt: skip


@blueprint.post("/personnes/<person_id>/second-facteur")
@requires(Permission.PEOPLE_MANAGE)
def reset_second_factor(person_id: str) -> ResponseReturnValue:
    """Takes the factors of somebody who lost them."""
    return _change(
        person_id, "factors",
        lambda session: reset_factors(
            session, links(), actor=signed_in(), person_id=person_id, reason=request.form.get("factor_reason", ""),
            now=arrived_at(),
        ),
        _("Le second facteur est retiré\u00a0: la personne en mettra un autre en place à sa prochaine connexion."),
    )  # fmt: skip


@blueprint.post("/personnes/<person_id>/compte")
@requires(Permission.PEOPLE_MANAGE)
def switch(person_id: str) -> ResponseReturnValue:
    """Closes the account (`action` = fermer), or opens it again (rouvrir)."""
    active = yes_or_no("action", yes="rouvrir", no="fermer")
    return _change(
        person_id, "account",
        lambda session: set_person_active(
            session, actor=signed_in(), person_id=person_id, active=active, reason=request.form.get("reason", ""),
            now=arrived_at(),
        ),
        _("Le compte est rouvert.") if active else _("Le compte est fermé, et ses sessions avec lui."),
    )  # fmt: skip
