"""Who must have a second factor and has none is led to set one up, and reaches nothing else until it is done."""

from __future__ import annotations

from flask import Flask, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap import identity
from aap.services.account.second_factor import has_factor, must_have
from aap.web.access import ASSETS
from aap.web.context import current_actor, platform, reading
from aap.web.errors import error_page

OPEN = frozenset(
    {
        "account.second_factor",
        "account.set_up_authenticator",
        "account.propose_authenticator",
        "account.confirm_authenticator",
        "security.wan_register",
        "security.wan_register_response",
        "security.verify",
        "security.wan_verify",
        "security.wan_verify_response",
        "security.logout",
        "script_texts",
        "public.accessibility",
        "public.contact",
        "public.legal",
        "public.privacy",
        "public.health",
    }
)
"""What stays open meanwhile: setting up a factor, proving oneself for it, leaving, and the pages that say who answers."""


def init_second_factor(app: Flask) -> None:
    @app.before_request
    def ask() -> ResponseReturnValue | None:
        if request.endpoint is None or request.endpoint in ASSETS or request.endpoint in OPEN or identity.passed():
            return None
        actor = current_actor()
        if actor is None or not must_have(platform().settings, actor.roles):
            return None
        with reading() as session:
            has = has_factor(session, actor.person_id)
        if has:  # there is one, and this session was opened without it
            identity.end_session()
            flash(_("Reconnectez-vous avec votre second facteur."), "info")
            return redirect(url_for("security.login"), 303)
        if request.method in ("GET", "HEAD"):
            return redirect(url_for("account.second_factor"))
        return error_page(
            403,
            _("Mettez d’abord en place un second facteur"),
            _("Vos rôles le demandent : rien d’autre ne s’ouvre avant. Rien n’a été enregistré."),
        )
