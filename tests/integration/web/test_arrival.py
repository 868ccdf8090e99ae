"""When a request arrived, by whose stamp: the proxy's where it is trusted and plausible, the poller's, else the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aap.services.platform import Platform
from aap.web.arrival import arrival_of, read_stamp

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
POLLED = NOW - timedelta(seconds=3)
SECONDS = NOW.timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("t=1796040000", 1796040000),
        ("t=1796040000.250; after=1.250", 1796039999),
        ("t=1796040000;after=0", 1796040000),
        ("", None),
        ("1796040000", None),
        ("t=1796040000, t=1", None),
        ("t=" + "9" * 400, None),
        ("t=nan", None),
        ("t=1796040000; after=-5", None),
        ("t=17960400٠٠", None),
    ],
)
def test_a_stamp_is_a_proxys_clock_and_how_long_ago_the_first_bytes_came(text: str, seconds: int | None) -> None:
    found = read_stamp(text)
    assert (None if found is None else found.timestamp()) == seconds


@pytest.mark.parametrize(
    ("proxies", "header", "sent", "before"),
    [
        (1, "X-Request-Start", f"t={SECONDS - 60}", 60),
        (1, "x-request-start", f"t={SECONDS - 3}; after=57", 60),
        (0, "X-Request-Start", f"t={SECONDS - 60}", 3),  # no proxy is trusted
        (1, "", f"t={SECONDS - 60}", 3),  # the proxy doesn't set it: a client wrote it
        (1, "X-Request-Start", f"t={SECONDS - 7200}", 3),  # its clock is wrong
        (1, "X-Request-Start", f"t={SECONDS + 60}", 3),
        (1, "X-Request-Start", "yesterday", 3),
        (1, "X-Request-Start", "", 3),
    ],
)
def test_a_proxys_stamp_counts_only_where_the_operator_says_that_it_sets_it(
    platform: Platform, proxies: int, header: str, sent: str, before: int
) -> None:
    settings = platform.settings.model_copy(update={"trusted_proxies": proxies, "arrival_header": header})
    environ = {"aap.arrived_at": POLLED.timestamp(), "HTTP_X_REQUEST_START": sent}
    assert arrival_of(environ, settings, NOW) == NOW - timedelta(seconds=before)


def test_without_a_stamp_a_request_arrives_now_and_never_later(platform: Platform) -> None:
    late = {"aap.arrived_at": (NOW + timedelta(hours=1)).timestamp()}
    assert [arrival_of({}, platform.settings, NOW), arrival_of(late, platform.settings, NOW)] == [NOW, NOW]
