"""Codes of an authenticator, by the vectors of RFC 6238 and the clock."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from aap.services.account.totp import code_at, in_fours, new_secret, setup_address, time_step_of

RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_the_rfc(moment: int, code: str) -> None:
    now = datetime.fromtimestamp(moment, UTC)
    assert (code_at(RFC, now), time_step_of(RFC, code, now)) == (code, moment // 30)


@pytest.mark.parametrize(("late", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_taken_one_step_early_or_late_and_no_more(late: int, taken: bool) -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert (time_step_of(RFC, code_at(RFC, now), now + timedelta(seconds=late)) is not None) == taken


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "000000", "２８７０８２x"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert time_step_of(RFC, typed, datetime.fromtimestamp(59, UTC)) is None


def test_a_secret_has_160_bits_and_is_typed_in_groups_of_four() -> None:
    one, other = new_secret(), new_secret()
    assert (len(base64.b32decode(one)), one == other) == (20, False)
    assert [len(group) for group in in_fours(one).split()] == [4] * 8


def test_the_address_for_authenticators_names_the_account_and_the_site() -> None:
    address = urlsplit(setup_address(RFC, "léa+a@example.org", "appels.example.org"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/appels.example.org:léa+a@example.org"
    assert parse_qs(address.query) == {"secret": [RFC], "issuer": ["appels.example.org"]}
