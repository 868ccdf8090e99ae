"""The menus, derived from the permissions: an entry shows where the actor could do what it leads to."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext as _

from aap.records.people import Role
from aap.services.permissions import Permission, conceivable
from aap.web.context import current_actor


@dataclass(frozen=True)
class MenuItem:
    label: str
    url: str
    active: bool = False
    method: str = "get"


def _item(label: str, endpoint: str, method: str = "get") -> MenuItem:
    url = url_for(endpoint)
    here = request.script_root + request.path
    active = here == url or (endpoint != "public.home" and here.startswith(url))
    return MenuItem(label, url, active, method)


def main_menu() -> list[MenuItem]:
    actor = current_actor()
    items = [_item(_("Appels ouverts"), "public.home")]
    if actor is None:
        return items
    if actor.memberships or not actor.roles:
        items.append(_item(_("Mes dossiers"), "association.home"))
    for label, endpoint, permission in (
        (_("Mes évaluations"), "reviewer.home", Permission.REVIEW_HOME),
        (_("Instruction"), "official.home", Permission.CALL_HOME),
        (_("Administration"), "admin.home", Permission.ADMIN_HOME),
    ):
        if conceivable(actor, permission):
            items.append(_item(label, endpoint))
    if Role.JURY in actor.roles and not {Role.REVIEWER, Role.OFFICIAL} & set(actor.roles):
        items.append(
            _item(_("Mes intérêts"), "account.interests")
        )  # where a reviewer or an official finds them at home
    return items


def account_menu() -> list[MenuItem]:
    if current_actor() is None:
        return [_item(_("Se connecter"), "security.login"), _item(_("Créer un compte"), "security.register")]
    return [_item(_("Mon compte"), "account.home"), _item(_("Se déconnecter"), "security.logout", "post")]
