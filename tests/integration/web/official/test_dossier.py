"""One dossier: read whole, screened with a motive, completed, written to, corrected; every change is logged."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from markupsafe import escape
from sqlmodel import col, select

from aap.core import french
from aap.records.applications import Application, ApplicationState, CompletionRequest, Document, Message
from aap.records.associations import Association, RegisterAnswer
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.outbox import OutboxMail
from aap.records.rankings import Contest, Decision, Outcome
from tests.worlds.offices import RULES, Office, Offices, set_state


def of(here: Office, at: int, tail: str = "") -> str:
    return here.address(f"dossiers/{here.dossiers[at].reference}{tail}")


def unscreened(here: Office, at: int) -> None:
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Application, here.dossiers[at].id)
        held.state, held.screened_at = ApplicationState.SUBMITTED, None


def logged(here: Office, at: int) -> list[str]:
    """What was done to a dossier, whoever read it."""
    with here.factory.platform.database.reading() as session:
        lines = select(AuditLine.action).where(
            AuditLine.object_id == here.dossiers[at].id, AuditLine.action != "dossier.read"
        )
        return list(session.exec(lines.order_by(col(AuditLine.sequence))))


def mails(here: Office) -> list[str]:
    with here.factory.platform.database.reading() as session:
        return list(session.exec(select(OutboxMail.recipient).order_by(OutboxMail.recipient)))


def attached(here: Office, at: int, name: str, content_type: str, content: bytes = b"%PDF-1.4 essai") -> Document:
    platform = here.factory.platform
    kept = platform.files.put(io.BytesIO(content))
    document = Document(
        association_id=here.dossiers[at].association_id, application_id=here.dossiers[at].id, question="statuts",
        name=name, content_type=content_type, size=kept.size, sha256=kept.sha256, uploaded_at=here.factory.now,
    )  # fmt: skip
    with platform.database.writing() as session:
        session.add(document)
    return document


def test_the_page_holds_answers_rules_reviews_and_history_and_no_markup_of_theirs(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office()
    page = browser().sign_in(here.first).get(of(here, 0)).text
    for words in ("Un projet &lt;b&gt;précis&lt;/b&gt;.", "Avis &lt;i&gt;général&lt;/i&gt;.", "4,5", "130 025".replace(" ", ""),
                  "Seules les associations peuvent candidater.", "Auvergne-Rhône-Alpes", "Recevable"):  # fmt: skip
        assert words in page
    assert "<b>précis" not in page


def test_marks_stay_hidden_while_reviewers_may_change_them(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.REVIEWING)
    page = browser().sign_in(here.first).get(of(here, 0)).text
    assert "Les notes se lisent à partir de la délibération" in page
    assert "Avis &lt;i&gt;" not in page


def test_a_dossier_is_found_ineligible_only_with_a_motive(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.CLOSED)
    unscreened(here, 0)
    signed = browser().sign_in(here.first)
    nothing = signed.post(of(here, 0, "/recevabilite"), {}, page=of(here, 0))
    assert (nothing.status_code, "Choisissez une réponse" in nothing.text) == (422, True)
    without = signed.post(of(here, 0, "/recevabilite"), {"eligible": "non", "reason": " "}, page=of(here, 0))
    assert (without.status_code, 'href="#motif-recevabilite"' in without.text) == (422, True)
    assert here.reload(here.dossiers[0]).state == ApplicationState.SUBMITTED
    typed = {"eligible": "non", "reason": "Le siège est à l’étranger."}
    assert signed.post(of(here, 0, "/recevabilite"), typed, page=of(here, 0)).status_code == 302
    held = here.reload(here.dossiers[0])
    assert (held.state, held.ineligible_reason, held.screened_by) == (
        ApplicationState.INELIGIBLE, "Le siège est à l’étranger.", here.first.id,
    )  # fmt: skip
    assert signed.post(of(here, 0, "/recevabilite"), {"eligible": "oui"}, page=of(here, 0)).status_code == 302
    held = here.reload(here.dossiers[0])
    assert (held.state, held.ineligible_reason) == (ApplicationState.ELIGIBLE, "")
    assert logged(here, 0) == ["dossier.screened", "dossier.screened"]


def test_completion_opens_the_chosen_parts_and_tells_the_association(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.CLOSED)
    signed = browser().sign_in(here.first)
    empty = signed.post(
        of(here, 0, "/complements"), {"sections": "inconnue", "due_day": "2020-01-01"}, page=of(here, 0)
    )
    assert empty.status_code == 422
    for message in ("Choisissez au moins une partie", "Dites à l’association ce qui manque", "une date à venir"):
        assert empty.text.count(message) == 2  # beside the field and in the summary
    due = (here.factory.now + timedelta(days=8)).date().isoformat()
    typed = {"sections": ["moyens"], "message": "Les statuts ne sont pas signés.", "due_day": due}
    assert signed.post(of(here, 0, "/complements"), typed, page=of(here, 0)).status_code == 302
    with here.factory.platform.database.reading() as session:
        asked = session.exec(select(CompletionRequest)).one()
    assert (asked.sections, asked.message) == (["moyens"], "Les statuts ne sont pas signés.")
    assert here.reload(here.dossiers[0]).state == ApplicationState.TO_COMPLETE
    assert mails(here) == [here.member.email]
    assert "Les statuts ne sont pas signés." in signed.get(of(here, 0)).text
    again = signed.post(of(here, 0, "/complements"), typed, page=of(here, 0))
    assert again.status_code == 409


def test_a_message_reaches_the_association(office: Offices, browser: Callable[[], Any]) -> None:
    here = office()
    signed = browser().sign_in(here.first)
    empty = signed.post(of(here, 0, "/messages"), {"body": ""}, page=of(here, 0))
    assert (empty.status_code, "Écrivez votre message" in empty.text) == (422, True)
    long = "x" * 6000
    refused = signed.post(of(here, 0, "/messages"), {"body": long}, page=of(here, 0))
    assert (refused.status_code, long in refused.text) == (422, True)
    assert signed.post(of(here, 0, "/messages"), {"body": "Bonjour <b>"}, page=of(here, 0)).status_code == 302
    with here.factory.platform.database.reading() as session:
        assert [(one.body, one.from_service) for one in session.exec(select(Message))] == [("Bonjour <b>", True)]
    assert mails(here) == [here.member.email]


def test_a_fact_is_corrected_with_its_evidence(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.CLOSED)
    signed = browser().sign_in(here.first)
    wrong = signed.post(of(here, 0, "/donnees"), {"name": "inconnue", "values": "a|b"}, page=of(here, 0))
    assert wrong.status_code == 422
    for message in ("Cette donnée n’existe pas", "barre verticale", "Indiquez la pièce"):
        assert message in wrong.text
    typed = {"name": "region", "values": "Occitanie, Bretagne,", "evidence": "Statuts, article 2."}
    assert signed.post(of(here, 0, "/donnees"), typed, page=of(here, 0)).status_code == 302
    assert here.reload(here.dossiers[0]).attributes == {"region": ["Occitanie", "Bretagne"]}
    assert "Statuts, article 2." in signed.get(of(here, 0)).text


def test_an_amount_is_proposed_before_the_marks_are_opened_only(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.CLOSED, rules=f"{RULES}  amounts: proposed\n")
    signed = browser().sign_in(here.first)
    for amount in ("50 000", "douze"):
        refused = signed.post(of(here, 0, "/montant"), {"amount": amount, "reason": "Vu."}, page=of(here, 0))
        assert (refused.status_code, amount in refused.text) == (422, True)
    typed = {"amount": "30 000,50 €", "reason": "Dépenses non éligibles."}
    assert signed.post(of(here, 0, "/montant"), typed, page=of(here, 0)).status_code == 302
    assert here.reload(here.dossiers[0]).proposed_amount == 30_000_50
    set_state(here, CallState.DELIBERATING)
    assert signed.post(of(here, 0, "/montant"), typed, page=of(here, 0)).status_code == 409


def test_amounts_are_closed_by_an_act_with_a_date_and_reopen_with_a_reason_until_the_deliberation(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.REVIEWING, rules=f"{RULES}  amounts: proposed\n")
    signed = browser().sign_in(here.first)
    listed, typed = here.address("montants"), {"amount": "30 000", "reason": "Dépenses non éligibles."}
    assert "Les montants proposés ne sont pas arrêtés" in signed.get(here.address("etape")).text
    assert signed.post(f"{listed}/arret", {}, page=listed).status_code == 422
    assert signed.post(f"{listed}/arret", {"confirmed": "oui"}, page=listed).status_code == 302
    shown = signed.get(listed).text.replace("\u00a0", " ")
    assert "arrêtés le 10 février 2025" in shown
    assert here.first.name in signed.get(listed).text
    assert signed.post(f"{listed}/arret", {"confirmed": "oui"}, page=listed).status_code == 409
    assert signed.post(of(here, 0, "/montant"), typed, page=of(here, 0)).status_code == 409
    assert signed.post(f"{listed}/reouverture", {"reason": " "}, page=listed).status_code == 422
    assert signed.post(f"{listed}/reouverture", {"reason": "Un devis est arrivé."}, page=listed).status_code == 302
    assert signed.post(of(here, 0, "/montant"), typed, page=of(here, 0)).status_code == 302
    assert signed.post(f"{listed}/arret", {"confirmed": "oui"}, page=listed).status_code == 302
    assert signed.post(here.address("etape"), {"to": "deliberating"}, page=here.address("etape")).status_code == 302
    assert signed.post(f"{listed}/reouverture", {"reason": "Trop tard."}, page=listed).status_code == 409
    with here.factory.platform.database.reading() as session:
        actions = session.exec(select(AuditLine.action).where(AuditLine.object_kind == "call")).all()
    assert [one for one in actions if one.startswith("call.amounts")] == [
        "call.amounts_closed", "call.amounts_reopened", "call.amounts_closed",
    ]  # fmt: skip


def test_files_are_previewed_downloaded_and_logged(office: Offices, browser: Callable[[], Any]) -> None:
    here = office()
    statutes = attached(here, 0, "statuts é.pdf", "application/pdf")
    macro = attached(here, 0, "page.html", "text/html", b"<script>alert(1)</script>")
    signed = browser().sign_in(here.first)
    page = signed.get(of(here, 0)).text
    assert f'<iframe loading="lazy" src="{of(here, 0)}/pieces/{statutes.id}"' in page
    assert f'src="{of(here, 0)}/pieces/{macro.id}"' not in page
    shown = signed.client.get(of(here, 0, f"/pieces/{statutes.id}"))
    assert (shown.data, shown.mimetype) == (b"%PDF-1.4 essai", "application/pdf")
    assert shown.headers["Content-Disposition"].startswith("inline; filename*=UTF-8''statuts%20%C3%A9.pdf")
    other = signed.client.get(of(here, 0, f"/pieces/{macro.id}"))
    assert other.headers["Content-Disposition"].startswith("attachment")
    assert logged(here, 0) == ["document.downloaded", "document.downloaded"]
    assert signed.get(of(here, 1, f"/pieces/{statutes.id}")).status_code == 404


@pytest.mark.parametrize("tail", ["/recevabilite", "/complements", "/messages", "/donnees", "/montant"])
def test_nobody_else_changes_a_dossier(office: Offices, browser: Callable[[], Any], tail: str) -> None:
    here = office(CallState.CLOSED)
    typed = {"eligible": "non", "reason": "x", "body": "x", "name": "region", "evidence": "x"}
    for person in (here.stranger, here.reviewers[0], here.member):
        assert browser().sign_in(person).post(of(here, 0, tail), typed, page="/compte").status_code == 404
    assert logged(here, 0) == []


def test_a_dossier_takes_the_same_queries_whatever_it_holds(
    office: Offices, browser: Callable[[], Any], count_queries: Callable[[], Any]
) -> None:
    here = office()
    signed = browser().sign_in(here.first)
    signed.get(of(here, 0))
    with count_queries() as few:
        signed.get(of(here, 0))
    for number in range(12):
        attached(here, 0, f"piece-{number}.pdf", "application/pdf")
    with here.factory.platform.database.writing() as session:
        session.add_all(
            Message(application_id=here.dossiers[0].id, from_service=True, body="x", created_at=here.factory.now)
            for _ in range(20)
        )
    with count_queries() as many:
        assert signed.get(of(here, 0)).status_code == 200
    assert (many.count, many.count <= 24) == (few.count, True)


def test_what_defends_a_refusal_is_one_link_away_from_its_dossier(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PUBLISHED)
    with here.factory.platform.database.reading() as session:
        refused = session.exec(
            select(Decision, Application.reference)
            .where(Decision.application_id == Application.id, Decision.outcome != Outcome.LAUREATE)
            .order_by(col(Application.reference))
        ).all()
    (decision, reference), signed = refused[0], browser().sign_in(here.first)
    page = signed.get(here.address(f"dossiers/{reference}")).text
    card = page.partition('<aside id="instruction"')[2].partition("</section>")[0]
    links = re.findall(r'href="([^"]+)"', card)
    answers = [signed.get(link.replace("&amp;", "&")) for link in links if link.startswith("/")]
    assert escape(french.spaced(decision.reason)) in card
    assert [link.rpartition("/")[2].partition("?")[0] for link in links] == [
        "lettre.pdf", reference, *([f"{reference}#points"] if "#points" in card else []), "fiche.pdf", "#evaluations",
        "#historique", "recours", "correction",
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {200}


def test_a_contest_stands_on_the_page_of_its_dossier(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PUBLISHED)
    signed = browser().sign_in(here.first)
    assert 'id="recours"' not in signed.get(of(here, 0)).text
    with here.factory.platform.database.writing() as session:
        decision = session.exec(select(Decision).where(Decision.application_id == here.dossiers[0].id)).one()
        session.add(
            Contest(
                decision_id=decision.id,
                person_id=here.member.id,
                body="Vu <i>trop</i> vite.",
                created_at=here.factory.now,
            )
        )
    page = signed.get(of(here, 0)).text
    card = page.partition('<aside id="instruction"')[2]
    assert ('href="#recours">reçu le ' in card, "Vu &lt;i&gt;trop&lt;/i&gt; vite." in page) == (True, True)


def test_before_the_decision_its_page_leads_to_the_ranking_only(office: Offices, browser: Callable[[], Any]) -> None:
    page = browser().sign_in((here := office(CallState.PROPOSED)).first).get(of(here, 0)).text
    assert ("Sa place et son motif" in page, "lettre.pdf" in page) == (True, False)


def test_officials_read_what_the_registers_say_beside_what_was_typed(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office()
    with here.factory.platform.database.writing() as session:
        held = session.get_one(Association, here.dossiers[0].association_id)
        said = {
            "name": held.name.upper(),
            "rna": "W691000902",
            "association": True,
            "closed": True,
            "closed_on": "2024-06-30",
        }
        for outcome, content, by in (("found", said, "business"), ("silent", {}, "associations")):
            session.add(RegisterAnswer(said_by=by, siret=held.siret, association_id=held.id, outcome=outcome,
                                       content=content, asked_at=here.factory.now))  # fmt: skip
    page = browser().sign_in(here.first).get(of(here, 0)).text.replace("\u00a0", " ")
    for words in (
        "répertoires publics : 1 différence",
        "W691000902",
        "est fermé depuis le 30 juin 2024",
        "n’a pas répondu",
    ):
        assert words in page, words
    assert "répertoires publics" not in browser().sign_in(here.first).get(of(here, 1)).text
