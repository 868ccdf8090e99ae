"""CPU time of 230 decision letters in one process, against bare WeasyPrint on the same HTML:
python -m bench.letters_bench [count].

The mix is that of a call of 236 applications: 67 laureates, 15 on the waiting list, the others refused with their
marks. The targets are 14 s of CPU for 230 letters, and 1.15 times what WeasyPrint alone takes with the same style sheet and
fonts, parsed once: the rest is the words of the letters, their template, the fonts that each asks for, its identifier.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import weasyprint

from aap.core.call.loading import load_call
from aap.core.results import Status
from aap.documents.papers import pdf
from aap.documents.papers.letter_facts import LetterFacts
from aap.documents.papers.letters import Recipient, letter_view, render_letter

CALL = Path(__file__).resolve().parent.parent / "rubrics" / "mentorat-2025.yaml"


def main(count: int) -> None:
    call = load_call(CALL.read_bytes(), name=CALL.name)
    marks = {criterion.id: Decimal("3.1667") for criterion in call.rubric.criteria}
    spent: Counter[Status] = Counter()
    made: Counter[Status] = Counter()
    pages: list[str] = []
    whole, bare = 0.0, 0.0

    def keep(html: str) -> bytes:
        pages.append(html)
        return to_pdf(html)

    to_pdf = pdf.html_to_pdf
    press = pdf._usual_press()
    for number in range(1, count + 1):
        share = (number * 37 % count) / count  # kinds are mixed, as in a real batch
        status: Status = "laureate" if share < 0.29 else "waiting_list" if share < 0.36 else "not_selected"
        facts = LetterFacts(
            application_id=f"D-{number:04d}",
            association=f"Association fictive numéro {number}",
            status=status,
            reason="Le nombre de lauréats prévu, 67, est atteint par des dossiers mieux classés.",
            requested_amount=number * 12_345,
            granted_amount=number * 12_345 if status == "laureate" else None,
            rank=number,
            ranked=count,
            retained=67,
            score=Decimal("64.3512"),
            raw_score=Decimal("62.9048"),
            waiting_rank=3,
            reviews=3,
            marks=marks,
            capacity="présidente",
        )
        recipient = Recipient(facts.association, "Awa Diop, présidente", ("3 impasse des Tilleuls", "23000 Guéret"))
        with patch.object(pdf, "html_to_pdf", keep):
            before = time.process_time()
            render_letter(letter_view(call, facts, recipient=recipient, project="Parrainer les collégiens"))
            took = time.process_time() - before
        spent[status] += took
        made[status] += 1
        if number > 1:  # the first of each loads what the others share
            whole += took
        before = time.process_time()  # by turns: a machine that is busy slows both
        weasyprint.HTML(string=pages[-1]).write_pdf(
            stylesheets=[press.style], font_config=press.fonts, pdf_variant="pdf/ua-1"
        )
        if number > 1:
            bare += time.process_time() - before
    total = sum(spent.values())
    print(f"{count} letters: {total:.1f} s of CPU, {1000 * total / count:.0f} ms each")
    for status, seconds in sorted(spent.items()):
        print(f"  {status}: {made[status]} letters, {1000 * seconds / made[status]:.0f} ms each")
    print(f"bare WeasyPrint on the same HTML: {bare:.1f} s; ratio {whole / bare:.3f} (target 1.15)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 230)
