"""A SIRET claimed with a proof and decided; an official declares interests: by the keyboard, on small screens, with axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import select

from aap.records.applications import ApplicationState
from aap.records.associations import ClaimProof, SiretClaim
from aap.records.calls import CallState
from aap.records.people import Membership, MembershipRole, Person, Role
from aap.records.reviews import Recusal, RecusalOrigin
from aap.services.upkeep.timekeeping import keep_time
from aap.web.public_links import PublicLinks
from tests.e2e.conftest import assert_accessible, picture, sign_in
from tests.factories import PASSWORD, Factory
from tests.worlds.applicants import pdf
from tests.worlds.mailbox import link_in, mails_to

SIRET = "13002526500013"
Opened = Callable[..., Page]


@pytest.fixture
def opened(new_context: Callable[..., BrowserContext]) -> Iterator[Opened]:
    """`opened(person)`: a page of theirs, signed in; an error on its console fails the test."""
    complaints: list[str] = []

    def make(person: Person | None = None, **options: object) -> Page:
        page = new_context(**options).new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        if person is not None:
            sign_in(page, person.email, PASSWORD)
        return page

    yield make
    assert [text for text in complaints if not {"422", "409"} & set(text.replace(")", " ").split())] == []


def checked(page: Page, name: str) -> None:
    """Accessible, and no wider than the screen, on a desk, a telephone and at 320 px; pictured."""
    for width in (1280, 375, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert_accessible(page)
        picture(page, f"{name}-{width}")
    page.set_viewport_size({"width": 1280, "height": 900})


def choose(page: Page, label: str) -> None:
    """Chooses a radio by the keyboard."""
    page.get_by_label(label, exact=True).focus()
    page.keyboard.press("Space")


def send(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).focus()
    page.keyboard.press("Enter")


def test_a_claim_from_the_held_siret_to_the_decision(factory: Factory, opened: Opened, tmp_path: Path) -> None:
    platform = factory.platform
    holder, claimer = factory.person(name="Dominique Responsable"), factory.person(name="Léa Demande")
    association = factory.association(holder, siret=SIRET, name="Les Passerelles fictives", email="bureau@example.org")
    call = factory.call(CallState.CLOSED)
    factory.application(call, association, ApplicationState.SUBMITTED)
    official = factory.person(Role.OFFICIAL, call=call)

    page = opened(claimer)
    page.goto("/association/associations/nouvelle")
    page.fill("input[name=siret]", SIRET)
    page.press("input[name=siret]", "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce SIRET est déjà enregistré")
    checked(page, "claim")
    send(page, "Demander au service")
    expect(page.get_by_role("alert")).to_contain_text("Expliquez à quel titre")
    checked(page, "claim-refused")
    page.get_by_label("À quel titre agissez-vous pour cette association ?").fill("Trésorière depuis janvier.")
    choose(page, "Écrire à l’adresse de l’association")
    send(page, "Demander au service")
    expect(page.get_by_role("main")).to_contain_text("En attente de réponse")
    choose(page, "Je joins un document")
    paper = tmp_path / "proces-verbal.pdf"
    paper.write_bytes(pdf("Procès-verbal"))
    page.get_by_label("Le document, si vous en joignez un").set_input_files(paper)
    send(page, "Ajouter cette preuve")
    expect(page.get_by_role("main")).to_contain_text("proces-verbal.pdf")
    checked(page, "claim-followed")

    reader = opened()
    reader.goto(link_in(mails_to(platform, "bureau@example.org")[-1]))
    checked(reader, "claim-proof")
    send(reader, "Répondre")
    expect(reader.get_by_role("alert")).to_contain_text("Choisissez une réponse.")
    choose(reader, "Oui, elle agit pour l’association")
    send(reader, "Répondre")
    expect(reader.get_by_role("main")).to_contain_text("Merci, c’est enregistré")
    checked(reader, "claim-proof-answered")

    theirs = opened(holder)
    theirs.goto(link_in(mails_to(platform, holder.email)[-1]))
    choose(theirs, "Non, cette personne n’agit pas pour l’association")
    send(theirs, "Répondre")
    expect(theirs.get_by_role("alert")).to_contain_text("Dites pourquoi")
    checked(theirs, "claims-about")
    theirs.get_by_label("Ce que vous en savez").fill("Elle a quitté le bureau en 2023.")
    send(theirs, "Répondre")
    expect(theirs.get_by_role("main")).to_contain_text("Non, cette personne n’agit pas pour l’association (")

    decider = opened(official)
    decider.goto("/instruction/rattachements")
    expect(decider.get_by_role("main")).to_contain_text("Elle a quitté le bureau en 2023.")
    checked(decider, "claims-decided")
    send(decider, "Décider")
    expect(decider.get_by_role("alert")).to_contain_text("Choisissez une réponse.")
    choose(decider, "Rattacher cette personne")
    decider.get_by_label("Motif").fill("Procès-verbal du 12 janvier lu.")
    send(decider, "Décider")
    expect(decider.get_by_role("main")).to_contain_text("La personne est rattachée à l’association.")
    with platform.database.reading() as session:
        claim = session.exec(select(SiretClaim)).one()
        said = sorted((str(one.kind), one.confirmed) for one in session.exec(select(ClaimProof)))
        members = {one.person_id for one in session.exec(select(Membership))}
    assert (claim.state, said, members) == (
        "accepted", [("association_mail", True), ("document", None)], {holder.id, claimer.id},
    )  # fmt: skip


def test_an_official_declares_interests_and_an_administrator_lets_a_member_in(factory: Factory, opened: Opened) -> None:
    platform = factory.platform
    call = factory.call(CallState.CLOSED)
    official = factory.person(Role.OFFICIAL, call=call, name="Camille Instructrice")
    member = factory.person(Role.OFFICIAL, call=call, name="Dominique Adhérent")
    factory.person(Role.JURY, call=call, name="Alix Jurée")
    applicant = factory.association(siret=SIRET, name="Les Passerelles fictives")
    dossier = factory.application(call, applicant, ApplicationState.SUBMITTED)
    mentors = factory.association(name="Les Mentors fictifs")
    factory.application(call, mentors, ApplicationState.SUBMITTED)
    factory.join(mentors, member, MembershipRole.READER)
    keep_time(platform, PublicLinks("http://127.0.0.1:8000"))

    page = opened(official)
    page.goto("/instruction/")
    checked(page, "official-home-undeclared")
    page.get_by_role("link", name="Déclarer mes intérêts").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Déclaration d’intérêts")
    checked(page, "official-interests")
    page.get_by_label("Nom").first.fill("Ma fédération")
    page.get_by_label("SIRET").first.fill(SIRET)
    page.get_by_label("Ma déclaration est complète", exact=False).focus()
    page.keyboard.press("Space")
    send(page, "Enregistrer ma déclaration")
    expect(page.get_by_role("main")).to_contain_text("Un dossier qui vous touche ne vous sera pas montré.")
    page.goto(f"/instruction/{call.id}/deports")
    expect(page.get_by_role("main")).to_contain_text("seul un administrateur peut lever ce déport")
    expect(page.get_by_role("main")).not_to_contain_text(dossier.reference)
    checked(page, "recusals")

    admin = opened(factory.person(Role.ADMIN))
    admin.goto("/administration/deports")
    admin.get_by_text("Lever", exact=True).last.click()
    checked(admin, "admin-recusals")
    send(admin, "Lever le déport de Dominique Adhérent")
    expect(admin.get_by_role("alert")).to_contain_text("Indiquez pourquoi")
    admin.get_by_label("Pourquoi ce déport est levé").fill("Adhérent d’honneur, sans mandat.")
    send(admin, "Lever le déport de Dominique Adhérent")
    expect(admin.get_by_role("main")).to_contain_text("Aucun déport d’office")
    with platform.database.reading() as session:
        held = {one.person_id: one for one in session.exec(select(Recusal))}
    assert held[member.id].membership_lifted_at is not None
    assert (held[official.id].origin, held[official.id].dismissed_at) == (RecusalOrigin.MATCH, None)
