"""200 kills of the server while people deposit, on each database (figures: docs/measures.md). `SERVER_KILLS`: how many."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import postgres_database
from tests.soak.killing import check, submit_under_kills

KILLS = int(os.environ.get("SERVER_KILLS", "200"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_deposits_survive_two_hundred_kills_of_their_server(
    where: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "postgres":
        monkeypatch.setenv("AAP_DATABASE_URL", postgres_database(request.getfixturevalue("postgres")))
    outcome = submit_under_kills(tmp_path / "instance", KILLS, answers=(2, 9))
    print(f"{where}: {KILLS} deposits, {outcome.kills} kills, {outcome.tries} tries, {outcome.seconds:.0f} s")
    check(tmp_path / "instance", KILLS, outcome)
    assert outcome.kills >= KILLS
