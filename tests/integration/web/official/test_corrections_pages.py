"""The pages of corrections and appeals, on both sides: the path that two officials and an association walk."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlmodel import select

from aap.jobs import sweep
from aap.records.decided import DecisionCorrection
from aap.records.rankings import Contest, Decision
from tests.integration.services.steering.test_appeal_file import scan
from tests.unit.documents.papers.samples import text_of
from tests.worlds.offices import Office, notify, recuse_from

CONVENTION = "signer la convention qui vous sera adressée, avant tout versement"


def plain(answer: Any) -> str:
    return str(answer.text).replace("\u00a0", " ").replace("\u202f", " ")


def corrections(here: Office) -> list[DecisionCorrection]:
    with here.factory.platform.database.reading() as session:
        return list(session.exec(select(DecisionCorrection).order_by(DecisionCorrection.proposed_at)))


def appeals(here: Office) -> list[Contest]:
    with here.factory.platform.database.reading() as session:
        return list(session.exec(select(Contest).order_by(Contest.number)))


def with_scan(page: str, values: dict[str, str], signed: Any, address: str, field: str) -> Any:
    """A form with a file."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    data = {**values, "csrf_token": token[1], field: (io.BytesIO(scan()), "courrier.pdf")}
    return signed.client.post(address, data=data, content_type="multipart/form-data")


def test_a_grant_is_taken_back_by_a_letter_observations_and_two_persons(
    published: Office, browser: Callable[[], Any], clock: Any
) -> None:
    here = published
    first, second, member = (browser().sign_in(who) for who in (here.first, here.second, here.member))
    reference, application_id = here.dossiers[0].reference, here.dossiers[0].id
    own = f"/association/dossiers/{application_id}/decision"
    start = here.address(f"dossiers/{reference}/correction")
    assert f"/dossiers/{reference}/correction" in first.get(here.address(f"dossiers/{reference}")).text
    form = {"outcome": "not_selected", "ground": "condition", "condition": "0", "reason": "Rien n’est signé."}
    seen = first.post(start, {**form, "action": "voir"})
    assert seen.status_code == 200
    for words in (
        "2 → 1",
        "80 000 € → 40 000 €",
        "40 000 €",
        "Les règles appelleraient ensuite",
        here.dossiers[1].reference,
    ):
        assert words in plain(seen), words
    assert corrections(here) == []
    refused = first.post(start, {**form, "condition": "99", "reason": ""})
    assert (refused.status_code, "Choisissez l’engagement qui n’est pas tenu." in refused.text) == (422, True)
    made = first.post(start, {**form, "action": "enregistrer"})
    [one] = corrections(here)
    assert (made.location, one.condition) == (here.address(f"corrections/{one.id}"), CONVENTION)
    page = here.address(f"corrections/{one.id}")
    draft = first.client.get(f"{page}/lettre.pdf")
    assert "Projet de lettre" in text_of(draft.data)
    assert "envisage" not in member.get(own).text
    early = first.post(f"{page}/envoi", {"until": "2025-02-20"})
    assert (early.status_code, "15 jours au moins" in plain(early)) == (422, True)
    assert first.post(f"{page}/envoi", {"until": "2025-02-25"}).status_code == 303
    sweep(here.factory.platform)
    told = member.get(own)
    assert "Vous pouvez lui répondre jusqu’au 25 février 2025 inclus" in plain(told)
    letter = member.client.get(f"/association/dossiers/{application_id}/corrections/{one.id}/lettre.pdf")
    assert "Projet de lettre" not in text_of(letter.data)
    answer = f"/association/dossiers/{application_id}/corrections/{one.id}"
    empty = member.post(answer, {"text": " "}, page=own)
    assert (empty.status_code, "Écrivez les observations" in empty.text) == (422, True)
    assert member.post(answer, {"text": "Nous signons lundi."}, page=own).status_code == 303
    assert "Nous signons lundi." in second.get(page).text
    assert "décidez après ce jour" in second.get(page).text
    clock.now = datetime(2025, 2, 26, 9, tzinfo=UTC)
    late = member.post(answer, {"text": "Encore."}, page=own)
    assert (late.status_code, "Le délai pour répondre est passé." in late.text) == (409, True)
    assert "une seconde personne décide" in first.get(page).text
    assert first.post(f"{page}/decision", {"reason": "Rien."}, page=page).status_code == 409
    taken = second.post(f"{page}/decision", {"reason": "Rien n’est signé."}, page=page)
    assert taken.status_code == 303, taken.text
    sweep(here.factory.platform)
    before = plain(member.get(own))
    assert "L’administration envisage de revenir sur sa décision" in before  # nothing tells that it is made
    assert ("Votre projet est retenu" in before, "L’administration examine votre situation" in before) == (True, True)
    with here.factory.platform.database.writing() as session:
        assert notify(session, here, now=here.factory.platform.clock()) == 1
    after = plain(member.get(own))
    assert ("Votre projet n’est pas retenu" in after, "Décisions précédentes" in after) == (True, True)
    former = member.client.get(f"/association/dossiers/{application_id}/decisions/1/lettre.pdf")
    assert "40 000 €" in text_of(former.data).replace("\u202f", " ")
    listed = plain(first.get(here.address("corrections")))
    assert (reference in listed, "Décidée" in listed) == (True, True)


