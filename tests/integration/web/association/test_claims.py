"""A SIRET that another account holds: claimed with a proof, answered by who knows, decided by who is on neither side."""

from __future__ import annotations

import io

import pytest
from sqlmodel import col, select

from aap.records.associations import ClaimProof, ClaimState, SiretClaim
from aap.records.audit import AuditLine
from aap.records.people import Role
from tests.integration.web.association.test_association_people import roles
from tests.worlds.applicants import pdf
from tests.worlds.mailbox import link_in, mails_to

SIRET = "13002526500013"
CLAIM = "/association/associations/reclamer"
DECIDE = "/instruction/rattachements"


def claims(platform) -> list[SiretClaim]:
    with platform.database.reading() as session:
        return list(session.exec(select(SiretClaim)))


def proofs(platform) -> list[ClaimProof]:
    with platform.database.reading() as session:
        return list(session.exec(select(ClaimProof).order_by(col(ClaimProof.created_at), col(ClaimProof.id))))


def document(title: str = "Procès-verbal") -> tuple[io.BytesIO, str]:
    return io.BytesIO(pdf(title)), "proces-verbal.pdf"


def claim_it(page, **typed: object):
    """Claims with a document, unless told otherwise."""
    given = {"siret": SIRET, "explanation": "Trésorière", "proof": "document", **typed}
    if given["proof"] == "document" and "file" not in given:
        given["file"] = document()
    return page.post(CLAIM, given, page="/compte")


@pytest.fixture
def held(factory):
    """(holder, claimer, association): its email and its representative's are known."""
    holder, claimer = factory.person(), factory.person(name="Léa Demande")
    association = factory.association(
        holder, siret=SIRET, name="Les Passerelles fictives", email="bureau@example.org",
        representative_email="presidente@example.org",
    )  # fmt: skip
    return holder, claimer, association


def test_a_held_siret_leads_to_a_claim_with_a_proof_and_never_to_a_second_association(
    browser, platform, held, typed
) -> None:
    holder, claimer, association = held
    page = browser().sign_in(claimer)
    answer = page.post("/association/associations/nouvelle/description", typed)
    assert (answer.status_code, "Ce SIRET est déjà enregistré" in answer.text) == (409, True)
    early = page.post("/association/associations/nouvelle", {"siret": SIRET})  # before the rest is filled in vain
    assert (early.status_code, "Ce SIRET est déjà enregistré" in early.text) == (409, True)
    for known in (holder.email, association.email, association.representative_email):
        assert known not in answer.text
    for wrong, message in (
        ({"explanation": "  "}, "Expliquez à quel titre"),
        ({"proof": ""}, "Choisissez une preuve."),
        ({"proof": "parole"}, "Choisissez une preuve."),
        ({"file": (io.BytesIO(b""), "")}, "Choisissez le document"),
        ({"file": (io.BytesIO(b"MZ\x90\x00" * 40), "pv.pdf")}, "pv.pdf"),
    ):
        refused = claim_it(page, **wrong)
        assert (refused.status_code, message in refused.text) == (422, True), wrong
    assert claims(platform) == []
    for _ in range(2):  # asked twice: one claim, one document
        done = claim_it(page, explanation="<b>Trésorière</b>")
    (claim,) = claims(platform)
    assert done.location == f"{CLAIM}/{claim.id}"
    assert [(one.kind, one.name, one.sha256 is None) for one in proofs(platform)] == [
        ("document", "proces-verbal.pdf", False)
    ]
    assert (claim.association_id, claim.person_id, claim.explanation) == (
        association.id, claimer.id, "<b>Trésorière</b>",
    )  # fmt: skip
    assert roles(platform, association) == {holder.id: "owner"}
    assert "En attente du service" in page.get("/association/").text
    assert "proces-verbal.pdf" in page.get(done.location).text
    assert [mail.subject for mail in mails_to(platform, holder.email)] == [
        "Léa Demande demande à agir pour Les Passerelles fictives"
    ]


@pytest.mark.parametrize("siret", ["", "1", "00000000000000", "x" * 100_000, "\x00"])
def test_a_claim_on_nobodys_siret_is_not_found(browser, factory, siret: str) -> None:
    page = browser().sign_in(factory.person())
    assert claim_it(page, siret=siret).status_code == 404
    assert claim_it(page, siret=siret, proof="").status_code == 404


def test_ones_own_association_cannot_be_claimed(browser, held) -> None:
    holder, _, _ = held
    assert claim_it(browser().sign_in(holder)).status_code == 404


def test_a_claim_is_its_claimants_alone(browser, factory, platform, held) -> None:
    claim_it(browser().sign_in(held[1]))
    (claim,) = claims(platform)
    for other in (held[0], factory.person(Role.ADMIN), factory.person()):
        page = browser().sign_in(other)
        assert page.get(f"{CLAIM}/{claim.id}").status_code == 404
        answer = page.post(f"{CLAIM}/{claim.id}", {"proof": "document", "file": document("x")}, page="/compte")
        assert answer.status_code == 404
    assert len(proofs(platform)) == 1


