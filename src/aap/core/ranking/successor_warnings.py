"""What a run says of laureates whose place would stay empty."""

from __future__ import annotations

from collections.abc import Iterator

from aap.core.french import NBSP, count
from aap.core.notices import some
from aap.core.selection.outcome import SelectionOutcome


def successor_warnings(outcome: SelectionOutcome) -> Iterator[str]:
    """One sentence for those whom nobody could replace, one for those whom nobody on the waiting list could."""
    if outcome.no_successor:
        yield (
            f"Si l’un d’eux renonce, personne ne peut prendre sa place sans enfreindre une règle{NBSP}: "
            f"{count(len(outcome.no_successor), 'lauréat')} ({some(outcome.no_successor)}). La place resterait vide, à "
            "moins que l’appel ne dise quelle règle n’est alors pas demandée."
        )
    if outcome.unserved:
        yield (
            f"La liste d’attente ne suffit pas{NBSP}: si l’un d’eux renonce, aucun de ceux qui attendent ne peut prendre "
            f"sa place, alors qu’un autre dossier le pourrait{NBSP}: {count(len(outcome.unserved), 'lauréat')} "
            f"({some(outcome.unserved)}). Allongez-la, ou demandez un remplaçant pour chacun."
        )
