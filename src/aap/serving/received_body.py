"""The body of a request while it is received: by its length or in chunks, in memory and then in a temporary file."""

from __future__ import annotations

import re
import tempfile
from typing import IO

IN_MEMORY = 1_000_000
"""Bytes kept in memory; what is larger goes into a temporary file."""
LONGEST_LINE = 4096
FREE_CHUNKS, SMALLEST_CHUNK = 1_000, 128
"""So many chunks may be of any size; with more of them they hold so many bytes on average: each costs work."""
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(?:;[^\r\n]*)?")


class MisframedBody(Exception):
    """A chunked body whose chunks can't be told apart."""


class Body:
    """What gunicorn's request and WSGI's `wsgi.input` read. `refused`: it passes its bound, and was not read; or `fault`
    (an errno): there was no room for it.

    `arrived_at`: seconds since 1970 when the request's first bytes were readable.
    """

    failed = False  # gunicorn asks
    fault = 0
    arrived_at = 0.0

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed after the answer)
        self.complete = self.refused = False

    def take(self, received: bytes | bytearray) -> bytes | bytearray:
        """Takes what belongs to the body and gives back what comes after it."""
        raise NotImplementedError

    def _end(self) -> None:
        self.complete = True
        self.file.seek(0)

    def read(self, size: int | None = None) -> bytes:
        return self.file.read(-1 if size is None else size)

    def readline(self, size: int | None = None) -> bytes:
        return self.file.readline(-1 if size is None else size)

    def readlines(self, hint: int | None = None) -> list[bytes]:
        return self.file.readlines(-1 if hint is None else hint)

    def __iter__(self) -> IO[bytes]:
        return self.file

    def close(self) -> None:
        self.file.close()


class SizedBody(Body):
    """A body of known length; none at all where it is 0."""

    def __init__(self, length: int, bound: int | None) -> None:
        super().__init__()
        self.missing = length
        self.refused = bound is not None and length > bound

    def take(self, received: bytes | bytearray) -> bytes | bytearray:
        if self.refused:
            return b""
        self.file.write(received[: self.missing])
        left = received[self.missing :]
        self.missing -= len(received) - len(left)
        if not self.missing:
            self._end()
        return left


class ChunkedBody(Body):
    """A body in chunks (RFC 9112, 7.1), decoded as they come. Extensions and trailers are read over."""

    def __init__(self, bound: int | None) -> None:
        super().__init__()
        self.bound = bound
        self.size = self.chunks = 0
        self.chunk: int | None = None  # bytes missing of this chunk; None: its size line comes next
        self.trailers = -1  # bytes of trailers; -1: not there yet

    def take(self, received: bytes | bytearray) -> bytes | bytearray:
        place = 0
        while not self.complete and not self.refused:
            if self.chunk:
                piece = received[place : place + self.chunk]
                if not piece:
                    break
                self.file.write(piece)
                place, self.chunk = place + len(piece), self.chunk - len(piece)
                continue
            end = received.find(b"\r\n", place)
            if (len(received) if end < 0 else end) - place > LONGEST_LINE:
                raise MisframedBody
            if end < 0:
                break
            self._line(bytes(received[place:end]))
            place = end + 2
        return received[place:]

    def _line(self, line: bytes) -> None:
        """A size line, the empty end of a chunk, or a trailer."""
        if self.trailers >= 0:
            self.trailers += len(line)
            if self.trailers > LONGEST_LINE:
                raise MisframedBody
            if not line:
                self._end()
        elif self.chunk == 0:
            if line:
                raise MisframedBody
            self.chunk = None
        else:
            found = _CHUNK.fullmatch(line)
            if found is None:
                raise MisframedBody
            self.chunk = int(found[1], 16)
            self.size += self.chunk
            self.chunks += 1
            if self.chunks > FREE_CHUNKS + self.size / SMALLEST_CHUNK:
                raise MisframedBody
            self.refused = self.bound is not None and self.size > self.bound
            if not self.chunk:
                self.trailers = 0
