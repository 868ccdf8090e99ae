"""What every answer tells the browser not to do: the content policy, framing, sniffing, transport."""

from __future__ import annotations

from flask import Response, request

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'self'"
)


def put_on(response: Response, *, production: bool) -> None:
    """Sets the headers; a view may have set a content or referrer policy of its own, which stays."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if "token" in (request.view_args or {}):  # the address lets somebody in
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if production:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
