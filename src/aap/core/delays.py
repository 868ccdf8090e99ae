"""Legal delays and the clock of Paris: pure arithmetic on given dates and moments, no clock of its own."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

# CRPA L231-4 3°: silence kept for two months on a financial request is a rejection.
SILENCE_MONTHS = 2

# CJA R421-1: two months to contest a decision; R421-7: one month more for who lives overseas.
APPEAL_MONTHS, APPEAL_MONTHS_OVERSEAS = 2, 3

# CRPA L122-1: who is about to lose something is heard first. The law sets no number of days; the product gives 15 at least.
OBSERVATION_DAYS = 15

# CRPA L242-1: an unlawful decision that grants something is withdrawn within four months of the day it was taken.
WITHDRAWAL_MONTHS = 4


def paris(moment: datetime) -> datetime:
    """An aware moment on the clock of Paris. Raises ValueError for a naive one: its zone would be guessed."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(PARIS)


def end_of(day: date) -> datetime:
    """The last minute of a day in Paris."""
    return datetime.combine(day, time(23, 59), PARIS)


def months_later(day: date, months: int) -> date:
    """The same day of the month `months` later; that month's last day where it has none (31 December + 2 months)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def silence_is_rejection(received: datetime, asked: Iterable[tuple[datetime, datetime]] = ()) -> date:
    """The day from which silence on a request received at that moment is a rejection (CRPA L231-4 3°, L114-3).

    `asked`: when the service asked for what was missing, and when it came or its time was over: the delay stands still in
    between (L114-5). What is asked for once the delay is over moves nothing.
    """
    day = appeal_silence(paris(received).date())
    counted = paris(received).date()
    for begins, ends in sorted(asked):
        first, last = max(paris(begins).date(), counted), paris(ends).date()
        if first < day and last > first:
            day += last - first
            counted = last
    return day


def appeal_begins(read: datetime | None, presented: date | None) -> date | None:
    """The day on which an association knows its decision: of the first reading of its electronic notification, or of the
    registered letter's delivery or first presentation, whichever came first. None while neither happened.

    The hour of the sending never counts: consent to electronic notification opens a delay at the reading only
    (CRPA L112-15, R112-17 to R112-20).
    """
    days = [day for day in (paris(read).date() if read else None, presented) if day is not None]
    return min(days, default=None)


def appeal_silence(received: date) -> date:
    """The day from which silence on a prior appeal received that day rejects it (CRPA L231-4, L411-7)."""
    return months_later(received, SILENCE_MONTHS)


def court_after_silence(silent: date, *, overseas: bool | None) -> date:
    """The last day to bring before the court an appeal that silence rejected on that day (CJA R421-2): its delay is that
    of `appeal_deadline`."""
    return appeal_deadline(silent, overseas=overseas)


def first_last_day_of_observations(sent: date) -> date:
    """The earliest day until which observations may be asked for by a letter sent that day; neither counts its own."""
    return sent + timedelta(days=OBSERVATION_DAYS)


def withdrawal_deadline(decided: date) -> date:
    """The last day on which an unlawful decision taken that day may be withdrawn (CRPA L242-1)."""
    return months_later(decided, WITHDRAWAL_MONTHS)


def appeal_deadline(known_on: date, *, overseas: bool | None) -> date:
    """The last day on which a decision known since that day can be contested (CJA R421-1, R421-7); where `overseas` isn't
    known (None), that of the mainland.

    Neither the day of the notification nor the one on which the delay ends is counted (délai franc), and a last day
    that is no working day moves to the next one that is (as CPC 640 to 642; the authority's counsel confirms both).
    """
    months = APPEAL_MONTHS_OVERSEAS if overseas else APPEAL_MONTHS
    return working_day_from(months_later(known_on, months) + timedelta(days=1))


def working_day_from(day: date) -> date:
    """The day itself, or the next one that is worked: a delay that ends on another day ends then (as CPC 642)."""
    while day.weekday() >= 5 or is_public_holiday(day):
        day += timedelta(days=1)
    return day


def is_overseas(zone: str) -> bool | None:
    """Whether who sits in this zone (`metro`, `drom`, `com`) has a month more; None where the zone isn't known."""
    return zone in ("drom", "com") if zone else None


def is_public_holiday(day: date) -> bool:
    """Whether all of France keeps this day (Code du travail L3133-1; local holidays aside)."""
    if (day.month, day.day) in ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)):
        return True
    return (day - easter(day.year)).days in (1, 39, 50)  # Easter Monday, Ascension, Whit Monday


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    month, day = divmod(moon + week - 7 * ((year % 19 + 11 * moon + 22 * week) // 451) + 114, 31)
    return date(year, month, day + 1)
