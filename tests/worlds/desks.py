"""A call under review, its reviewers and dossiers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.records.people import Person, Role
from aap.services.call.calls import OpenedCall
from aap.services.review.reviewing import ReviewEntry
from tests.factories import CALL_FILE, Factory


@dataclass
class Desk:
    """One dossier given to `first` and `second`; `third` reviews the call but not the dossier."""

    call: OpenedCall
    application: Application
    first: Person
    second: Person
    third: Person
    official: Person
    factory: Factory

    def entry(self, version: int = 0, *, general: str = "", **marks: str) -> ReviewEntry:
        return ReviewEntry(
            marks=marks, comments={"qualite": "Bien vu."}, general=general, version=version, rubric_hash="0" * 64
        )


Desks = Callable[..., Desk]


@pytest.fixture
def desk(factory: Factory) -> Desks:
    """`desk(reviewing="blind: true")` sets the call's way of reviewing."""

    def make(*, reviewing: str = "", state: ApplicationState = ApplicationState.ELIGIBLE) -> Desk:
        number = next(factory._numbers)
        text = CALL_FILE.format(
            id=f"revue-{number}",
            opens_at=(factory.now - timedelta(days=30)).isoformat(),
            closes_at=(factory.now - timedelta(days=5)).isoformat(),
        )
        if reviewing:
            text += f"reviewing: {{{reviewing}}}\n"
        call = factory.call(CallState.REVIEWING, text=text, id=f"revue-{number}")
        application = factory.application(
            call,
            factory.association(name="Association très reconnaissable"),
            state,
            {"projet": {"titre": "Mentors", "resume": "Un projet solide."}},
        )
        reviewers = [factory.person(Role.REVIEWER, call=call) for _ in range(3)]
        factory.assignment(application, reviewers[0])
        factory.assignment(application, reviewers[1])
        official = factory.person(Role.OFFICIAL)
        return Desk(call, application, *reviewers, official, factory)

    return make
