"""What the pages of a dossier share: files with their addresses, answers as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from aap.core.answers.comparing import changed_answers
from aap.core.call.schema import Section
from aap.core.questions.file import FileQuestion
from aap.core.values import RAW
from aap.records.applications import Document
from aap.records.territories import territories
from aap.services.dossier.dossiers import OpenedDossier
from aap.services.dossier.readable import AttachedFile
from aap.services.dossier.uploads import is_old
from aap.web import figures
from aap.web.forms import ListedFile, Offer


def listed_files(dossier: OpenedDossier, section: Section, page: str) -> dict[str, list[ListedFile]]:
    """The files of a section's questions, each with the address that shows it and the one that takes it away."""
    return {
        question.id: [
            ListedFile(
                name=one.name,
                size=one.size,
                url=url_for("association.document", document_id=one.id),
                remove_url=url_for(
                    "association.section", application_id=dossier.id, section_id=section.id, page=page, retirer=one.id
                )
                if dossier.is_open(section.id)
                else None,
                note=document_note(one),
                id=one.id,
                year=one.year,
                old=question.of_a_year and is_old(one, dossier.call),
                may_keep=not one.kind,
            )
            for one in dossier.files.get(question.id, ())
        ]
        for question in section.questions
        if isinstance(question, FileQuestion)
    }


def document_note(document: Document) -> str:
    """Year and state of a document of the safe."""
    words = [str(document.year)] if document.year else []
    if document.provisional:
        words.append(_("provisoire"))
    if document.promised_on:
        words.append(_("version définitive promise pour le %(day)s", day=figures.day(document.promised_on)))
    return ", ".join(words)


def read_files(dossier: OpenedDossier) -> dict[str, list[AttachedFile]]:
    """Question → its files, to read."""
    return {
        question: [
            AttachedFile(one.name, one.size, url_for("association.document", document_id=one.id), document_note(one))
            for one in held
        ]
        for question, held in dossier.files.items()
    }


def offered(found: Mapping[str, Sequence[Document]]) -> dict[str, list[Offer]]:
    """The safe's documents, as the form offers them."""
    return {
        question: [
            Offer(one.id, f"{one.name} ({note})" if (note := document_note(one)) else one.name) for one in documents
        ]
        for question, documents in found.items()
    }


def unsaved_answers(
    section: Section, answers: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Where two versions of a section differ: the question's id and label, and both texts.

    `answers`: the dossier's, for conditions.
    """
    own = {question.id for question in section.questions}
    others = {key: value for key, value in answers.items() if key not in own and key != RAW}
    return [
        {"id": one.id, "label": one.label, "mine": one.before, "theirs": one.after}
        for one in changed_answers(section, {**others, **mine}, {**others, **theirs}, territories())
    ]