def test_observations_on_paper_and_dropping_are_written_down_on_the_page(
    published: Office, browser: Callable[[], Any]
) -> None:
    here = published
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    form = {"outcome": "laureate", "amount": "30 000", "ground": "condition", "condition": "1", "reason": "Trop.",
            "action": "enregistrer"}  # fmt: skip
    first.post(here.address(f"dossiers/{here.dossiers[0].reference}/correction"), form)
    page = here.address(f"corrections/{corrections(here)[0].id}")
    first.post(f"{page}/envoi", {"until": "2025-03-10"})
    text = first.get(page).text
    without = first.post(f"{page}/observations", {"text": "Par courrier."}, page=page)
    assert (without.status_code, "Joignez le courrier numérisé." in without.text) == (422, True)
    assert with_scan(text, {"text": "Par courrier."}, first, f"{page}/observations", "scan").status_code == 303
    assert first.client.get(f"{page}/observations.pdf").data.startswith(b"%PDF")
    assert second.post(f"{page}/abandon", {"reason": ""}, page=page).status_code == 422
    assert second.post(f"{page}/abandon", {"reason": "Tout est en ordre."}, page=page).status_code == 303
    own = f"/association/dossiers/{here.dossiers[0].id}/decision"
    told = browser().sign_in(here.member).get(own).text
    assert ("Tout est en ordre." in told, "L’administration y renonce" in told) == (True, True)


