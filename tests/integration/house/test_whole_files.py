"""A file has its name when it is whole, and not before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aap.whole_files import whole_file


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_takes_its_place_when_it_is_whole_readable_by_its_owner_alone(tmp_path: Path, durable: bool) -> None:
    file = tmp_path / "clés"
    file.write_text("avant")
    with whole_file(file, durable=durable) as stream:
        stream.write(b"apr")
        assert file.read_text() == "avant"
        stream.write(b"\xc3\xa8s")
    assert file.read_text(encoding="utf-8") == "après"
    assert (file.stat().st_mode & 0o777, os.listdir(tmp_path)) == (0o600, ["clés"])


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "made"
    file.write_text("avant")

    def fail() -> None:
        with whole_file(file) as stream:
            stream.write(b"half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert (file.read_text(), os.listdir(tmp_path)) == ("avant", ["made"])


def test_a_file_that_has_to_be_new_replaces_none(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    with whole_file(file, durable=True, only_new=True) as stream:
        stream.write(b"one")
    with pytest.raises(FileExistsError), whole_file(file, durable=True, only_new=True) as stream:
        stream.write(b"two")
    assert (file.read_text(), os.listdir(tmp_path)) == ("one", ["keys"])
