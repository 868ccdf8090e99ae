"""A dossier as its pages need it: call, application, association, answers and files, in few queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, or_, select

from aap.core.answers.checking import AnswerProblem, check_form
from aap.core.answers.conditions import budget_asked, shown_answers, shown_questions, source_values, visible_sections
from aap.core.answers.eligibility import Eligibility, check_eligibility
from aap.core.budgets.accounting import Budget, BudgetKind
from aap.core.budgets.budget_checks import BudgetNote, RequestLimits, check_together
from aap.core.call.schema import CallFile, Section
from aap.core.values import RAW, decimal_of
from aap.records.applications import (
    CORRECTABLE,
    WRITABLE,
    Application,
    ApplicationState,
    CompletionRequest,
    Document,
    FileOfRedraft,
    SectionAnswers,
    Submission,
    TypedSection,
)
from aap.records.associations import Association
from aap.records.calls import Call, CallVersion
from aap.records.people import MembershipRole
from aap.records.redrafts import Redraft, RedraftedSection
from aap.services.actor import Actor
from aap.services.association.identity_fields import missing_identity
from aap.services.call.calls import OpenedCall, get_call, opened_call
from aap.services.dossier.access import dossier_target
from aap.services.dossier.facts import association_fields
from aap.services.errors import NotFound, Objection
from aap.services.permissions import Permission, Target, ensure

MANDATE = "_pouvoir"
"""In place of a question: the power of attorney of who submits for the legal representative."""


@dataclass(frozen=True)
class OpenedDossier:
    """`completion`: what the service asks for, while the dossier is to be completed. `redraft`: what is written in it since it
    was deposited; `sections` and `documents` are the redraft's where it is open (`laid_over`), else those that stand."""

    call: OpenedCall
    application: Application
    association: Association
    sections: Mapping[str, TypedSection] = field(default_factory=dict)
    documents: Sequence[Document] = ()
    completion: CompletionRequest | None = None
    redraft: Redraft | None = None

    @property
    def id(self) -> str:
        return self.application.id

    @property
    def state(self) -> ApplicationState:
        return ApplicationState(self.application.state)

    @property
    def target(self) -> Target:
        return dossier_target(self.call, self.application, corrections=self.correcting)

    @property
    def correcting(self) -> bool:
        """Whether corrections of the deposit are open: the deposit stands until they are deposited."""
        return self.state in CORRECTABLE and self.redraft is not None and self.redraft.lapsed_at is None

    @property
    def in_writing(self) -> bool:
        """Whether the association writes in it: before its deposit, in what is asked for, in corrections."""
        return self.state in WRITABLE or self.correcting

    @property
    def is_kept_apart(self) -> bool:
        """Whether what is written is kept apart from a deposit that stands."""
        return self.application.submitted_at is not None

    @property
    def rules_answered(self) -> Mapping[str, Any]:
        """The answers to the call's rules: those of the redraft, where it is open and has its own."""
        if self.redraft is not None and self.redraft.lapsed_at is None and self.redraft.eligibility is not None:
            return self.redraft.eligibility
        return self.application.eligibility

    @cached_property
    def typed(self) -> dict[str, Any]:
        """Everything that was typed, all sections together, question → answer, with what can't be read under `_raw`.

        For the pages where it is typed; what is hidden among it counts nowhere else.
        """
        return merge_sections(self.sections)

    @cached_property
    def answers(self) -> dict[str, Any]:
        """The answers that count, in the same shape: those of the questions that the dossier shows."""
        return shown_answers(self.call.file.form, self.typed)

    def typed_in(self, section: Section) -> dict[str, Any]:
        """What was typed in one section, hidden or not, among the other sections' answers that count."""
        own = {question.id for question in section.questions}
        raw = {**self.answers.get(RAW, {}), **{k: v for k, v in self.typed.get(RAW, {}).items() if k in own}}
        answers = {**self.answers, **{k: v for k, v in self.typed.items() if k in own}, RAW: raw}
        return answers if raw else {key: value for key, value in answers.items() if key != RAW}

    @cached_property
    def asked(self) -> frozenset[str]:
        """The ids of the questions that the dossier shows."""
        return frozenset(question.id for question in shown_questions(self.call.file.form, self.typed))

    @cached_property
    def files(self) -> dict[str, list[Document]]:
        """Question → its documents, in the order of their arrival."""
        found: dict[str, list[Document]] = {}
        for document in self.documents:
            found.setdefault(document.question, []).append(document)
        return found

    @property
    def counting_documents(self) -> tuple[Document, ...]:
        """The files of the questions that the dossier shows, and the power of attorney."""
        return tuple(one for one in self.documents if one.question in self.asked or one.question == MANDATE)

    @cached_property
    def visible(self) -> tuple[Section, ...]:
        """The sections that this dossier has to fill in."""
        return visible_sections(self.call.file.form, self.answers)

    def section(self, section_id: str) -> Section:
        """A visible section. Raises NotFound."""
        for section in self.visible:
            if section.id == section_id:
                return section
        raise NotFound("section", section_id)

    def is_open(self, section_id: str) -> bool:
        """Whether a section may be changed: every one in a draft and in corrections, the named ones of a completion."""
        if self.state is ApplicationState.DRAFT or self.correcting:
            return True
        return (
            self.state is ApplicationState.TO_COMPLETE
            and self.completion is not None
            and section_id in self.completion.sections
        )

    def is_completed(self, section_id: str) -> bool:
        """Whether a section was changed since the service asked to complete it; a section that it doesn't ask for is."""
        if self.completion is None or not self.is_open(section_id):
            return True
        since, held = self.completion.created_at, self.sections.get(section_id)
        questions = {question.id for question in self.section(section_id).questions}
        return (held is not None and held.updated_at > since) or any(
            one.uploaded_at > since for one in self.documents if one.question in questions
        )

    @cached_property
    def problems(self) -> dict[str, tuple[AnswerProblem, ...]]:
        """Section → everything that is missing or wrong."""
        return check_form(
            self.call.file.form,
            self.answers,
            files={question: len(held) for question, held in self.files.items()},
            limits=limits_of(self.call.file),
            employees=employees_of(self.answers),
        )

    @cached_property
    def errors(self) -> tuple[AnswerProblem, ...]:
        """What keeps the dossier from being submitted."""
        return tuple(one for found in self.problems.values() for one in found if one.severity == "error")

    @cached_property
    def missing_identity(self) -> dict[str, Objection]:
        """What the association's description lacks, field by field: that too keeps the dossier from being submitted."""
        return missing_identity(self.association)

    def budget(self, kind: BudgetKind) -> Budget | None:
        """The budget of this kind that counts (see `budget_asked`)."""
        return budget_asked(self.call.file.form, self.answers, kind)

    @cached_property
    def budget_notes(self) -> tuple[BudgetNote, ...]:
        """What the two budgets say of each other."""
        project, association = self.budget("project"), self.budget("association")
        return check_together(project, association) if project and association else ()

    @cached_property
    def eligibility(self) -> Eligibility:
        """The rules, by the answers given before starting and by what the dossier says now."""
        values = source_values(self.call.file.form, self.answers, association_fields(self.association))
        return check_eligibility(self.call.file.eligibility, self.rules_answered, values)


