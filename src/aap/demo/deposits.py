"""Writes the demonstration's people, associations and dossiers into an instance, as the forms would have left them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlmodel import Session

from aap.core.call.canonical import canonical_hash
from aap.core.call.schema import CallFile
from aap.demo.associations import DemoAssociation
from aap.demo.attachments import DemoFile
from aap.identity import hash_password
from aap.records.applications import Application, ApplicationState, Document, SectionAnswers, Submission
from aap.records.associations import Association
from aap.records.people import Membership, MembershipRole, Person
from aap.records.types import new_id
from aap.services.call.calls import OpenedCall
from aap.services.dossier.facts import dossier_facts
from aap.services.platform import Platform

PASSWORD = "demonstration-2025"  # noqa: S105  (printed for everybody: the instance is fictitious)
# What a deposit freezes of the association, and of each file (as when it is made on the page).
_IDENTITY = (
    "name", "acronym", "siret", "rna", "address", "postal_code", "commune_code", "commune_name", "email", "phone",
    "representative_name", "representative_capacity",
)  # fmt: skip
_FROZEN = ("id", "question", "name", "content_type", "size", "sha256")


@dataclass(frozen=True)
class Deposit:
    """A dossier as it is written: submitted where `submitted_at` is set, else a draft last saved at `saved_at`.

    `raw`: what was typed and can't be read yet, by question.
    """

    number: int
    answers: Mapping[str, Any]
    eligibility: Mapping[str, str]
    files: Sequence[DemoFile]
    started_at: datetime
    saved_at: datetime
    submitted_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


class Depositor:
    """Adds to a session; the caller commits."""

    def __init__(self, platform: Platform) -> None:
        self._files = platform.files
        self._password = hash_password(PASSWORD)  # once: it is made to be slow

    def person(self, session: Session, name: str, email: str, at: datetime) -> Person:
        """An account with the password of the demonstration."""
        person = Person(
            email=email.lower(),
            name=name,
            password=self._password,
            fs_uniquifier=new_id(),
            confirmed_at=at,
            created_at=at,
        )
        session.add(person)
        return person

    def association(self, session: Session, made: DemoAssociation, at: datetime) -> tuple[Association, Person]:
        """The association, and the account of the person who types its dossiers."""
        owner = self.person(session, made.contact.name, made.contact.email, at)
        representative = made.representative
        association = Association(
            name=made.name,
            acronym=made.acronym,
            siret=made.siret,
            rna=made.rna,
            object=made.purpose,
            created_on=made.created_on,
            address=made.address,
            postal_code=made.postal_code,
            commune_code=made.commune.code,
            commune_name=made.commune.name,
            department=made.commune.department.code,
            region=made.commune.region.code,
            zone=made.commune.zone,
            website=made.website,
            email=made.email,
            phone=made.phone,
            iban=made.iban,
            representative_name=representative.person.name,
            representative_capacity=representative.capacity,
            representative_email=representative.person.email,
            officers=[{"name": officer.person.name, "capacity": officer.capacity} for officer in made.officers],
            created_at=at,
            updated_at=at,
        )
        session.add(association)
        session.flush()
        session.add(
            Membership(person_id=owner.id, association_id=association.id, role=MembershipRole.OWNER, created_at=at)
        )
        return association, owner

    def dossier(
        self, session: Session, call: OpenedCall, association: Association, person_id: str, deposit: Deposit
    ) -> Application:
        """The dossier with its answers and files and, where it is submitted, its receipt."""
        facts = dossier_facts(call.file, deposit.answers, association)
        submitted = deposit.submitted_at is not None
        application = Application(
            call_id=call.id,
            association_id=association.id,
            reference=f"{call.file.call.reference or call.id.upper()}-{deposit.number:04d}",
            state=ApplicationState.SUBMITTED if submitted else ApplicationState.DRAFT,
            title=facts.title,
            theme=facts.theme,
            requested_amount=facts.requested_amount,
            attributes=facts.attributes,
            eligibility=dict(deposit.eligibility),
            created_by=person_id,
            created_at=deposit.started_at,
            updated_at=deposit.saved_at,
            submitted_at=deposit.submitted_at,
        )
        session.add(application)
        session.flush()
        self._answers(session, call.file, application, person_id, deposit)
        documents = self._documents(session, application, person_id, deposit)
        if deposit.submitted_at is not None:
            content: dict[str, Any] = {
                "answers": dict(deposit.answers),
                "documents": documents,
                "attestations": list(call.file.form.attestations),
                "capacity": "self",
                "eligibility": dict(deposit.eligibility),
                "association": {name: getattr(association, name) for name in _IDENTITY},
            }
            session.add(
                Submission(
                    application_id=application.id,
                    ordinal=1,
                    receipt_number=f"{application.reference}-1",
                    arrived_at=deposit.submitted_at,
                    person_id=person_id,
                    content=content,
                    content_hash=canonical_hash(content),
                )
            )
        return application

    def safe(
        self, session: Session, association_id: str, person_id: str, file: DemoFile, kind: str, at: datetime
    ) -> None:
        """A file of the association's safe."""
        stored = self._files.put(io.BytesIO(file.content))
        session.add(
            Document(
                association_id=association_id,
                kind=kind,
                name=file.name,
                content_type="application/pdf",
                size=stored.size,
                sha256=stored.sha256,
                uploaded_by=person_id,
                uploaded_at=at,
            )
        )

    @staticmethod
    def _answers(session: Session, call: CallFile, application: Application, person_id: str, deposit: Deposit) -> None:
        for section in call.form.sections:
            ids = [question.id for question in section.questions]
            answers = {name: deposit.answers[name] for name in ids if name in deposit.answers}
            raw = {name: deposit.raw[name] for name in ids if name in deposit.raw}
            if answers or raw or deposit.submitted_at is not None:
                session.add(
                    SectionAnswers(
                        application_id=application.id,
                        section=section.id,
                        answers=answers,
                        raw=raw,
                        updated_by=person_id,
                        updated_at=deposit.saved_at,
                    )
                )

    def _documents(
        self, session: Session, application: Application, person_id: str, deposit: Deposit
    ) -> list[dict[str, Any]]:
        """Keeps the files. Gives what a deposit freezes of them; the ids are drawn from the names, so that the same
        demonstration has the same deposits."""
        documents = []
        for file in deposit.files:
            stored = self._files.put(io.BytesIO(file.content))
            document = Document(
                id=str(uuid5(NAMESPACE_URL, f"https://example.org/{application.reference}/{file.name}")),
                association_id=application.association_id,
                application_id=application.id,
                question=file.question,
                name=file.name,
                content_type="application/pdf",
                size=stored.size,
                sha256=stored.sha256,
                uploaded_by=person_id,
                uploaded_at=deposit.started_at,
            )
            session.add(document)
            documents.append({name: getattr(document, name) for name in _FROZEN})
        return documents
