"""Delays of appeal: months, the two days that don't count, and last days that are no working days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import dateutil.easter
import pytest

from aap.core.delays import PARIS, appeal_begins, appeal_deadline, easter, is_public_holiday, silence_is_rejection


@pytest.mark.parametrize(
    ("read", "overseas", "last"),
    [
        (datetime(2025, 4, 8, 10, tzinfo=PARIS), False, date(2025, 6, 10)),  # the 9th is Whit Monday
        (datetime(2025, 3, 11, 10, tzinfo=PARIS), False, date(2025, 5, 12)),
        (datetime(2025, 3, 11, 10, tzinfo=PARIS), True, date(2025, 6, 12)),
        (datetime(2025, 3, 13, 10, tzinfo=PARIS), False, date(2025, 5, 14)),
        (datetime(2025, 3, 14, 10, tzinfo=PARIS), False, date(2025, 5, 15)),
        (datetime(2025, 3, 15, 10, tzinfo=PARIS), False, date(2025, 5, 16)),
        (datetime(2025, 3, 16, 10, tzinfo=PARIS), False, date(2025, 5, 19)),  # a Saturday: to Monday
        (datetime(2025, 12, 31, 10, tzinfo=PARIS), False, date(2026, 3, 2)),  # no 31 February; 1 March is a Sunday
        (datetime(2025, 2, 28, 23, 30, tzinfo=UTC), False, date(2025, 5, 2)),  # 1 March in Paris
    ],
)
def test_the_last_day_to_contest(read: datetime, overseas: bool, last: date) -> None:
    known_on = appeal_begins(read, None)
    assert known_on is not None
    assert appeal_deadline(known_on, overseas=overseas) == last


@pytest.mark.parametrize(
    ("read", "presented", "begins"),
    [
        (None, None, None),  # sent, and neither read nor shown: nothing has begun
        (datetime(2025, 4, 8, 22, 30, tzinfo=UTC), None, date(2025, 4, 9)),
        (None, date(2025, 4, 30), date(2025, 4, 30)),
        (datetime(2025, 5, 2, 10, tzinfo=PARIS), date(2025, 4, 30), date(2025, 4, 30)),
        (datetime(2025, 4, 28, 10, tzinfo=PARIS), date(2025, 4, 30), date(2025, 4, 28)),
    ],
)
def test_a_delay_begins_with_the_reading_or_the_registered_letter_whichever_came_first(
    read: datetime | None, presented: date | None, begins: date | None
) -> None:
    assert appeal_begins(read, presented) == begins


@pytest.mark.parametrize(
    ("received", "limit"),
    [
        (datetime(2025, 2, 28, 12, tzinfo=PARIS), date(2025, 4, 28)),
        (datetime(2025, 12, 31, 12, tzinfo=PARIS), date(2026, 2, 28)),
        (datetime(2023, 12, 30, 12, tzinfo=PARIS), date(2024, 2, 29)),
        (datetime(2025, 9, 30, 22, 30, tzinfo=UTC), date(2025, 12, 1)),  # 1 October in Paris
    ],
)
def test_silence_is_a_rejection_two_months_on_or_on_the_last_day_of_that_month(received: datetime, limit: date) -> None:
    assert silence_is_rejection(received) == limit


def at(month: int, day: int) -> datetime:
    return datetime(2025, month, day, 12, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("asked", "limit"),
    [
        ([(at(2, 10), at(2, 20))], date(2025, 4, 11)),
        ([(at(2, 10), at(2, 20)), (at(3, 1), at(3, 4))], date(2025, 4, 14)),
        ([(at(2, 10), at(2, 20)), (at(2, 15), at(2, 25))], date(2025, 4, 16)),  # days asked for twice count once
        ([(at(2, 10), at(2, 10))], date(2025, 4, 1)),
        ([(at(4, 1), at(4, 20))], date(2025, 4, 1)),  # the delay was over
        ([(at(3, 31), at(4, 20))], date(2025, 4, 21)),
    ],
)
def test_the_delay_stands_still_while_something_is_asked_for(
    asked: list[tuple[datetime, datetime]], limit: date
) -> None:
    assert silence_is_rejection(at(2, 1), asked) == limit


def test_public_holidays_of_2025() -> None:
    days = [date.fromordinal(number) for number in range(date(2025, 1, 1).toordinal(), date(2026, 1, 1).toordinal())]
    assert [day.isoformat()[5:] for day in days if is_public_holiday(day)] == [
        "01-01", "04-21", "05-01", "05-08", "05-29", "06-09", "07-14", "08-15", "11-01", "11-11", "12-25",
    ]  # fmt: skip


def test_easter_of_known_years() -> None:
    assert [easter(year).isoformat() for year in (1954, 2000, 2024, 2025, 2026, 2038)] == [
        "1954-04-18", "2000-04-23", "2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25",
    ]  # fmt: skip


def test_easter_is_that_of_another_implementation_for_ten_centuries() -> None:
    assert [easter(year) for year in range(1583, 2600)] == [dateutil.easter.easter(year) for year in range(1583, 2600)]
