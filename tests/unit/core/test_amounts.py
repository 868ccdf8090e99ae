"""Amounts as people type them: what is read, what is refused, and that pages and scripts read the same."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from aap.core.amounts import BadAmount, both_ways, read_cents
from tests.unit.core import test_typed_numbers

READ = {
    "": 0, "  ": 0, "0": 0, "0,01": 1, "12000": 1_200_000, "12 000,50 €": 1_200_050, "12\u202f000\u00a0€": 1_200_000,
    "12\u00a0000": 1_200_000, "12.000,5": 1_200_050, "12,000.50": 1_200_050, "1.234.567": 123_456_700,
    "1,234,567": 123_456_700, "1.234.567,89": 123_456_789, "0,07": 7, "12,5": 1_250, ",5": 50, "1 200 EUR": 120_000,
    "+15": 1_500, "€ 20 000": 2_000_000, "20 euros": 2_000, "12’000": 1_200_000, "20.0000": 2_000, "12.5000": 1_250,
}  # fmt: skip
REFUSED = {
    "20.000": "ambiguous", "20,000": "ambiguous", "20.000 €": "ambiguous", "600,000": "ambiguous", "+1.000": "ambiguous",
    "20000.005": "too_precise", "0,005": "too_precise", "20 000,000": "too_precise", "1.234,567": "too_precise",
    "12,3456": "too_precise", "douze": "not_a_number", "1e5": "not_a_number", "NaN": "not_a_number", "١٢": "not_a_number",
    "=A1": "not_a_number", ".": "not_a_number", "12.": "not_a_number", "12,345,6789": "not_a_number",
    "1.2,3": "not_a_number", "12 00": "not_a_number", "1 2345": "not_a_number", "1.234.56": "not_a_number",
    "-3": "negative", "−1 000": "negative", "9" * 40: "too_large", "9" * 70: "not_a_number",
}  # fmt: skip


@pytest.mark.parametrize(("text", "cents"), READ.items())
def test_amounts_are_read_as_people_type_them(text: str, cents: int) -> None:
    assert read_cents(text) == cents


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_what_is_no_amount_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadAmount) as caught:
        read_cents(text)
    assert (caught.value.found, caught.value.reason) == (text, reason)


def test_an_amount_that_may_be_read_twice_is_refused_with_both_ways_to_write_it() -> None:
    with pytest.raises(BadAmount) as caught:
        read_cents("20.000\u00a0€")
    assert both_ways("20.000\u00a0€") == ("20000", "20,00")
    assert caught.value.allowed == "20000 ou 20,00"
    assert caught.value.sentence.replace("\u00a0", " ") == (
        "« 20.000 € » peut se lire de deux façons : écrivez 20000 s’il s’agit de milliers, ou 20,00 s’il s’agit de "
        "centimes."
    )


def test_both_ways_to_write_an_amount_are_read() -> None:
    assert [read_cents(way) for way in both_ways("1,500")] == [150_000, 150]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node; the browser tests read amounts too")
def test_scripts_read_what_the_server_reads(tmp_path: Path) -> None:
    scripts = Path(__file__).parents[3] / "src" / "aap" / "web" / "static" / "js"
    for name in ("amounts.js", "announce.js", "texts.js"):
        shutil.copy(scripts / name, tmp_path / name)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "ask.js").write_text(
        "globalThis.document = {documentElement: {lang: 'fr'}, querySelector: () => null, getElementById: () => null};\n"
        "const amounts = await import('./amounts.js');\n"
        "const [amount, number] = JSON.parse(process.argv[2]);\n"
        "console.log(JSON.stringify([amount.map(amounts.toCents), number.map(amounts.toNumber)]));\n"
    )
    texts = [*READ, *REFUSED]
    numbers = [
        text for text in [*test_typed_numbers.READ, *test_typed_numbers.REFUSED] if "%" not in text and len(text) < 99
    ]
    said = subprocess.run(
        ["node", str(tmp_path / "ask.js"), json.dumps([texts, numbers])],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    amounts, read = json.loads(said.stdout)
    assert dict(zip(texts, amounts, strict=True)) == {**READ, **dict.fromkeys(REFUSED)}
    known = {text: float(value) for text, value in test_typed_numbers.READ.items()}
    assert dict(zip(numbers, read, strict=True)) == {text: known.get(text) for text in numbers}
