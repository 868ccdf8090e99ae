"""What the call's own rules say of many dossiers at once: nobody has to open each to see that nothing is in the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlmodel import Session, col, select

from aap.core.answers.conditions import shown_answers, source_values
from aap.core.answers.eligibility import Verdict, check_eligibility
from aap.records.applications import Application, SectionAnswers
from aap.records.associations import Association
from aap.services.call.calls import OpenedCall
from aap.services.dossier.dossiers import merge_sections
from aap.services.dossier.facts import association_fields


def verdicts(session: Session, call: OpenedCall, ids: Collection[str]) -> Mapping[str, Verdict]:
    """Application id → what the rules of eligibility say of the dossier as it was deposited. Two queries."""
    wanted = list(ids)
    sections: dict[str, dict[str, SectionAnswers]] = defaultdict(dict)
    for held in session.exec(select(SectionAnswers).where(col(SectionAnswers.application_id).in_(wanted))):
        sections[held.application_id][held.section] = held
    found = {}
    for application, association in session.exec(
        select(Application, Association).where(
            Application.association_id == Association.id, col(Application.id).in_(wanted)
        )
    ):
        answers = shown_answers(call.file.form, merge_sections(sections[application.id]))
        values = source_values(call.file.form, answers, association_fields(association))
        found[application.id] = check_eligibility(call.file.eligibility, application.eligibility, values).verdict
    return found
