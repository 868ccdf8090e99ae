"""Files that people send: what they really are, by their content, and why one can't be taken.

Nothing is believed of a name or of what a browser says. Photos become a readable PDF, so that every reader of the
dossier can open them.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

import img2pdf
import pikepdf
import pillow_heif
import puremagic
from PIL import Image, ImageOps

from aap.core.composed import nfc
from aap.documents.media_types import PDF, XLSX

pillow_heif.register_heif_opener()

Family = Literal["pdf", "image", "spreadsheet", "document"]

_TYPES: dict[str, tuple[Family, str]] = {
    "xlsx": ("spreadsheet", XLSX),
    "ods": ("spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
    "docx": ("document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "odt": ("document", "application/vnd.oasis.opendocument.text"),
}
_CSV = ("spreadsheet", "text/csv")
_IMAGES = frozenset({"JPEG", "MPO", "PNG", "WEBP", "HEIF", "TIFF", "BMP", "GIF"})
_FAMILY_WORDS: dict[Family, str] = {
    "pdf": "un PDF", "image": "une photo", "spreadsheet": "un tableur (XLSX, ODS, CSV)",
    "document": "un document (DOCX, ODT)",
}  # fmt: skip

MOST_PIXELS = 80_000_000
MOST_PAGES = 2_000
MOST_UNPACKED = 300_000_000  # bytes of an archive, unpacked
MOST_RATIO = 200  # of an archive's unpacked size to its own
MOST_ENTRIES = 5_000
_LONGEST_SIDE = 2_200  # pixels: 190 dots an inch on A4, readable and light
_A4 = (595.28, 841.89)


class RefusedFile(Exception):
    """Why a file can't be taken and what to do, in French."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


@dataclass(frozen=True)
class IncomingFile:
    """A file as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True)
class TakenFile:
    """A file that can be kept."""

    name: str
    content_type: str
    content: bytes


def take_files(files: Sequence[IncomingFile], accept: Sequence[Family], *, max_bytes: int) -> tuple[TakenFile, ...]:
    """The files that are kept of what was sent together: several photos become one PDF, in the order they came in.

    Raises RefusedFile for the first that can't be taken: then none is.
    """
    taken: list[TakenFile] = []
    photos: list[tuple[str, Image.Image]] = []
    for file in files:
        name = clean_name(file.name)
        if not file.content:
            raise RefusedFile(name, "Ce fichier est vide. Vérifiez-le sur votre appareil, puis envoyez-le à nouveau.")
        if len(file.content) > max_bytes:
            limit = max_bytes // 1_000_000
            raise RefusedFile(
                name,
                f"Ce fichier dépasse {limit}\u00a0Mo. Réduisez-le (par exemple en numérisant en qualité moyenne), ou "
                "envoyez-le en plusieurs fichiers.",
            )
        family, content_type = recognise(name, file.content)
        if family not in accept:
            wanted = " ou ".join(_FAMILY_WORDS[one] for one in accept)
            raise RefusedFile(name, f"Ce type de fichier n’est pas accepté ici. Envoyez {wanted}.")
        if family == "image":
            photos.append((name, _upright(name, file.content)))
        else:
            taken.append(TakenFile(_with_ending(name, content_type), content_type, file.content))
    if photos:
        stem = PurePosixPath(photos[0][0]).stem or "photos"
        taken.append(TakenFile(f"{stem}.pdf", PDF, _as_pdf([picture for _, picture in photos])))
    return tuple(taken)


def clean_name(name: str) -> str:
    """The last part of a name, without control characters or marks that turn the reading direction; 120 characters."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(char for char in nfc(last) if unicodedata.category(char)[0] != "C")
    kept = re.sub(r'[<>:"|?*]', "_", kept).strip(" .")
    if len(kept) > 120:
        stem, dot, ending = kept.rpartition(".")
        kept = f"{stem[:110]}{dot}{ending[:9]}" if dot and len(ending) < 10 else kept[:120]
    return kept or "document"


def recognise(name: str, content: bytes) -> tuple[Family, str]:
    """What a file is. Raises RefusedFile for what is never taken."""
    if b"%PDF-" in content[:1024]:
        _check_pdf(name, content)
        return "pdf", PDF
    if content[:4] == b"PK\x03\x04":
        return _archive(name, content)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise RefusedFile(
            name,
            "Ce fichier est dans un ancien format de bureautique, ou protégé par un mot de passe. Enregistrez-le au "
            "format PDF, ou DOCX ou XLSX sans mot de passe, puis envoyez-le à nouveau.",
        )
    if _is_picture(content):
        return "image", "image/*"
    if name.lower().endswith(".csv") and _is_plain_text(content):
        return _CSV  # type: ignore[return-value]
    raise RefusedFile(name, _unknown(content))


def _unknown(content: bytes) -> str:
    if content[:2] == b"MZ" or content[:4] == b"\x7fELF" or content[:2] == b"#!":
        return "Ce fichier est un programme\u00a0: il ne peut pas être reçu. Envoyez un PDF ou une photo du document."
    try:
        found = puremagic.magic_string(content[:4096])
    except (puremagic.PureError, ValueError):
        found = []
    kind = str(found[0].extension).lstrip(".").upper() if found else ""
    known = f" (il semble être au format {kind})" if kind else ""
    return f"Ce fichier ne peut pas être reçu{known}. Enregistrez le document au format PDF, puis envoyez-le à nouveau."


