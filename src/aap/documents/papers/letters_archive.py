"""The letters of a call as one ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

from aap.documents.report.ranking_files import file_stem

_ZIP_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def letters_archive(letters: Sequence[tuple[str, bytes]], *, listed: bytes, withheld: int = 0) -> bytes:
    """The letters as a ZIP, with a fixed date: the same letters give the same bytes. `letters`: reference, PDF.

    `listed`: the list of them, as CSV; `withheld`: letters that are not in it, of which a text in the archive says so.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # PDFs are compressed already
        archive.writestr(zipfile.ZipInfo("bordereau.csv", _ZIP_DATE.timetuple()[:6]), listed)
        for reference, content in letters:
            archive.writestr(zipfile.ZipInfo(f"{file_stem(reference)}.pdf", _ZIP_DATE.timetuple()[:6]), content)
        if withheld:
            words = f"Lettres qui ne sont pas dans cette archive (dossiers dont vous êtes déporté) : {withheld}\n"
            archive.writestr(zipfile.ZipInfo("LISEZ-MOI.txt", _ZIP_DATE.timetuple()[:6]), words.encode())
    return out.getvalue()
