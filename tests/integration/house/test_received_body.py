"""Bodies as they come in pieces: what belongs to them, what comes after, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from aap.serving.received_body import Body, ChunkedBody, MisframedBody, SizedBody

Keep = Callable[[Body], Body]


@pytest.fixture
def keep() -> Iterator[Keep]:
    """`keep(body)` is the body, closed after the test."""
    kept: list[Body] = []

    def keep_one(body: Body) -> Body:
        kept.append(body)
        return body

    yield keep_one
    for body in kept:
        body.close()


def received(body: Body, pieces: Sequence[bytes]) -> bytes:
    """What is left over after the body."""
    held = bytearray()
    for piece in pieces:
        held = bytearray(body.take(held + piece))
    return bytes(held)


@pytest.mark.parametrize("step", [1, 3, 100])
def test_a_body_of_known_length_is_read_whole_and_what_follows_is_given_back(keep: Keep, step: int) -> None:
    sent = b"0123456789GET /"
    body = keep(SizedBody(10, bound=10))
    left = received(body, [sent[at : at + step] for at in range(0, len(sent), step)])
    assert (body.complete, body.read(), left) == (True, b"0123456789", b"GET /")


def test_a_request_without_a_body_is_complete_at_once(keep: Keep) -> None:
    body = keep(SizedBody(0, bound=0))
    assert (body.take(b""), body.complete, body.read()) == (b"", True, b"")


def test_a_body_that_announces_too_much_is_refused_unread(keep: Keep) -> None:
    body = keep(SizedBody(11, bound=10))
    assert (body.refused, body.take(b"0123456789"), body.complete) == (True, b"", False)


@pytest.mark.parametrize("step", [1, 2, 7, 100])
def test_a_chunked_body_is_decoded_with_its_extensions_and_trailers_read_over(keep: Keep, step: int) -> None:
    sent = b'4;name="x"\r\na=\r\n\r\nA \r\n0123456789\r\n0\r\nDigest: x\r\n\r\nGET /'
    body = keep(ChunkedBody(bound=14))
    left = received(body, [sent[at : at + step] for at in range(0, len(sent), step)])
    assert (body.complete, body.readlines(), left) == (True, [b"a=\r\n", b"0123456789"], b"GET /")


@pytest.mark.parametrize("sent", [b"8\r\n01234567\r\n3\r\n", b"b\r\n", b"ffffffffffff\r\n"])
def test_a_chunked_body_is_refused_where_it_passes_its_bound(keep: Keep, sent: bytes) -> None:
    body = keep(ChunkedBody(bound=10))
    body.take(sent)
    assert (body.refused, body.complete) == (True, False)


@pytest.mark.parametrize(
    "sent",
    [
        b"x\r\n", b"\r\n", b"-1\r\n", b"+1\r\n", b"1_0\r\n", b" 1\r\n", b"3\r\nabcd\r\n", b"1" * 13 + b"\r\n",
        b"1;" + b"x" * 5_000, b"0\r\n" + b"a: b\r\n" * 2_000, b"1\r\nx\r\n" * 1_100,
    ],
)  # fmt: skip
def test_chunks_that_cannot_be_told_apart_or_cost_more_than_they_hold_are_refused(keep: Keep, sent: bytes) -> None:
    with pytest.raises(MisframedBody):
        keep(ChunkedBody(bound=1_000_000)).take(sent)


def test_a_large_body_waits_in_a_file(keep: Keep) -> None:
    body = keep(SizedBody(1_500_000, bound=None))
    body.take(bytes(1_500_000))
    assert body.file.name  # on the disk
    assert sum(len(line) for line in body) == 1_500_000
