"""Nothing that was acknowledged is lost when the server is killed (the long run is in tests/soak)."""

from __future__ import annotations

from pathlib import Path

from tests.soak.killing import check, submit_under_kills


def test_deposits_survive_the_kills_of_their_server(tmp_path: Path) -> None:
    outcome = submit_under_kills(tmp_path / "instance", 6)
    check(tmp_path / "instance", 6, outcome)
    assert outcome.kills >= 1
