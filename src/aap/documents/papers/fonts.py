"""The fonts of the PDF documents: from packages locked with the others, so that a document is the same on any machine.

Source Sans sets French, Vietnamese, the languages of the Pacific, Greek and Cyrillic, and each common document needs
nothing else. Where a name or an answer has other characters (Arabic, Chinese, an emoji), the Noto font that has them
comes along, cut down to the characters of that document. Only what none of these fonts has is left to the fonts that
the machine happens to have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import uharfbuzz as harfbuzz
from weasyprint.text.ffi import ffi, fontconfig, pangoft2
from weasyprint.text.fonts import FontConfiguration

SCHEME = "aap-font:"
FAMILY = "AAP Sans"  # the name that documents.css uses

_SANS = ("fontpkg_source_sans_3", "files/SourceSans3[wght].ttf")
_ITALIC = ("fontpkg_source_sans_3", "files/SourceSans3-Italic[wght].ttf")
_CHINESE = 2  # of the ten faces of the collection: simplified Chinese; each has every character of the others
_TEXT_AS_EMOJI = 0xFE0F

# Changes how the character before is drawn, or is never drawn: no reason to bring a font along.
_INVISIBLE = frozenset((*range(0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x2028, 0x202F),
                        *range(0x2060, 0x2070), 0xFE0E, 0xFEFF))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Face:
    """A font as a style sheet names it. `content`: an OpenType file without variations."""

    family: str
    weight: int
    style: str
    content: bytes

    @property
    def url(self) -> str:
        return f"{SCHEME}{self.family}/{self.weight}/{self.style}".replace(" ", "-")

    @property
    def rule(self) -> str:
        """The `@font-face` rule that brings it in."""
        return (
            f'@font-face {{ font-family: "{self.family}"; font-weight: {self.weight}; font-style: {self.style}; '
            f'src: url("{self.url}"); }}'
        )


@dataclass(frozen=True, slots=True)
class _Other:
    """A font that has what Source Sans lacks. `family`: Pango looks for emoji in one that is called so."""

    family: str
    package: str
    file: str
    index: int = 0


# The first that has a character sets it.
_OTHERS = (
    *(
        _Other(f"AAP Noto{name}", "manimgx_fonts", f"Noto{name}[wght].ttf")
        for name in (
            "Sans", "SansArabic", "SansHebrew", "SansArmenian", "SansGeorgian", "SansEthiopic", "SansDevanagari",
            "SansBengali", "SansGurmukhi", "SansGujarati", "SansOriya", "SansTamil", "SansTelugu", "SansKannada",
            "SansMalayalam", "SansSinhala", "SansThai", "SansLao", "SansKhmer", "SansMyanmar",
        )
    ),
    _Other("AAP NotoSansCJK", "noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc", _CHINESE),
    _Other("AAP NotoSansSymbols", "manimgx_fonts", "NotoSansSymbols[wght].ttf"),
    _Other("emoji", "manimgx_fonts", "NotoEmoji[wght].ttf"),
)  # fmt: skip


class OwnFonts(FontConfiguration):
    """Knows no font but those that a style sheet brings in: what is installed on the machine changes no document."""

    def __init__(self) -> None:
        super().__init__()
        self._config = fontconfig.FcConfigCreate()
        pangoft2.pango_fc_font_map_set_config(ffi.cast("PangoFcFontMap *", self.font_map), self._config)
        fontconfig.FcConfigDestroy(self._config)  # the font map holds on to it


ffi.cdef("FcConfig *FcConfigCreate(void);")  # WeasyPrint declares only what it calls itself


@cache
def common_faces() -> tuple[Face, ...]:
    """What every document is set in."""
    faces = (("normal", 400, _SANS), ("italic", 400, _ITALIC), ("normal", 600, _SANS), ("normal", 700, _SANS))
    return tuple(Face(FAMILY, weight, style, _cut(_face(*source), weight)) for style, weight, source in faces)


@dataclass(frozen=True, slots=True)
class Needed:
    """What a document needs beside the common faces. `complete`: nothing is left to the fonts of the machine."""

    faces: tuple[Face, ...]
    complete: bool


def needed(characters: Iterable[str]) -> Needed:
    """The faces for a document that is written with `characters`, cut down to these."""
    used = {ord(character) for character in characters}
    lacking = used - _common() - _INVISIBLE
    found: list[Face] = []
    for other in _OTHERS if lacking else ():
        face = _face(other.package, other.file, other.index)
        has = set(face.unicodes)
        if has & lacking or (other.family == "emoji" and _TEXT_AS_EMOJI in used):
            found.append(Face(other.family, 400, "normal", _cut(face, 400, used & has | _INVISIBLE)))
            lacking -= has
    return Needed(tuple(found), complete=not lacking - {_TEXT_AS_EMOJI})


def style_sheet(text: str, others: Iterable[Face]) -> tuple[str, Mapping[str, bytes]]:
    """A style sheet that names FAMILY, with the rules that bring its fonts in; the files by the URLs of these."""
    others = tuple(others)
    families = ", ".join(f'"{family}"' for family in dict.fromkeys((FAMILY, *(face.family for face in others))))
    faces = (*common_faces(), *others)
    rules = "\n".join(face.rule for face in faces)
    body = text.replace(f'"{FAMILY}"', families)
    return f"{rules}\n{body}", {face.url: face.content for face in faces}


@cache
def _common() -> frozenset[int]:
    """Code points that both the upright and the italic face have."""
    return frozenset(_face(*_SANS).unicodes) & frozenset(_face(*_ITALIC).unicodes)


@cache
def _face(package: str, file: str, index: int = 0) -> harfbuzz.Face:
    with as_file(files(package).joinpath(file)) as path:
        return harfbuzz.Face(harfbuzz.Blob.from_file_path(str(path)), index)


def _cut(face: harfbuzz.Face, weight: int, characters: Iterable[int] | None = None) -> bytes:
    """The face at one weight and the usual width, whole or with these code points only: a file of its own.

    WeasyPrint would make an instance of a variable font for each document, with the time of day in it.
    """
    wanted = harfbuzz.SubsetInput()
    if characters is None:
        wanted.keep_everything()
    else:
        wanted.unicode_set.update(characters)
        wanted.layout_feature_tag_set.clear()
        wanted.layout_feature_tag_set.invert()  # all features
    for axis in face.axis_infos:
        wanted.pin_axis_location(face, axis.tag, weight if axis.tag == "wght" else axis.default_value)
    content: bytes = harfbuzz.subset(face, wanted).blob.data
    return content
