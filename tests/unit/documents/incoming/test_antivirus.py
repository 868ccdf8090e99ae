"""ClamAV is asked before a file is kept, and a file without its opinion is not kept."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aap.documents.incoming.incoming_file import IncomingFile, RefusedFile
from aap.services.dossier.uploads import receive
from aap.services.platform import Platform
from tests.worlds.applicants import pdf

MARK = b"a mark that stands for a virus"


@contextmanager
def clamd(place: Path, answer: Callable[[bytes], str]) -> Iterator[str]:
    """Speaks INSTREAM as clamd does."""

    def exactly(link: socket.socket, length: int) -> bytes:
        held = b""
        while len(held) < length:
            held += link.recv(length - len(held))
        return held

    def serve() -> None:
        while True:
            try:
                link, _ = listening.accept()
            except OSError:
                return
            with link:
                assert exactly(link, 10) == b"zINSTREAM\0"
                content = b""
                while (length := struct.unpack(">L", exactly(link, 4))[0]) > 0:
                    content += exactly(link, length)
                link.sendall(f"stream: {answer(content)}".encode() + b"\0")

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"unix:{place}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def opinion(content: bytes) -> str:
    return "Marque.Essai FOUND" if MARK in content else "OK"


def scanning(platform: Platform, place: str) -> Platform:
    return Platform(**{**vars(platform), "settings": platform.settings.model_copy(update={"clamd": place})})


def stored(platform: Platform) -> list[Path]:
    return (
        [path for path in platform.files.folder.rglob("*") if path.is_file()] if platform.files.folder.exists() else []
    )


def test_a_clean_file_is_kept_and_an_infected_one_is_not(platform: Platform, tmp_path: Path) -> None:
    with clamd(tmp_path / "clamd.ctl", opinion) as place:
        held = scanning(platform, place)
        with pytest.raises(RefusedFile, match="programme malveillant") as refused:
            receive(held, [IncomingFile("a.pdf", pdf() + MARK)], ("pdf",), max_megabytes=10)
        assert (refused.value.name, stored(held)) == ("a.pdf", [])
        (kept,) = receive(held, [IncomingFile("b.pdf", pdf())], ("pdf",), max_megabytes=10)
        assert held.files.read(kept.sha256) == pdf()


@pytest.mark.parametrize("answer", [None, "INSTREAM size limit exceeded. ERROR", ""])
def test_a_file_without_an_opinion_is_not_kept(platform: Platform, tmp_path: Path, answer: str | None) -> None:
    place = tmp_path / "clamd.ctl"
    if answer is None:  # nobody listens
        held = scanning(platform, f"unix:{place}")
        with pytest.raises(RefusedFile, match="dans quelques minutes"):
            receive(held, [IncomingFile("a.pdf", pdf())], ("pdf",), max_megabytes=10)
    else:
        with clamd(place, lambda _content: answer) as named:
            held = scanning(platform, named)
            with pytest.raises(RefusedFile, match="dans quelques minutes"):
                receive(held, [IncomingFile("a.pdf", pdf())], ("pdf",), max_megabytes=10)
    assert stored(held) == []