def merge_sections(sections: Mapping[str, TypedSection]) -> dict[str, Any]:
    """One flat mapping of every section's answers."""
    answers: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for held in sections.values():
        answers.update(held.answers)
        raw.update(held.raw)
    if raw:
        answers[RAW] = raw
    return answers


def counting_answers(session: Session, call: OpenedCall, application_id: str) -> dict[str, Any]:
    """The answers of a dossier that count (see `OpenedDossier.answers`). One query."""
    found = session.exec(select(SectionAnswers).where(SectionAnswers.application_id == application_id))
    return shown_answers(call.file.form, merge_sections({one.section: one for one in found}))


def limits_of(call: CallFile) -> RequestLimits:
    """The call's limits on the request."""
    return RequestLimits.of_call(call.call.min_amount, call.call.max_amount, call.call.max_share)


def employees_of(answers: Mapping[str, Any]) -> Decimal | None:
    """The number of employees, where the form asks for it in a question named `salaries` (see docs/call-file.md)."""
    return decimal_of(answers.get("salaries"))


def open_dossier(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    permission: Permission = Permission.APPLICATION_READ,
    lock: bool = False,
    files: bool = True,
    deposited: bool = False,
) -> OpenedDossier:
    """The whole dossier, for a member of its association, as it is being written. Three queries, one more when completion is
    asked for, three more when a redraft is open.

    `lock`: nobody else changes the application until the transaction ends. `files` False: its documents are left out
    (autosave has no use for them). `deposited`: as it stands, without what is written since. Raises NotFound, StateForbids.
    """
    query = (
        sql_select(Application, Association, Call, CallVersion, Redraft)
        .join(Redraft, col(Redraft.application_id) == col(Application.id), isouter=True)
        .where(
            col(Application.id) == application_id,
            col(Association.id) == col(Application.association_id),
            col(Call.id) == col(Application.call_id),
            col(CallVersion.id) == col(Call.version_id),
        )
    )  # fmt: skip
    if lock:
        query = query.with_for_update(of=Application)
    row = session.execute(query).first()
    if row is None:
        raise NotFound("application", application_id)
    application, association, _call, _version, redraft = row
    call = get_call(session, application.call_id)  # both rows are in the session already
    if lock and application.submitted_at is not None:  # as it stands once nobody else holds the dossier
        redraft = session.exec(
            select(Redraft).where(Redraft.application_id == application_id).execution_options(populate_existing=True)
        ).first()
    bare = OpenedDossier(call, application, association, redraft=redraft)
    ensure(actor, permission, bare.target, kind="application", id=application_id)
    sections = session.exec(select(SectionAnswers).where(SectionAnswers.application_id == application_id))
    documents = _documents_of(session, application_id, FileOfRedraft.UNTOUCHED) if files else ()
    completion = None
    if application.state == ApplicationState.TO_COMPLETE:
        completion = open_completion(session, application_id)
    stands = replace(bare, sections={one.section: one for one in sections}, documents=documents, completion=completion)
    if redraft is None or redraft.lapsed_at is not None or deposited:
        return stands
    return laid_over(session, stands, files=files)


