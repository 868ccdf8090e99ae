"""Rendering: nothing is fetched, the same values give the same bytes, the file says what it is."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from aap.documents.papers.fonts import common_faces
from aap.documents.papers.letters import render_letter
from aap.documents.papers.pdf import (
    Block,
    DenyAll,
    FontsOnly,
    ForbiddenResource,
    blocks,
    exact_moment,
    html_to_pdf,
)
from tests.unit.documents.papers import samples


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "https://example.org/x.png", "data:image/png;base64,AAAA", "aap-font:regular"]
)
def test_a_document_that_asks_for_any_url_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenResource) as refusal:
        html_to_pdf(f'<html lang="fr"><title>x</title><body><img alt="x" src="{url}"></body></html>')
    assert refusal.value.url == url


def test_an_attachment_link_embeds_no_file() -> None:
    with pytest.raises(ForbiddenResource):
        html_to_pdf('<html lang="fr"><head><title>x</title><link rel="attachment" href="file:///etc/hostname"></head>')


def test_the_style_sheet_gets_its_fonts_and_nothing_else() -> None:
    regular = common_faces()[0]
    served = FontsOnly({regular.url: regular.content})
    assert served.fetch(regular.url).read()[:4] == b"\x00\x01\x00\x00"
    for url in ("aap-font:../../secret", "file:///etc/hostname", "https://example.org/font.ttf"):
        with pytest.raises(ForbiddenResource):
            served.fetch(url)
    with pytest.raises(ForbiddenResource):
        DenyAll().fetch(regular.url)


def test_the_same_view_gives_the_same_bytes_in_every_thread() -> None:
    view = samples.letter()
    first = render_letter(view)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: render_letter(view), range(4))) == {first}


def test_the_same_view_gives_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib; from tests.unit.documents.papers import samples; from aap.documents.papers.letters import render_letter;"
        "render_letter(samples.letter('laureate', granted_amount=100));"
        "print(hashlib.sha256(render_letter(samples.letter())).hexdigest())"
    )
    digests = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(digests) == 1


def test_a_letter_is_a_tagged_pdf_with_its_language_title_author_and_own_date() -> None:
    reader = PdfReader(io.BytesIO(render_letter(samples.letter())))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "fr"
    assert "/StructTreeRoot" in catalog
    assert b"pdfuaid" in catalog["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.author == "Préfecture d’Essai – Service de la vie associative"
    assert str(reader.metadata.title).endswith("Les Passerelles")
    assert str(reader.metadata["/CreationDate"]).startswith("D:20250424")


def test_every_font_is_embedded_and_ours() -> None:
    reader = PdfReader(io.BytesIO(render_letter(samples.letter())))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    assert {str(fonts[key].get_object()["/BaseFont"]).partition("+")[2].split("-")[0] for key in fonts} == {"AAP"}


def test_neighbours_that_begin_with_a_dash_are_one_list() -> None:
    assert blocks(["a", "– b", "- c", "d"]) == [Block("a"), Block(items=("b", "c")), Block("d")]


def test_a_moment_is_written_on_the_clock_of_paris() -> None:
    written = exact_moment(datetime(2025, 6, 30, 22, 58, 12, tzinfo=UTC))
    assert written.replace("\xa0", " ") == "1ᵉʳ juillet 2025 à 0 h 58 min 12 s"
    with pytest.raises(ValueError, match="time zone"):
        exact_moment(datetime(2025, 6, 30))  # noqa: DTZ001
