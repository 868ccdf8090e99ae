"""Nothing that was acknowledged is lost when the server is killed (the long run is in tests/soak)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.killing import check, submit_under_kills


@pytest.mark.timeout(400)  # each kill is a new start of the server: seconds on a busy machine
def test_deposits_survive_the_kills_of_their_server(tmp_path: Path) -> None:
    outcome = submit_under_kills(tmp_path / "instance", 5, answers=(6, 20))
    check(tmp_path / "instance", 5, outcome)
    assert outcome.kills >= 1
