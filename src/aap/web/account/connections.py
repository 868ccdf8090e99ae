"""The browsers that somebody is signed in with, and ending their sessions."""

from __future__ import annotations

import ipaddress

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.services.permissions import Permission
from aap.services.sessions import Device, end_other_sessions, end_own_session, own_sessions
from aap.web import session_time
from aap.web.access import requires
from aap.web.account.blueprint import blueprint
from aap.web.context import arrived_at, platform, reading, signed_in, writing


def device_words(device: Device) -> str:
    """`Firefox sous Linux`."""
    if device.browser and device.system:
        return _("%(browser)s sous %(system)s", browser=device.browser, system=device.system)
    return device.browser or device.system or _("Un navigateur inconnu")


def network_shown(address: str) -> str:
    """About where a network address is: the first half of it. Its last figures tell one line from its neighbours."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.version == 4:
        return str(found).rsplit(".", 1)[0] + ".…"
    return str(ipaddress.ip_network(f"{found}/48", strict=False).network_address) + "…"


def _place(device: Device) -> str:
    network = network_shown(device.address)
    if not network:
        return _("réseau inconnu")
    if network == network_shown(request.remote_addr or ""):
        return _("réseau %(network)s, le même que maintenant", network=network)
    return _("réseau %(network)s", network=network)


@blueprint.get("/compte/connexions")
@requires(Permission.ACCOUNT_MANAGE)
def connections() -> str:
    held = platform().settings
    with reading() as session:
        lines = own_sessions(session, actor=signed_in(), settings=held, now=arrived_at())
    return render_template(
        "account/connections.html",
        lines=[(line, device_words(line.device), _place(line.device)) for line in lines],
        others=sum(not line.current for line in lines),
        held=held,
        agent=bool(signed_in().roles),
    )


@blueprint.post("/compte/connexions/<session_id>/fin")
@requires(Permission.ACCOUNT_MANAGE)
def end_connection(session_id: str) -> ResponseReturnValue:
    with writing() as session:
        end_own_session(session, actor=signed_in(), session_id=session_id, now=arrived_at())
    flash(_("Cette connexion a pris fin."), "success")
    return redirect(url_for("account.connections"), 303)


@blueprint.post("/compte/connexions/autres")
@requires(Permission.ACCOUNT_MANAGE)
def end_other_connections() -> ResponseReturnValue:
    with writing() as session:
        ended = end_other_sessions(session, actor=signed_in(), now=arrived_at())
    flash(ngettext("%(num)s autre connexion a pris fin.", "%(num)s autres connexions ont pris fin.", ended), "success")
    return redirect(url_for("account.connections"), 303)


@blueprint.post("/compte/connexions/rester")
@requires(Permission.ACCOUNT_MANAGE)
def stay() -> Response | ResponseReturnValue:
    """The button of the warning: whatever is asked of the server makes the session go on; this says for how long."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(left=session_time.left())
    return redirect(url_for("account.connections"), 303)
