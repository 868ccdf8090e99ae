"""Ctrl-C and SIGTERM end a command within two seconds, wherever it is, and leave nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HARD = """\
schema: 1
call: {id: quarts}
rubric:
  scale: {min: 0, max: 100, step: 1}
  min_reviews: 1
  criteria: [{id: quality, weight: 1}]
scoring: {method: raw}
selection:
  mode: value
  laureates: 20
  budget: 4000000
  quotas: [{id: quarts, each: region, min_share: 0.25}]
"""
EASY = HARD.replace("  quotas: [{id: quarts, each: region, min_share: 0.25}]\n", "")


def started(folder: Path, call: str, *options: str) -> subprocess.Popen[str]:
    chance = random.Random(1)
    names = [f"d{at:03}" for at in range(80)]
    (folder / "call.yaml").write_text(call)
    (folder / "A.csv").write_text(
        "application_id,association,requested_amount,region\n"
        + "".join(
            f"{name},A,{chance.randrange(500_000, 40_000_000) / 100:.2f},{chance.choice('abcd')}\n" for name in names
        )
    )
    (folder / "R.csv").write_text(
        "application_id,reviewer_id,criterion,score\n"
        + "".join(f"{name},r{at},quality,{chance.randrange(30, 98)}\n" for name in names for at in (1, 2))
    )
    return subprocess.Popen(
        [
            sys.executable, "-m", "aap.cli", "rank", "--call", "call.yaml", "--applications", "A.csv", "--reviews",
            "R.csv", "--out", "out", *options,
        ],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def stopped(process: subprocess.Popen[str], number: int, after: float) -> tuple[int, float, str]:
    """The exit code, the seconds until it was heard, and what was said."""
    time.sleep(after)
    assert process.poll() is None
    begun = time.monotonic()
    process.send_signal(number)
    assert process.stderr is not None
    first = process.stderr.readline()
    heard = time.monotonic() - begun
    said, errors = process.communicate(timeout=4)  # a busy machine unloads slowly
    return process.returncode, heard, first + said + errors


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    ("call", "options"),
    [(HARD, ["--draws", "0", "--work", "1000000"]), (EASY, ["--draws", "100000"])],
    ids=["in the solver", "in the draws of other processes"],
)
def test_a_signal_ends_a_ranking_and_leaves_nothing(
    tmp_path: Path, call: str, options: list[str], number: int, code: int
) -> None:
    ended, seconds, said = stopped(started(tmp_path, call, *options), number, after=6)
    assert (ended, "Interrompu" in said, "Traceback" in said) == (code, True, False)
    assert seconds < 2
    assert {path.name for path in tmp_path.iterdir()} == {"call.yaml", "A.csv", "R.csv"}


@pytest.mark.parametrize("after", [0.3, 0.6, 0.9, 1.2])
def test_a_signal_while_the_command_loads_is_no_error_of_a_module(tmp_path: Path, after: float) -> None:
    ended, seconds, said = stopped(started(tmp_path, HARD, "--work", "1000000"), signal.SIGTERM, after)
    assert seconds < 2
    assert "ImportError" not in said
    assert "Traceback" not in said
    assert ended in (143, -signal.SIGTERM)  # before there is a handler, the system ends it
    assert {path.name for path in tmp_path.iterdir()} == {"call.yaml", "A.csv", "R.csv"}
