"""The association's space: a real call of `rubrics/`, open; a volunteer signed in; what a complete dossier holds."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from aap.own_files import rubrics_folder
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.people import Membership, MembershipRole, Person
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.uploads import ReceivedFile, attach, receive
from tests.conftest import Browser, TestClock
from tests.factories import Factory

ELIGIBLE = {"statut": "oui", "mentorat": "oui", "obligations": "oui"}

ANSWERS: dict[str, dict[str, Any]] = {
    "projet": {
        "titre": "Quarante mentors pour les lycéens de la vallée",
        "theme": "scolarite",
        "resume": "Chaque lycéen rencontre son mentor chaque semaine, au lycée puis en ville. " * 3,
        "periode": {"start": "2026-09-01", "end": "2027-06-30"},
        "actions": [{"intitule": "Former les mentors", "description": "Deux journées avec une éducatrice."}],
    },
    "jeunes": {
        "nombre": "40",
        "territoires": ["rural"],
        "commune": "69123",
        "orienteurs": {"value": "oui", "detail": "Le lycée des Essais, vingt jeunes par an."},
    },
    "moyens": {
        "taille": "small",
        "mentors": "12",
        "partenaires": [{"nom": "Lycée des Essais", "role": "Une salle"}],
        "budget": {
            "charges": {"60": "2000.00", "641": "14000.00", "645": "4000.00"},
            "products": {"request": "12000.00", "74-commune": "5000.00", "756": "3000.00"},
            "contributions": {"864": "6000.00", "870": "6000.00"},
        },
    },
    "pieces": {},
}
"""A complete dossier for mentorat-2026, but for its files."""

POSTED: dict[str, dict[str, Any]] = {
    "projet": {
        "q.titre": "Quarante mentors pour les lycéens de la vallée",
        "q.theme": "scolarite",
        "q.resume": "Chaque lycéen rencontre son mentor chaque semaine, au lycée puis en ville. " * 3,
        "q.periode.start": "2026-09-01",
        "q.periode.end": "2027-06-30",
        "q.actions.0.intitule": "Former les mentors",
        "q.actions.0.description": "Deux journées avec une éducatrice.",
    },
    "jeunes": {
        "q.nombre": "40",
        "q.territoires": ["rural"],
        "q.commune": "Lyon (Rhône)",
        "q.orienteurs": "oui",
        "q.orienteurs.detail": "Le lycée des Essais, vingt jeunes par an.",
    },
    "moyens": {
        "q.taille": "small",
        "q.mentors": "12",
        "q.partenaires.0.nom": "Lycée des Essais",
        "q.partenaires.0.role": "Une salle",
        "q.budget.60": "2 000",
        "q.budget.641": "14 000,00 €",
        "q.budget.645": "4 000",
        "q.budget.request": "12000",
        "q.budget.74-commune": "5 000",
        "q.budget.756": "3 000",
        "q.budget.864": "6000",
        "q.budget.870": "6000",
    },
    "pieces": {},
}
"""The same as a person types it."""


@cache
def pdf(title: str = "Statuts") -> bytes:
    """A one-page PDF; another title gives other bytes."""
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        made.docinfo["/Title"] = title
        out = io.BytesIO()
        made.save(out, deterministic_id=True)
    return out.getvalue()


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), colour: str = "navy") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


@dataclass
class Space:
    """`person` owns `association`; `application` is its draft for `call`."""

    factory: Factory
    clock: TestClock
    call: OpenedCall
    person: Person
    association: Association
    application: Application

    @property
    def id(self) -> str:
        return self.application.id

    @property
    def url(self) -> str:
        return f"/association/dossiers/{self.id}"

    @property
    def actor(self) -> Actor:
        return self.factory.actor(self.person)

    @property
    def database(self) -> Any:
        return self.factory.platform.database

    def dossier(self) -> OpenedDossier:
        with self.database.reading() as session:
            return open_dossier(session, actor=self.actor, application_id=self.id)

    def colleague(self, role: MembershipRole = MembershipRole.EDITOR, **values: object) -> Person:
        """Another person of the same association."""
        person = self.factory.person(**values)
        with self.database.writing() as session:
            session.add(
                Membership(
                    person_id=person.id, association_id=self.association.id, role=role, created_at=self.factory.now
                )
            )
        return person

    def stored(self, name: str = "statuts.pdf", content: bytes | None = None) -> tuple[ReceivedFile, ...]:
        from aap.documents.incoming.incoming_file import IncomingFile

        sent = [IncomingFile(name, pdf(name) if content is None else content)]
        return receive(self.factory.platform, sent, ("pdf", "image"), max_megabytes=10)

    def attach(self, question: str, name: str | None = None) -> None:
        files = self.stored(name or f"{question}.pdf")
        with self.database.writing() as session:
            attach(
                session, actor=self.actor, application_id=self.id, question_id=question, files=files,
                now=self.factory.now,
            )  # fmt: skip

    def attach_all(self) -> Space:
        for question in ("statuts", "comptes", "rib"):
            self.attach(question)
        return self


Spaces = Callable[..., Space]


@pytest.fixture
def space(factory: Factory, clock: TestClock) -> Spaces:
    """`space()` has an empty draft; `space(ANSWERS)` one that only lacks its files; `text`: another call file."""

    def make(
        answers: Mapping[str, Mapping[str, Any]] | None = None, *, name: str = "mentorat-2026", text: str = "",
        **values: object,
    ) -> Space:  # fmt: skip
        year = int(name[-4:])
        clock.now = datetime(year, 2, 10, 9, 0, tzinfo=UTC)
        person = factory.person(name="Camille Exemple")
        association = factory.association(person, siret="13002526500013", rna="W691000001")
        text = text or Path(rubrics_folder() / f"{name}.yaml").read_text()
        call = factory.call(text=text, id=name)
        application = factory.application(
            call, association, answers={section: dict(given) for section, given in (answers or {}).items()},
            title="", requested_amount=0, eligibility=ELIGIBLE, created_by=person.id, **values,
        )  # fmt: skip
        clock.move(minutes=5)
        return Space(factory, clock, call, person, association, application)

    return make


@pytest.fixture
def signed(browser: Callable[[], Browser]) -> Callable[[Space], Browser]:
    """A browser in which the volunteer is signed in."""
    return lambda space: browser().sign_in(space.person)


def closing(space: Space) -> datetime:
    return space.call.record.closes_at


def last_second(space: Space) -> datetime:
    """The last moment of the grace."""
    return closing(space) + timedelta(minutes=space.call.record.grace_minutes)
