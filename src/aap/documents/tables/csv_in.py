"""CSV as French and English spreadsheets save it: separators, encodings, quotes.

Separator `,`, `;` or tab, told from a first line `sep=;` or else from the header; UTF-8 with or without BOM, UTF-16 with
BOM, Windows-1252; quoted cells that span lines. What old Macintoshes wrote is named, and not read as something else.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from aap.core.composed import MOST_MARKS, nfc, piled_marks
from aap.core.french import NBSP
from aap.core.problems import BadInput, Problem
from aap.documents.tables.saved_sheets import Line, TextLine

UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
SEPARATOR = re.compile(r'"?sep=([,;\t])"?[,;\t]*(?:\r\n?|\n|$)', re.IGNORECASE)
MAC_LETTERS = re.compile(
    rb"(?<=[A-Za-z])[\x83\x87-\x89\x8D-\x90\x98\x99\x9D]|[\x83\x87-\x89\x8D\x8F\x90\x98\x99\x9D](?=[A-Za-z])"
    rb"|(?<=[a-z])[\x8A\x8E\x94\x9E\x9F\xCF\xD5](?=[A-Za-z])"
)
WINDOWS_LETTERS = re.compile(rb"(?<=[A-Za-z])[\xE0-\xFC]|[\xC0-\xFC](?=[a-z])|(?<=[a-z])\x92(?=[A-Za-z])")


def csv_lines(name: str, content: bytes, expected: Sequence[str], allowed: str) -> Iterator[Line]:
    """The rows of a CSV file, the first line being row 1 (one that only says `sep=;` is none). Raises BadInput.

    `expected`: the columns by which the separator is told; `allowed`: what a problem says of the accepted formats.
    """
    text = _decoded(name, content, allowed)
    told = SEPARATOR.match(text)
    delimiter = told[1] if told else _delimiter(text, expected)
    text = text[told.end() :] if told else text
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for line in reader:
            number += 1
            yield TextLine(number, line)
    except csv.Error as error:
        said = str(error)
        if "field larger" in said:
            message = "cette cellule est trop longue (un guillemet n’est peut-être pas refermé)"
        elif "unexpected end" in said:
            message = "un guillemet n’est pas refermé"
        else:
            message = "un guillemet est mal placé (doublez les guillemets à l’intérieur d’une cellule)"
        raise BadInput([Problem(name, message, row=number + 1)]) from None


def _decoded(name: str, content: bytes, allowed: str) -> str:
    decoded = _from_utf16 if content.startswith(UTF16_MARKS) else _from_bytes
    text = decoded(name, content, allowed)
    piled = piled_marks(text)
    if piled is not None:
        row, most = text.count("\n", 0, piled) + 1, f"{MOST_MARKS} au plus"
        raise BadInput([Problem(name, "trop d’accents sur une même lettre", row=row, allowed=most)])
    return nfc(text)


def _from_utf16(name: str, content: bytes, allowed: str) -> str:
    """What Excel calls « texte Unicode »: the mark at its beginning says the order of its bytes."""
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        found = "un texte UTF-16 abîmé"
        raise BadInput([Problem(name, "ce n’est pas une table", found=found, allowed=allowed)])
    return text


def _from_bytes(name: str, content: bytes, allowed: str) -> str:
    if b"\x00" in content:
        found = (
            "un fichier binaire, ou un texte UTF-16 sans sa marque" if len(content) % 2 == 0 else "un fichier binaire"
        )
        raise BadInput([Problem(name, "ce n’est pas une table", found=found, allowed=allowed)])
    try:
        text = content.decode("utf-8-sig")
        is_mac = not content.startswith(UTF8_MARK) and _mac_by_chance(text)
    except UnicodeDecodeError as damage:
        if content.startswith(UTF8_MARK) or _means_utf8(content):
            raise _not_decodable(
                name, content, damage.start, "le fichier est en UTF-8, mais pas ici", allowed
            ) from None
        is_mac, text = _means_mac(content), ""
    if is_mac:
        allowed = f"{allowed}{NBSP}; dans le tableur, enregistrez-le au format «{NBSP}CSV UTF-8{NBSP}»"
        raise BadInput([Problem(name, "encodage non accepté", found="Mac OS Roman (Macintosh)", allowed=allowed)])
    try:
        return text or content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _not_decodable(name, content, error.start, "encodage non accepté", allowed) from None


def _means_mac(content: bytes) -> bool:
    """Whether bytes that are no UTF-8 are letters of old Macintoshes rather than of Windows.

    In words, these bytes are `é è ê à ç É ô ù î œ ’` for a Macintosh, and for Windows signs that stand in no word
    (`ƒ ‡ ˆ ‰ ˜`), nothing at all, or capitals after a small letter.
    """
    of_mac = len(MAC_LETTERS.findall(content))
    of_windows = len(WINDOWS_LETTERS.findall(content))
    return of_mac > of_windows


def _mac_by_chance(text: str) -> bool:
    """Whether two letters of an old Macintosh happen to be one of UTF-8: `’É` is the Armenian `Ճ`, in a French word."""
    runs = list(re.finditer(r"[^\x00-\x7f]+", text))
    if not runs or not all("\u0250" <= char <= "\u07ff" for run in runs for char in run[0]):
        return False
    lines_of_mac = "\r" in text and "\n" not in text
    around = [
        (text[run.start() - 1 : run.start()].isalpha(), text[run.end() : run.end() + 1].isalpha()) for run in runs
    ]
    return all(any(sides) if lines_of_mac else all(sides) for sides in around)


def _means_utf8(content: bytes) -> bool:
    """Whether bytes that are no UTF-8 were meant to be: they hold letters of UTF-8, and not fewer than bytes that don't fit.

    Letters are those of European languages and their punctuation: `é` and a no-break space before `»` in Windows-1252
    happen to be UTF-8 too, but of a Chinese character.
    """
    text = content.decode("utf-8", "replace")
    letters = sum("\u00a0" <= c <= "\u017f" or "\u2010" <= c <= "\u20bf" for c in text)
    return letters > 0 and letters >= text.count("\ufffd")


def _not_decodable(name: str, content: bytes, at: int, message: str, allowed: str) -> BadInput:
    at += len(UTF8_MARK) if content.startswith(UTF8_MARK) else 0  # the codec doesn't count the mark
    row = content[:at].count(b"\n") + 1
    found = f"octet 0x{content[at]:02X}"
    return BadInput([Problem(name, message, row=row, found=found, allowed=allowed)])


def _delimiter(text: str, expected: Sequence[str]) -> str:
    """The separator with which the header names most of the expected columns, in any case; `,` on equality."""
    names = {name.casefold() for name in expected}

    def recognised(delimiter: str) -> tuple[int, int]:
        try:
            header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return sum(cell.strip().casefold() in names for cell in header), len(header)

    return max(",;\t", key=recognised)
