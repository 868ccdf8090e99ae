"""Days to come as an `.ics` file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from aap.documents.calendar import Event, ics_of

NOW = datetime(2025, 1, 2, 8, 0, tzinfo=UTC)
CLOSING = Event(
    "closing-1", "Clôture\u00a0: Les jeunes, l’été; et après", datetime(2025, 1, 31, 22, 59, tzinfo=UTC), "https://a.fr/x",
    "Appel «\u00a0Un\u00a0»\nDossier A1",
)  # fmt: skip


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_a_moment_and_a_whole_day_are_two_events_of_one_file() -> None:
    made = ics_of((CLOSING, Event("appeal-2", "Fin", date(2025, 2, 28), "https://a.fr/y")), now=NOW)
    lines = unfolded(made)
    assert lines[:4] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//aap//FR", "METHOD:PUBLISH"]
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert lines[4:13] == [
        "BEGIN:VEVENT", "UID:closing-1", "DTSTAMP:20250102T080000Z", f"SEQUENCE:{int(NOW.timestamp())}",
        "DTSTART:20250131T225900Z", "DTEND:20250131T225900Z", "SUMMARY:Clôture\u00a0: Les jeunes\\, l’été\\; et après",
        "DESCRIPTION:Appel «\u00a0Un\u00a0»\\nDossier A1", "URL:https://a.fr/x",
    ]  # fmt: skip
    assert {"UID:appeal-2", "DTSTART;VALUE=DATE:20250228", "DTEND;VALUE=DATE:20250301"} <= set(lines)
    assert (lines.count("BEGIN:VEVENT"), lines.count("END:VEVENT"), lines.count("TRIGGER:-P1D")) == (2, 2, 2)


def test_lines_are_folded_at_75_octets_and_never_within_a_letter() -> None:
    long = Event("u", "é" * 200, CLOSING.at, "https://a.fr/" + "x" * 90)
    made = ics_of((long,), now=NOW)
    assert max(len(line.encode()) for line in made.split("\r\n")) == 75
    assert {"SUMMARY:" + "é" * 200, "URL:" + long.link} <= set(unfolded(made))


def test_a_moved_day_keeps_its_identifier_and_counts_up() -> None:
    later = unfolded(ics_of((CLOSING,), now=NOW + timedelta(hours=1)))
    assert "UID:closing-1" in later
    assert f"SEQUENCE:{int(NOW.timestamp()) + 3600}" in later
