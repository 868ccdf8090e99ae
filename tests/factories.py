"""Makes people, associations, calls and dossiers for tests: each call makes one, with what matters given by name."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from aap.demo.identifiers import siret
from aap.identity import hash_password
from aap.records.applications import Application, ApplicationState, SectionAnswers
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import Membership, MembershipRole, Person, Role, RoleGrant
from aap.records.reviews import Assignment, Reviewer
from aap.records.types import new_id
from aap.services.actor import SYSTEM, Actor, load_actor
from aap.services.call.calls import OpenedCall, add_call, get_call
from aap.services.platform import Platform
from aap.web.public_links import PublicLinks

PASSWORD = "un long mot de passe"

LINKS = PublicLinks("http://127.0.0.1:8000")

_SIRETS = itertools.count(50_000)
"""A factory of another test may write into the same database."""


@cache
def password_hash() -> str:
    return hash_password(PASSWORD)


CALL_FILE = """
schema: 1
call:
  id: {id}
  title: "Appel d’essai {id}"
  reference: AAP-{id}
  summary: "Un appel pour les essais."
  audience: "Les associations."
  authority:
    name: "Ministère d’essai"
    siret: "13002526500013"
    service: "Bureau des essais"
    city: Paris
    court: "tribunal administratif de Paris"
  opens_at: "{opens_at}"
  closes_at: "{closes_at}"
  grace_minutes: 15
  contact: appel@example.org
  themes: [{{id: sport, title: Sport}}, {{id: ecole, title: École}}]
eligibility:
  - id: association
    question: "Êtes-vous une association ?"
    check: {{equals: oui}}
    rule: "Seules les associations peuvent candidater."
form:
  title_question: titre
  attributes: {{region: association.region}}
  attestations: ["Je certifie que les informations données sont exactes."]
  sections:
    - id: projet
      title: Votre projet
      questions:
        - {{id: titre, label: "Titre du projet", type: text, max_length: 120}}
        - {{id: resume, label: "Résumé", type: long_text, max_length: 1000, criteria: [qualite]}}
        - {{id: jeunes, label: "Nombre de jeunes", type: number, min: 1, required: false}}
    - id: moyens
      title: Vos moyens
      questions:
        - {{id: budget, label: "Budget du projet", type: budget, budget: project}}
        - {{id: statuts, label: "Statuts", type: file, required: false}}
rubric:
  scale: {{min: 0, max: 5, step: 0.5}}
  min_reviews: 2
  criteria:
    - {{id: qualite, title: "Qualité", weight: 60, comment: "below:2", levels: {{0: "Absent", 5: "Excellent"}}}}
    - {{id: solidite, title: "Solidité", weight: 40}}
  tie_break: [qualite]
scoring: {{method: raw}}
selection: {{mode: value, laureates: 2, budget: 100000, waiting_list: 1}}
"""


@dataclass
class Factory:
    """`now` is the platform's clock. Objects come back detached, with their values loaded."""

    platform: Platform
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def now(self) -> datetime:
        return self.platform.clock()

    def person(self, *roles: Role, call: OpenedCall | None = None, **values: object) -> Person:
        number = next(self._numbers)
        person = Person(
            **{
                "email": f"personne-{number}@example.org",
                "name": f"Camille Exemple-{number}",
                "password": password_hash(),
                "fs_uniquifier": new_id(),
                "confirmed_at": self.now,
                "created_at": self.now,
                **values,
            }
        )
        with self.platform.database.writing() as session:
            session.add(person)
            session.flush()
            for role in roles:
                call_id = call.id if call else None
                session.add(RoleGrant(person_id=person.id, role=role, call_id=call_id, created_at=self.now))
                if role is Role.REVIEWER and call:
                    session.add(
                        Reviewer(call_id=call.id, person_id=person.id, code=f"R{number:02}", created_at=self.now)
                    )
        return person

    def actor(self, person: Person) -> Actor:
        with self.platform.database.reading() as session:
            actor = load_actor(session, person.id)
        assert actor is not None
        return actor

    def association(
        self, *members: Person, role: MembershipRole = MembershipRole.OWNER, **values: object
    ) -> Association:
        number = next(self._numbers)
        association = Association(
            **{
                "name": f"Les Passerelles fictives {number}",
                "siret": siret(next(_SIRETS)),
                "address": "1 rue de l’Exemple",
                "postal_code": "69003",
                "commune_code": "69123",
                "commune_name": "Lyon",
                "department": "69",
                "region": "84",
                "zone": "metro",
                "email": f"asso-{number}@example.org",
                "phone": "+33199000001",
                "representative_name": "Dominique Exemple",
                "representative_capacity": "présidente",
                "representative_email": f"presidence-{number}@example.org",
                "created_at": self.now,
                "updated_at": self.now,
                **values,
            }
        )
        with self.platform.database.writing() as session:
            session.add(association)
            session.flush()
            for member in members:
                session.add(
                    Membership(person_id=member.id, association_id=association.id, role=role, created_at=self.now)
                )
        return association

    def join(self, association: Association, person: Person, role: MembershipRole) -> None:
        """Makes the person a member of an association that is there."""
        with self.platform.database.writing() as session:
            session.add(Membership(person_id=person.id, association_id=association.id, role=role, created_at=self.now))

    def call(self, state: CallState = CallState.OPEN, *, text: str | None = None, id: str | None = None) -> OpenedCall:
        """A call in the given state, open for ten days around now (of `text`, or of a small file)."""
        call_id = id or f"essai-{next(self._numbers)}"
        if text is None:
            text = CALL_FILE.format(
                id=call_id,
                opens_at=(self.now - timedelta(days=5)).isoformat(),
                closes_at=(self.now + timedelta(days=5)).isoformat(),
            )
        with self.platform.database.writing() as session:
            opened = add_call(session, actor=SYSTEM, text=text, name=f"{call_id}.yaml", now=self.now)
            opened.record.state = state
            opened.record.rubric_hash = "0" * 64
            session.add(opened.record)
        with self.platform.database.reading() as session:
            return get_call(session, opened.id)

    def application(
        self,
        call: OpenedCall,
        association: Association | None = None,
        state: ApplicationState = ApplicationState.DRAFT,
        answers: dict[str, dict[str, object]] | None = None,
        **values: object,
    ) -> Application:
        """A dossier; `answers`: section → question → answer."""
        held = association or self.association()
        number = next(self._numbers)
        application = Application(
            **{
                "call_id": call.id,
                "association_id": held.id,
                "reference": f"ESSAI-{number:05}",
                "state": state,
                "title": f"Projet d’essai {number}",
                "requested_amount": 20_000_00,
                "created_at": self.now,
                "updated_at": self.now,
                "submitted_at": None if state is ApplicationState.DRAFT else self.now,
                **values,
            }
        )
        with self.platform.database.writing() as session:
            session.add(application)
            session.flush()
            for section, content in (answers or {}).items():
                session.add(
                    SectionAnswers(application_id=application.id, section=section, answers=content, updated_at=self.now)
                )
        return application

    def assignment(self, application: Application, reviewer: Person) -> Assignment:
        assignment = Assignment(
            call_id=application.call_id,
            application_id=application.id,
            person_id=reviewer.id,
            created_at=self.now,
        )
        with self.platform.database.writing() as session:
            session.add(assignment)
        return assignment
