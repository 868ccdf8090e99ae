"""Where the service listens, where it answers, and the address that its mails lead to."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass

from aap.settings import Settings

_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (what an operator may ask for)
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Listening:
    """A bound and listening socket, and how to reach it from this machine."""

    socket: socket.socket
    host: str
    port: int

    @property
    def address(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def take_port(host: str, port: int) -> Listening:
    """Takes the port (0: one that is free). Raises OSError where it is taken or may not be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.create_server((host, port), family=family, backlog=2048)
    return Listening(taken, _EVERYWHERE.get(host, host), taken.getsockname()[1])


def answers(listening: Listening, *, patience: float = 2.0) -> bool:
    """Whether the health page says that deposits can be taken."""
    connection = http.client.HTTPConnection(listening.host, listening.port, timeout=patience)
    try:
        connection.request("GET", "/sante")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def links_lead_elsewhere(settings: Settings, listening: Listening) -> bool:
    """Whether `AAP_BASE_URL` names this machine, but another port than the one that is served."""
    scheme, _, rest = settings.base_url.partition("://")
    host, _, port = rest.partition("/")[0].rpartition(":")
    if not port.isdigit():
        host, port = rest.partition("/")[0], "443" if scheme == "https" else "80"
    return host.strip("[]") in _HERE and int(port) != listening.port
