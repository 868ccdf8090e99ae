"""What the pages of a dossier share: files with their addresses, answers as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from aap.core import french
from aap.core.answers.readable import ReadAnswer, read_section
from aap.core.call.schema import Section
from aap.records.applications import Document
from aap.records.territories import territories
from aap.services.dossiers import Dossier
from aap.services.submitting import ReadFile
from aap.web.forms import Offer, StoredFile


def listed_files(dossier: Dossier, section: Section, page: str) -> dict[str, list[StoredFile]]:
    """The files of a section's questions, each with the address that shows it and the one that takes it away."""
    return {
        question.id: [
            StoredFile(
                name=one.name,
                size=one.size,
                url=url_for("association.document", document_id=one.id),
                remove_url=url_for(
                    "association.section", application_id=dossier.id, section_id=section.id, page=page, retirer=one.id
                )
                if dossier.is_open(section.id)
                else None,
                note=document_note(one),
            )
            for one in dossier.files.get(question.id, ())
        ]
        for question in section.questions
        if question.type == "file"
    }


def document_note(document: Document) -> str:
    """Year and state of a document of the safe."""
    words = [str(document.year)] if document.year else []
    if document.provisional:
        words.append(_("provisoire"))
    if document.promised_on:
        words.append(_("version définitive promise pour le %(day)s", day=french.day(document.promised_on)))
    return ", ".join(words)


def read_files(dossier: Dossier) -> dict[str, list[ReadFile]]:
    """Question → its files, to read."""
    return {
        question: [
            ReadFile(one.name, one.size, url_for("association.document", document_id=one.id), document_note(one))
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


def as_text(answer: ReadAnswer) -> str:
    """An answer in plain lines, to compare two versions of it."""
    lines = [answer.text, *answer.items]
    lines += [" | ".join(row) for row in answer.rows]
    for block in answer.blocks:
        lines += [block.title, *(f"{one.label}\u00a0: {as_text(one)}" for one in block.answers)]
    for side in answer.sides:
        lines += [f"{side.title}\u00a0: {french.euros(side.total)}"]
        lines += [f"{code} {label}\u00a0: {french.euros(cents)}" for code, label, cents in side.lines]
    lines += [one.name for one in answer.files]
    return "\n".join(line for line in [*lines, answer.unread] if line)


def differences(section: Section, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[dict[str, str]]:
    """Where two versions of a section differ: label and both texts."""
    first, second = (
        {one.id: one for one in read_section(section, version, territories()).answers} for version in (mine, theirs)
    )
    found = []
    for question in section.questions:
        ours, other = first.get(question.id), second.get(question.id)
        texts = as_text(ours) if ours else "", as_text(other) if other else ""
        if texts[0] != texts[1]:
            found.append({"label": french.spaced(question.label), "mine": texts[0], "theirs": texts[1]})
    return found
