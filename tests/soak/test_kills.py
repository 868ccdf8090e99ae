"""200 deposits with the server killed at random moments (figures: docs/measures.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.killing import check, submit_under_kills

pytestmark = pytest.mark.slow


def test_two_hundred_deposits_survive_the_kills_of_their_server(tmp_path: Path) -> None:
    outcome = submit_under_kills(tmp_path / "instance", 200, answers=(5, 40))
    print(f"200 deposits, {outcome.kills} kills, {outcome.tries} tries, {outcome.seconds:.0f} s")
    check(tmp_path / "instance", 200, outcome)
    assert outcome.kills >= 20
