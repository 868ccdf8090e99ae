"""The pages after the deposit: what they say, what stays typed, who gets 404, how many queries they take."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from aap.records.applications import ApplicationState as A
from aap.records.applications import Message, SectionAnswers
from aap.records.calls import CallState as C
from aap.records.rankings import Decision, Outcome
from aap.services.dossier.dossiers import open_dossier
from aap.services.dossier.messages import write_message
from aap.services.dossier.receipts import receipts_of
from tests.factories import LINKS
from tests.worlds.deposits import Case, Cases

PAGES = ("/suivi", "/messages", "/retrait", "/decision", "/decision/lettre.pdf")
HOSTILE = "<script>alert(1)</script> 🙂 \u202e ' OR 1=1 --"


def address(here: Case, tail: str = "") -> str:
    return f"/association/dossiers/{here.id}{tail}"


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_dossier_says_what_comes_next_and_the_status_says_when_as_the_receipt_does(
    case: Cases, browser: Callable[[], Any]
) -> None:
    here = case()
    signed = browser().sign_in(here.owner)
    page = signed.get(address(here)).text
    assert 'aria-current="step"' in page
    assert address(here, "/suivi") in page
    status = plain(signed.get(address(here, "/suivi")).text)
    assert "Sans réponse, demande réputée rejetée le" in status
    assert "10 avril 2025" in status  # two months after the deposit, whenever the call closes
    with here.factory.platform.database.reading() as session:
        frozen = receipts_of(session, open_dossier(session, actor=here.actor(here.owner), application_id=here.id))
    assert [one.view.rejection_on for one in frozen] == [date(2025, 4, 10)]


@pytest.mark.parametrize("state", list(A))
def test_every_state_has_its_page_and_tells_no_outcome_before_the_notification(
    case: Cases, browser: Callable[[], Any], state: A
) -> None:
    here = case(A.SUBMITTED, C.DELIBERATING)
    here.put_state(state)
    signed = browser().sign_in(here.reader)
    text = "".join(signed.get(address(here, tail)).text for tail in ("", "/suivi"))
    assert "aria-label" in text
    if state not in (A.NOTIFIED, A.ACCEPTED, A.DECLINED):
        for word in ("retenu", "lauréat", "Lauréat", "liste d’attente"):
            assert word not in text


def test_withdrawing_asks_first_then_offers_to_take_up_again(case: Cases, browser: Callable[[], Any]) -> None:
    here = case(A.SUBMITTED, C.OPEN)
    signed = browser().sign_in(here.owner)

    def receipt() -> list[bool]:
        text = signed.get(address(here, "/accuse")).text
        words = ("Votre dossier est déposé", "réputée rejetée", "Dossier retiré", "Dossier à déposer de nouveau")
        return [one in text for one in words]

    assert receipt() == [True, True, False, False]
    assert "vous pourrez revenir sur ce retrait" in signed.get(address(here, "/retrait")).text
    refused = signed.post(address(here, "/retrait"), {"reason": "x" * 2001})
    assert (refused.status_code, "x" * 2001 in refused.text) == (422, True)
    assert signed.post(address(here, "/retrait"), {"reason": HOSTILE}).location == address(here)
    assert here.state() is A.WITHDRAWN
    assert receipt() == [False, False, True, False]
    assert "Revenir sur le retrait" in signed.get(address(here, "/suivi")).text
    assert signed.post(address(here, "/reprise"), page=address(here, "/suivi")).location == address(here)
    assert here.state() is A.DRAFT
    assert receipt() == [False, False, False, True]


def test_a_message_too_long_stays_typed_and_a_sent_one_is_shown_escaped(
    case: Cases, browser: Callable[[], Any]
) -> None:
    here = case()
    signed = browser().sign_in(here.owner)
    refused = signed.post(address(here, "/messages"), {"body": HOSTILE + "x" * 5000})
    assert refused.status_code == 422
    assert refused.text.count("5\u202f000 caractères au plus") == 3  # summary, field, counter
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 🙂" in refused.text
    assert signed.post(address(here, "/messages"), {"body": HOSTILE}).status_code == 303
    page = signed.get(address(here, "/messages")).text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_a_message_of_the_service_is_new_until_it_is_opened(case: Cases, browser: Callable[[], Any]) -> None:
    here = case()
    platform = here.factory.platform
    with platform.database.writing() as session:
        write_message(
            session,
            actor=here.actor(here.official),
            application_id=here.id,
            body="Bonjour.",
            links=LINKS,
            now=platform.clock(),
        )
    signed = browser().sign_in(here.reader)
    assert "1 nouveau message" in signed.get(address(here)).text
    assert "Nouveau" in signed.get(address(here, "/messages")).text
    assert "Nouveau" not in signed.get(address(here, "/messages")).text
    assert "nouveau message" not in signed.get(address(here)).text
    with platform.database.reading() as session:
        assert session.exec(select(Message.read_at)).one() == platform.clock()


def decided(case: Cases, outcome: Outcome = Outcome.LAUREATE) -> Case:
    here = case()
    letter = here.factory.platform.files.put(io.BytesIO(b"%PDF-1.7 lettre"))
    here.decide(outcome, letter=letter.sha256)
    return here


def test_a_laureate_reads_its_decision_and_answers(case: Cases, browser: Callable[[], Any]) -> None:
    here = decided(case)
    signed = browser().sign_in(here.owner)
    page = plain(signed.get(address(here, "/decision")).text)
    for expected in ("Votre projet est retenu", "18 000 €", "76,00 sur 100", "60 %",
                     "4,00 sur 5", "10 février 2025 à 10 h", "jusqu’au 11 avril 2025 inclus"):  # fmt: skip
        assert expected in page
    leaving = address(here, "/decision/renoncement")
    asked = signed.post(address(here, "/decision"), {"answer": "declined", "reason": "Fini."})
    assert (asked.status_code, asked.location, here.state()) == (303, leaving, A.NOTIFIED)
    assert "vous ne pourrez pas revenir sur ce choix" in signed.get(leaving).text
    refused = signed.post(leaving, {"reason": ""})
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.text
    assert "facultatif" not in refused.text.partition("Pourquoi y renoncer")[2].partition("</label>")[0]
    assert signed.post(address(here, "/decision"), {"answer": "accepted"}).status_code == 303
    assert "Vous avez accepté la subvention le" in signed.get(address(here, "/decision")).text
    assert here.state() is A.ACCEPTED
    assert signed.post(leaving, {"reason": "Le lieu ferme."}).status_code == 303
    assert "votre projet n’est plus parmi les lauréats" in signed.get(address(here, "/decision")).text
    assert (here.state(), signed.get(leaving).status_code) == (A.DECLINED, 404)
    told = f"Votre dossier {here.application.reference} : vous avez renoncé à la subvention"
    assert [here.mails(one.email).count(told) for one in (here.owner, here.reader)] == [1, 1]


def test_a_decision_after_one_that_was_void_is_the_first_that_the_association_reads_of(
    case: Cases, browser: Callable[[], Any]
) -> None:
    here = decided(case)
    with here.factory.platform.database.writing() as session:
        session.exec(select(Decision)).one().number = 2  # the first was of a ranking that was taken back
    assert "Elle remplace la précédente" not in browser().sign_in(here.owner).get(address(here, "/decision")).text


def test_the_letter_is_the_one_that_was_kept_and_counts_as_read(case: Cases, browser: Callable[[], Any]) -> None:
    here = decided(case, Outcome.NOT_SELECTED)
    answer = browser().sign_in(here.reader).client.get(address(here, "/decision/lettre.pdf"))
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/pdf", b"%PDF-1.7 lettre")
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(Decision.read_at)).one() == here.factory.now


def test_contesting_too_late_says_so_and_what_is_left(case: Cases, browser: Callable[[], Any], clock: Any) -> None:
    here = decided(case, Outcome.NOT_SELECTED)
    signed = browser().sign_in(here.owner)
    page = address(here, "/decision")
    empty = signed.post(address(here, "/recours"), {"body": " "}, page=page)
    assert (empty.status_code, 'href="#body"' in empty.text) == (422, True)
    clock.move(days=61)
    signed = browser().sign_in(here.owner)
    late = signed.post(address(here, "/recours"), {"body": "Trop tard"}, page="/compte")
    assert late.status_code == 409
    assert "Le délai pour contester est passé depuis le 11 avril 2025" in plain(late.text)


def test_a_contest_is_shown_back_to_the_association(case: Cases, browser: Callable[[], Any]) -> None:
    here = decided(case, Outcome.NOT_SELECTED)
    signed = browser().sign_in(here.owner)
    sent = signed.post(address(here, "/recours"), {"body": HOSTILE}, page=address(here, "/decision"))
    assert sent.location == address(here, "/decision") + "#recours"
    page = signed.get(address(here, "/decision")).text
    assert "Recours gracieux REC-" in page.replace("\u00a0", " ")
    assert "pour répondre : sans réponse ce jour-là" in plain(page)
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("tail", PAGES)
def test_somebody_elses_dossier_answers_like_a_missing_one(case: Cases, browser: Callable[[], Any], tail: str) -> None:
    here = decided(case)
    stranger = browser().sign_in(here.stranger)
    assert stranger.get(address(here, tail)).status_code == 404
    assert stranger.get(f"/association/dossiers/inconnu{tail}").status_code == 404


@pytest.mark.parametrize("tail", ["/retrait", "/reprise", "/messages", "/decision", "/recours"])
def test_only_an_editor_of_the_association_changes_anything(case: Cases, browser: Callable[[], Any], tail: str) -> None:
    here = decided(case)
    for person in (here.stranger, here.reader, here.official):
        answer = (
            browser().sign_in(person).post(address(here, tail), {"body": "x", "answer": "accepted"}, page="/compte")
        )
        assert answer.status_code == 404
    assert here.state() is A.NOTIFIED


def test_pages_take_few_queries(case: Cases, browser: Callable[[], Any], count_queries: Callable[[], Any]) -> None:
    here = decided(case)
    signed = browser().sign_in(here.owner)
    signed.get(address(here, "/decision"))
    taken = {}
    for tail in ("", "/suivi", "/messages", "/decision"):
        with count_queries() as queries:
            assert signed.get(address(here, tail)).status_code == 200
        taken[tail] = queries.count
    # The decision's own page also reads its letter's sources, appeals, corrections and former decisions.
    assert all(count <= (16 if tail == "/decision" else 10) for tail, count in taken.items()), taken


def test_the_service_sees_who_waits_for_an_answer_until_it_has_read(case: Cases, browser: Callable[[], Any]) -> None:
    here = case()
    association, official = browser().sign_in(here.owner), browser().sign_in(here.official)
    board = f"/instruction/{here.call.id}/"
    assert "attend une réponse" not in official.get(board).text
    association.post(address(here, "/messages"), {"body": HOSTILE})
    page = official.get(board).text.replace("\u00a0", " ")
    assert "1 association attend une réponse" in page
    assert "<script>alert" not in page
    read = f"{board}dossiers/{here.application.reference}/messages/lus"
    assert official.post(read, page=board).status_code == 303
    assert "attend une réponse" not in official.get(board).text
    for person in (here.stranger, here.owner):
        assert browser().sign_in(person).post(read, page="/compte").status_code == 404


def test_the_service_compares_deposits_and_sees_no_draft(case: Cases, browser: Callable[[], Any]) -> None:
    here = case()
    official = browser().sign_in(here.official)
    page = f"/instruction/{here.call.id}/dossiers/{here.application.reference}/versions"
    assert "Un seul dépôt" in official.get(page).text
    for summary in ("Deuxième texte.", "Pas encore déposé."):
        with here.factory.platform.database.writing() as session:
            held = session.exec(select(SectionAnswers).where(SectionAnswers.section == "projet")).one()
            held.answers = {**held.answers, "resume": summary}
            session.add(held)
        if summary == "Deuxième texte.":
            here.deposit()
    text = official.get(page).text
    assert "Un projet solide." in text
    assert "Deuxième texte." in text
    assert "Pas encore déposé." not in text
    assert browser().sign_in(here.owner).get(page).status_code == 404
