"""The web application behind gunicorn: its options, and a worker in which nobody waits behind others for the health page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from aap.serving.gunicorn_worker import ReceivingWorker

THREADS = 4
KEEP_ALIVE = 75
"""Seconds that a connection without a request stays open: longer than browsers and proxies keep theirs (60 s), so that the
client ends it and never sends a deposit into a connection that we close."""
GRACE = 8
"""Seconds that requests in flight have to end when the server is told to stop."""
_HEALTH = ("/sante", "/sante/complet")


class HealthFirst(ThreadWorker):
    """A question about health has a thread of its own: it is answered while all others work."""

    def init_process(self) -> None:
        self.health_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        if not self.asks_for_health(conn):
            super().enqueue_req(conn)
            return
        done = self.health_pool.submit(self.handle, conn)
        done.add_done_callback(lambda ended: self.method_queue.defer(self.finish_request, conn, ended))

    def asks_for_health(self, conn: Any) -> bool:
        raise NotImplementedError


class WebWorker(HealthFirst, ReceivingWorker):
    """A request gets a thread once it is here whole: whoever says nothing, or says it slowly, holds none."""

    def asks_for_health(self, conn: Any) -> bool:
        request = conn.parser.prepared
        return request is not None and is_health(request.method, request.path)


def is_health(method: str, path: str) -> bool:
    """Whether a request is a question about health, below whatever folder the site lies in."""
    return method in ("GET", "HEAD") and path.endswith(_HEALTH)


def gunicorn_options(listener: int, workers: int) -> dict[str, Any]:
    """How gunicorn serves; `listener`: descriptor of a bound socket, so that nobody is turned away while it starts anew."""
    return {
        "bind": f"fd://{listener}",
        "workers": workers,
        "threads": THREADS,
        "worker_class": "aap.serving.web_server.WebWorker",
        "preload_app": True,
        "keepalive": KEEP_ALIVE,
        "timeout": 60,
        "graceful_timeout": GRACE,
        "loglevel": "warning",
        "control_socket_disable": True,
        "forwarded_allow_ips": "",  # what proxies forward is read by the application (AAP_TRUSTED_PROXIES)
        "proc_name": "aap",
    }


class WebServer(BaseApplication):
    """gunicorn in this process, on an application that is made here and shared by its workers.

    `after_fork` is called in each worker: what must not be shared is let go there.
    """

    def __init__(
        self, options: Mapping[str, Any], make: Callable[[], Flask], after_fork: Callable[[Flask], None]
    ) -> None:
        self._options, self._make, self._after_fork = options, make, after_fork
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)
        self.cfg.set("post_fork", lambda _arbiter, _worker: self._after_fork(self.wsgi()))

    def load(self) -> Flask:
        return self._make()
