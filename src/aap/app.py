"""The web application: `create_app()` puts the rooms together."""

from __future__ import annotations

import importlib
import secrets
from datetime import timedelta

import structlog
from flask import Flask, Response, g, request
from flask_babel import Babel
from flask_babel import gettext as _
from flask_compress import Compress
from flask_wtf import CSRFProtect

from aap import identity
from aap.logs import configure_logs
from aap.own_files import templates_folder
from aap.services.permissions import Permission
from aap.services.platform import Clock, Platform, open_platform, utc_now
from aap.settings import Settings
from aap.web import (
    access,
    arrival,
    assets,
    body_bounds,
    context,
    errors,
    factor_needed,
    filters,
    guide,
    help_here,
    language,
    limits,
    menu,
    numbers,
    security_headers,
    session_time,
)
from aap.web.access import declare, requires
from aap.web.accessibility import statement
from aap.web.after_commit import Application, KeptSessions
from aap.web.public_links import PublicLinks
from aap.web.requests import TextRequest

BLUEPRINTS = ("public", "account", "association", "reviewer", "official", "admin")

ACCESSIBILITY = statement()


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now, platform: Platform | None = None) -> Flask:
    """The Flask application on an opened instance."""
    settings = platform.settings if platform else settings or Settings()
    platform = platform or open_platform(settings, clock=clock)
    configure_logs(settings.log_format)

    app = Application("aap", template_folder=str(templates_folder()), static_folder=None)
    app.request_class = TextRequest
    app.url_map.converters["int"] = numbers.BoundedInteger
    production = settings.environment == "production"
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_request_mb * 1_000_000,
        MAX_FORM_PARTS=body_bounds.MOST_FIELDS,
        SESSION_COOKIE_NAME="__Host-session" if production else "session",  # the prefix wants HTTPS
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=production,
        # How long a cookie is read at all; when a session is over, its row says (services/sessions.py).
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.remembered_days),
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(0),
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_DEFAULT_TIMEZONE="Europe/Paris",
        WTF_CSRF_TIME_LIMIT=None,  # a form's token is worth as much as the session that it is of
        COMPRESS_STREAMING_ENDPOINT_CONDITIONAL=[assets.ENDPOINT],
    )
    app.extensions["aap.platform"] = platform
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    _request_frame(app, platform, production)
    body_bounds.init_bounds(app, settings)
    Babel(app, locale_selector=language.chosen)
    assets.init_assets(app, settings.instance / "assets", lasting=settings.environment != "development")
    Compress(app)
    app.after_request(_close_when_sent)  # runs before the compression
    forms_token = CSRFProtect(app)
    identity.init_app(app, platform, PublicLinks(settings.base_url), wake=context.wake_worker)
    for endpoint in identity.ENDPOINTS:
        declare(app, endpoint, Permission.PUBLIC_READ)
    for endpoint in identity.OWN_ENDPOINTS:
        declare(app, endpoint, Permission.ACCOUNT_MANAGE)
    filters.init_filters(app)
    language.init_texts(app)
    access.init_access(app)
    factor_needed.init_second_factor(app)
    errors.init_errors(app)
    for name in BLUEPRINTS:
        app.register_blueprint(importlib.import_module(f"aap.web.{name}").blueprint)
    limits.init_limits(app, platform)
    # It shows what somebody typed and changes nothing; the token is that of a session that is over. It has a seal of its own.
    forms_token.exempt("aap.web.account.confirming.resume")
    if settings.environment in ("development", "testing"):
        app.add_url_rule("/guide", "guide", requires(Permission.PUBLIC_READ)(guide.render_guide))

    app.session_interface = KeptSessions(app.session_interface)

    @app.context_processor
    def frame() -> dict[str, object]:
        return {
            "current_actor": context.current_actor(),
            "session_left": session_time.left(),
            "menu": menu.main_menu(),
            "account_menu": menu.account_menu(),
            "instance_notice": _notice(settings),
            "accessibility_state": str(ACCESSIBILITY.state),
            "passkeys_work": settings.passkeys_work,
            "help_here": help_here.help_here,
        }

    return app


def _close_when_sent(response: Response) -> Response:
    """Flask-Compress puts its own stream in the place of a file, and leaves the file open."""
    close = getattr(response.response, "close", None)
    if close is not None:
        response.call_on_close(close)
    return response


def _notice(settings: Settings) -> str:
    return "" if settings.environment == "production" else _("Démonstration\u00a0: personnes et associations fictives.")


def _request_frame(app: Flask, platform: Platform, production: bool) -> None:
    """Time of arrival and request id before, headers and one log line after."""
    log = structlog.get_logger("aap.web")
    arrival.trust_proxies(app, platform.settings)
    forwarding = arrival.ForwardingWatch(platform.settings)

    @app.before_request
    def arrive() -> None:
        g.arrived_at = arrival.arrival_of(request.environ, platform.settings, platform.clock())
        g.request_id = secrets.token_hex(6)
        forwarding.look(request.environ)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def leave(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        security_headers.put_on(response, production=production)
        if request.endpoint not in access.ASSETS:
            if request.blueprint == "security":
                response.headers.pop("Cache-Control", None)  # Flask-Security's own can't be read by browsers
            response.headers.setdefault("Cache-Control", "private, no-store")
            log.info("request", method=request.method, endpoint=request.endpoint, status=response.status_code)
        return response
