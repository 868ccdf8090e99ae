"""People: invited, given roles, closed; found in a list whose queries don't grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from aap.records.applications import ApplicationState
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Recusal, Reviewer
from aap.services.account.people import give_role, invite_person, list_people, set_person_active, take_role
from aap.services.errors import InvalidInput, NotFound
from aap.services.platform import Platform
from aap.services.upkeep.timekeeping import keep_time
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.factories import Factory
from tests.worlds.mailbox import link_in, mails_to

PEOPLE = "/administration/personnes"


def grants(platform: Platform, person: Person) -> list[tuple[str, str | None]]:
    with platform.database.reading() as session:
        found = session.exec(select(RoleGrant).where(RoleGrant.person_id == person.id).order_by(RoleGrant.role))
        return [(grant.role, grant.call_id) for grant in found]


def logged(platform: Platform, person: Person) -> list[str]:
    with platform.database.reading() as session:
        return list(
            session.exec(select(AuditLine.action).where(AuditLine.object_id == person.id).order_by(AuditLine.sequence))
        )


def test_an_invited_person_comes_in_by_the_link_and_does_their_work(
    signed: Any, browser: Callable[[], Any], factory: Factory, platform: Platform
) -> None:
    call = factory.call()
    typed = {"name": " Léa  Neuve ", "email": "Lea.Neuve@example.org", "role": "official", "call_id": call.id}
    answer = signed.post(f"{PEOPLE}/nouvelle", typed)
    assert answer.status_code == 302
    with platform.database.reading() as session:
        person = session.exec(select(Person).where(Person.email == "lea.neuve@example.org")).one()
    assert (person.name, person.password, grants(platform, person)) == ("Léa Neuve", None, [("official", call.id)])
    assert logged(platform, person) == ["person.invited", "role.given"]
    newcomer = browser()
    link = link_in(mails_to(platform, person.email)[0])
    shown = newcomer.get(link).text.replace("\u00a0", " ").replace("\u202f", " ")
    for said in ("vous invite", "Léa Neuve", f"Instructeur de l’appel « {call.record.title} »", "Valable jusqu’au"):
        assert said in shown, said
    newcomer.post(link)
    used = browser().get(link)
    assert (used.status_code, "Elle a déjà servi" in used.text, person.email in used.text) == (404, True, False)
    assert newcomer.get(f"/instruction/{call.id}/").status_code == 200
    assert newcomer.get("/administration/").status_code == 404


def test_an_invitation_that_nobody_used_in_time_says_how_to_come_in(
    signed: Any, browser: Callable[[], Any], platform: Platform, clock: Any
) -> None:
    signed.post(f"{PEOPLE}/nouvelle", {"name": "Léa Neuve", "email": "lea@example.org", "role": "", "call_id": ""})
    link = link_in(mails_to(platform, "lea@example.org")[0])
    clock.move(days=14, minutes=1)
    newcomer = browser()
    over = newcomer.get(link)
    assert (over.status_code, "Elle valait jusqu’au" in over.text, "/connexion/lien" in over.text) == (404, True, True)
    assert newcomer.client.post(link, data={"csrf_token": newcomer.token("/connexion")}).location == "/connexion/lien"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"email": "pas une adresse"}, {"email"}),
        ({"email": "ADMIN@example.org"}, {"email"}),
        ({"name": "x"}, {"name"}),
        ({"name": "x" * 201, "email": ""}, {"name", "email"}),
        ({"role": "empereur"}, {"role"}),
        ({"role": "admin", "call_id": "CALL"}, {"call_id"}),
        ({"role": "reviewer", "call_id": ""}, {"call_id"}),
        ({"role": "official", "call_id": "inconnu"}, {"call_id"}),
    ],
)
def test_a_wrong_invitation_is_answered_beside_its_fields(
    signed: Any, factory: Factory, platform: Platform, change: dict[str, str], fields: set[str]
) -> None:
    call = factory.call()
    typed = {"name": "Léa <b>Neuve</b> 🙂", "email": "lea@example.org", "role": "official", "call_id": "", **change}
    if typed["call_id"] == "CALL":
        typed["call_id"] = call.id
    answer = signed.post(f"{PEOPLE}/nouvelle", typed)
    assert answer.status_code == 422
    assert {name for name in typed if f'id="{name}-error"' in answer.text} == fields
    assert "<b>Neuve" not in answer.text
    with platform.database.reading() as session:
        assert len(session.exec(select(Person)).all()) == 1


@on_both_databases
def test_roles_are_given_once_and_taken_back(factory: Factory, platform: Platform, admin: Person) -> None:
    call, person = factory.call(), factory.person()
    actor = factory.actor(admin)

    def change(use_case: Callable[..., Any], role: str, call_id: str) -> None:
        with platform.database.writing() as session:
            use_case(session, actor=actor, person_id=person.id, role=role, call_id=call_id, now=platform.clock())

    for _ in range(2):
        change(give_role, "reviewer", call.id)
    change(give_role, "official", "")
    assert grants(platform, person) == [("official", None), ("reviewer", call.id)]
    change(take_role, "reviewer", call.id)
    with pytest.raises(NotFound):
        change(take_role, "reviewer", call.id)
    assert grants(platform, person) == [("official", None)]
    with platform.database.reading() as session:
        profile = session.exec(select(Reviewer)).one()
    assert (profile.code, profile.available) == ("R01", False)
    change(give_role, "reviewer", call.id)
    with platform.database.reading() as session:
        assert session.exec(select(Reviewer)).one().available is True
    assert logged(platform, person) == ["role.given", "role.given", "role.taken", "role.given"]


@on_both_databases
def test_a_closed_account_is_out_at_once_and_can_be_opened_again(
    factory: Factory, platform: Platform, admin: Person, browser: Callable[[], Any]
) -> None:
    official = factory.person(Role.OFFICIAL)
    working = browser().sign_in(official)
    assert working.get("/instruction/").status_code == 200

    def switch(active: bool, reason: str) -> None:
        with platform.database.writing() as session:
            set_person_active(
                session, actor=factory.actor(admin), person_id=official.id, active=active, reason=reason,
                now=platform.clock(),
            )  # fmt: skip

    with pytest.raises(InvalidInput) as refused:
        switch(False, " ")
    assert list(refused.value.problems) == ["reason"]
    switch(False, "A quitté le service.")
    assert working.get("/instruction/").status_code == 302
    closed = browser().post("/connexion", {"email": official.email, "password": "un long mot de passe"})
    assert closed.status_code != 302
    switch(True, "Revient.")
    assert working.get("/instruction/").status_code == 302  # the session of before is over
    assert browser().sign_in(official).get("/instruction/").status_code == 200
    assert [one for one in logged(platform, official) if not one.startswith("person.sign")] == [
        "person.closed", "session.ended", "person.reopened",
    ]  # fmt: skip


def test_nobody_shuts_themselves_out(signed: Any, platform: Platform, admin: Person) -> None:
    page = f"{PEOPLE}/{admin.id}"
    assert signed.post(f"{page}/compte", {"action": "fermer", "reason": "x"}, page="/compte").status_code == 422
    for own in ({"retirer": "admin|"}, {"role": "official", "call_id": ""}):
        refused = signed.post(f"{page}/roles", own, page="/compte")
        assert (refused.status_code, "Cette demande vous concerne" in refused.text) == (409, True)
    assert grants(platform, admin) == [("admin", None)]
    assert "Donner ce rôle" not in signed.get(page).text


def test_an_account_is_opened_again_by_who_says_so_and_by_no_empty_form(
    factory: Factory, platform: Platform, signed: Any
) -> None:
    closed = factory.person(active=False)
    page = f"{PEOPLE}/{closed.id}"
    for unsaid in ({}, {"action": ""}, {"action": "autre"}):
        assert signed.post(f"{page}/compte", {"reason": "x", **unsaid}, page=page).status_code == 422
    with platform.database.reading() as session:
        assert session.get_one(Person, closed.id).active is False
    assert signed.post(f"{page}/compte", {"reason": "x", "action": "rouvrir"}, page=page).status_code == 303
    with platform.database.reading() as session:
        assert session.get_one(Person, closed.id).active is True


def test_an_administrator_lifts_the_recusal_of_a_member_with_a_reason(
    factory: Factory, platform: Platform, signed: Any
) -> None:
    call = factory.call(CallState.CLOSED)
    official = factory.person(Role.OFFICIAL, call=call, name="Camille Membre")
    factory.application(call, factory.association(official), ApplicationState.SUBMITTED)
    keep_time(platform, PublicLinks("http://127.0.0.1:8000"))
    page = "/administration/deports"
    assert "Camille Membre" in signed.get(page).text
    with platform.database.reading() as session:
        recusal = session.exec(select(Recusal)).one()
    unexplained = signed.post(f"{page}/{recusal.id}/levee", {"motif": " "}, page=page)
    assert (unexplained.status_code, f'id="motif-{recusal.id}-error"' in unexplained.text) == (422, True)
    assert signed.post(f"{page}/{recusal.id}/levee", {"motif": "Honoraire."}, page=page).status_code == 303
    assert "Camille Membre" not in signed.get(page).text
    with platform.database.reading() as session:
        lifted = session.get_one(Recusal, recusal.id)
    assert (lifted.dismissal_reason, lifted.membership_lifted_at) == ("Honoraire.", lifted.dismissed_at)


def test_a_second_administrator_may_take_the_administration(factory: Factory, platform: Platform, signed: Any) -> None:
    other = factory.person(Role.ADMIN)
    answer = signed.post(f"{PEOPLE}/{other.id}/roles", {"retirer": "admin|"}, page=f"{PEOPLE}/{other.id}")
    assert (answer.status_code, grants(platform, other)) == (303, [])


@pytest.mark.parametrize("taken", ["empereur|", "official|", "official|inconnu", "", "|||"])
def test_a_role_that_is_not_held_answers_404(factory: Factory, signed: Any, taken: str) -> None:
    person = factory.person()
    assert signed.post(f"{PEOPLE}/{person.id}/roles", {"retirer": taken}, page="/compte").status_code == 404


def test_another_link_is_sent_until_the_person_has_come(
    factory: Factory, platform: Platform, signed: Any, admin: Person
) -> None:
    with platform.database.writing() as session:
        person = invite_person(
            session, platform, PublicLinks("https://example.org"), actor=factory.actor(admin), email="lea@example.org",
            name="Léa Neuve", role="",
            call_id="", now=platform.clock(),
        )  # fmt: skip
    page = f"{PEOPLE}/{person.id}"
    assert signed.post(f"{page}/invitation", page=page).status_code == 303
    assert len(mails_to(platform, "lea@example.org")) == 2
    with platform.database.writing() as session:
        held = session.get_one(Person, person.id)
        held.last_login_at = platform.clock()
        session.add(held)
    assert signed.post(f"{page}/invitation", page=page).status_code == 422


@on_both_databases
def test_people_are_found_by_name_role_and_state(factory: Factory, platform: Platform, admin: Person) -> None:
    factory.person(Role.OFFICIAL, name="Zoé Dupont", email="zoe@example.org")
    member = factory.person(name="Ali Martin", email="ali@example.org", last_login_at=factory.now)
    factory.person(name="Éva 100% Fermée", email="eva@example.org", active=False)
    factory.association(member)

    def found(**wanted: str) -> list[str]:
        with platform.database.reading() as session:
            return [one.email for one in list_people(session, actor=factory.actor(admin), **wanted).lines]

    assert found(text="dupont ZOÉ".replace("É", "é")) == ["zoe@example.org"]
    assert found(text="example.org", role="official") == ["zoe@example.org"]
    assert found(role="association") == ["ali@example.org"]
    assert found(state="closed") == ["eva@example.org"]
    assert found(state="waiting", role="official") == ["zoe@example.org"]
    assert found(text="100%") == ["eva@example.org"]
    assert found(text="'; DROP TABLE person; --") == []
    assert len(found(role="empereur", state="nimporte")) == 4


def test_the_list_of_120_people_takes_as_many_queries_as_that_of_one(
    factory: Factory, signed: Any, count_queries: Callable[[], Any]
) -> None:
    with count_queries() as one:
        signed.get(PEOPLE)
    for _ in range(119):
        factory.association(factory.person())
    with count_queries() as many:
        page = signed.get(f"{PEOPLE}?page=2")
    assert "120 personnes" in page.text
    assert (many.count, many.count <= 9) == (one.count, True), many.statements


def test_only_administrators_manage_people(factory: Factory, browser: Callable[[], Any], admin: Person) -> None:
    for role in (Role.OFFICIAL, Role.REVIEWER):
        other = browser().sign_in(factory.person(role))
        for path in (PEOPLE, f"{PEOPLE}/nouvelle", f"{PEOPLE}/{admin.id}"):
            assert other.get(path).status_code == 404
        assert other.post(f"{PEOPLE}/{admin.id}/compte", {"action": "fermer"}, page="/compte").status_code == 404


def test_somebody_who_is_not_there_answers_404(signed: Any) -> None:
    assert signed.get(f"{PEOPLE}/inconnu").status_code == 404
    for tail in ("roles", "invitation", "compte"):
        answer = signed.post(f"{PEOPLE}/inconnu/{tail}", {"role": "official", "reason": "x"}, page="/compte")
        assert answer.status_code == 404
