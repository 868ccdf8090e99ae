"""Days to come as an `.ics` file (RFC 5545): events, each of which a later file with the same `uid` moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_OCTETS = 75
"""Of a line, at most (RFC 5545, 3.1)."""
_FIRST = "BEGIN:VEVENT"
_HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//aap//FR\r\nMETHOD:PUBLISH\r\n"


@dataclass(frozen=True)
class Event:
    """`uid`: of the thing, the same when its day moves. `at`: a moment, or a whole day. `link`: the page it is about, never one
    that lets its reader in: diaries are shared."""

    uid: str
    title: str
    at: datetime | date
    link: str = ""
    about: str = ""


def ics_of(events: Sequence[Event], *, now: datetime) -> str:
    """The file, with a reminder a day before each. `now`: when it is said; what is said later replaces it."""
    lines = [line for event in events for line in _lines(event, now)]
    return _HEAD + "".join(_folded(line) + "\r\n" for line in (*lines, "END:VCALENDAR"))


def together(files: Sequence[str]) -> str:
    """The events of several such files in one; empty where there are none."""
    inside = "".join(one[one.index(_FIRST) : one.rindex("END:VCALENDAR")] for one in files if one)
    return f"{_HEAD}{inside}END:VCALENDAR\r\n" if inside else ""


def _lines(event: Event, now: datetime) -> tuple[str, ...]:
    if isinstance(event.at, datetime):
        when = (f"DTSTART:{_moment(event.at)}", f"DTEND:{_moment(event.at)}")
    else:
        when = (f"DTSTART;VALUE=DATE:{event.at:%Y%m%d}", f"DTEND;VALUE=DATE:{event.at + timedelta(days=1):%Y%m%d}")
    return (
        _FIRST,
        f"UID:{event.uid}",
        f"DTSTAMP:{_moment(now)}",
        f"SEQUENCE:{int(now.timestamp())}",  # grows from one file to the next: programs then take the later one
        *when,
        f"SUMMARY:{_text(event.title)}",
        *([f"DESCRIPTION:{_text(event.about)}"] if event.about else []),
        *([f"URL:{event.link}"] if event.link else []),
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(event.title)}",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    """Escaped (RFC 5545, 3.3.11)."""
    for one in "\\;,":
        words = words.replace(one, f"\\{one}")
    return "\\n".join(words.splitlines())


def _folded(line: str) -> str:
    """Broken into lines of 75 octets, never within a letter."""
    parts, size = [""], 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > _OCTETS:
            parts.append("")
            size = 1  # the space that a line goes on with
        parts[-1] += letter
        size += octets
    return "\r\n ".join(parts)