@pytest.mark.parametrize(
    ("kind", "mailbox"), [("association_mail", "bureau@example.org"), ("representative_mail", "presidente@example.org")]
)
@pytest.mark.parametrize(("answer", "confirmed"), [("oui", True), ("non", False)])
def test_a_known_mailbox_says_whether_the_claimant_acts_and_looking_changes_nothing(
    browser, platform, held, kind: str, mailbox: str, answer: str, confirmed: bool
) -> None:
    page = browser().sign_in(held[1])
    assert claim_it(page, proof=kind).status_code == 302
    assert mails_to(platform, held[1].email) == []
    link = link_in(mails_to(platform, mailbox)[-1])
    reader = browser()
    for _ in range(2):  # a mail scanner opens links too
        shown = reader.get(link)
        assert (shown.status_code, "Léa Demande" in shown.text) == (200, True)
    assert [one.confirmed for one in proofs(platform)] == [None]
    unsaid = reader.post(link, {})
    assert (unsaid.status_code, "Choisissez une réponse." in unsaid.text) == (422, True)
    assert [one.confirmed for one in proofs(platform)] == [None]
    assert reader.post(link, {"answer": answer}).status_code == 303
    assert [one.confirmed for one in proofs(platform)] == [confirmed]
    assert "Merci" in reader.get(link).text
    reader.post(link, {"answer": "oui" if answer == "non" else "non"}, page="/connexion")
    assert [one.confirmed for one in proofs(platform)] == [confirmed]  # the first answer stands
    with platform.database.reading() as session:
        actions = session.exec(select(AuditLine.action).where(col(AuditLine.action).like("siret.%"))).all()
    assert actions == ["siret.claimed", "siret.proof_asked", "siret.proof_answered"]


def test_a_mail_is_asked_once_and_its_link_ends_with_time_or_decision(browser, factory, platform, clock, held) -> None:
    page = browser().sign_in(held[1])
    claim_it(page, proof="association_mail")
    (claim,) = claims(platform)
    again = page.post(f"{CLAIM}/{claim.id}", {"proof": "association_mail"})
    assert (again.status_code, "Un courriel est déjà parti" in again.text) == (422, True)
    first = link_in(mails_to(platform, "bureau@example.org")[-1])
    clock.move(days=14)
    page = browser().sign_in(held[1])
    assert browser().get(first).status_code == 404
    assert page.post(f"{CLAIM}/{claim.id}", {"proof": "association_mail"}).status_code == 302
    second = link_in(mails_to(platform, "bureau@example.org")[-1])
    assert browser().get(second).status_code == 200
    admin = browser().sign_in(factory.person(Role.ADMIN))
    decided = admin.post(f"{DECIDE}/{claim.id}", {"answer": "refuser", "reason": "Sans réponse."}, page=DECIDE)
    assert decided.status_code == 302
    assert browser().get(second).status_code == 404
    assert browser().post(second, {"answer": "oui"}, page="/connexion").status_code == 404
    assert page.post(f"{CLAIM}/{claim.id}", {"proof": "document", "file": document()}).status_code == 404


def test_an_address_that_is_not_known_cannot_prove(browser, factory, platform) -> None:
    factory.association(factory.person(), siret=SIRET, email="", representative_email="")
    page = browser().sign_in(factory.person())
    refused = claim_it(page, proof="association_mail", email="moi@example.org")
    assert (refused.status_code, "Aucune adresse de ce genre" in refused.text) == (422, True)
    assert claims(platform) == []


def test_an_owner_says_what_they_know_and_does_not_decide(browser, factory, platform, held) -> None:
    holder, claimer, association = held
    claim_it(browser().sign_in(claimer))
    (claim,) = claims(platform)
    page = browser().sign_in(holder)
    here = link_in(mails_to(platform, holder.email)[-1])
    assert "Léa Demande" in page.get(here).text
    assert page.post(f"{here}/{claim.id}", {}, page=here).status_code == 422
    unexplained = page.post(f"{here}/{claim.id}", {"answer": "objects", "remark": " "}, page=here)
    assert (unexplained.status_code, "Dites pourquoi" in unexplained.text) == (422, True)
    said = page.post(f"{here}/{claim.id}", {"answer": "objects", "remark": "Exclue en 2023."}, page=here)
    assert said.status_code == 302
    (after,) = claims(platform)
    assert (after.state, after.holder_answer, after.holder_remark, after.holder_id) == (
        ClaimState.OPEN, "objects", "Exclue en 2023.", holder.id,
    )  # fmt: skip
    assert roles(platform, association) == {holder.id: "owner"}
    other, foreign = factory.person(), factory.association()
    factory.join(foreign, other, "owner")
    stranger = browser().sign_in(other)
    foreign_address = f"/association/associations/{foreign.id}/demandes"
    assert (
        stranger.post(f"{foreign_address}/{claim.id}", {"answer": "supports"}, page=foreign_address).status_code == 404
    )
    assert stranger.get(here).status_code == 404
    decider = browser().sign_in(factory.person(Role.ADMIN))
    assert "Exclue en 2023." in decider.get(DECIDE).text
