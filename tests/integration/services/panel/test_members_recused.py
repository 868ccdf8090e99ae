"""Whoever is a member of an applicant is kept from its dossier in every call that they work on, whatever came first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from aap.records.applications import Application, ApplicationState
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.people import Membership, MembershipRole, Person, Role
from aap.records.reviews import Recusal, RecusalOrigin, Reviewer
from aap.services.account.people import give_role
from aap.services.actor import SYSTEM
from aap.services.association.members import accept_invitation, change_member, invite_member
from aap.services.dossier.access import is_recused, not_recused, recused_dossiers
from aap.services.dossier.dossiers import open_dossier
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest
from aap.services.panel.interests import find_conflicts
from aap.services.panel.recusal_register import register
from aap.services.panel.recusing import add_recusal, lift_member_recusal, lift_recusal, list_member_recusals
from aap.services.ranking.input import ranking_input
from aap.services.recusals import recuse_members
from aap.services.screening.screening import screen_application
from aap.services.upkeep.timekeeping import keep_time
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.worlds.mailbox import link_in, mails_to
from tests.worlds.offices import Offices

LINKS = PublicLinks("http://127.0.0.1:8000")


def register_of(factory, person: Person) -> list[tuple[str, bool]]:
    """(origin, stands) of a person's recusals."""
    with factory.platform.database.reading() as session:
        found = session.exec(select(Recusal).where(Recusal.person_id == person.id).order_by(col(Recusal.id))).all()
        return [(str(one.origin), one.confirmed and one.dismissed_at is None) for one in found]


def hidden(factory, person: Person, application: Application) -> bool:
    """Whether each form of the door hides the dossier from the person; they must agree."""
    actor = factory.actor(person)
    with factory.platform.database.reading() as session:
        shown = session.exec(
            select(Application.id).where(Application.id == application.id, not_recused(person.id))
        ).first()
        answers = {
            is_recused(session, actor, application.id),
            application.id in recused_dossiers(session, actor, application.call_id),
            shown is None,
        }
    assert len(answers) == 1
    return answers.pop()


def join(factory, association, person: Person) -> None:
    """The person is invited by an owner and joins."""
    owner = factory.person()
    factory.join(association, owner, MembershipRole.OWNER)
    platform = factory.platform
    with platform.database.writing() as session:
        invite_member(
            session, actor=factory.actor(owner), association_id=association.id, email=person.email, role="reader",
            links=LINKS, now=factory.now,
        )  # fmt: skip
    token = link_in(mails_to(platform, person.email)[-1]).rpartition("/")[2]
    with platform.database.writing() as session:
        accept_invitation(session, actor=factory.actor(person), token=token, now=factory.now)


@on_both_databases
@pytest.mark.parametrize("role", [Role.OFFICIAL, Role.REVIEWER, Role.JURY])
def test_joining_an_applicant_recuses_at_once(factory, role: Role) -> None:
    call = factory.call(CallState.CLOSED)
    person = factory.person(role, call=call)
    association = factory.association()
    application = factory.application(call, association, ApplicationState.SUBMITTED)
    other = factory.application(call, None, ApplicationState.SUBMITTED)
    assert not hidden(factory, person, application)
    join(factory, association, person)
    assert [hidden(factory, person, one) for one in (application, other)] == [True, False]
    assert register_of(factory, person) == [("membership", True)]
    with factory.platform.database.reading() as session:  # as its member, they read it as before
        own = open_dossier(session, actor=factory.actor(person), application_id=application.id)
    assert own.id == application.id
    with factory.platform.database.reading() as session:
        line = session.exec(select(AuditLine).where(AuditLine.action == "recusal.declared")).one()
    assert (line.call_id, line.actor_id) == (call.id, SYSTEM.person_id)


