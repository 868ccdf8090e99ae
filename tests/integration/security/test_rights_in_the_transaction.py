"""Rights are read in the transaction that uses them: what was committed before a save refuses it, in every race."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlmodel import Session, col, select

from aap.records.applications import ApplicationState
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.people import MembershipRole, Person, Role, RoleGrant
from aap.records.reviews import Reviewer
from aap.services.account.people import set_person_active, take_role
from aap.services.actor import Actor, read_again
from aap.services.assignment.moves import move_by_hand
from aap.services.association.members import change_member
from aap.services.errors import NotFound
from aap.services.panel.recusing import add_recusal
from aap.services.platform import Platform
from aap.services.sessions import Device, begin_session
from aap.web import context
from tests.conftest import Browser
from tests.databases import on_both_databases
from tests.factories import Factory

RACES = 8
"""A kind and a database: 48 in all on each."""


@dataclass
class Race:
    """One attempt: who saves what, and what takes their right away at the same time.

    `saved`, `taken`: the actions that the log has of the two.
    """

    person: Person
    address: str
    form: dict[str, str]
    saved: str
    taken: str
    take: Callable[[Session], object]


def _in_review(factory: Factory) -> tuple[Person, Person, object]:
    call = factory.call(CallState.REVIEWING)
    reviewer, admin = factory.person(Role.REVIEWER, call=call), factory.person(Role.ADMIN)
    dossier = factory.application(call, state=ApplicationState.ELIGIBLE)
    return reviewer, admin, dossier


MARKS = {"note-qualite": "3", "avis-qualite": "Bien.", "rubric": "0" * 64}


def _reviewer_loses_the_role(factory: Factory) -> Race:
    reviewer, admin, dossier = _in_review(factory)
    factory.assignment(dossier, reviewer)
    by = factory.actor(admin)
    return Race(
        reviewer, f"/evaluation/dossiers/{dossier.id}", MARKS, "review.marked", "role.taken",
        lambda session: take_role(
            session, actor=by, person_id=reviewer.id, role="reviewer", call_id=dossier.call_id, now=factory.now
        ),
    )  # fmt: skip


def _reviewer_s_account_is_closed(factory: Factory) -> Race:
    reviewer, admin, dossier = _in_review(factory)
    factory.assignment(dossier, reviewer)
    by = factory.actor(admin)
    return Race(
        reviewer, f"/evaluation/dossiers/{dossier.id}", MARKS, "review.marked", "person.closed",
        lambda session: set_person_active(
            session, actor=by, person_id=reviewer.id, active=False, reason="Départ.", now=factory.now
        ),
    )  # fmt: skip


def _reviewer_is_recused(factory: Factory) -> Race:
    reviewer, _admin, dossier = _in_review(factory)
    factory.assignment(dossier, reviewer)
    by = factory.actor(factory.person(Role.OFFICIAL))
    return Race(
        reviewer, f"/evaluation/dossiers/{dossier.id}", MARKS, "review.marked", "recusal.declared",
        lambda session: add_recusal(
            session, actor=by, application_id=dossier.id, person_id=reviewer.id, reason="Parent.", now=factory.now
        ),
    )  # fmt: skip


def _official_of_one_call_loses_the_role(factory: Factory) -> Race:
    call = factory.call(CallState.CLOSED)
    official, admin = factory.person(Role.OFFICIAL, call=call), factory.person(Role.ADMIN)
    dossier = factory.application(call, state=ApplicationState.SUBMITTED)
    by = factory.actor(admin)
    return Race(
        official, f"/instruction/{call.id}/dossiers/{dossier.reference}/recevabilite", {"eligible": "oui"},
        "dossier.screened", "role.taken",
        lambda session: take_role(
            session, actor=by, person_id=official.id, role="official", call_id=call.id, now=factory.now
        ),
    )  # fmt: skip


def _official_is_recused(factory: Factory) -> Race:
    call = factory.call(CallState.CLOSED)
    official = factory.person(Role.OFFICIAL, call=call)
    dossier = factory.application(call, state=ApplicationState.SUBMITTED)
    by = factory.actor(factory.person(Role.OFFICIAL))
    return Race(
        official, f"/instruction/{call.id}/dossiers/{dossier.reference}/recevabilite", {"eligible": "oui"},
        "dossier.screened", "recusal.declared",
        lambda session: add_recusal(
            session, actor=by, application_id=dossier.id, person_id=official.id, reason="Parent.", now=factory.now
        ),
    )  # fmt: skip


def _member_is_put_out(factory: Factory) -> Race:
    member, owner = factory.person(), factory.person()
    association = factory.association(owner)
    factory.join(association, member, MembershipRole.EDITOR)
    dossier = factory.application(factory.call(), association, ApplicationState.SUBMITTED)
    by = factory.actor(owner)
    return Race(
        member, f"/association/dossiers/{dossier.id}/messages", {"body": "Bonjour, une précision."}, "message.sent",
        "member.changed",
        lambda session: change_member(
            session, actor=by, association_id=association.id, person_id=member.id, role=None, now=factory.now
        ),
    )  # fmt: skip


def _dossier_goes_to_nobody(factory: Factory) -> Race:
    reviewer, _admin, dossier = _in_review(factory)
    factory.assignment(dossier, reviewer)
    by = factory.actor(factory.person(Role.OFFICIAL))
    with factory.platform.database.reading() as session:
        code = session.exec(select(Reviewer.code).where(Reviewer.person_id == reviewer.id)).one()
    typed = {"reference": dossier.reference, "out": code}
    return Race(
        reviewer, f"/evaluation/dossiers/{dossier.id}", MARKS, "review.marked", "assignment.moved",
        lambda session: move_by_hand(session, actor=by, call_id=dossier.call_id, typed=typed, now=factory.now),
    )  # fmt: skip


KINDS = (
    _reviewer_loses_the_role, _reviewer_s_account_is_closed, _reviewer_is_recused, _official_of_one_call_loses_the_role,
    _official_is_recused, _member_is_put_out,
)  # fmt: skip
ONE_AFTER_THE_OTHER = (*KINDS, _dossier_goes_to_nobody)
"""A dossier whose review has begun stays with its reviewer: who comes second is refused, whoever it is."""


def signed_in(app: Flask, platform: Platform, person: Person) -> Browser:
    """A browser with an open session, without the time that checking a password takes."""
    with platform.database.writing() as session:
        token, _row = begin_session(
            session, person_id=person.id, device=Device(), remembered=False, now=platform.clock()
        )
    page = Browser(app.test_client())
    with page.client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return page


def order(platform: Platform, race: Race) -> tuple[int | None, int | None]:
    """The places in the log of the save and of what took the right away."""
    places: list[int | None] = []
    with platform.database.reading() as session:
        for action in (race.saved, race.taken):
            found = select(AuditLine.sequence).where(AuditLine.action == action)
            places.append(session.exec(found.order_by(col(AuditLine.sequence).desc())).first())
    return places[0], places[1]


@pytest.mark.parametrize("kind", ONE_AFTER_THE_OTHER)
@on_both_databases
def test_what_took_the_right_away_first_refuses_the_save(
    app: Flask, factory: Factory, platform: Platform, kind: Callable[[Factory], Race]
) -> None:
    """The right goes away after the request came in and before its transaction: the moment that a race is about."""
    race = kind(factory)
    page = signed_in(app, platform, race.person)
    token = page.token("/compte")
    writing = type(platform.database).writing
    taken = False

    def late(database: object) -> object:
        nonlocal taken
        if not taken:
            taken = True
            with writing(platform.database) as session:
                race.take(session)
        return writing(database)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(platform.database), "writing", late)
        answer = page.client.post(race.address, data={**race.form, "csrf_token": token})
    saved, lost = order(platform, race)
    assert (saved, lost is not None, answer.status_code in (401, 404)) == (None, True, True)


@pytest.mark.parametrize("kind", ONE_AFTER_THE_OTHER)
def test_the_same_save_is_taken_while_the_right_stands(
    app: Flask, factory: Factory, platform: Platform, kind: Callable[[Factory], Race]
) -> None:
    race = kind(factory)
    answer = signed_in(app, platform, race.person).post(race.address, race.form, page="/compte")
    saved, lost = order(platform, race)
    assert (saved is not None, lost) == (True, None), answer.text


@pytest.mark.parametrize("kind", KINDS)
@on_both_databases
def test_no_save_is_committed_after_its_author_s_right_was_taken_away(
    app: Flask, factory: Factory, platform: Platform, kind: Callable[[Factory], Race]
) -> None:
    wrong, saves = [], 0
    for number in range(RACES):
        race = kind(factory)
        page = signed_in(app, platform, race.person)
        token = page.token("/compte")
        before = order(platform, race)
        start = threading.Barrier(2)
        answers: list[int] = []

        def save(page: Browser = page, race: Race = race, token: str = token, start: threading.Barrier = start,
                 answers: list[int] = answers) -> None:  # fmt: skip
            start.wait()
            answers.append(page.client.post(race.address, data={**race.form, "csrf_token": token}).status_code)

        def take(race: Race = race, start: threading.Barrier = start) -> None:
            start.wait()
            with platform.database.writing() as session:
                race.take(session)

        threads = [threading.Thread(target=save), threading.Thread(target=take)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        saved, lost = order(platform, race)
        assert lost not in (None, before[1])
        if saved is not None and saved != before[0]:
            saves += 1
            if saved > lost:
                wrong.append((number, saved, lost))
        assert answers[0] < 500
    assert wrong == [], f"{saves} of {RACES} saved"


@on_both_databases
def test_of_two_administrators_who_take_each_other_s_role_at_once_one_does(
    app: Flask, factory: Factory, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    admins = [factory.person(Role.ADMIN), factory.person(Role.ADMIN)]
    pages = [signed_in(app, platform, one) for one in admins]
    tokens = [page.token("/compte") for page in pages]
    both = threading.Barrier(2)
    answers: list[int] = []

    def meet(session: Session, actor: Actor) -> Actor:
        """Each has read their own rights before one of them goes on, where nothing keeps the other out."""
        found = read_again(session, actor)
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)
        return found

    monkeypatch.setattr(context, "read_again", meet)

    def take(page: Browser, token: str, other: Person) -> None:
        form = {"retirer": "admin|", "csrf_token": token}
        answers.append(page.client.post(f"/administration/personnes/{other.id}/roles", data=form).status_code)

    threads = [
        threading.Thread(target=take, args=(page, token, other))
        for page, token, other in zip(pages, tokens, reversed(admins), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with platform.database.reading() as session:
        left = session.exec(select(RoleGrant.person_id).where(RoleGrant.role == Role.ADMIN)).all()
    assert (sorted(answers)[0], sorted(answers)[1] in (401, 404), len(left)) == (303, True, 1)


@on_both_databases
def test_an_actor_is_read_again_as_they_are_now(factory: Factory, platform: Platform) -> None:
    person, admin = factory.person(Role.OFFICIAL), factory.person(Role.ADMIN)
    before = factory.actor(person)
    association = factory.association(person)
    with platform.database.writing() as session:
        assert read_again(session, before).memberships == {association.id: MembershipRole.OWNER}
    with platform.database.writing() as session:
        take_role(
            session, actor=factory.actor(admin), person_id=person.id, role="official", call_id="", now=factory.now
        )
    with platform.database.writing() as session, pytest.raises(NotFound):
        read_again(session, before)
