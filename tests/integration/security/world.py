"""A small demonstration with marked texts (canaries) in one dossier, and one signed-in browser an actor.

The dossier `own` is a laureate's of the finished call; what the actors are to it is known. `other` is a dossier of
another association in another call.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, col, select
from werkzeug.test import TestResponse

from aap.app import create_app
from aap.demo.filling import FINISHED, DemoSize, fill_instance
from aap.jobs import sweep
from aap.records.applications import CORRECTABLE, Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import Call, CallState
from aap.records.people import Membership, MembershipRole, Person, Role, RoleGrant
from aap.records.rankings import Decision, Outcome
from aap.records.reviews import Assignment, Recusal, RecusalOrigin, Reviewer
from aap.services.actor import Actor, load_actor
from aap.services.permissions import Target
from aap.services.platform import Platform, open_platform
from aap.settings import Settings
from tests.conftest import LIMITS_OF_SESSIONS
from tests.factories import PASSWORD, password_hash
from tests.integration.security.named_objects import (
    ANSWERS,
    COMMENT,
    FILE,
    JURY,
    MESSAGE,
    NOTES,
    REDRAFT,
    Objects,
    new_person,
    objects_of,
)

MEMBERS = frozenset({"owner", "editor", "reader", "official_member"})
RECUSED = frozenset({"recused", "recused_official", "official_member"})
"""Recused of the own dossier: a reviewer, an official, an official who is a member of its association (who keeps the
member's pages). The first two are in the register, as a service decides them; of the third it has no line: the membership
itself keeps them away."""
TITLE = "CANARI-TITRE"
EVERYBODY = "everybody"
"""Official of every call, administrator, owner of both associations, which an administrator found to be no obstacle: who
may mix two sides, and sees all. Of the actors that are asked for every page they are none."""
SEES: Mapping[str, frozenset[str]] = {
    ANSWERS: MEMBERS | {"assigned", "fellow", "official"},
    COMMENT: MEMBERS | {"assigned", "fellow", "official"},
    NOTES: frozenset({"assigned"}),
    MESSAGE: MEMBERS | {"official"},
    JURY: frozenset({"official"}),
    FILE: MEMBERS | {"assigned", "fellow", "official"},
    REDRAFT: MEMBERS,
}
"""Canary → actors who may ever read it."""
WORKING_PAGES = ("official.", "reviewer.")
"""Where who is recused must find nothing that names the own dossier; elsewhere they are members, or the public."""


def readers_of(canary: str, endpoint: str) -> frozenset[str]:
    """Who may read a canary of `SEES` on the pages of an endpoint."""
    readers = SEES[canary]
    return readers - RECUSED if endpoint.startswith(WORKING_PAGES) else readers


@dataclass(eq=False)
class World:
    platform: Platform
    app: Flask
    own: Objects
    other: Objects
    people: dict[str, Person | None]
    browsers: dict[str, FlaskClient] = field(default_factory=dict)
    actors: dict[str, Actor | None] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    """What names the own dossier, or tells it apart, in texts without white space: title, association, reference, amount."""

    def set_states(self, call: CallState, application: ApplicationState) -> None:
        """Puts the own call and dossier into these states, whatever they were."""
        with self.platform.database.writing() as session:
            held = session.get_one(Call, self.own.call_id)
            held.state = call
            dossier = session.get_one(Application, self.own.application_id)
            dossier.state = application
            session.add_all([held, dossier])
        self._states.cache_clear()

    @cache  # noqa: B019  (one world a module)
    def _states(self, objects: Objects) -> tuple[CallState, ApplicationState]:
        with self.platform.database.reading() as session:
            call = session.get_one(Call, objects.call_id)
            dossier = session.get_one(Application, objects.application_id)
        return CallState(call.state), ApplicationState(dossier.state)

    def target(self, objects: Objects, parameters: frozenset[str], who: str, endpoint: str) -> Target:
        """What a route with these parameters is about."""
        call, dossier = self._states(objects)
        about_dossier = bool(parameters & {"application_id", "reference"})
        about_call = about_dossier or "call_id" in parameters
        about_association = about_dossier or bool(parameters & {"association_id", "document_id"})
        mine = objects is self.own
        return Target(
            call_id=objects.call_id if about_call else "",
            call_state=call if about_call else None,
            association_id=objects.association_id if about_association else "",
            application_state=dossier if about_dossier else None,
            assigned=about_dossier and mine and who in ("assigned", "fellow"),
            recused=about_dossier and mine and who in RECUSED and endpoint.startswith(WORKING_PAGES),
            corrections=about_dossier and mine and dossier in CORRECTABLE,
        )

    def asked_by(self) -> list[tuple[str, FlaskClient]]:
        """The actors whom every route is asked by."""
        return [(who, browser) for who, browser in self.browsers.items() if who != EVERYBODY]

    def named_in(self, text: str, asked_with: str = "") -> list[str]:
        """What of the own dossier's identity stands in a text, besides what the address asked for."""
        plain = "".join(text.split())
        return [one for one in self.identity if one in plain and one not in asked_with]

    def fetched(self, who: str, address: str) -> TestResponse:
        """What the actor gets; where it takes long work first, after that."""
        answer = self.browsers[who].get(address)
        if answer.status_code == 302 and "/travaux/" in answer.location:
            sweep(self.platform)
            answer = self.browsers[who].get(address)
        return answer

    def newly_signed_in(self, who: str) -> FlaskClient:
        """Another browser of the actor: what it does to its session is nobody else's."""
        browser, person = self.app.test_client(), self.people[who]
        if person is not None:
            browser.post("/connexion", data={"email": person.email, "password": PASSWORD})
        return browser

    @contextmanager
    def kept(self) -> Iterator[Callable[[], None]]:
        """Gives what puts the database back as it was at the beginning; it is put back at the end, too."""
        path = self.platform.settings.instance / "aap.sqlite3"
        with closing(sqlite3.connect(":memory:")) as kept:
            with closing(sqlite3.connect(path)) as live:
                live.backup(kept)

            def put_back() -> None:
                with closing(sqlite3.connect(path)) as live:
                    kept.backup(live)
                self._states.cache_clear()

            try:
                yield put_back
            finally:
                put_back()

    def fingerprint(self) -> dict[str, object]:
        """Number of rows and newest change of each table, but for the audit log."""
        with self.platform.database.engine.connect() as connection:
            tables = [
                row[0]
                for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
                if not row[0].startswith(("audit", "sqlite", "alembic"))
            ]
            return {
                table: connection.exec_driver_sql(
                    f"SELECT count(*), {self._content(connection, table)} FROM {table}"
                ).one()
                for table in tables
            }

    @staticmethod
    def _content(connection: object, table: str) -> str:
        columns = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")]  # type: ignore[attr-defined]
        return ", ".join(f"total(length({column}))" for column in columns if column != "bundle")


def build(folder: Path) -> World:
    settings = Settings(
        instance=folder / "instance",
        environment="testing",
        immediate_jobs=True,
        rate_limit=False,
        secret_key="only-for-tests",
        **LIMITS_OF_SESSIONS,
    )
    platform = open_platform(settings)
    fill_instance(
        platform,
        seed=3,
        tell=lambda *_: None,
        scale=DemoSize(finished=24, reviewed=8, open=6, draws=0, processes=1),
    )
    app = create_app(platform=platform)
    app.config["WTF_CSRF_ENABLED"] = False  # what is tested here is who, not from where
    with platform.database.writing() as session:
        own, other, people = _cast(session, platform)
    world = World(platform, app, own, other, people)
    with platform.database.reading() as session:
        world.identity = _identity(session, own.application_id)
    for name, person in people.items():
        world.browsers[name] = app.test_client()
        with platform.database.reading() as session:
            world.actors[name] = load_actor(session, person.id) if person else None
        if person:
            answer = world.browsers[name].post("/connexion", data={"email": person.email, "password": PASSWORD})
            assert answer.status_code == 302, answer.text
    return world


def _cast(session: Session, platform: Platform) -> tuple[Objects, Objects, dict[str, Person | None]]:
    now = platform.clock()
    dossier = _laureate(session)
    dossier.title = f"{TITLE} des jeunes"
    session.add(dossier)
    elsewhere = session.exec(
        select(Application)
        .where(Application.call_id != FINISHED, col(Application.submitted_at).is_not(None))
        .where(Application.association_id != dossier.association_id)
        .order_by(col(Application.id))
    ).first()
    assert elsewhere is not None
    readers = session.exec(
        select(Assignment).where(Assignment.application_id == dossier.id).order_by(col(Assignment.id))
    ).all()
    first, second, third = readers[:3]
    people: dict[str, Person | None] = {"anonymous": None}
    for name in (
        "newcomer", "owner", "editor", "reader", "outsider", "unassigned", "elsewhere_reviewer", "official",
        "elsewhere_official", "admin", "recused_official", "official_member", EVERYBODY,
    ):  # fmt: skip
        people[name] = new_person(session, f"qui-{name.replace('_', '-')}@example.org", now)
    for name, given in (("assigned", first), ("fellow", second), ("recused", third)):
        held = session.get_one(Person, given.person_id)
        held.password = password_hash()
        people[name] = held
    session.flush()
    for name, role in (
        ("owner", MembershipRole.OWNER), ("editor", MembershipRole.EDITOR), ("reader", MembershipRole.READER),
        ("official_member", MembershipRole.READER), (EVERYBODY, MembershipRole.OWNER),
    ):  # fmt: skip
        session.add(
            Membership(person_id=people[name].id, association_id=dossier.association_id, role=role, created_at=now)
        )
    for name in ("outsider", EVERYBODY):
        session.add(
            Membership(
                person_id=people[name].id,
                association_id=elsewhere.association_id,
                role=MembershipRole.OWNER,
                created_at=now,
            )
        )
    grants = (
        ("unassigned", Role.REVIEWER, FINISHED), ("elsewhere_reviewer", Role.REVIEWER, elsewhere.call_id),
        ("official", Role.OFFICIAL, FINISHED), ("elsewhere_official", Role.OFFICIAL, elsewhere.call_id),
        ("admin", Role.ADMIN, None), ("recused_official", Role.OFFICIAL, FINISHED),
        ("official_member", Role.OFFICIAL, FINISHED), (EVERYBODY, Role.ADMIN, None), (EVERYBODY, Role.OFFICIAL, None),
    )  # fmt: skip
    for name, role, call_id in grants:
        session.add(RoleGrant(person_id=people[name].id, role=role, call_id=call_id, created_at=now))
        if role is Role.REVIEWER:
            session.add(Reviewer(call_id=call_id, person_id=people[name].id, code=f"X-{name[:4]}", created_at=now))
    session.add_all(
        Recusal(
            person_id=people[name].id, application_id=dossier.id, origin=RecusalOrigin.OFFICIAL, reason="Intérêt.",
            created_at=now,
        )
        for name in sorted(RECUSED - MEMBERS)
    )  # fmt: skip
    session.add_all(
        Recusal(
            person_id=people[EVERYBODY].id, application_id=one.id, origin=RecusalOrigin.MEMBERSHIP, reason="Membre.",
            created_at=now, dismissed_at=now, dismissal_reason="Sans conséquence.", membership_lifted_at=now,
        )
        for one in (dossier, elsewhere)
    )  # fmt: skip
    return objects_of(session, platform, dossier, first), objects_of(session, platform, elsewhere, None), people


def _laureate(session: Session) -> Application:
    """A laureate's dossier whose amount is no other dossier's of the call."""
    amounts = Counter(session.exec(select(Application.requested_amount).where(Application.call_id == FINISHED)))
    found = session.exec(
        select(Application)
        .where(
            Decision.application_id == Application.id,
            Decision.call_id == FINISHED,
            Decision.outcome == Outcome.LAUREATE,
            Decision.amount == Application.requested_amount,
        )
        .order_by(col(Application.id))
    )
    return next(one for one in found if amounts[one.requested_amount] == 1)


def _identity(session: Session, application_id: str) -> tuple[str, ...]:
    dossier = session.get_one(Application, application_id)
    association = session.get_one(Association, dossier.association_id)
    euros = dossier.requested_amount / 100
    return (TITLE, "".join(association.name.split()), dossier.reference, f"{euros:.2f}", f"{euros:.0f}€")


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    world = build(folder)
    yield world
    world.platform.database.dispose()
