"""What a dossier has from an earlier one and has to be looked at again: dates, budgets, documents of a year."""

from __future__ import annotations

from sqlmodel import Session, col, select

from aap.core.questions.base.question import Question
from aap.records.applications import Document, SectionAnswers
from aap.services.dossier.dossiers import OpenedDossier, merge_sections


def to_look_at(session: Session, dossier: OpenedDossier) -> frozenset[str]:
    """The questions whose answer is of one time and still the earlier dossier's. Two queries; none without an earlier one.

    What is changed, or sent anew, has been looked at.
    """
    earlier_id = dossier.application.earlier_id
    if earlier_id is None:
        return frozenset()
    stored = session.exec(select(SectionAnswers).where(SectionAnswers.application_id == earlier_id))
    before = merge_sections({one.section: one for one in stored})
    sent = set(
        session.exec(
            select(Document.question, Document.sha256).where(
                Document.application_id == earlier_id, col(Document.removed_at).is_(None)
            )
        )
    )

    def is_the_same(question: Question) -> bool:
        files = dossier.files.get(question.id, ())
        answer = dossier.answers.get(question.id)
        return any((question.id, one.sha256) in sent for one in files) or (
            answer is not None and answer == before.get(question.id)
        )

    asked = (question for section in dossier.visible for question in section.questions)
    return frozenset(question.id for question in asked if question.is_dated() and is_the_same(question))
