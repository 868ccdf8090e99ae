"""What machines ask a site for: which pages to search (RFC 9309), where a weakness is told (RFC 9116), a refusal's page."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, current_app, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, links, platform
from aap.web.public.blueprint import blueprint

_FOR_SEARCH = (
    "public.home",
    "public.legal",
    "public.privacy",
    "public.contact",
    "public.site_map",
    "public.accessibility",
)
_FOLDERS_FOR_SEARCH = ("public.call", "public.results")
SECURITY_TXT_VALID = timedelta(days=180)


def _text(lines: list[str]) -> Response:
    answer = Response("\n".join([*lines, ""]), mimetype="text/plain")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@blueprint.get("/robots.txt")
@requires(Permission.PUBLIC_READ)
def robots() -> Response:
    """A search engine finds the calls, their results and the legal pages of an instance in production; nothing else."""
    if platform().settings.environment != "production":
        return _text(["User-agent: *", "Disallow: /"])
    pages = [f"{url_for(endpoint)}$" for endpoint in _FOR_SEARCH]
    folders = [url_for(endpoint, call_id="-").removesuffix("-") for endpoint in _FOLDERS_FOR_SEARCH]
    files = [url_for("static", filename="").removesuffix(f"{_version()}/")]
    return _text(["User-agent: *", *(f"Allow: {path}" for path in pages + folders + files), "Disallow: /"])


def _version() -> str:
    assets, *_ = current_app.extensions["aap.assets"]
    version: str = assets.version
    return version


@blueprint.get("/.well-known/security.txt")
@requires(Permission.PUBLIC_READ)
def security_txt() -> Response:
    """Whom to write to about a weakness: `AAP_SECURITY_CONTACT`, else the contact of the site, else its contact page."""
    settings = platform().settings
    address = settings.security_contact or settings.contact
    contact = f"mailto:{address}" if "@" in address and ":" not in address else address or links().contact()
    expires = (arrived_at() + SECURITY_TXT_VALID).replace(hour=0, minute=0, second=0, microsecond=0)
    return _text(
        [
            f"Contact: {contact}",
            f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
            "Preferred-Languages: fr, en",
            f"Canonical: {links().security_txt()}",
        ]
    )


@blueprint.get("/envoi-trop-lourd")
@requires(Permission.PUBLIC_READ)
def too_large() -> Response:
    """What a proxy shows that refuses a body by itself (deploy/nginx): the page by which we refuse it."""
    request.max_content_length = current_app.config["MAX_CONTENT_LENGTH"]
    raise RequestEntityTooLarge
