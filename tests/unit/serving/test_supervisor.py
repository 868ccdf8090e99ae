"""Children are started again, stopped together, and never outlive their parent. Real processes, each test within seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aap.serving.supervisor import wait_before

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a supervisor with children of these kinds, and waits until each has begun."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*kinds: str, first: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.unit.serving.supervised", str(tmp_path), *kinds]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        started.append(process)
        for kind in first or kinds:
            eventually(lambda kind=kind: pids(tmp_path, kind))
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def pids(folder: Path, kind: str) -> list[int]:
    path = folder / kind
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(true: Callable[[], object], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.02)


def test_the_wait_before_a_new_start_doubles_up_to_half_a_minute() -> None:
    assert [wait_before(deaths) for deaths in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_child_that_dies_is_started_again_and_the_others_live_on(start: Start, tmp_path: Path) -> None:
    start("steady", "finishing")
    for deaths in (1, 2):
        os.kill(pids(tmp_path, "steady")[-1], signal.SIGKILL)
        eventually(lambda deaths=deaths: len(pids(tmp_path, "steady")) == deaths + 1)
    first, second, third = pids(tmp_path, "steady")
    assert [alive(one) for one in (first, second, third)] == [False, False, True]
    assert len(pids(tmp_path, "finishing")) == 1


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_every_child_ends_what_it_has_begun_when_the_supervisor_is_told_to_stop(
    start: Start, tmp_path: Path, asked: signal.Signals
) -> None:
    process = start("steady", "finishing")
    process.send_signal(asked)
    assert process.wait(timeout=20) == 0
    assert pids(tmp_path, "finished") == pids(tmp_path, "finishing")
    assert not alive(pids(tmp_path, "steady")[0])


def test_ctrl_c_reaches_the_supervisor_alone(start: Start, tmp_path: Path) -> None:
    process = start("steady")
    child = pids(tmp_path, "steady")[0]
    assert os.getpgid(child) == child
    assert os.getpgid(process.pid) != child


def test_a_child_that_does_not_stop_is_killed(start: Start, tmp_path: Path) -> None:
    process = start("stubborn")
    begun = time.monotonic()
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert time.monotonic() - begun >= 1.4
    assert not alive(pids(tmp_path, "stubborn")[0])


def test_children_end_with_a_parent_that_is_killed(start: Start, tmp_path: Path) -> None:
    process = start("steady", "finishing")
    process.kill()
    process.wait()
    eventually(lambda: not alive(pids(tmp_path, "steady")[0]))
    eventually(lambda: pids(tmp_path, "finished") == pids(tmp_path, "finishing"))


def test_what_a_dead_child_left_behind_is_told_to_stop(start: Start, tmp_path: Path) -> None:
    start("parental", first=("parental", "grandchild"))
    os.kill(pids(tmp_path, "parental")[0], signal.SIGKILL)
    eventually(lambda: not alive(pids(tmp_path, "grandchild")[0]))
    eventually(lambda: len(pids(tmp_path, "parental")) == 2)


def test_a_service_that_can_not_be_brought_to_life_is_given_up(start: Start, tmp_path: Path) -> None:
    process = start("steady", "failing")
    assert process.wait(timeout=20) == 1
    assert len(pids(tmp_path, "failing")) == 3
    assert not alive(pids(tmp_path, "steady")[0])
