"""A file in the instance that says when a request was last forwarded though no proxy is trusted: `aap doctor` tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

MARK = "untrusted-proxy"


def note_forwarding(instance: Path) -> None:
    """Raises OSError where nothing can be written."""
    (instance / MARK).touch()


def forget_forwarding(instance: Path) -> None:
    """Proxies are trusted now: what was seen before is no trouble any more."""
    (instance / MARK).unlink(missing_ok=True)


def untrusted_forwarding(instance: Path) -> datetime | None:
    """When a request was last seen that a proxy forwarded though none is trusted; None: never."""
    try:
        seen = (instance / MARK).stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(seen, UTC)
