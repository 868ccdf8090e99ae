"""What is done with a file in the process that opens it (`apart`): recognised, cleaned, or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from aap.documents.incoming import office
from aap.documents.incoming.incoming_file import TYPES, Family, IncomingFile, RefusedFile, TakenFile, with_ending
from aap.documents.media_types import PDF

_FAMILY_WORDS: dict[str, str] = {
    "pdf": "un PDF", "image": "une photo", "spreadsheet": "un tableur (XLSX, ODS, CSV)",
    "document": "un document (DOCX, ODT)",
}  # fmt: skip
_OFFICE_TYPES = frozenset(media for _, media in TYPES.values())


def take_sent(files: Sequence[IncomingFile], accept: Sequence[str]) -> list[TakenFile]:
    """`accept`: families. Several photos become one PDF. Raises RefusedFile."""
    taken: list[TakenFile] = []
    photos: list[IncomingFile] = []
    for file in files:
        family, content_type, content = recognise(file.name, file.content)
        if family not in accept:
            wanted = " ou ".join(_FAMILY_WORDS[one] for one in accept)
            raise RefusedFile(file.name, f"Ce type de fichier n’est pas accepté ici. Envoyez {wanted}.")
        if family == "image":
            photos.append(file)
        else:
            taken.append(TakenFile(with_ending(file.name, content_type), content_type, content))
    if photos:
        from aap.documents.incoming import pictures

        pages = [page for photo in photos for page in pictures.pages_of(photo.name, photo.content)]
        stem = PurePosixPath(photos[0].name).stem or "photos"
        taken.append(TakenFile(f"{stem}.pdf", PDF, pictures.as_pdf(pages)))
    return taken


def blind(files: Sequence[IncomingFile], accept: Sequence[str]) -> list[TakenFile]:
    """`accept`: the one media type of the files. Copies that don't name who made them."""
    (content_type,) = accept
    copies = []
    for file in files:
        content = file.content
        if content_type == PDF:
            from aap.documents.incoming import pdfs

            content = pdfs.anonymous_pdf(content)
        elif content_type in _OFFICE_TYPES:
            content = office.anonymous_office(content)
        copies.append(TakenFile(file.name, content_type, content))
    return copies


def lighten(files: Sequence[IncomingFile], _accept: Sequence[str]) -> list[TakenFile]:
    """PDFs, already taken, with lighter pictures."""
    from aap.documents.incoming import pdfs

    return [TakenFile(file.name, PDF, pdfs.lighter_pdf(file.content)) for file in files]


WORK: dict[str, Callable[[Sequence[IncomingFile], Sequence[str]], list[TakenFile]]] = {
    "take": take_sent,
    "blind": blind,
    "lighten": lighten,
}


def recognise(name: str, content: bytes) -> tuple[Family, str, bytes]:
    """(family, media type, the content that is kept). Raises RefusedFile for what is never taken."""
    if b"%PDF-" in content[:1024]:
        from aap.documents.incoming import pdfs

        return "pdf", PDF, pdfs.take_pdf(name, content)
    if content[:4] == b"PK\x03\x04":
        return *office.take_office(name, content), content
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise RefusedFile(
            name,
            "Ce fichier est dans un ancien format de bureautique, ou protégé par un mot de passe. Enregistrez-le au "
            "format PDF, ou DOCX ou XLSX sans mot de passe, puis envoyez-le à nouveau.",
        )
    if name.lower().endswith(".csv") and _is_plain_text(content):
        return "spreadsheet", "text/csv", content
    from aap.documents.incoming import pictures

    if pictures.is_picture(content):
        return "image", "image/*", content
    raise RefusedFile(name, _unknown(content))


def _unknown(content: bytes) -> str:
    import puremagic

    if content[:2] == b"MZ" or content[:4] == b"\x7fELF" or content[:2] == b"#!":
        return "Ce fichier est un programme\u00a0: il ne peut pas être reçu. Envoyez un PDF ou une photo du document."
    try:
        found = puremagic.magic_string(content[:4096])
    except (puremagic.PureError, ValueError):
        found = []
    kind = str(found[0].extension).lstrip(".").upper() if found else ""
    known = f" (il semble être au format {kind})" if kind else ""
    return f"Ce fichier ne peut pas être reçu{known}. Enregistrez le document au format PDF, puis envoyez-le à nouveau."


def _is_plain_text(content: bytes) -> bool:
    head = content[:100_000]
    if b"\x00" in head or head.lstrip()[:1] == b"<":
        return False
    try:
        head.decode("utf-8", "ignore" if len(content) > len(head) else "strict")
    except UnicodeDecodeError:
        return all(byte >= 32 or byte in (9, 10, 13) for byte in head)
    return True
