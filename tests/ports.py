"""A port of this machine that nobody listens on."""

from __future__ import annotations

import socket
from contextlib import closing


def free_port() -> int:
    """Of 127.0.0.1; somebody else may take it before it is used, which hardly happens."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
