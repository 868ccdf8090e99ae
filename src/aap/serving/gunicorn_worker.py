"""gunicorn's threaded worker that receives whole requests in its poller: a thread is given to what has arrived, only.

Three things follow. The time of arrival is when the request's first bytes were readable, not when a thread was free.
Who sends slowly holds a connection and never a thread: the head and the body each have a time. And a body is refused
by the bound of its page (`app.extensions["aap.body_bound"]`) before it is read, or where a chunked one passes it.

TLS ends in a proxy: this worker speaks plain HTTP/1.1.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import unquote

from gunicorn.config import Config
from gunicorn.errors import ConfigError
from gunicorn.http.errors import InvalidChunkSize, LimitRequestHeaders, NoMoreData
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from aap.serving.received_body import Body, ChunkedBody, MisframedBody, SizedBody

FIRST_BYTES = 30.0
"""Seconds that a new connection may stay silent. Browsers open some ahead of need."""
HEAD = 10.0
"""Seconds from a request's first byte to the end of its head."""
BODY, SLOWEST = 30.0, 20_000
"""Seconds for a body, and one more for each of so many bytes: a weak telephone line sends twice as fast."""
ANSWER = 300.0
"""Seconds that a piece of an answer may wait for its reader."""
LINGER, MOST_DISCARDED = 10.0, 1 << 30
"""How long, and for how many bytes, what a refused client still sends is thrown away, so that it reads the answer."""
LARGEST_HEAD = 64 * 1024
PIECE = 256 * 1024
SWEEP = 0.5
_NOT_YET = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

Bound = Callable[[str, str, str], int]
"""(method, path, type of the content) → how many bytes of body the page takes."""


class _Parser(RequestParser):
    """gunicorn's own parser, fed with a whole head; the thread finds the request already parsed."""

    prepared: Any = None
    failure: Exception | None = None

    def prepare(self, head: bytes) -> None:
        """Parses a head. What is wrong with it is raised in the thread, which answers it."""
        self.unreader.unread(head)
        try:
            self.prepared = super().__next__()
        except BlockingIOError:  # where this parser sees no end of the head
            self.failure = NoMoreData()
        except Exception as error:
            self.failure = error

    def __next__(self) -> Any:
        if self.failure is not None:
            raise self.failure
        request, self.prepared = self.prepared, None
        return request

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        """Nothing of a body is left on the socket: it was received whole, or the connection closes."""
        if self.mesg is not None:
            self.mesg.body.close()
        return True


