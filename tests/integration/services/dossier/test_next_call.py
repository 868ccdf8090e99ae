"""A dossier started from an earlier one: what still fits is copied, what changed in the form is shown."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from aap.records.applications import Application, ApplicationState, Document, SectionAnswers
from aap.records.calls import CallState
from aap.records.people import Person
from aap.services.call.calls import OpenedCall
from aap.services.dossier.applying import FormChanges, form_changes, start_application
from aap.services.errors import NotFound
from aap.services.platform import Platform
from tests.databases import on_both_databases
from tests.factories import CALL_FILE, Factory

OLD_QUESTIONS = """
        - {id: genre, label: "Genre", type: choice, options: [{value: a, label: A}, {value: b, label: B}]}
        - {id: lieux, label: "Lieux", type: multiple_choice, options: [{value: a, label: A}, {value: b, label: B}]}
        - {id: dates, label: "Dates", type: date}
        - {id: equipe, label: "Équipe", type: table, columns: [{id: nom, label: Nom}, {id: age, label: Âge}]}
        - {id: ancien, label: "Question ancienne", type: text}
"""
NEW_QUESTIONS = """
        - {id: genre, label: "Genre du projet", type: choice, options: [{value: a, label: A}, {value: c, label: C}]}
        - {id: lieux, label: "Lieux", type: multiple_choice, options: [{value: b, label: B}, {value: c, label: C}]}
        - {id: dates, label: "Dates", type: period}
        - {id: equipe, label: "Équipe", type: table, columns: [{id: nom, label: Nom}, {id: role, label: Rôle}]}
        - {id: neuf, label: "Question neuve", type: text}
"""
ANSWERS = {
    "projet": {
        "titre": "Mentors du soir", "resume": "Un projet solide.", "genre": "b", "lieux": ["a", "b"],
        "dates": "2025-01-01", "equipe": [{"nom": "Léa", "age": "30"}, {"age": "41"}], "ancien": "Avant",
    },
    "moyens": {"budget": {"charges": {"60": "100.00"}, "products": {"70": "100.00"}}},
}  # fmt: skip


def call_with(factory: Factory, id: str, questions: str, state: CallState = CallState.OPEN) -> OpenedCall:
    text = CALL_FILE.format(
        id=id, opens_at=(factory.now - timedelta(days=5)).isoformat(),
        closes_at=(factory.now + timedelta(days=5)).isoformat(),
    ).replace("    - id: moyens", questions.strip("\n") + "\n    - id: moyens")  # fmt: skip
    return factory.call(state, text=text, id=id)


@pytest.fixture
def two(factory: Factory) -> tuple[OpenedCall, Application, OpenedCall, Person]:
    """An earlier dossier with answers and a file, and the next call."""
    owner = factory.person()
    earlier = call_with(factory, "appel-2024", OLD_QUESTIONS, CallState.PUBLISHED)
    application = factory.application(earlier, factory.association(owner), ApplicationState.NOTIFIED, ANSWERS)
    kept = factory.platform.files.put(io.BytesIO(b"%PDF-1.7 statuts"))
    with factory.platform.database.writing() as session:
        session.add(
            Document(
                association_id=application.association_id, application_id=application.id, question="statuts",
                name="statuts.pdf", content_type="application/pdf", size=kept.size, sha256=kept.sha256,
                uploaded_at=factory.now,
            )
        )  # fmt: skip
    return earlier, application, call_with(factory, "appel-2025", NEW_QUESTIONS), owner


def test_what_changed_in_the_form_is_told_by_kind(two: tuple[OpenedCall, Application, OpenedCall, Person]) -> None:
    earlier, _application, following, _owner = two
    assert form_changes(earlier, following) == FormChanges(
        new=("Question neuve",), changed=("Genre du projet", "Lieux", "Dates", "Équipe"), gone=("Question ancienne",)
    )
    assert form_changes(earlier, earlier) == FormChanges((), (), ())


@on_both_databases
def test_answers_and_files_that_still_fit_are_copied(
    two: tuple[OpenedCall, Application, OpenedCall, Person], factory: Factory, platform: Platform
) -> None:
    _earlier, application, following, owner = two
    with platform.database.writing() as session:
        started = start_application(
            session, actor=factory.actor(owner), call_id=following.id, association_id=application.association_id,
            eligibility={}, now=factory.now, earlier_id=application.id,
        )  # fmt: skip
    with platform.database.reading() as session:
        held = {
            one.section: one.answers
            for one in session.exec(select(SectionAnswers).where(SectionAnswers.application_id == started.id))
        }
        files = session.exec(
            select(Document).where(Document.application_id == started.id, col(Document.removed_at).is_(None))
        ).all()
    assert held == {
        "projet": {
            "titre": "Mentors du soir", "resume": "Un projet solide.", "lieux": ["b"], "equipe": [{"nom": "Léa"}],
        },
        "moyens": ANSWERS["moyens"],
    }  # fmt: skip
    assert [(one.question, one.name) for one in files] == [("statuts", "statuts.pdf")]
    assert (started.title, started.earlier_id, started.state) == (
        "Mentors du soir", application.id, ApplicationState.DRAFT,
    )  # fmt: skip


def test_a_dossier_of_others_is_never_a_source(
    two: tuple[OpenedCall, Application, OpenedCall, Person], factory: Factory, platform: Platform
) -> None:
    _earlier, application, following, _owner = two
    stranger = factory.person()
    own = factory.association(stranger)
    with platform.database.writing() as session, pytest.raises(NotFound):
        start_application(
            session, actor=factory.actor(stranger), call_id=following.id, association_id=own.id, eligibility={},
            now=factory.now, earlier_id=application.id,
        )  # fmt: skip


def test_the_page_offers_the_earlier_dossier_and_says_what_changed(
    two: tuple[OpenedCall, Application, OpenedCall, Person], browser: Callable[[], Any]
) -> None:
    _earlier, application, following, owner = two
    signed = browser().sign_in(owner)
    address = f"/association/dossiers/nouveau/{following.id}"
    for page in (signed.get(address), signed.post(address, {"association": "autre"})):
        text = re.sub(r">\s+<", "><", page.text.replace("\u00a0", " "))
        assert "1 question nouvelle, 4 posées autrement, 1 n’est plus posée." in text
        for heading, label in (("Questions nouvelles", "Question neuve"), ("Posées autrement", "Genre du projet"),
                               ("Qui ne sont plus posées", "Question ancienne")):  # fmt: skip
            assert f"{heading}</p><ul><li>{label}" in text
    done = signed.post(address, {"association": application.association_id, "earlier": application.id})
    assert "Mentors du soir" in signed.get(done.location).text
