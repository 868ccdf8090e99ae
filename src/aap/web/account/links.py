"""Signing in by an e-mailed link, beside the password."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap import identity
from aap.services.account import sign_in_links
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.account.blueprint import blueprint
from aap.web.account.forms import LinkForm
from aap.web.context import arrived_at, links, platform, reading, writing
from aap.web.people_words import role_words


@blueprint.route("/connexion/lien", methods=["GET", "POST"])
@requires(Permission.PUBLIC_READ)
def ask_link() -> ResponseReturnValue:
    """Asks for the link. The answer is the same whether the address is known or not."""
    form = LinkForm()
    if form.validate_on_submit():
        with writing() as session:
            sign_in_links.send_sign_in_link(session, platform(), links(), email=form.email.data or "", now=arrived_at())
        return redirect(url_for("account.link_sent"))
    return render_template("account/ask_link.html", form=form), 422 if form.errors else 200


@blueprint.get("/connexion/lien/envoye")
@requires(Permission.PUBLIC_READ)
def link_sent() -> str:
    return render_template("account/link_sent.html")


@blueprint.get("/connexion/lien/<token>")
@requires(Permission.PUBLIC_READ)
def open_link(token: str) -> ResponseReturnValue:
    """Shows a button and changes nothing: programs that read mails open links too. An invitation says who invites to what."""
    with reading() as session:
        link = sign_in_links.read_link(session, platform().settings.secret_key, token, now=arrived_at())
    if link is None or (link.purpose == "sign_in" and link.state != "open"):
        flash(_("Ce lien n’est plus valable : il sert une fois, et pendant quinze minutes."), "warning")
        return redirect(url_for("account.ask_link"))
    if link.purpose == "sign_in":
        return render_template("account/open_link.html", token=token, name=link.person.name)
    # nobody signed in through it and the role was taken back: there is nothing left that one is invited to
    over = link.state != "open" or (link.purpose == "known" and not link.roles)
    page = render_template(
        "account/invitation_over.html" if over else "account/invitation.html",
        token=token,
        link=link,
        roles=[role_words(one.role, one.call_title) for one in link.roles],
    )
    return page, 404 if over else 200


@blueprint.post("/connexion/lien/<token>")
@requires(Permission.PUBLIC_READ)
def use_link(token: str) -> ResponseReturnValue:
    with writing() as session:
        person = sign_in_links.use_token(session, platform().settings.secret_key, token, now=arrived_at())
    remember = bool(request.form.get("remember"))
    entry = identity.sign_in(person.id, remember=remember) if person is not None else identity.Entry(done=False)
    if entry.next_step is not None:
        answer: ResponseReturnValue = entry.next_step
        return answer
    if person is None or not entry.done:
        flash(_("Ce lien n’est plus valable : demandez-en un autre."), "warning")
        return redirect(url_for("account.ask_link"))
    if person.password is None:
        flash(_("Vous êtes connecté. Choisissez un mot de passe, ou continuez à vous connecter par un lien."), "info")
        return redirect(url_for("security.change_password"))
    return redirect(url_for("account.after_sign_in"))