class ClientConnection(TConn):
    """A client's connection and what it has sent of its next request."""

    def __init__(self, cfg: Config, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.parser = _Parser(cfg, sock, client)
        self.initialized = self.data_ready = True  # for the thread: nothing is to be waited for
        self.received = bytearray()
        self.searched = 0
        self.arrived_at = self.last_received = 0.0
        self.body: Body | None = None
        self.until = 0.0
        self.discarded = 0

    def head_end(self) -> int | None:
        """Where the head ends in what was received; None where it goes on."""
        while self.received[:2] == b"\r\n":  # an empty line before a request is allowed
            del self.received[:2]
            self.searched = 0
        found = self.received.find(b"\r\n\r\n", max(0, self.searched - 3))
        self.searched = len(self.received)
        return None if found < 0 else found + 4


def _piece(sock: socket.socket) -> bytes | None:
    """What arrived; empty where the client is gone; None: nothing yet."""
    try:
        return sock.recv(PIECE)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""


class ReceivingWorker(ThreadWorker):
    """`gunicorn --worker-class aap.serving.gunicorn_worker.ReceivingWorker`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.watched: set[ClientConnection] = set()  # receiving or lingering: in the poller, with a time to be done by
        self.bound: Bound | None = None
        self.swept = 0.0
        self.wsgi: Any

    @classmethod
    def check_config(cls, cfg: Config, log: Any) -> None:
        if cfg.is_ssl:
            raise ConfigError("TLS ends in a proxy: aap.serving.gunicorn_worker speaks plain HTTP")
        super().check_config(cfg, log)

    def load_wsgi(self) -> None:
        super().load_wsgi()
        served: Any = self.wsgi
        self.bound = getattr(served, "extensions", {}).get("aap.body_bound")

        def with_arrival(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            body = environ["wsgi.input"]
            environ["aap.arrived_at"] = body.arrived_at
            environ["aap.body_refused"] = body.refused
            environ["aap.body_fault"] = body.fault
            answer: Iterable[bytes] = served(environ, start_response)
            return answer

        self.wsgi = with_arrival

    # --- receiving, in the poller's thread ----------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in _NOT_YET:
                raise
            return
        self.nr_conns += 1
        conn = ClientConnection(self.cfg, sock, client, listener.getsockname())
        self._watch(conn, self._receive, FIRST_BYTES)

    def on_client_socket_readable(self, conn: ClientConnection, client: socket.socket) -> None:
        """A kept-alive connection speaks again, or closes."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._watch(conn, self._receive, HEAD)
        self._receive(conn, client)

    def _watch(self, conn: ClientConnection, callback: Callable[..., None], seconds: float) -> None:
        conn.until = time.monotonic() + seconds
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))
        self.watched.add(conn)

    def _unwatch(self, conn: ClientConnection) -> None:
        self.watched.discard(conn)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: ClientConnection) -> None:
        self._unwatch(conn)
        if conn.body is not None:
            conn.body.close()
        self.nr_conns -= 1
        conn.close()

    def _receive(self, conn: ClientConnection, _client: socket.socket) -> None:
        piece = _piece(conn.sock)
        if piece is None:
            return
        if not piece:
            self._drop(conn)
            return
        conn.last_received = time.time()
        if not conn.received and conn.body is None:
            conn.arrived_at = conn.last_received
            conn.until = time.monotonic() + HEAD
        conn.received += piece
        self._go_on(conn)

    def _go_on(self, conn: ClientConnection) -> None:
        if self._complete(conn):
            self._unwatch(conn)
            self.enqueue_req(conn)

    def _complete(self, conn: ClientConnection) -> bool:
        """Takes up what was received; whether the request may go to a thread."""
        if conn.body is None:
            end = conn.head_end()
            if end is None and len(conn.received) <= LARGEST_HEAD:
                return False
            if end is None:
                conn.parser.failure = LimitRequestHeaders("head too large")
                return True
            conn.parser.prepare(bytes(conn.received))
            conn.received = bytearray(conn.parser.unreader.take_buffered())
            if conn.parser.failure is not None:
                return True
            conn.body = self._body_of(conn)
        try:
            left = conn.body.take(conn.received)
        except MisframedBody:
            conn.parser.failure = InvalidChunkSize(b"")
            return True
        except OSError as error:  # no room for a large one
            conn.body.refused, conn.body.fault, left = True, error.errno or errno.ENOSPC, b""
        conn.received = bytearray(left)
        if conn.body.refused:
            conn.received.clear()
            conn.parser.mesg.force_close()
        return conn.body.complete or conn.body.refused

    def _body_of(self, conn: ClientConnection) -> Body:
        request = conn.parser.mesg
        kind = next((value for name, value in request.headers if name == "CONTENT-TYPE"), "")
        path = unquote(request.path).removeprefix(os.environ.get("SCRIPT_NAME", ""))
        bound = self.bound(request.method, path, kind) if self.bound else None
        length = getattr(request.body.reader, "length", None)
        body = ChunkedBody(bound) if length is None else SizedBody(length, bound)
        body.arrived_at = conn.arrived_at
        request.body = body
        if not body.refused:
            conn.until = time.monotonic() + BODY + (length or bound or 0) / SLOWEST
            if request._expected_100_continue and not body.complete:
                with suppress(OSError):
                    conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        request._expected_100_continue = False
        return body

    def murder_pending(self) -> None:
        """Once in a while: ends what takes too long. Named and called by gunicorn's loop."""
        now = time.monotonic()
        if now - self.swept < SWEEP:
            return
        self.swept = now
        for conn in [conn for conn in self.watched if conn.until < now]:
            if conn.received or (conn.body is not None and not conn.discarded):
                with suppress(OSError):
                    conn.sock.send(_TOO_SLOW)
            self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops keeps a silent connection for a moment only, and waits for what has begun to arrive."""
        super()._cap_keepalive(deadline)
        for conn in self.watched:
            if conn.discarded or (not conn.received and conn.body is None):
                conn.until = min(conn.until, deadline)

    # --- in a thread --------------------------------------------------------------------------------------------------

    def handle_request(self, req: Any, conn: ClientConnection) -> bool:
        conn.sock.settimeout(ANSWER)
        return bool(super().handle_request(req, conn))

    # --- after the answer, in the poller's thread again ---------------------------------------------------------------

    def finish_request(self, conn: ClientConnection, fs: Future[bool]) -> None:
        try:
            kept = not fs.cancelled() and bool(fs.result())
        except Exception:
            kept = False
        if conn.body is not None:
            conn.body.close()
        conn.body, conn.searched = None, 0
        if not kept:
            self._linger(conn)
        elif conn.received:  # the next request came with this one's last bytes
            conn.arrived_at = conn.last_received
            self._watch(conn, self._receive, HEAD)
            self._go_on(conn)
        else:
            conn.sock.setblocking(False)
            conn.set_timeout()
            if not self.alive:
                conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
            self.keepalived_conns.append(conn)
            readable = partial(self.on_client_socket_readable, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def _linger(self, conn: ClientConnection) -> None:
        """Says that nothing more comes, and throws away what still arrives: a reset would take the answer with it."""
        conn.received.clear()
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        conn.discarded = 1
        self._watch(conn, self._discard, LINGER if self.alive else STOP_KEEPALIVE_LINGER)

    def _discard(self, conn: ClientConnection, _client: socket.socket) -> None:
        piece = _piece(conn.sock)
        if piece is None:
            return
        conn.discarded += len(piece)
        if not piece or conn.discarded > MOST_DISCARDED:
            self._drop(conn)
