"""A file of an office program (DOCX, XLSX, ODT, ODS): an archive, told by what is in it, that acts in nothing.

What acts (macros, embedded programs, templates and data fetched from elsewhere, DDE) is refused with what to do: such a file
can't be cleaned without being changed.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from aap.documents.incoming.incoming_file import TYPES, Family, RefusedFile
from aap.documents.incoming.pdfs import ENCRYPTED

MOST_UNPACKED = 300_000_000  # bytes of an archive, unpacked
MOST_RATIO = 200  # of an archive's unpacked size to its own
MOST_ENTRIES = 5_000
_MOST_READ = 60_000_000  # bytes of one part that is searched

_BOMB = "Ce fichier se déplie en un volume anormal\u00a0: il ne peut pas être reçu. Envoyez le document au format PDF."
_MACROS = (
    "Ce fichier contient des macros (de petits programmes)\u00a0: il ne peut pas être reçu. Enregistrez-le au format PDF, "
    "ou sans macros (DOCX, XLSX) là où ce format est accepté, puis envoyez-le à nouveau."
)
_EMBEDDED = (
    "Ce fichier contient un objet d’un autre programme, qui pourrait s’exécuter à l’ouverture. Enregistrez-le au format PDF, "
    "puis envoyez cette copie."
)
_FETCHES = (
    "Ce fichier va chercher des données ou un modèle ailleurs quand on l’ouvre. Enregistrez-le au format PDF, puis envoyez "
    "cette copie."
)
_DAMAGED = "Ce fichier est abîmé et ne peut pas être ouvert. Enregistrez-le à nouveau, si possible en PDF."

_ACTIVE_PARTS = re.compile(
    r"vbaproject|vbadata|^basic/|^scripts/|macrosheets/|/activex|/ctrlprops/.*\.bin|dialogsheets/", re.I
)
_EMBEDDED_PARTS = re.compile(r"/embeddings/.*|^objectreplacements?/.*\.(exe|bin|ole)$", re.I)
_PACKAGES = re.compile(r"\.(xlsx|docx|pptx)$", re.I)
_LEADS_ELSEWHERE = re.compile(rb"""<[^<>]*TargetMode\s*=\s*["']External["'][^<>]*>""")
_IS_LINK = re.compile(rb"""/relationships/hyperlink["']""")
_DDE = re.compile(
    rb"""["'>\s]DDE(AUTO)?[\s"'<]|<(?:\w+:)?ddeLink\b|<(?:\w+:)?oleLink\b|dde-source"""
    rb"""|[=|+\-@]\s*(cmd|powershell|msexcel)\s*\|""",
    re.I,
)
_ODF_ACTS = re.compile(
    rb"<(?:\w+:)?(?:event-listener|script|applet|plugin|object-ole|dde-connection|database-source-sql)[\s>/]", re.I
)
_ODF_FETCHES = re.compile(
    rb"<(?:\w+:)?(?:template|table-source|cell-range-source|section-source)\s"
    rb"""[^<>]*href\s*=\s*["'](?:https?|ftp|file|smb)?:?//""",
    re.I,
)
_AUTHORS = re.compile(
    rb"(\s(?:w:author|w:initials|w15:author|w15:userId|w15:providerId|displayName|userId|providerId)=)"
    rb"""(?:"[^"]*"|'[^']*')"""
)
_ODF_AUTHORS = re.compile(rb"<(dc:creator|meta:initial-creator|meta:creator-initials|meta:printed-by)>[^<]*</\1>")


def take_office(name: str, content: bytes) -> tuple[Family, str]:
    """(family, media type). Raises RefusedFile."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return TYPES[_checked(name, archive, len(content))]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, zlib.error) as error:
        raise RefusedFile(name, _DAMAGED) from error


def anonymous_office(content: bytes) -> bytes:
    """A copy without what names who made it: properties of the document, authors of comments and of changes."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in archive.infolist():
            part = archive.read(entry)
            if entry.filename in _PROPERTIES:
                part = _PROPERTIES[entry.filename]
            elif entry.filename.endswith(".xml"):
                part = _AUTHORS.sub(rb'\1""', part)
                part = _ODF_AUTHORS.sub(rb"<\1></\1>", part)
                if entry.filename.startswith("xl/comments"):
                    part = re.sub(rb"<author>[^<]*</author>", b"<author></author>", part)
            kind = zipfile.ZIP_STORED if entry.filename == "mimetype" else zipfile.ZIP_DEFLATED
            copy.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), part, kind)
    return made.getvalue()


_PROPERTIES = {
    "docProps/core.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties '
    b'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties '
    b'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties '
    b'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
    "meta.xml": b'<?xml version="1.0" encoding="UTF-8"?><office:document-meta '
    b'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2"><office:meta/>'
    b"</office:document-meta>",
}


def _checked(name: str, archive: zipfile.ZipFile, size: int) -> str:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * size + 10_000:
        raise RefusedFile(name, _BOMB)
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedFile(name, ENCRYPTED.replace("Ce PDF", "Ce fichier"))
    names = {entry.filename for entry in entries}
    if any(_ACTIVE_PARTS.search(part) for part in names):
        raise RefusedFile(name, _MACROS)
    kind = _kind(archive, names)
    if kind is None:
        raise RefusedFile(
            name, "Une archive (ZIP) ne peut pas être reçue. Envoyez les documents un par un, si possible en PDF."
        )
    for part in sorted(names):
        if _EMBEDDED_PARTS.search(part) and not part.endswith("/"):
            _check_embedded(name, archive, part)
    for part, text in _texts(name, archive, entries):
        if part.endswith(".rels"):
            if any(not _IS_LINK.search(one) for one in _LEADS_ELSEWHERE.findall(text)):
                raise RefusedFile(name, _FETCHES)
        elif _DDE.search(text) or (kind.startswith("od") and _ODF_FETCHES.search(text)) or part == "xl/connections.xml":
            raise RefusedFile(name, _FETCHES)
        elif kind.startswith("od") and _ODF_ACTS.search(text):
            raise RefusedFile(name, _MACROS)
    return kind


def _check_embedded(name: str, archive: zipfile.ZipFile, part: str) -> None:
    """The workbook behind a chart may stay, where it is one and acts in nothing itself."""
    if not _PACKAGES.search(part):
        raise RefusedFile(name, _EMBEDDED)
    with zipfile.ZipFile(io.BytesIO(archive.read(part))) as inner:
        names = inner.namelist()
    if "[Content_Types].xml" not in names or any(
        _ACTIVE_PARTS.search(one) or _EMBEDDED_PARTS.search(one) for one in names
    ):
        raise RefusedFile(name, _EMBEDDED)


def _texts(name: str, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    for entry in entries:
        if entry.filename.endswith((".xml", ".rels")):
            if entry.file_size > _MOST_READ:
                raise RefusedFile(name, _BOMB)
            yield entry.filename, archive.read(entry)


def _kind(archive: zipfile.ZipFile, names: set[str]) -> str | None:
    if "[Content_Types].xml" in names:
        if any(name.startswith("xl/") for name in names):
            return "xlsx"
        return "docx" if any(name.startswith("word/") for name in names) else None
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            declared = stream.read(100).decode("ascii", "replace").strip()
        return next((kind for kind in ("ods", "odt") if TYPES[kind][1] == declared), None)
    return None
