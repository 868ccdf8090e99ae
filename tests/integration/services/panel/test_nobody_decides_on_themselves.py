"""Nobody decides on what concerns themselves: roles, a review's reopening, a dossier to review, a recusal."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from aap.documents.tables.table_files import TableFile
from aap.records.audit import AuditLine
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Assignment, Recusal, RecusalOrigin, Review, ReviewState
from aap.services.account.people import give_role, set_person_active, take_role
from aap.services.assignment.moves import choices, move_by_hand, preview_move
from aap.services.errors import InvalidInput, NotFound, OwnRequest
from aap.services.panel.recusing import answer_match, lift_recusal
from aap.services.panel.reviewers import import_reviewers, invite_reviewer
from aap.services.review.reopening import reopen_review
from aap.web.public_links import PublicLinks
from tests.worlds.assignments import Table, Tables

LINKS = PublicLinks("http://127.0.0.1:8000")

PROFILE = {"name": ["Camille"], "least": ["0"], "most": ["9"], "available": ["yes"]}


def grants(factory, person: Person) -> list[str]:
    with factory.platform.database.reading() as session:
        return sorted(session.exec(select(RoleGrant.role).where(RoleGrant.person_id == person.id)))


def also_official(here: Table, code: str) -> Person:
    """A reviewer of the call, made an official of it as well."""
    person = here.reviewers[code]
    with here.factory.platform.database.writing() as session:
        session.add(
            RoleGrant(person_id=person.id, role=Role.OFFICIAL, call_id=here.call.id, created_at=here.factory.now)
        )
    return person


@pytest.mark.parametrize("role", ["official", "reviewer", "jury", "consulted", "admin"])
def test_an_administrator_changes_no_role_of_their_own(factory, role: str) -> None:
    admin, other = factory.person(Role.ADMIN), factory.person(Role.ADMIN)
    call = factory.call()
    call_id = "" if role == "admin" else call.id

    def change(work, by: Person) -> None:
        with factory.platform.database.writing() as session:
            work(session, actor=factory.actor(by), person_id=admin.id, role=role, call_id=call_id, now=factory.now)

    with pytest.raises(OwnRequest):
        change(give_role, admin)
    assert grants(factory, admin) == ["admin"]
    change(give_role, other)
    assert grants(factory, admin) == sorted({"admin", role})
    with pytest.raises(OwnRequest):
        change(take_role, admin)
    assert grants(factory, admin) == sorted({"admin", role})
    with pytest.raises(InvalidInput), factory.platform.database.writing() as session:
        set_person_active(session, actor=factory.actor(admin), person_id=admin.id, active=False, reason="x",
                          now=factory.now)  # fmt: skip


def test_an_official_invites_not_themselves_as_a_reviewer_neither_alone_nor_in_a_table(table: Tables) -> None:
    here = table()
    platform, official = here.factory.platform, here.official
    typed = {**PROFILE, "email": [official.email]}
    with pytest.raises(OwnRequest), platform.database.writing() as session:
        invite_reviewer(
            session, platform, LINKS, actor=here.actor, call_id=here.call.id, typed=typed, now=here.factory.now
        )
    rows = f"courriel;nom\nautre@example.org;Alix\n{official.email};Camille\n".encode()
    with pytest.raises(OwnRequest), platform.database.writing() as session:
        import_reviewers(session, platform, LINKS, actor=here.actor, call_id=here.call.id, file=TableFile("a.csv", rows),
                         now=here.factory.now)  # fmt: skip
    assert grants(here.factory, official) == ["official"]
    with platform.database.reading() as session:
        assert session.exec(select(Person).where(Person.email == "autre@example.org")).all() == []


def test_an_official_who_reviews_too_gives_themselves_no_dossier(table: Tables) -> None:
    here = table()
    person = also_official(here, "R01")
    actor, database = here.factory.actor(person), here.factory.platform.database
    reference = here.dossiers[0].reference
    typed = {"reference": reference, "out": "", "into": "R01"}
    with database.reading() as session:
        _, offered = choices(session, actor=actor, call=here.call, reference=reference)
        assert "R01" not in {one.code for one in offered}
        with pytest.raises(OwnRequest):
            preview_move(session, actor=actor, call=here.call, typed=typed)
    with pytest.raises(OwnRequest), database.writing() as session:
        move_by_hand(session, actor=actor, call_id=here.call.id, typed=typed, now=here.factory.now)
    assert here.pairs() == set()
    with database.writing() as session:
        move_by_hand(session, actor=here.actor, call_id=here.call.id, typed=typed, now=here.factory.now)
    assert here.pairs() == {(reference, "R01")}


def test_an_official_who_reviews_too_reopens_not_their_own_review(table: Tables) -> None:
    here = table()
    pairs = here.distribute()
    reference = sorted(one for one, code in pairs if code == "R01")[0]
    here.mark(reference, "R01")
    person = also_official(here, "R01")
    database = here.factory.platform.database
    with database.reading() as session:
        assignment = session.exec(
            select(Assignment).where(
                Assignment.person_id == person.id, Assignment.application_id == here.dossier(reference).id
            )
        ).one()

    def reopen(by: Person) -> None:
        with database.writing() as session:
            reopen_review(session, actor=here.factory.actor(by), call_id=here.call.id, assignment_id=assignment.id,
                          reason="Erreur.", links=LINKS, now=here.factory.now)  # fmt: skip

    with pytest.raises(OwnRequest):
        reopen(person)
    with database.reading() as session:
        assert session.exec(select(Review.state)).all() == [ReviewState.SUBMITTED]
        assert session.exec(select(AuditLine).where(col(AuditLine.action) == "review.reopened")).all() == []
    reopen(here.official)
    with database.reading() as session:
        assert session.exec(select(Review.state)).all() == [ReviewState.REOPENED]


@pytest.mark.parametrize("confirmed", [True, False])
def test_nobody_answers_or_lifts_a_recusal_of_their_own(table: Tables, confirmed: bool) -> None:
    here = table()
    database, official = here.factory.platform.database, here.official
    with database.writing() as session:
        held = Recusal(
            person_id=official.id, application_id=here.dossiers[0].id, origin=RecusalOrigin.MATCH, reason="Noms.",
            confirmed=confirmed, created_at=here.factory.now,
        )  # fmt: skip
        session.add(held)
        session.flush()
        recusal_id = held.id

    def both(by: Person) -> None:
        with database.writing() as session:
            actor = here.factory.actor(by)
            if confirmed:
                lift_recusal(session, actor=actor, recusal_id=recusal_id, reason="Vu.", now=here.factory.now)
            else:
                answer_match(session, actor=actor, recusal_id=recusal_id, confirmed=False, now=here.factory.now)

    with pytest.raises(NotFound):
        both(official)
    with database.reading() as session:
        assert session.get_one(Recusal, recusal_id).dismissed_at is None
    both(here.other)
    with database.reading() as session:
        assert session.get_one(Recusal, recusal_id).author_id == here.other.id
