"""How a request came: by which proxies, from whose address, and when.

The time of arrival is when the request's first bytes were readable, so that who waits in a queue at closing isn't late:
the stamp of a trusted proxy, else of gunicorn's poller (`aap.serving.gunicorn_worker`), else now. A client can forge none of
them: the poller's is no header, and the proxy's is read only where the operator named the header that the proxy sets.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import structlog
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from aap.services.upkeep.forwarding_mark import forget_forwarding, note_forwarding
from aap.settings import Settings

log = structlog.get_logger(__name__)

FORWARDING = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
LONGEST_SENDING = timedelta(hours=1)
"""A proxy's stamp that lies further back is no time of arrival: its clock is wrong, or it doesn't set the header."""
_STAMP = re.compile(r"t=(\d{9,11}(?:\.\d{1,9})?)(?:; ?after=(\d{1,5}(?:\.\d{1,9})?))?", re.ASCII)


def trust_proxies(app: Flask, settings: Settings) -> None:
    """The address, scheme, host and prefix that so many proxies tell; none by default, and then they are not believed."""
    count = settings.trusted_proxies
    if count:
        forget_forwarding(settings.instance)
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_prefix=count
        )


class ForwardingWatch:
    """Warns once a process where somebody forwards requests and no proxy is trusted: all would count as one address."""

    def __init__(self, settings: Settings) -> None:
        self.instance = settings.instance
        self.awake = not settings.trusted_proxies

    def look(self, environ: dict[str, Any]) -> None:
        if not self.awake or not any(name in environ for name in FORWARDING):
            return
        self.awake = False
        log.warning("proxy.untrusted", advice="set AAP_TRUSTED_PROXIES to the number of proxies in front")
        try:
            note_forwarding(self.instance)
        except OSError as error:
            log.warning("proxy.mark_failed", error=str(error))


def arrival_of(environ: dict[str, Any], settings: Settings, now: datetime) -> datetime:
    """When the request arrived; `now` where nobody stamped it. Never later than now."""
    polled = environ.get("aap.arrived_at")
    seen = now if polled is None else min(now, datetime.fromtimestamp(polled, UTC))
    if not settings.trusted_proxies or not settings.arrival_header:
        return seen
    name = "HTTP_" + settings.arrival_header.upper().replace("-", "_")
    stamped = read_stamp(environ.get(name, ""))
    if stamped is None or not seen - LONGEST_SENDING <= stamped <= seen:
        return seen
    return stamped


def read_stamp(text: str) -> datetime | None:
    """`t=SECONDS` or `t=SECONDS; after=SECONDS`: the proxy's clock, and how long ago the first bytes came by it."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    return datetime.fromtimestamp(float(found[1]), UTC) - timedelta(seconds=float(found[2] or 0))


def network_of(address: str) -> str:
    """What counts as one visitor: an IPv4 address, the /64 of an IPv6 address (one subscriber has at least that)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if mapped is not None:
        return str(mapped)
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))
