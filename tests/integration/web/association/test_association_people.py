"""People of an association: invited, given roles, handing over."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select

from aap.records.people import Invitation, Membership, MembershipRole
from tests.databases import on_both_databases
from tests.integration.web.public.test_calls import words
from tests.worlds.mailbox import mails_to

SIRET = "13002526500013"


def address(association, tail: str = "personnes") -> str:
    return f"/association/associations/{association.id}/{tail}"


def invitation_link(platform, email: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/association/invitation/\S+)", mails_to(platform, email)[-1].body)
    assert found
    return found[1]


def roles(platform, association) -> dict[str, str]:
    """Person id → role."""
    with platform.database.reading() as session:
        held = session.exec(select(Membership).where(Membership.association_id == association.id))
        return {one.person_id: str(one.role) for one in held}


@on_both_databases
def test_an_invited_person_joins_with_the_mailed_link_once(browser, factory, platform) -> None:
    owner, invited, third = factory.person(), factory.person(email="lea@example.org"), factory.person()
    association = factory.association(owner)
    page = browser().sign_in(owner)
    assert page.post(address(association), {"email": " Lea@Example.org ", "role": "reader"}).status_code == 302
    assert "Invitation en attente" in page.get(address(association)).text
    link = invitation_link(platform, "lea@example.org")
    guest = browser()
    shown = words(guest.get(link))
    for said in (f"{owner.name} vous invite", association.name, "Lecteur : consulte", "69003 Lyon", "Me connecter"):
        assert said in shown, said
    assert "Accepter" not in shown
    assert f"/connexion?next={link}" in shown.replace("%2F", "/")
    assert guest.client.post(link, data={"csrf_token": guest.token("/connexion")}).status_code == 401
    guest.sign_in(invited)
    assert association.name in guest.get(link).text
    assert roles(platform, association) == {owner.id: "owner"}  # looking changes nothing
    assert guest.post(link).location == f"/association/associations/{association.id}"
    assert roles(platform, association) == {owner.id: "owner", invited.id: "reader"}
    late = browser().sign_in(third)
    for answer in (late.get(link), late.post(link, page="/compte")):
        assert (answer.status_code, "Cette invitation n’est plus valable" in answer.text) == (404, True)
        assert "demandez-en une autre" in answer.text


def test_an_invitation_ends_with_its_time_and_a_second_replaces_the_first(browser, factory, platform, clock) -> None:
    owner, guest = factory.person(), factory.person()
    association = factory.association(owner)
    page = browser().sign_in(owner)
    page.post(address(association), {"email": "lea@example.org", "role": "reader"})
    first = invitation_link(platform, "lea@example.org")
    clock.move(minutes=1)
    page.post(address(association), {"email": "lea@example.org", "role": "editor"})
    second = invitation_link(platform, "lea@example.org")
    other = browser().sign_in(guest)
    assert [other.get(link).status_code for link in (first, second)] == [404, 200]
    clock.move(days=14)
    for reader in (browser(), browser().sign_in(guest)):
        over = reader.get(second)
        assert (over.status_code, f"Demandez-en une autre à {owner.name}" in over.text) == (404, True)


@pytest.mark.parametrize("wrong", ["x", "A" * 43, "%00", "a" * 5_000])
def test_a_made_up_link_tells_nothing(browser, factory, wrong: str) -> None:
    association = factory.association(factory.person())
    for answer in (browser().get(f"/association/invitation/{wrong}"), browser().get(f"/connexion/lien/{wrong}")):
        assert answer.status_code in (302, 404)
        assert association.name not in answer.text


def test_an_invitation_is_cancelled(browser, factory, platform) -> None:
    owner = factory.person()
    association, other = factory.association(owner), factory.association(owner)
    page = browser().sign_in(owner)
    page.post(address(association), {"email": "lea@example.org", "role": "reader"})
    with platform.database.reading() as session:
        invitation = session.exec(select(Invitation)).one()
    assert page.post(address(other, f"invitations/{invitation.id}/annuler"), page=address(other)).status_code == 404
    done = page.post(address(association, f"invitations/{invitation.id}/annuler"), page=address(association))
    assert done.status_code == 302
    with platform.database.reading() as session:
        assert session.exec(select(Invitation)).all() == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"email": "", "role": "reader"}, "Ce n’est pas une adresse électronique."),
        ({"email": "lea@", "role": "reader"}, "Ce n’est pas une adresse électronique."),
        ({"email": "é" * 9_000, "role": "reader"}, "Ce n’est pas une adresse électronique."),
        (
            {"email": "a@b.example.org\r\nBcc: x@example.org", "role": "reader"},
            "Ce n’est pas une adresse électronique.",
        ),
        ({"email": "lea@example.org", "role": ""}, "Choisissez ce que cette personne pourra faire."),
        ({"email": "lea@example.org", "role": "admin"}, "Choisissez ce que cette personne pourra faire."),
        ({"email": "dedans@example.org", "role": "reader"}, "Cette personne fait déjà partie de l’association."),
    ],
)
def test_a_wrong_invitation_is_answered_beside_its_field(browser, factory, platform, typed, message: str) -> None:
    owner = factory.person(email="dedans@example.org")
    association = factory.association(owner)
    answer = browser().sign_in(owner).post(address(association), typed)
    assert (answer.status_code, answer.text.count(message)) == (422, 2)
    with platform.database.reading() as session:
        assert session.exec(select(Invitation)).all() == []


def test_an_owner_hands_over_and_leaves_and_the_last_owner_stays(browser, factory, platform) -> None:
    owner, heir = factory.person(), factory.person()
    association = factory.association(owner)
    with platform.database.writing() as session:
        session.add(Membership(person_id=heir.id, association_id=association.id, role="editor", created_at=factory.now))
    page = browser().sign_in(owner)
    here = address(association)
    unsaid = page.post(f"{here}/{heir.id}", {}, page=here)
    assert (unsaid.status_code, "Choisissez ce que cette personne pourra faire." in unsaid.text) == (422, True)
    assert roles(platform, association) == {owner.id: "owner", heir.id: "editor"}
    refused = page.post(f"{here}/{owner.id}", {"role": "aucun"}, page=here)
    assert (refused.status_code, "doit garder un responsable" in refused.text) == (422, True)
    assert page.post(f"{here}/{owner.id}", {"role": "reader"}, page=here).status_code == 422
    assert page.post(f"{here}/{heir.id}", {"role": "owner"}, page=here).status_code == 302
    assert page.post(f"{here}/{owner.id}", {"role": "aucun"}, page=here).location == "/association/"
    assert roles(platform, association) == {heir.id: "owner"}
    assert page.get(here).status_code == 404  # gone at once


def test_only_owners_change_roles_and_everybody_may_leave(browser, factory, platform) -> None:
    owner, editor = factory.person(), factory.person()
    association = factory.association(owner)
    with platform.database.writing() as session:
        session.add(
            Membership(person_id=editor.id, association_id=association.id, role="editor", created_at=factory.now)
        )
    page = browser().sign_in(editor)
    here = address(association)
    assert page.post(f"{here}/{editor.id}", {"role": "owner"}, page=here).status_code == 404
    assert page.post(f"{here}/{owner.id}", {"role": "aucun"}, page=here).status_code == 404
    assert page.post(here, {"email": "x@example.org", "role": "owner"}).status_code == 404
    assert page.post(f"{here}/{editor.id}", {"role": "aucun"}, page=here).location == "/association/"
    assert roles(platform, association) == {owner.id: "owner"}


@pytest.mark.parametrize("role", ["", "aucun", "owner", "reader", "roi", "x" * 5_000])
def test_people_of_other_associations_cannot_be_touched(browser, factory, platform, role: str) -> None:
    owner, stranger = factory.person(), factory.person()
    mine, theirs = factory.association(owner), factory.association(stranger)
    page = browser().sign_in(owner)
    for association in (mine, theirs):
        answer = page.post(f"{address(association)}/{stranger.id}", {"role": role}, page=address(mine))
        assert answer.status_code == 404
    assert roles(platform, theirs) == {stranger.id: "owner"}


def test_one_person_acts_for_several_associations_and_the_page_counts_its_queries(
    browser, factory, count_queries
) -> None:
    person = factory.person()
    associations = [factory.association(person, role=role) for role in MembershipRole]
    for association in associations:
        for _ in range(5):
            with factory.platform.database.writing() as session:
                session.add(
                    Membership(
                        person_id=factory.person().id, association_id=association.id, role="reader",
                        created_at=factory.now,
                    )
                )  # fmt: skip
    page = browser().sign_in(person)
    home = page.get("/association/").text
    assert [one.name for one in associations if one.name not in home] == []
    with count_queries() as queries:
        page.get(address(associations[0]))
    assert queries.count <= 8


def test_the_siret_of_another_association_cannot_be_taken_over_by_a_change(browser, factory, platform, typed) -> None:
    owner = factory.person()
    factory.association(factory.person(), siret=SIRET)
    mine = factory.association(owner, name="La mienne")
    page = browser().sign_in(owner)
    answer = page.post(address(mine, "modifier"), {**typed, "version": "1"})
    assert (answer.status_code, "déjà celui d’une association" in words(answer)) == (422, True)


def test_invitations_to_one_address_are_limited(platform, factory) -> None:
    from aap.app import create_app
    from tests.conftest import Browser

    owner = factory.person()
    association = factory.association(owner)
    limited = platform.settings.model_copy(update={"rate_limit": True})
    app = create_app(platform=type(platform)(limited, platform.database, platform.files, platform.clock))
    page = Browser(app.test_client()).sign_in(owner)
    answers = [
        page.post(address(association), {"email": "x@example.org", "role": "reader"}).status_code for _ in range(6)
    ]
    assert answers == [302] * 5 + [429]
