"""How much a page takes, by its kind: refused by the length that is announced, and where a body passes it.

gunicorn's worker asks before it reads (`app.extensions["aap.body_bound"]`); the request is bounded again in the
application, for every other server. What isn't named here is a form of its page.
"""

from __future__ import annotations

import os

from flask import Flask, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from aap.settings import Settings

SIGNING = 16_000
"""Bytes of a form with an address, a password, a name."""
FORM = 256_000
"""Bytes of a form with texts and ticks: ten times what its fields allow."""
LONG_FORM = 1_000_000
"""Bytes of a section of a dossier or a grid: 200,000 characters of French text."""
MOST_FIELDS = 5_000

_SIGNING_ENDPOINTS = frozenset({"account.ask_link", "account.use_link", "association.answer_claim_proof"})
_LONG_FORMS = frozenset(
    {
        "association.autosave",
        "reviewer.mark",
        "reviewer.autosave",
        "reviewer.specimen_mark",
        "reviewer.change_marks",
        "official.assignment_propose",
    }
)
FILES: dict[str, int | None] = {
    # endpoint: megabytes of the files that it takes and of its fields; None: what AAP_MAX_REQUEST_MB says
    "association.save": None,
    "association.upload": None,
    "association.keep": None,
    "association.mandate": 11,
    "association.claim": 11,
    "association.prove": 11,
    "association.budget_import": 11,
    "association.contest": None,
    "official.note_appeal": None,
    "official.note_observations": 11,
    "admin.load": 2,
    "admin.replace": 2,
    "official.invite_table": 11,
    "official.paper_answer": 11,
    "official.note_return": 11,
    "reviewer.offline_take": 11,
    "guide": None,
}
"""The pages that files are sent to. Without files they are long forms."""


def bound_of(endpoint: str | None, content_type: str, settings: Settings) -> int:
    """Bytes that a body of this page may have."""
    if endpoint is None or endpoint in _SIGNING_ENDPOINTS or endpoint.startswith("security."):
        return SIGNING
    if endpoint in FILES:
        whole = settings.max_request_mb
        with_files = content_type.strip().lower().startswith("multipart/form-data")
        return min(whole, FILES[endpoint] or whole) * 1_000_000 if with_files else LONG_FORM
    return LONG_FORM if endpoint in _LONG_FORMS else FORM


def init_bounds(app: Flask, settings: Settings) -> None:
    """Bounds every request before anything reads its body."""
    address = app.url_map.bind("")

    def bound(method: str, path: str, content_type: str) -> int:
        """For who receives a request: the bound of the page at `path` (below the application's own root)."""
        try:
            endpoint, _values = address.match(path, method)
        except HTTPException:
            return SIGNING
        return bound_of(endpoint, content_type, settings)

    app.extensions["aap.body_bound"] = bound

    @app.before_request
    def bound_body() -> None:
        most = bound_of(request.endpoint, request.content_type or "", settings)
        request.max_content_length = most
        request.max_form_memory_size = LONG_FORM
        if fault := request.environ.get("aap.body_fault"):
            raise OSError(fault, os.strerror(fault))
        if request.environ.get("aap.body_refused") or (request.content_length or 0) > most:
            raise RequestEntityTooLarge
