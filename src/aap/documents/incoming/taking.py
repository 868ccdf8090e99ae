"""Files that people send: what they really are, by their content, and why one can't be taken.

Nothing is believed of a name or of what a browser says. Photos become a readable PDF, so that every reader of the
dossier can open them. What a stranger made is opened apart (see `apart`), never in the process that serves pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from aap.documents.incoming import apart
from aap.documents.incoming.incoming_file import Family, IncomingFile, RefusedFile, TakenFile, clean_name


def take_files(files: Sequence[IncomingFile], accept: Sequence[Family], *, max_bytes: int) -> tuple[TakenFile, ...]:
    """The files that are kept of what was sent together: several photos become one PDF, in the order they came in.

    Raises RefusedFile for the first that can't be taken: then none is.
    """
    named = [IncomingFile(clean_name(file.name), file.content) for file in files]
    for file in named:
        if not file.content:
            raise RefusedFile(
                file.name, "Ce fichier est vide. Vérifiez-le sur votre appareil, puis envoyez-le à nouveau."
            )
        if len(file.content) > max_bytes:
            raise RefusedFile(
                file.name,
                f"Ce fichier dépasse {max_bytes // 1_000_000}\u00a0Mo. Réduisez-le (par exemple en numérisant en qualité "
                "moyenne), ou envoyez-le en plusieurs fichiers.",
            )
    return apart.opened("take", named, accept=accept) if named else ()


def blind_copy(file: TakenFile) -> bytes:
    """The same file without what names its author, for who must not know. Raises RefusedFile where it can't be opened."""
    sent = IncomingFile(PurePosixPath(file.name).name, file.content)
    (copy,) = apart.opened("blind", [sent], accept=(file.content_type,))
    return copy.content