def _documents_of(session: Session, application_id: str, also: FileOfRedraft) -> tuple[Document, ...]:
    """A dossier's files that stand, and those of which a redraft says this. One query."""
    stands = col(Document.removed_at).is_(None)
    found = session.exec(
        select(Document)
        .where(
            Document.application_id == application_id,
            or_(stands, Document.redraft == also) if also else stands,
        )
        .order_by(col(Document.uploaded_at), col(Document.id))
    )
    return tuple(found)


def laid_over(session: Session, dossier: OpenedDossier, *, files: bool = True) -> OpenedDossier:
    """The dossier as its redraft has it, open or lapsed. At most two queries."""
    own = session.exec(select(RedraftedSection).where(RedraftedSection.application_id == dossier.id))
    documents: Sequence[Document] = ()
    if files:
        documents = [
            one
            for one in _documents_of(session, dossier.id, FileOfRedraft.ADDED)
            if one.redraft != FileOfRedraft.DROPPED
        ]
    sections: dict[str, TypedSection] = {**dossier.sections, **{one.section: one for one in own}}
    return replace(dossier, sections=sections, documents=tuple(documents))


def reader_by_link(association_id: str) -> Actor:
    """Who holds a link to a dossier of this association, without an account: may read it, and nothing else."""
    return Actor(person_id="", email="", name="", memberships={association_id: MembershipRole.READER})


def form_to_fill(session: Session, *, actor: Actor, application_id: str) -> OpenedCall:
    """The call whose form a dossier fills in, for who may fill it in now: what a post is read by, before it is stored.

    Nothing of the dossier is read: what its answers hide or a completion leaves closed is for the use case that stores.
    One query. Raises NotFound, StateForbids.
    """
    row = session.exec(
        select(Application, Call, Redraft)
        .join(Redraft, col(Redraft.application_id) == col(Application.id), isouter=True)
        .where(Application.id == application_id, Call.id == Application.call_id)
    ).first()
    if row is None:
        raise NotFound("application", application_id)
    application, record, redraft = row
    call = opened_call(session, record)
    corrections = redraft is not None and redraft.lapsed_at is None
    target = dossier_target(call, application, corrections=corrections)
    ensure(actor, Permission.APPLICATION_EDIT, target, kind="application", id=application_id)
    return call


def open_completion(session: Session, application_id: str) -> CompletionRequest | None:
    """The request for completion that isn't answered yet."""
    return session.exec(
        select(CompletionRequest)
        .where(
            CompletionRequest.application_id == application_id,
            col(CompletionRequest.answered_at).is_(None),
            col(CompletionRequest.lapsed_at).is_(None),
        )
        .order_by(col(CompletionRequest.created_at).desc(), col(CompletionRequest.id))
    ).first()


def submissions_of(session: Session, application_id: str) -> tuple[Submission, ...]:
    """The deposits of a dossier, the first one first."""
    found = session.exec(
        select(Submission)
        .where(Submission.application_id == application_id)
        .order_by(col(Submission.ordinal), col(Submission.id))
    )
    return tuple(found)


def deposit_content(dossier: OpenedDossier) -> dict[str, Any]:
    """What a deposit freezes: the answers that count and the files, by their hashes."""
    answers = {key: value for key, value in dossier.answers.items() if key != RAW}
    documents = [
        {
            "id": document.id,
            "question": document.question,
            "name": document.name,
            "content_type": document.content_type,
            "size": document.size,
            "sha256": document.sha256,
        }
        for document in dossier.counting_documents
    ]
    return {"answers": answers, "documents": documents}


def deadline_of(dossier: OpenedDossier) -> datetime:
    """The last moment at which this dossier is taken."""
    if dossier.completion is not None:
        return dossier.completion.due_at
    return dossier.call.accepted_until


def announced_deadline(dossier: OpenedDossier) -> datetime:
    """The moment that people are told to keep: without the grace, which is for accidents."""
    return dossier.completion.due_at if dossier.completion is not None else dossier.call.record.closes_at
