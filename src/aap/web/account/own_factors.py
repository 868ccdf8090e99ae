"""One's own second factor: an authenticator, passkeys, recovery codes."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from aap import identity
from aap.services.account import second_factor as factors
from aap.services.account import totp
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.account.blueprint import blueprint
from aap.web.context import arrived_at, links, platform, reading, signed_in, writing
from aap.web.qr_picture import qr_picture
from aap.web.wording.sentences import worded


def _page(problem: str = "") -> str:
    settings = platform().settings
    with reading() as session:
        held = factors.own_factors(session, actor=signed_in())
    return render_template(
        "account/second_factor.html",
        held=held,
        must=factors.must_have(settings, signed_in().roles),
        passkeys_work=settings.passkeys_work,
        problem=problem,
        contact=settings.contact,
    )


@blueprint.get("/compte/second-facteur")
@requires(Permission.ACCOUNT_MANAGE)
def second_factor() -> str:
    """What the account has, what can be added, and what to do where it is lost."""
    return _page()


@blueprint.post("/compte/second-facteur/application")
@requires(Permission.ACCOUNT_MANAGE)
@identity.freshly
def propose_authenticator() -> ResponseReturnValue:
    """Makes a secret, and leads to where it is shown."""
    with writing() as session:
        factors.propose_authenticator(session, actor=signed_in())
    return redirect(url_for("account.set_up_authenticator"), 303)


def _set_up(secret: str, problems: dict[str, str] | None = None) -> str:
    issuer = identity.issuer(platform().settings)
    return render_template(
        "account/authenticator.html",
        qr=qr_picture(totp.setup_address(secret, signed_in().email, issuer)),
        key=totp.in_fours(secret),
        issuer=issuer,
        email=signed_in().email,
        problems=problems or {},
    )


@blueprint.get("/compte/second-facteur/application")
@requires(Permission.ACCOUNT_MANAGE)
@identity.freshly
def set_up_authenticator() -> ResponseReturnValue:
    """The picture and the key of the secret that was just made, until a code confirms it."""
    with reading() as session:
        secret = factors.proposed_secret(session, actor=signed_in())
    return _set_up(secret) if secret else redirect(url_for("account.second_factor"))


@blueprint.post("/compte/second-facteur/application/code")
@requires(Permission.ACCOUNT_MANAGE)
@identity.freshly
def confirm_authenticator() -> ResponseReturnValue:
    """The first code shows that the device holds the secret."""
    with reading() as session:
        secret = factors.proposed_secret(session, actor=signed_in())
        first = not factors.has_factor(session, signed_in().person_id)
    if secret is None:
        return redirect(url_for("account.second_factor"))
    try:
        with writing() as session:
            factors.confirm_authenticator(
                session, links(), actor=signed_in(), code=request.form.get("code", "")[:20], now=arrived_at()
            )
    except InvalidInput as refused:
        return _set_up(secret, worded(refused.problems)), 422
    if first:
        identity.begin_session_anew()
    flash(_("Votre application de codes est en place : son code vous sera demandé à la connexion."), "success")
    return redirect(url_for("account.second_factor"), 303)


@blueprint.post("/compte/second-facteur/application/retrait")
@requires(Permission.ACCOUNT_MANAGE)
@identity.freshly
def remove_authenticator() -> ResponseReturnValue:
    try:
        with writing() as session:
            factors.remove_authenticator(
                session, links(), settings=platform().settings, actor=signed_in(), now=arrived_at()
            )
    except InvalidInput as refused:
        return _page(worded(refused.problems)[""]), 409
    flash(_("L’application de codes est retirée."), "success")
    return redirect(url_for("account.second_factor"), 303)


@blueprint.post("/compte/second-facteur/cles/<passkey_id>/retrait")
@requires(Permission.ACCOUNT_MANAGE)
@identity.freshly
def remove_passkey(passkey_id: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            factors.remove_passkey(
                session,
                links(),
                settings=platform().settings,
                actor=signed_in(),
                passkey_id=passkey_id,
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _page(worded(refused.problems)[""]), 409
    flash(_("La clé d’accès est retirée de votre compte. Effacez-la aussi de l’appareil qui la garde."), "success")
    return redirect(url_for("account.second_factor"), 303)


@blueprint.post("/compte/second-facteur/codes")
@requires(Permission.ACCOUNT_MANAGE)
@identity.freshly
def renew_codes() -> ResponseReturnValue:
    """New recovery codes: this answer shows them, and nothing will again."""
    try:
        with writing() as session:
            codes = factors.renew_codes(session, actor=signed_in(), now=arrived_at())
    except InvalidInput as refused:
        return _page(worded(refused.problems)[""]), 409
    site = identity.issuer(platform().settings)
    title = _("Codes de secours de %(email)s pour %(site)s", email=signed_in().email, site=site)
    return render_template(
        "account/recovery_codes.html", codes=codes, title=title, text=Markup("\r\n").join((title, "", *codes, ""))
    )
