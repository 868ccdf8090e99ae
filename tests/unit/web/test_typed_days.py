"""Days that officials type: whichever way people write them, everywhere."""

from __future__ import annotations

from datetime import datetime

import pytest

from aap.core.delays import PARIS
from aap.web.official.pages import paris_moment


@pytest.mark.parametrize("day", ["2025-02-28", "28/02/2025", "28.2.25", "28 février 2025"])
def test_a_day_and_an_hour_are_a_moment_in_paris(day: str) -> None:
    assert paris_moment(day, "23:59") == datetime(2025, 2, 28, 23, 59, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("day", "clock"), [("", "09:00"), ("30/02/2025", "09:00"), ("28/02/2025", ""), ("0001-01-01", "09:00")]
)
def test_what_is_no_day_or_no_hour_is_no_moment(day: str, clock: str) -> None:
    assert paris_moment(day, clock) is None
