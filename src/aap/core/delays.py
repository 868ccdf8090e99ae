"""Legal delays and the clock of Paris: pure arithmetic on given dates and moments, no clock of its own."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

# CRPA L231-4 3°: silence kept for two months on a financial request is a rejection.
SILENCE_MONTHS = 2


def paris(moment: datetime) -> datetime:
    """An aware moment on the clock of Paris. Raises ValueError for a naive one: its zone would be guessed."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(PARIS)


def months_later(day: date, months: int) -> date:
    """The same day of the month `months` later; that month's last day where it has none (31 December + 2 months)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def silence_is_rejection(received: datetime) -> date:
    """The day from which silence on a request received at that moment is a rejection (CRPA L231-4 3°)."""
    return months_later(paris(received).date(), SILENCE_MONTHS)
