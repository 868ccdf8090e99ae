"""`file`: one or more documents. Nothing is stored among the answers: files are stored apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from aap.core.french import count, listed
from aap.core.paths import Path
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Outline, ReadAnswer, Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import Question
from aap.core.scalars import Count
from aap.core.values import RAW, Answers

Family = Literal["pdf", "image", "spreadsheet", "document"]

_ACCEPT = {
    "pdf": ".pdf,application/pdf",
    "image": "image/*,.heic",
    "spreadsheet": ".xlsx,.ods,.csv",
    "document": ".docx,.odt",
}
_ON_SCREEN = {
    "pdf": "PDF",
    "image": "photo lisible",
    "spreadsheet": "tableur (XLSX, ODS, CSV)",
    "document": "document (DOCX, ODT)",
}
_ON_PAPER = {
    "pdf": "PDF",
    "image": "image",
    "spreadsheet": "tableur",
    "document": "document de traitement de texte",
}


_OF_A_YEAR = ("accounts", "auditor_report", "activity_report")


class FileQuestion(Question):
    compared = None
    missing = "Joignez le document demandé."

    type: Literal["file"] = Field(description="Un ou plusieurs fichiers.")
    accept: tuple[Family, ...] = Field(
        default=("pdf", "image"), description="Types de fichiers acceptés : pdf, image, spreadsheet, document."
    )
    max_files: Count = Field(default=1, gt=0, description="Nombre maximal de fichiers.")
    max_size_mb: Count = Field(default=10, gt=0, description="Taille maximale d’un fichier, en mégaoctets.")
    safe: str | None = Field(
        default=None, description="Rubrique du coffre de l’association où reprendre le fichier (statutes, accounts …)."
    )

    @property
    def of_a_year(self) -> bool:
        """Whether its documents are each of one year, which is asked for."""
        return self.safe in _OF_A_YEAR

    def is_dated(self) -> bool:
        return self.of_a_year

    @property
    def accepted(self) -> str:
        """The endings and media types, as an HTML input takes them."""
        return ",".join(_ACCEPT[kind] for kind in self.accept)

    @property
    def accepted_in_words(self) -> str:
        words = listed([_ON_SCREEN[kind] for kind in self.accept], "ou")
        return words[0].upper() + words[1:]

    def typed_in(self, posted: Posted, name: str) -> Any:
        return ""

    def read(self, typed: Any) -> tuple[Any, Any]:
        return None, None

    def check(self, answers: Answers, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        if dossier.files is None:
            return
        given = dossier.files.get(self.id, 0)
        if self.required and given == 0:
            yield AnswerFault(path, "missing", self.missing)
        elif given > self.max_files:
            yield AnswerFault(path, "too_many", f"Gardez {count(self.max_files, 'fichier')} au plus.")

    def read_out(self, within: Answers, around: Surroundings) -> ReadAnswer:
        blank = super().read_out({RAW: within.get(RAW)}, around)
        stored = around.files.get(self.id, ())
        return replace(blank, kind="files", files=stored) if stored else replace(blank, kind="empty")

    def limits(self) -> list[str]:
        kinds = listed([_ON_PAPER[kind] for kind in self.accept], "ou")
        return [f"{kinds}, {count(self.max_files, 'fichier')} de {self.max_size_mb} Mo au plus"]

    def outline(self) -> Outline:
        return Outline()
