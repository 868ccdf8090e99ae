"""CPU time of 230 decision letters in one process: python -m bench.letters_bench [count].

The mix is that of a call of 236 applications: 67 laureates, 15 on the waiting list, the others refused with their
marks. The target is 14 s of CPU for 230 letters.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

from aap.core.call.loading import load_call
from aap.core.results import Status
from aap.documents.papers.letters import LetterFacts, Recipient, letter_view, render_letter

CALL = Path(__file__).resolve().parent.parent / "rubrics" / "mentorat-2025.yaml"


def main(count: int) -> None:
    call = load_call(CALL.read_bytes(), name=CALL.name)
    marks = {criterion.id: Decimal("3.1667") for criterion in call.rubric.criteria}
    spent: Counter[Status] = Counter()
    made: Counter[Status] = Counter()
    started = time.process_time()
    for number in range(1, count + 1):
        share = (number * 37 % count) / count  # kinds are mixed, as in a real batch
        status: Status = "laureate" if share < 0.29 else "waiting_list" if share < 0.36 else "not_selected"
        facts = LetterFacts(
            application_id=f"D-{number:04d}",
            association=f"Association fictive numéro {number}",
            status=status,
            reason="Le nombre de lauréats prévu, 67, est atteint par des dossiers mieux classés.",
            requested_amount=number * 12_345,
            granted_amount=number * 12_345,
            rank=number,
            ranked=count,
            score=Decimal("64.3512"),
            waiting_rank=3,
            reviews=3,
            marks=marks,
        )
        recipient = Recipient(
            facts.association, "Madame Awa Diop, présidente", ("3 impasse des Tilleuls", "23000 Guéret")
        )
        before = time.process_time()
        render_letter(letter_view(call, facts, recipient=recipient, project="Parrainer les collégiens"))
        spent[status] += time.process_time() - before
        made[status] += 1
    total = time.process_time() - started
    print(f"{count} letters: {total:.1f} s of CPU, {1000 * total / count:.0f} ms each")
    for status, seconds in sorted(spent.items()):
        print(f"  {status}: {made[status]} letters, {1000 * seconds / made[status]:.0f} ms each")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 230)
