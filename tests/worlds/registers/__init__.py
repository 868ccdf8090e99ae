"""A stand-in for the public registers, on this machine: answers as they were recorded, of an association that is nobody's.

`business.json` and `associations.json` have the whole shape of the answers; names, numbers and people are invented, the
commune is real. No test asks a register of the State.
"""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

SIRET = "00000901900019"
"""Of the recorded association; `Standing.business` and `.associations` answer for it, and know no other number."""

_HERE = Path(__file__).parent


@dataclass
class Standing:
    """A running stand-in. What it answers may be changed between two questions; `asked`: paths in their order.

    `status`, `body` and `waits`, where they are set, are the answer to everything.
    """

    address: str = ""
    business: dict[str, Any] = field(default_factory=lambda: json.loads((_HERE / "business.json").read_text()))
    associations: dict[str, Any] = field(default_factory=lambda: json.loads((_HERE / "associations.json").read_text()))
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None
    leads_to: str = ""
    waits: float = 0.0
    drips: float = 0.0

    @property
    def business_register(self) -> str:
        return f"{self.address}/entreprises"

    @property
    def association_register(self) -> str:
        return f"{self.address}/associations?context=essai"

    @property
    def unit(self) -> dict[str, Any]:
        """The association, as the business register has it."""
        found: dict[str, Any] = self.business["results"][0]
        return found

    def close_down(self, on: str, *, seat: str = "") -> None:
        """The establishment has ended; `seat`: where the association sits now."""
        old = copy.deepcopy(self.unit["siege"])
        old.update(etat_administratif="F", date_fermeture=on, est_siege=not seat)
        self.unit["matching_etablissements"] = [old]
        self.unit["siege"] = {**old, "siret": seat, "etat_administratif": "A", "date_fermeture": None} if seat else old

    def answer(self, path: str) -> tuple[int, Any]:
        parts = urlsplit(path)
        if parts.path == "/entreprises/search":
            known = self.unit["siren"] == parse_qs(parts.query)["q"][0][:9]
            return 200, self.business if known else {"results": [], "total_results": 0, "page": 1, "total_pages": 0}
        known = parts.path == f"/associations/{self.associations['data']['siren']}"
        return (200, self.associations) if known else (404, {"errors": [{"title": "Entité non trouvée"}]})


def _handler(standing: Standing) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            standing.asked.append(self.path)
            standing.tokens.append(self.headers.get("Authorization", ""))
            time.sleep(standing.waits)
            status, content = standing.answer(self.path)
            body = json.dumps(content).encode() if standing.body is None else standing.body
            self.send_response(standing.status if standing.status != 200 else status)
            if standing.leads_to:
                self.send_header("Location", standing.leads_to)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                if standing.drips:
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(standing.drips)
                else:
                    self.wfile.write(body)
            except OSError:  # who asked has gone
                pass

        def log_message(self, *_said: object) -> None:
            pass

    return Handler


@contextmanager
def standing_registers() -> Iterator[Standing]:
    """Runs one until the block ends."""
    standing = Standing()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(standing))
    standing.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield standing
    finally:
        server.shutdown()
        server.server_close()
