"""Filters: figures, dates and sizes as they stand on the pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask

from aap.web import filters

CLOSING = datetime(2025, 7, 14, 21, 59, 3, tzinfo=UTC)  # 23:59:03 in Paris


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (filters.euros(1_200_050), "12\u202f000,50\u00a0€"),
        (filters.euros(None), ""),
        (filters.amount("12000.5"), "12\u202f000,50\u00a0€"),
        (filters.amount("douze mille"), "douze mille"),
        (filters.number(Decimal("1234.5")), "1\u202f234,5"),
        (filters.number("1234.5", 2), "1\u202f234,50"),
        (filters.number("nan"), "nan"),
        (filters.percent(Decimal("0.256")), "26\u202f%"),
        (filters.percent(Decimal("0.256"), 1), "25,6\u202f%"),
        (filters.ordinal(71), "71ᵉ"),
        (filters.day("2025-02-28"), "28\u00a0février\u00a02025"),
        (filters.day("31/02/2025"), "31/02/2025"),
        (filters.day("2025-02-31"), "2025-02-31"),
        (filters.day(date(2025, 3, 1)), "1ᵉʳ\u00a0mars\u00a02025"),
        (filters.day(datetime(2025, 7, 14, 23, 0, tzinfo=UTC)), "15\u00a0juillet\u00a02025"),
        (filters.moment(CLOSING), "14\u00a0juillet\u00a02025 à 23\u00a0h\u00a059"),
        (filters.clock(CLOSING), "23:59:03"),
        (filters.file_size(340), "340\u00a0o"),
        (filters.file_size(1_240_000), "1,2\u00a0Mo"),
        (filters.file_size(12_000), "12\u00a0ko"),
        (filters.typo("Pour qui ?"), "Pour qui\u202f?"),
        (filters.typo("Séance n° 1"), "Séance n°\u00a01"),
    ],
)
def test_values_read_as_the_french_write_them(shown: str, text: str) -> None:
    assert shown == text


def test_a_time_without_its_zone_is_never_shown() -> None:
    with pytest.raises(ValueError, match="needs its time zone"):
        filters.moment(datetime(2025, 2, 28, 12))  # noqa: DTZ001


def test_what_a_template_says_bears_the_no_break_spaces_of_french(app: Flask) -> None:
    source = '{{ _("Prêt ?") }} {{ _("« %(name)s » : %(n)s %(unit)s", name=n, n=3, unit="€") }}'
    template = app.jinja_env.from_string(source)
    with app.test_request_context():
        said = template.render(n="<b>")
    assert said == "Prêt\u202f? «\u00a0&lt;b&gt;\u00a0»\u00a0: 3\u00a0€"
