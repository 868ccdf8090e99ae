"""A small sound call in files, and the command run on them in this process."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner, Result

from aap.cli import main

CALL = """\
schema: 1
call: {id: essai-2025}
rubric:
  scale: {min: 0, max: 5, step: 0.5}
  min_reviews: 2
  threshold: 20
  criteria:
    - {id: quality, title: Qualité, weight: 60}
    - {id: reach, title: Portée, weight: 40}
  tie_break: [reach]
scoring: {method: calibrated}
selection:
  mode: value
  laureates: 2
  budget: 30000
  waiting_list: 1
  quotas:
    - {id: rural, title: Zones rurales, where: {territory: rural}, min: 1}
"""

APPLICATIONS = """\
application_id,association,requested_amount,territory
a,Les Amis de Lyon,10000,urban
b,Entraide du Lot,12000.50,rural
c,Jeunesse en Loire,9000,urban
d,Cap Creuse,8000,rural
"""

REVIEWS = "application_id,reviewer_id,criterion,score\n" + "".join(
    f"{application},{reviewer},{criterion},{score}\n"
    for application, reviewer, *scores in (
        ("a", "r1", "4.5", "4"), ("a", "r2", "5", "4"), ("b", "r2", "4", "3.5"), ("b", "r3", "3.5", "4"),
        ("c", "r1", "3", "3"), ("c", "r3", "3.5", "2.5"), ("d", "r1", "2", "2.5"), ("d", "r2", "3", "2"),
    )
    for criterion, score in zip(("quality", "reach"), scores, strict=True)
)  # fmt: skip

DECISIONS_HEADER = "application_id,decision,amount,reason,author\n"


class QuickPress:
    """Stands for the PDF processes where a test looks at something else: they take two seconds to start."""

    def __init__(self, processes: int) -> None:
        self.processes = processes

    def __enter__(self) -> QuickPress:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def laureates(self, _run: object) -> Future[bytes]:
        made: Future[bytes] = Future()
        made.set_result(b"%PDF-")
        return made


@dataclass
class Case:
    """Files of a run; None writes no file."""

    folder: Path
    call: str | bytes | None = CALL
    applications: str | bytes | None = APPLICATIONS
    reviews: str | bytes | None = REVIEWS
    decisions: str | bytes | None = None
    options: tuple[str, ...] = ()
    real_pdf: bool = False
    names: dict[str, str] = field(
        default_factory=lambda: {
            "call": "call.yaml", "applications": "A.csv", "reviews": "R.csv", "decisions": "D.csv",
        }
    )  # fmt: skip

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def run(self, *options: str) -> Result:
        arguments = ["rank", "--draws", "0", "--out", str(self.out)]
        for part, name in self.names.items():
            content = getattr(self, part)
            if content is not None:
                path = self.folder / name
                path.write_bytes(content.encode() if isinstance(content, str) else content)
            if content is not None or part != "decisions":
                arguments += [f"--{part}", str(self.folder / name)]
        press: AbstractContextManager[Any] = (
            nullcontext() if self.real_pdf else patch("aap.documents.papers.press.Press", QuickPress)
        )
        with press:
            return CliRunner().invoke(main, [*arguments, *self.options, *options])