@pytest.mark.parametrize("call_of_role", ["this", "every"])
def test_becoming_an_official_recuses_from_what_one_is_a_member_of(factory, call_of_role: str) -> None:
    call = factory.call(CallState.CLOSED)
    person, admin = factory.person(), factory.actor(factory.person(Role.ADMIN))
    application = factory.application(call, factory.association(person), ApplicationState.SUBMITTED)
    assert register_of(factory, person) == []  # they work on nothing
    with factory.platform.database.writing() as session:
        give_role(session, actor=admin, person_id=person.id, role="official",
                  call_id=call.id if call_of_role == "this" else "", now=factory.now)  # fmt: skip
    assert hidden(factory, person, application)
    assert register_of(factory, person) == [("membership", True)]


def test_a_dossier_of_ones_association_is_hidden_from_the_draft_on_and_in_the_register_once_deposited(factory) -> None:
    call = factory.call()
    person = factory.person(Role.OFFICIAL)
    application = factory.application(call, factory.association(person))
    assert hidden(factory, person, application)
    with factory.platform.database.writing() as session:
        assert recuse_members(session, now=factory.now) == 0
        held = session.get_one(Application, application.id)
        held.state, held.submitted_at = ApplicationState.SUBMITTED, factory.now
        session.add(held)
    assert (hidden(factory, person, application), register_of(factory, person)) == (True, [])  # nothing told us
    assert keep_time(factory.platform, LINKS).recused == 1
    assert register_of(factory, person) == [("membership", True)]
    assert keep_time(factory.platform, LINKS).recused == 0


def test_a_row_written_by_nobody_still_hides_the_dossier_from_every_use_case(factory) -> None:
    call = factory.call(CallState.CLOSED)
    official = factory.person(Role.OFFICIAL, call=call)
    association = factory.association()
    application = factory.application(call, association, ApplicationState.SUBMITTED)
    factory.join(association, official, MembershipRole.READER)  # straight into the table
    with pytest.raises(NotFound), factory.platform.database.writing() as session:
        screen_application(session, actor=factory.actor(official), application_id=application.id, eligible=True,
                           reason="", now=factory.now)  # fmt: skip


def lift(
    factory, person: Person, by: Person, how: Callable[..., None] = lift_member_recusal, reason: str = "Vu."
) -> None:
    with factory.platform.database.writing() as session:
        recusal = session.exec(select(Recusal).where(Recusal.person_id == person.id)).one()
        how(session, actor=factory.actor(by), recusal_id=recusal.id, reason=reason, now=factory.now)


@pytest.fixture
def kept(factory) -> Any:
    """(call, association, application, official who is its member)."""
    call = factory.call(CallState.CLOSED)
    official = factory.person(Role.OFFICIAL, call=call)
    association = factory.association()
    application = factory.application(call, association, ApplicationState.SUBMITTED)
    join(factory, association, official)
    return call, association, application, official


@on_both_databases
def test_an_administrator_alone_lifts_it_with_a_reason_and_a_later_membership_counts_again(
    factory, clock, kept
) -> None:
    call, association, application, official = kept
    colleague, admin = factory.person(Role.OFFICIAL, call=call), factory.person(Role.ADMIN)
    with pytest.raises(InvalidInput) as refused:
        lift(factory, official, colleague, lift_recusal)
    assert refused.value.problems == {"reason": Objection("panel.member_recusal")}
    with pytest.raises(NotFound):
        lift(factory, official, colleague)
    with pytest.raises(InvalidInput):
        lift(factory, official, admin, reason=" ")
    assert hidden(factory, official, application)
    with factory.platform.database.reading() as session:
        (line,) = list_member_recusals(session, actor=factory.actor(admin))
        assert (line.person, line.reference, line.roles) == (official.name, application.reference, (Role.OFFICIAL,))
        (seen,) = register(session, actor=factory.actor(colleague), call=call)
        assert (seen.by_admin, seen.origin) == (True, RecusalOrigin.MEMBERSHIP)
    clock.move(minutes=1)
    lift(factory, official, admin, reason="Adhérent d’honneur.")
    assert not hidden(factory, official, application)
    assert keep_time(factory.platform, LINKS).recused == 0
    with factory.platform.database.writing() as session:  # matching by e-mail does not undo it
        find_conflicts(session, actor=factory.actor(colleague), call=call, now=factory.now)
    assert (hidden(factory, official, application), register_of(factory, official)) == (False, [("membership", False)])
    clock.move(minutes=1)
    with factory.platform.database.writing() as session:
        change_member(session, actor=factory.actor(official), association_id=association.id, person_id=official.id,
                      role=None, now=factory.now)  # fmt: skip
    assert not hidden(factory, official, application)
    join(factory, association, official)
    assert (hidden(factory, official, application), register_of(factory, official)) == (True, [("membership", True)])


