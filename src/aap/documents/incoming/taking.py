"""Files that people send: what they really are, by their content, and why one can't be taken.

Nothing is believed of a name or of what a browser says. Photos become a readable PDF, so that every reader of the
dossier can open them. What a stranger made is opened apart (see `apart`), never in the process that serves pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from aap.documents.incoming import apart
from aap.documents.incoming.incoming_file import Family, IncomingFile, RefusedFile, TakenFile, clean_name
from aap.documents.media_types import PDF


def take_files(
    files: Sequence[IncomingFile], accept: Sequence[Family], *, max_bytes: int, reduce: bool = False
) -> tuple[TakenFile, ...]:
    """The files that are kept of what was sent together: several photos become one PDF, in the order they came in.

    What is kept has at most `max_bytes`: photos become lighter by themselves, a PDF where `reduce` says so.
    Raises RefusedFile for the first that can't be taken: then none is.
    """
    named = [IncomingFile(clean_name(file.name), file.content) for file in files]
    for file in named:
        if not file.content:
            raise RefusedFile(
                file.name, "Ce fichier est vide. Vérifiez-le sur votre appareil, puis envoyez-le à nouveau."
            )
        if len(file.content) > max_bytes and not (reduce or _is_photo(file.content)):
            raise RefusedFile(file.name, _too_heavy("Ce fichier dépasse", max_bytes))
    taken = (
        [_lighter(one, max_bytes) if reduce else one for one in apart.opened("take", named, accept=accept)]
        if named
        else []
    )
    for one in taken:
        if len(one.content) > max_bytes:
            raise RefusedFile(
                one.name, _too_heavy("Même réduit, ce fichier dépasse" if reduce else "Ce fichier dépasse", max_bytes)
            )
    return tuple(taken)


def _is_photo(content: bytes) -> bool:
    """Whether it begins as JPEG, PNG, TIFF or HEIC do: what is kept of it is a PDF, which is weighed then."""
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*")) or content[4:8] == b"ftyp"


def _too_heavy(begin: str, max_bytes: int) -> str:
    return (
        f"{begin} {max_bytes // 1_000_000}\u00a0Mo. Réduisez-le (par exemple en numérisant en qualité moyenne), ou envoyez-le en "
        "plusieurs fichiers."
    )


def _lighter(file: TakenFile, max_bytes: int) -> TakenFile:
    if file.content_type != PDF or len(file.content) <= max_bytes:
        return file
    (lighter,) = apart.opened("lighten", [IncomingFile(file.name, file.content)], accept=())
    return lighter


def blind_copy(file: TakenFile) -> bytes:
    """The same file without what names its author, for who must not know. Raises RefusedFile where it can't be opened."""
    sent = IncomingFile(PurePosixPath(file.name).name, file.content)
    (copy,) = apart.opened("blind", [sent], accept=(file.content_type,))
    return copy.content
