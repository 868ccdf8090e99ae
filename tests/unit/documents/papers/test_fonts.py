"""What people are called and write prints as itself, in any script, with the same bytes on any machine."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from aap.documents.papers.fonts import needed
from aap.documents.papers.letters import render_letter
from aap.documents.papers.pdf import html_to_pdf
from aap.documents.papers.receipts import receipt_view, render_receipt
from tests.unit.documents.papers import samples

NAME = "Hōʻala, Nguyễn Thị Ánh, جمعية, 协会, 🌱"


def fonts_of(pdf: bytes) -> dict[str, dict[str, Any]]:
    """The fonts of the first page by the name of their family."""
    fonts = PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"]
    held = [fonts[key].get_object() for key in fonts]
    return {str(font["/BaseFont"]).partition("+")[2]: font for font in held}


def glyphs_of(pdf: bytes) -> set[int]:
    """Numbers of all the glyphs that are drawn, whatever their font; two bytes each, between < and >."""
    drawn: set[int] = set()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for shown in re.findall(rb"<([0-9a-fA-F]{4,})>", page.get_contents().get_data()):  # type: ignore[union-attr]
            drawn |= {int(shown[at : at + 4], 16) for at in range(0, len(shown), 4)}
    return drawn


def has_boxes(pdf: bytes) -> bool:
    """Whether a glyph is missing: it is number 0, or WeasyPrint gave it a number that the font has not."""
    return 0 in glyphs_of(pdf) or any(str(font["/Encoding"]) != "/Identity-H" for font in fonts_of(pdf).values())


def page(text: str) -> bytes:
    return html_to_pdf(f'<html lang="fr"><head><title>x</title></head><body><p>{text}</p></body></html>')


def letter() -> bytes:
    return render_letter(samples.letter(association=NAME))


def receipt() -> bytes:
    received = datetime(2025, 2, 20, tzinfo=UTC)
    return render_receipt(
        receipt_view(samples.call(), number="1", received_at=received, association=NAME, rejection_on=date(2025, 4, 20))
    )


@pytest.mark.parametrize("document", [letter, receipt])
def test_names_of_the_world_print_as_themselves(document: Callable[[], bytes]) -> None:
    pdf = document()
    text = samples.text_of(pdf)
    for written in ("Hōʻala", "Nguyễn Thị Ánh", "协会", "🌱"):
        assert written in text
    assert set("جمعية") <= set(text)  # written from right to left: readers put the letters in an order of their own
    assert not has_boxes(pdf)
    others = {name for name in fonts_of(pdf) if not re.match(r"AAP-Sans(-|$)", name)}
    assert {name.removesuffix("-Regular") for name in others} == {"AAP-NotoSansArabic", "AAP-NotoSansCJK", "emoji"}


def test_a_character_that_no_font_has_is_told_apart() -> None:
    assert has_boxes(page("\ue123"))
    assert not has_boxes(page("abc"))


@pytest.mark.parametrize(
    "text",
    ["e\u0301 o\u0323\u0302", "ʻokina ʼapostrophe", "Ελλάδα Россия", "12\u202f000\xa0€ ½ ≤ → ☐ №", "Ŋ ɛ ɔ ẹ", "a\u200bb\xadc"],
    ids=["combining", "pacific", "greek", "figures", "african", "invisible"],
)  # fmt: skip
def test_what_is_written_in_france_needs_no_more_fonts(text: str) -> None:
    assert needed(text).faces == ()
    assert not has_boxes(page(text))


@pytest.mark.parametrize("text", ["1️⃣", "👩‍🌾", "☀️ ❤️"], ids=["keycap", "joined", "as emoji"])
def test_emoji_come_from_our_font(text: str) -> None:
    pdf = page(text)
    assert "emoji" in {name.partition("-")[0] for name in fonts_of(pdf)}
    assert not has_boxes(pdf)


def test_arabic_letters_are_joined() -> None:
    joined, apart = glyphs_of(page("جمعية")), glyphs_of(page("ج م ع ي ة"))
    assert len(joined - apart) >= 4


@pytest.mark.parametrize(
    "text",
    ["العربية", "עברית", "Հայերեն", "ქართული", "አማርኛ", "हिन्दी", "বাংলা", "ਪੰਜਾਬੀ", "ગુજરાતી", "தமிழ்", "తెలుగు", "ಕನ್ನಡ",
     "മലയാളം", "සිංහල", "ไทย", "ລາວ", "ខ្មែរ", "မြန်မာ", "中文", "日本語かな", "한국어", "Ɓ ƙ ɗ", "♀ ⚖ ✓", "🎓"],
)  # fmt: skip
def test_scripts_of_the_world_have_a_font_of_ours(text: str) -> None:
    more = needed(text)
    assert more.complete
    assert len(more.faces) == len({face.family for face in more.faces}) > 0
    assert not has_boxes(page(text))


def test_a_font_comes_along_cut_down_to_what_is_written() -> None:
    common, odd = page("abc"), page("abc 协会 🌱 جمعية")
    assert len(odd) - len(common) < 20_000
    assert len(needed("协").faces[0].content) < 20_000


PROGRAM = """
import hashlib
from tests.unit.documents.papers import samples
from aap.documents.papers.letters import render_letter
made = [render_letter(samples.letter(association=name)) for name in ("Les Passerelles", "协会 جمعية 🌱")]
print(hashlib.sha256(b"".join(made)).hexdigest())
"""


def test_what_is_installed_on_the_machine_changes_no_document(tmp_path: Path) -> None:
    """A machine with other fonts, those of many scripts and emoji among them, makes the same bytes as this one."""
    fonts = tmp_path / "fonts.conf"
    folder = files("manimgx_fonts")
    fonts.write_text(f"<fontconfig><dir>{folder}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    digests = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PROGRAM], capture_output=True, text=True, check=True,
            env={**os.environ, **more},
        ).stdout
        for more in ({}, {"FONTCONFIG_FILE": str(fonts)})
    }  # fmt: skip
    assert len(digests) == 1