def test_leaving_the_association_doesnt_lift_it(factory, kept) -> None:
    _, association, application, official = kept
    with factory.platform.database.writing() as session:
        change_member(session, actor=factory.actor(official), association_id=association.id, person_id=official.id,
                      role=None, now=factory.now)  # fmt: skip
        assert session.exec(select(Membership).where(Membership.person_id == official.id)).all() == []
    assert hidden(factory, official, application)
    colleague = factory.person(Role.OFFICIAL)
    with pytest.raises(InvalidInput):
        lift(factory, official, colleague, lift_recusal)


def test_an_administrator_lifts_neither_their_own_nor_one_of_an_association_of_theirs(factory, kept) -> None:
    _, association, application, official = kept
    member = factory.person(Role.ADMIN)
    factory.join(association, member, MembershipRole.READER)
    with pytest.raises(OwnRequest):
        lift(factory, official, member)
    with factory.platform.database.reading() as session:
        assert list_member_recusals(session, actor=factory.actor(member)) == ()
    both = factory.person(Role.ADMIN, Role.OFFICIAL)
    join(factory, association, both)
    with factory.platform.database.reading() as session:
        assert list_member_recusals(session, actor=factory.actor(both)) == ()
    for how in (lift_member_recusal, lift_recusal):
        with pytest.raises((OwnRequest, NotFound)):
            lift(factory, both, both, how)
    assert hidden(factory, both, application)
    assert hidden(factory, official, application)


def test_who_was_let_in_can_still_be_recused_by_hand_and_then_an_administrator_lifts_it(factory, clock, kept) -> None:
    call, _, application, official = kept
    colleague, admin = factory.person(Role.OFFICIAL, call=call), factory.person(Role.ADMIN)
    clock.move(minutes=1)
    lift(factory, official, admin)
    with factory.platform.database.writing() as session:
        add_recusal(session, actor=factory.actor(colleague), application_id=application.id, person_id=official.id,
                    reason="Son conjoint aussi.", now=factory.now)  # fmt: skip
    assert hidden(factory, official, application)
    with pytest.raises(InvalidInput):
        lift(factory, official, colleague, lift_recusal)


def test_the_marks_of_a_reviewer_who_joins_leave_the_ranking(factory, office: Offices) -> None:
    here = office()
    reviewer, dossier = here.reviewers[0], here.dossiers[0]

    def counted() -> int:
        with factory.platform.database.reading() as session:
            code = session.exec(
                select(Reviewer.code).where(Reviewer.person_id == reviewer.id, Reviewer.call_id == here.call.id)
            ).one()
            marks = ranking_input(session, here.call).given.marks
            return sum(one.application_id == dossier.reference and one.reviewer_id == code for one in marks)

    assert counted() == 2
    with factory.platform.database.reading() as session:
        association_id = session.get_one(Application, dossier.id).association_id
    with factory.platform.database.writing() as session:
        session.add(Membership(person_id=reviewer.id, association_id=association_id, role="reader",
                               created_at=factory.now))  # fmt: skip
    assert counted() == 0
    keep_time(factory.platform, LINKS)
    assert register_of(factory, reviewer) == [("membership", True)]
    assert counted() == 0