def test_an_appeal_goes_from_the_association_to_the_answer_and_the_file(
    published: Office, browser: Callable[[], Any]
) -> None:
    here = published
    first, second, member = (browser().sign_in(who) for who in (here.first, here.second, here.member))
    application_id, reference = here.dossiers[0].id, here.dossiers[0].reference
    own = f"/association/dossiers/{application_id}/decision"
    sent = with_scan(
        member.get(own).text, {"body": "Le montant est trop bas."}, member, f"/association/dossiers/{application_id}/recours",
        "files",
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    sweep(here.factory.platform)
    [one] = appeals(here)
    shown = plain(member.get(own))
    for words in (
        "Le montant est trop bas.",
        "courrier.pdf",
        "jusqu’au 10 avril 2025 pour répondre",
        "Accusé de réception",
    ):
        assert words in shown, words
    assert "Former un recours gracieux" not in shown
    papers = f"/association/dossiers/{application_id}/recours/{one.id}"
    assert "Sans réponse au 10 avril 2025" in text_of(member.client.get(f"{papers}/accuse.pdf").data)
    assert member.client.get(f"{papers}/reponse.pdf").status_code == 404

    assert "1 recours attend une réponse" in plain(first.get("/instruction/"))
    assert "Le silence rejette le premier dans 59 jours, le 10 avril 2025." in plain(first.get(here.address()))
    assert "59 jours" in plain(first.get(here.address("recours")))
    page = here.address(f"recours/{one.id}")
    draft = first.post(f"{page}/reponse", {"result": "rejected", "reply": "Non.", "action": "voir"}, page=page)
    assert "je rejette votre recours" in text_of(draft.data)
    refused = first.post(f"{page}/reponse", {"result": "", "reply": ""}, page=page)
    assert refused.status_code == 422
    started = first.post(f"{page}/dossier", page=page)
    sweep(here.factory.platform)
    assert first.get(started.location).location == page
    bound = first.client.get(f"{page}/dossier.pdf")
    assert (bound.status_code, bound.mimetype) == (200, "application/pdf")
    assert second.client.get(f"{page}/dossier.pdf").status_code == 404  # their own was not made
    answered = first.post(f"{page}/reponse", {"result": "rejected", "reply": "Le montant suit les règles."}, page=page)
    assert answered.status_code == 303, answered.text
    sweep(here.factory.platform)
    assert "Rejeté" in first.get(page).text
    assert "Le montant suit les règles." in text_of(member.client.get(f"{papers}/reponse.pdf").data)
    assert "recours attend" not in plain(first.get("/instruction/"))
    assert reference in first.get(here.address("recours")).text


def test_an_appeal_on_paper_that_is_upheld_becomes_a_decision_of_two(
    published: Office, browser: Callable[[], Any]
) -> None:
    here = published
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    reference = here.dossiers[1].reference
    start = here.address(f"dossiers/{reference}/recours")
    form = {"kind": "gracieux", "received_on": "2025-02-10", "body": "Par courrier."}
    empty = first.post(start, {"kind": "gracieux", "received_on": "", "body": ""})
    assert (empty.status_code, "Joignez le courrier numérisé." in empty.text) == (422, True)
    assert with_scan(first.get(start).text, form, first, start, "files").status_code == 303
    sweep(here.factory.platform)
    page = here.address(f"recours/{appeals(here)[0].id}")
    upheld = {"result": "upheld", "reply": "L’annexe avait été oubliée."}
    nothing = first.post(f"{page}/reponse", upheld, page=page)
    assert (nothing.status_code, "Indiquez le montant" in nothing.text) == (422, True)
    proposed = first.post(f"{page}/reponse", {**upheld, "amount": "20 000"}, page=page)
    [one] = corrections(here)
    assert proposed.location == here.address(f"corrections/{one.id}")
    assert "fais droit à votre recours" in text_of(first.client.get(f"{page}/reponse.pdf").data)
    asked = second.get(proposed.location).text
    assert "le nombre maximal de lauréats" in asked
    silent = second.post(f"{proposed.location}/decision", {"reason": "Oui."}, page=proposed.location)
    assert (silent.status_code, "Dites pourquoi cette décision est prise" in silent.text) == (422, True)
    done = second.post(
        f"{proposed.location}/decision",
        {"reason": "Oui.", "breaks_reason": "Crédits rouverts."},
        page=proposed.location,
    )
    assert done.status_code == 303, done.text
    sweep(here.factory.platform)
    assert appeals(here)[0].result == "upheld"
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(Decision).where(Decision.replaces_id == one.decision_id)).one()
    assert (found.outcome, found.amount) == ("laureate", 20_000_00)


def test_an_official_recused_of_a_dossier_finds_neither_its_appeal_nor_any_correction(
    published: Office, browser: Callable[[], Any]
) -> None:
    here = published
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    reference = here.dossiers[1].reference
    start = here.address(f"dossiers/{reference}/recours")
    form = {"kind": "gracieux", "received_on": "2025-02-10", "body": "CANARI"}
    with_scan(first.get(start).text, form, first, start, "files")
    recuse_from(here, here.second, here.dossiers[1])
    page = here.address(f"recours/{appeals(here)[0].id}")
    tails = ("", "/accuse.pdf", "/reponse.pdf", "/dossier.pdf")
    assert [second.client.get(f"{page}{tail}").status_code for tail in tails] == [404] * 4
    assert second.get(start).status_code == 404
    listed = second.get(here.address("recours")).text
    assert ("Dossier dont vous êtes déporté" in listed, reference in listed, "CANARI" in listed) == (True, False, False)
    assert second.get(here.address("corrections")).status_code == 403
    other = here.address(f"dossiers/{here.dossiers[0].reference}/correction")
    assert second.get(other).status_code == 403
