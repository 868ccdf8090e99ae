"""Who decides on a claim to a SIRET: nobody of either side, on proof, with an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import select

from aap.records.applications import Application, ApplicationState
from aap.records.associations import ClaimState, SiretClaim
from aap.records.people import MembershipRole, Person, Role
from aap.services.association.claim_proofs import OfferedProof, answer_proof
from aap.services.association.siret_claims import arbitrate_claim, claim_siret, open_claims, read_proof
from aap.services.errors import InvalidInput, NotFound, OwnRequest
from aap.services.panel.recusing import add_recusal
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.integration.web.association.test_association_people import roles
from tests.worlds.mailbox import link_in, mails_to

SIRET = "13002526500013"


@dataclass(frozen=True)
class Kept:
    name: str = "pv.pdf"
    content_type: str = "application/pdf"
    size: int = 3
    sha256: str = "a" * 64


DOCUMENT = OfferedProof("document", Kept())


@pytest.fixture
def case(factory):
    """An association with a dossier in `call`, and one who claims it."""
    holder, claimer = factory.person(), factory.person()
    association = factory.association(holder, siret=SIRET)
    call = factory.call()
    factory.application(call, association, ApplicationState.SUBMITTED)
    return holder, claimer, association, call


def claim(factory, person: Person, proof: OfferedProof = DOCUMENT) -> str:
    with factory.platform.database.writing() as session:
        made = claim_siret(
            session, actor=factory.actor(person), siret=SIRET, explanation="Trésorière", proof=proof,
            links=PublicLinks("http://127.0.0.1:8000"), now=factory.now,
        )  # fmt: skip
        return made.id


def decide(
    factory, person: Person, claim_id: str, accepted: bool | None = True, reason: str = "Procès-verbal lu."
) -> None:
    with factory.platform.database.writing() as session:
        arbitrate_claim(
            session,
            actor=factory.actor(person),
            claim_id=claim_id,
            accepted=accepted,
            reason=reason,
            links=LINKS,
            now=factory.now,
        )


def shown_to(factory, person: Person) -> list[str]:
    with factory.platform.database.reading() as session:
        return [held.claim.id for held in open_claims(session, actor=factory.actor(person))]


def state(factory, claim_id: str) -> ClaimState:
    with factory.platform.database.reading() as session:
        return ClaimState(session.get_one(SiretClaim, claim_id).state)


@on_both_databases
@pytest.mark.parametrize("accepted", [True, False])
def test_an_official_of_a_call_with_a_dossier_decides_with_a_reason_and_both_sides_are_told(
    factory, platform, case: Any, accepted: bool
) -> None:
    holder, claimer, association, call = case
    official = factory.person(Role.OFFICIAL, call=call)
    claim_id = claim(factory, claimer)
    assert shown_to(factory, official) == [claim_id]
    with pytest.raises(InvalidInput) as unsaid:
        decide(factory, official, claim_id, None, " ")
    assert sorted(unsaid.value.problems) == ["answer", "reason"]
    assert state(factory, claim_id) is ClaimState.OPEN
    with pytest.raises(NotFound):
        decide(factory, claimer, claim_id)
    decide(factory, official, claim_id, accepted)
    expected = {holder.id: "owner", claimer.id: "owner"} if accepted else {holder.id: "owner"}
    assert roles(platform, association) == expected
    for email in (holder.email, claimer.email):
        assert "Procès-verbal lu." in mails_to(platform, email)[-1].body
    with pytest.raises(NotFound):  # once
        decide(factory, official, claim_id)
    assert state(factory, claim_id) is (ClaimState.ACCEPTED if accepted else ClaimState.REFUSED)


@pytest.mark.parametrize("role", [Role.OFFICIAL, Role.ADMIN])
def test_nobody_decides_on_their_own_claim(factory, platform, case: Any, role: Role) -> None:
    holder, _, association, _ = case
    claimer = factory.person(role)
    claim_id = claim(factory, claimer)
    assert shown_to(factory, claimer) == []
    for accepted in (True, False):
        with pytest.raises(OwnRequest):
            decide(factory, claimer, claim_id, accepted)
    with pytest.raises(OwnRequest), platform.database.writing() as session:
        read_proof(session, actor=factory.actor(claimer), claim_id=claim_id, proof_id="x", now=factory.now)
    assert (state(factory, claim_id), roles(platform, association)) == (ClaimState.OPEN, {holder.id: "owner"})


@pytest.mark.parametrize("role", [Role.OFFICIAL, Role.ADMIN])
@pytest.mark.parametrize("membership", list(MembershipRole))
def test_nobody_decides_on_a_claim_to_an_association_that_they_belong_to(
    factory, case: Any, role: Role, membership: MembershipRole
) -> None:
    _, claimer, association, _ = case
    member = factory.person(role)
    factory.join(association, member, membership)
    claim_id = claim(factory, claimer)
    assert shown_to(factory, member) == []
    with pytest.raises(OwnRequest):
        decide(factory, member, claim_id, accepted=False)
    assert state(factory, claim_id) is ClaimState.OPEN


def test_an_official_decides_only_where_the_association_has_deposited_a_dossier(factory, case: Any) -> None:
    _, claimer, association, call = case
    elsewhere = factory.call()
    factory.application(elsewhere, association)  # a draft: the service doesn't know of it
    stranger, here = (factory.person(Role.OFFICIAL, call=one) for one in (elsewhere, call))
    admin = factory.person(Role.ADMIN)
    claim_id = claim(factory, claimer)
    assert [shown_to(factory, one) for one in (stranger, here, admin)] == [[], [claim_id], [claim_id]]
    with pytest.raises(NotFound):
        decide(factory, stranger, claim_id, accepted=False)
    decide(factory, admin, claim_id)
    assert state(factory, claim_id) is ClaimState.ACCEPTED


def test_who_is_recused_from_a_dossier_of_the_association_decides_nothing_about_it(
    factory, platform, case: Any
) -> None:
    _, claimer, association, call = case
    official, other = (factory.person(Role.OFFICIAL, call=call) for _ in range(2))
    with platform.database.writing() as session:
        dossier = session.exec(select(Application).where(Application.association_id == association.id)).one()
        add_recusal(session, actor=factory.actor(other), application_id=dossier.id, person_id=official.id,
                    reason="Sa sœur la préside.", now=factory.now)  # fmt: skip
    claim_id = claim(factory, claimer)
    assert [shown_to(factory, one) for one in (official, other)] == [[], [claim_id]]
    with pytest.raises(NotFound):
        decide(factory, official, claim_id, accepted=False)


def test_a_claim_is_accepted_on_proof_only(factory, platform, case: Any) -> None:
    _, claimer, association, _ = case
    admin = factory.person(Role.ADMIN)
    claim_id = claim(factory, claimer, OfferedProof("association_mail"))
    with pytest.raises(InvalidInput) as unproved:
        decide(factory, admin, claim_id)
    assert list(unproved.value.problems) == ["answer"]
    token = link_in(mails_to(platform, association.email)[-1]).rpartition("/")[2]
    with platform.database.writing() as session:
        answer_proof(session, token=token, confirmed=True, now=factory.now)
    decide(factory, admin, claim_id)
    assert state(factory, claim_id) is ClaimState.ACCEPTED


def test_a_mailbox_that_says_no_proves_nothing(factory, platform, case: Any) -> None:
    _, claimer, association, _ = case
    admin = factory.person(Role.ADMIN)
    claim_id = claim(factory, claimer, OfferedProof("representative_mail"))
    token = link_in(mails_to(platform, association.representative_email)[-1]).rpartition("/")[2]
    with platform.database.writing() as session:
        answer_proof(session, token=token, confirmed=False, now=factory.now)
    with pytest.raises(InvalidInput):
        decide(factory, admin, claim_id)
    decide(factory, admin, claim_id, accepted=False)
    assert state(factory, claim_id) is ClaimState.REFUSED
