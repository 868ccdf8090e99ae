"""What somebody had typed when their session was over: signed, in the page that says so, and sent once they are back.

Nothing of it is stored here: the page carries it. The signature says whose it is, and that this service took it from a form
of its own: it can be sent by that person only, who sees it first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer

from aap.identity import whose_session_ended
from aap.web.context import platform
from aap.web.requests import address_asked

LONGEST = 1_000_000
"""Characters of a form that are kept."""
VALID_FOR = timedelta(hours=12)
_NO_TEXTS = ("base", "kept")
_NEVER_KEPT = ("csrf_token", "confirm_", "password", "new_password")


@dataclass(frozen=True)
class KeptForm:
    """`path`: where it was sent to. `fields`: in their order."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return texts_of(self.fields)


def texts_of(fields: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What a person typed, as far as one can tell: for reading and copying."""
    return tuple(
        text for name, text in fields if len(text.strip()) > 20 and not name.startswith((*_NEVER_KEPT, *_NO_TEXTS))
    )


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(platform().settings.secret_key, salt="aap.kept-form")


def seal() -> str:
    """The form of this request, sealed; empty where it was nobody's, or is too long to travel twice."""
    person_id = whose_session_ended()
    if person_id is None or request.blueprint == "security":
        return ""
    fields = [(name, text) for name, text in request.form.items(multi=True) if not name.startswith(_NEVER_KEPT)]
    if not fields or sum(len(name) + len(text) for name, text in fields) > LONGEST:
        return ""
    return str(_serializer().dumps([person_id, address_asked(), fields]))


def unseal(sealed: str, person_id: str) -> KeptForm | None:
    """The form again; None where the seal is broken or old, or where it is somebody else's."""
    try:
        owner, path, fields = _serializer().loads(sealed, max_age=int(VALID_FOR.total_seconds()))
    except (BadData, ValueError, TypeError):
        return None
    return KeptForm(path, tuple((name, text) for name, text in fields)) if owner == person_id else None