def _check_pdf(name: str, content: bytes) -> None:
    try:
        with pikepdf.Pdf.open(io.BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise RefusedFile(name, _ENCRYPTED)
            pages = len(pdf.pages)
    except pikepdf.PasswordError as error:
        raise RefusedFile(name, _ENCRYPTED) from error
    except (pikepdf.PdfError, ValueError, RecursionError) as error:
        raise RefusedFile(
            name, "Ce PDF est abîmé et ne peut pas être ouvert. Enregistrez-le à nouveau, ou imprimez-le en PDF."
        ) from error
    if pages == 0 or pages > MOST_PAGES:
        raise RefusedFile(name, f"Ce PDF compte {pages} pages\u00a0: il en faut au moins une, et {MOST_PAGES} au plus.")


_ENCRYPTED = (
    "Ce PDF est protégé par un mot de passe\u00a0: le service ne pourrait pas le lire. Ouvrez-le, imprimez-le au format "
    "PDF sans protection, puis envoyez cette copie."
)
_BOMB = "Ce fichier se déplie en un volume anormal\u00a0: il ne peut pas être reçu. Envoyez le document au format PDF."
_MACROS = (
    "Ce fichier contient des macros (de petits programmes)\u00a0: il ne peut pas être reçu. Enregistrez-le au format PDF, "
    "ou sans macros (DOCX, XLSX), puis envoyez-le à nouveau."
)


def _archive(name: str, content: bytes) -> tuple[Family, str]:
    """An office file is an archive: told by what is in it, without unpacking more than a few bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * len(content) + 10_000:
                raise RefusedFile(name, _BOMB)
            if any(entry.flag_bits & 1 for entry in entries):
                raise RefusedFile(name, _ENCRYPTED.replace("Ce PDF", "Ce fichier"))
            kind = _office_kind(archive, names)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, zlib.error) as error:
        raise RefusedFile(
            name, "Ce fichier est abîmé et ne peut pas être ouvert. Enregistrez-le à nouveau, si possible en PDF."
        ) from error
    lowered = {entry.lower() for entry in names}
    if any("vbaproject" in entry or entry.startswith("basic/") or "macrosheets/" in entry for entry in lowered):
        raise RefusedFile(name, _MACROS)
    if kind is None:
        raise RefusedFile(
            name, "Une archive (ZIP) ne peut pas être reçue. Envoyez les documents un par un, si possible en PDF."
        )
    return _TYPES[kind]


def _office_kind(archive: zipfile.ZipFile, names: set[str]) -> str | None:
    if "[Content_Types].xml" in names:
        if any(name.startswith("xl/") for name in names):
            return "xlsx"
        return "docx" if any(name.startswith("word/") for name in names) else None
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            declared = stream.read(100).decode("ascii", "replace").strip()
        return next((kind for kind in ("ods", "odt") if _TYPES[kind][1] == declared), None)
    return None


def _is_plain_text(content: bytes) -> bool:
    head = content[:100_000]
    if b"\x00" in head or head.lstrip()[:1] == b"<":
        return False
    try:
        head.decode("utf-8", "ignore" if len(content) > len(head) else "strict")
    except UnicodeDecodeError:
        return all(byte >= 32 or byte in (9, 10, 13) for byte in head)
    return True


def _is_picture(content: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.format in _IMAGES
    except Image.DecompressionBombError:
        return True
    except Exception:
        return False


def _upright(name: str, content: bytes) -> Image.Image:
    """A picture as it was seen, without transparency, at a size that can be printed."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise RefusedFile(  # noqa: TRY301
                    name, "Cette image compte trop de points. Prenez la photo en qualité normale, ou envoyez un PDF."
                )
            picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            turned = ImageOps.exif_transpose(picture)
            turned.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            flat = Image.new("RGB", turned.size, "white")
            rgba = turned.convert("RGBA")
            flat.paste(rgba, mask=rgba.getchannel("A"))
            return flat
    except RefusedFile:
        raise
    except Exception as error:
        raise RefusedFile(
            name, "Cette photo ne peut pas être ouverte. Reprenez-la, ou enregistrez-la au format JPEG."
        ) from error


def _as_pdf(pictures: Sequence[Image.Image]) -> bytes:
    pages = []
    for picture in pictures:
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=85)
        pages.append(jpeg.getvalue())
    tall = sum(picture.height >= picture.width for picture in pictures) * 2 >= len(pictures)
    layout = img2pdf.get_layout_fun(pagesize=_A4 if tall else _A4[::-1], border=(28, 28), fit=img2pdf.FitMode.into)
    made: bytes = img2pdf.convert(pages, layout_fun=layout, nodate=True)
    return made


def _with_ending(name: str, content_type: str) -> str:
    """The name with the ending of what the file is."""
    endings = {PDF: ".pdf", "text/csv": ".csv", **{kind: f".{ending}" for ending, (_, kind) in _TYPES.items()}}
    ending = endings[content_type]
    if name.lower().endswith(ending):
        return name
    stem, dot, old = name.rpartition(".")
    return f"{stem if dot and len(old) <= 5 else name}{ending}"
