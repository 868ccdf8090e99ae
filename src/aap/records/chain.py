"""How the lines of the audit log hang together: the hash of a line, in both of its forms.

The lines of 0.1.0 carry a plain SHA-256: whoever may write into the database can make them all anew. Since then the hash
is keyed (HMAC-SHA256): a forged line needs the instance's key, which isn't in the database. The line CLOSED, keyed itself,
says how many plain lines there were and what the last one's hash was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any

from aap.records.audit import AuditLine
from aap.records.keys import KeyRing

FIRST = "0" * 64
CLOSED = "audit.closed"
TAKEN_UP = "audit.taken_up"
_PURPOSE = "audit chain"


def values_digest(salt: str, content: Mapping[str, Any]) -> str:
    """Salted SHA-256 of a line's values."""
    body = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{salt}:{body}".encode()).hexdigest()


def standing_digest(digests: Iterable[str]) -> str:
    """Of what stood when a line was written; empty where nothing watched had changed."""
    joined = "\n".join(digests)
    return hashlib.sha256(joined.encode()).hexdigest() if joined else ""


def _parts(line: AuditLine) -> list[str]:
    return [
        str(line.sequence), line.at.astimezone(UTC).isoformat(), line.actor_id, line.action, line.object_kind,
        line.object_id, line.call_id, line.values_digest, line.previous_hash,
    ]  # fmt: skip


def plain_hash(line: AuditLine) -> str:
    """Of a line of 0.1.0."""
    return hashlib.sha256("\x1f".join(_parts(line)).encode()).hexdigest()


def _message(line: AuditLine, standing: str) -> bytes:
    return json.dumps([*_parts(line), standing], ensure_ascii=False, separators=(",", ":")).encode()


def keyed_hash(keys: KeyRing, line: AuditLine, standing: str = "") -> str:
    """Of a line of today. `standing`: `standing_digest` of what stood with it."""
    return keys.mac(_PURPOSE, _message(line, standing))


def is_ours(keys: KeyRing, line: AuditLine, standing: str = "") -> bool:
    """Whether the line was made with one of the instance's keys, and is as it was made."""
    return keys.verifies(_PURPOSE, _message(line, standing), line.hash)
