"""A table as an OpenDocument spreadsheet (ODF 1.3): one sheet, text as text, numbers as numbers. The same table gives the same
bytes.

The library that writes them has had no release since 2020 and none with hashes of a built package; what a list needs is
four elements of the format (docs/decisions/0002-dependencies.md).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from aap.documents.media_types import ODS
from aap.documents.tables.workbooks import CellValue, Kind

_MOMENT = (2000, 1, 1, 0, 0, 0)  # of the archive's entries: never the day of the export
_SPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3"'
)
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{ODS}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


def ods_bytes(sheet: str, headings: Sequence[str], kinds: Sequence[Kind], rows: Iterable[Sequence[CellValue]]) -> bytes:
    """The sheet with its heading row; `kinds`: of each column (money in cents)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        # first and not compressed: that is how readers know the format
        archive.writestr(zipfile.ZipInfo("mimetype", _MOMENT), ODS, zipfile.ZIP_STORED)
        for name, content in (
            ("META-INF/manifest.xml", _MANIFEST),
            ("content.xml", _content(sheet, headings, kinds, rows)),
        ):
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _content(sheet: str, headings: Sequence[str], kinds: Sequence[Kind], rows: Iterable[Sequence[CellValue]]) -> str:
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {_SPACES}><office:automatic-styles>'
        '<style:style style:name="head" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>'
        "</office:automatic-styles><office:body><office:spreadsheet>"
        f"<table:table table:name={quoteattr(sheet)}><table:table-header-rows><table:table-row>",
        *(
            f'<table:table-cell table:style-name="head" office:value-type="string"><text:p>{_text(one)}</text:p>'
            "</table:table-cell>"
            for one in headings
        ),
        "</table:table-row></table:table-header-rows>",
    ]
    for row in rows:
        cells = "".join(_cell(kind, value) for kind, value in zip(kinds, row, strict=True))
        parts.append(f"<table:table-row>{cells}</table:table-row>")
    parts.append("</table:table></office:spreadsheet></office:body></office:document-content>")
    return "".join(parts)


def _cell(kind: Kind, value: CellValue) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, str):
        paragraphs = "".join(f"<text:p>{_text(line)}</text:p>" for line in value.split("\n"))
        return f'<table:table-cell office:value-type="string">{paragraphs}</table:table-cell>'
    number = Decimal(value) / 100 if kind == "money" else Decimal(value)
    return f'<table:table-cell office:value-type="float" office:value="{number}"><text:p>{number}</text:p></table:table-cell>'


def _text(value: str) -> str:
    """Text of an element; control characters that XML has no place for are left out."""
    return escape("".join(one for one in value if one in "\t" or one >= " "))
