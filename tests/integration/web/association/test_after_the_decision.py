"""After the notification: the figures agree on page, letter and sheet; comments without a name; the way to court stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from aap.core.delays import appeal_deadline, appeal_silence
from aap.jobs import sweep
from aap.records.applications import Application
from aap.records.audit import AuditLine
from aap.records.calls import CallState as C
from aap.records.outbox import OutboxMail
from aap.records.people import Membership, Person
from aap.records.rankings import Contest, ContestKind, ContestResult, Decision, Outcome
from aap.records.reviews import AsideGround, Assignment, Mark, Review, Reviewer, SetAside
from aap.services.decision.answering import read_decision
from aap.services.decision.appeal_pages import own_appeals
from aap.services.decision.court import CourtWay, court_way
from aap.services.decision.own_sheet import _decided_since
from tests.unit.documents.papers.samples import text_of
from tests.worlds.deposits import Case, Cases
from tests.worlds.offices import LETTERS, RULES, Office, Offices, notify

ONE = RULES.replace("laureates: 2", "laureates: 1").replace("waiting_list: 2", "waiting_list: 1")
SHARED = LETTERS + "reviewing: {comments_shared: true}\n"
CANARIES = ("canari-note-pour-soi", "canari-mot-au-service", "canari-d-un-autre-dossier", "canari-ecarte")


def address(dossier: Application | Case, tail: str = "") -> str:
    return f"/association/dossiers/{dossier.id}{tail}"


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def owner_of(session: Session, dossier: Application) -> Person:
    found = session.exec(
        select(Person).where(Person.id == Membership.person_id, Membership.association_id == dossier.association_id)
    ).first()
    assert found is not None
    return found


def owner(here: Office, dossier: Application) -> Person:
    with here.factory.platform.database.reading() as session:
        return owner_of(session, dossier)


def written(here: Office, dossier: Application) -> None:
    """Each reviewer of the dossier writes on both criteria, to the service and for oneself; elsewhere, something else."""
    with here.factory.platform.database.writing() as session:
        for review in session.exec(select(Review)).all():
            own = review.application_id == dossier.id
            order = here.reviewers.index(next(one for one in here.reviewers if one.id == review.person_id))
            review.general_comment = f"Avis d’ensemble {order}." if own else CANARIES[2]
            review.notes, review.for_service = CANARIES[0], CANARIES[1]
            session.add(review)
            for mark in session.exec(select(Mark).where(Mark.review_id == review.id)).all():
                mark.comment = f"{'ba'[order]}) sur {mark.criterion} <b>précis</b>" if own else CANARIES[2]
                session.add(mark)


# --- four sentences, the sheet ----------------------------------------------------------------------------------------


def test_page_letter_and_sheet_tell_a_refused_association_the_same_figures(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(C.PUBLISHED, rules=ONE)
    dossier = here.dossiers[1]
    signed = browser().sign_in(owner(here, dossier))
    page = plain(re.sub(r"<[^>]+>", " ", signed.get(address(dossier, "/decision")).text))
    letter = plain(text_of(signed.client.get(address(dossier, "/decision/lettre.pdf")).data))
    answer = signed.client.get(address(dossier, "/decision/fiche-de-traitement.pdf"))
    sheet = plain(text_of(answer.data))
    told = (
        "Un dossier a été retenu sur 4 classés. Votre dossier est classé 2ᵉ avec 80,00 points sur 100. Vos notes, comptées "
        "selon leur poids, donnent 80,00, sans correction. "
    )
    assert told in page
    assert told in letter
    for text in (page, letter):  # 4 of 5 at 60 % and at 40 %
        assert re.search(r"Qualité 60 % 4,00 sur 5 48,00", text), text
        assert re.search(r"Solidité 40 % 4,00 sur 5 32,00", text), text
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "Classé 2ᵉ avec 80,00 points sur 100" in sheet
    assert "l’arrondissent à 80,00." in sheet
    with here.factory.platform.database.reading() as session:
        logged = session.exec(select(AuditLine).where(AuditLine.action == "sheet.downloaded")).all()
    assert [one.object_id for one in logged] == [dossier.id]


def test_the_sheet_names_nobody_else_and_is_its_own_association_s(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(C.DECIDED, rules=ONE)
    dossier, other = here.dossiers[1], here.dossiers[3]
    signed = browser().sign_in(owner(here, dossier))
    tail = "/decision/fiche-de-traitement.pdf"
    assert signed.get(address(dossier, tail)).status_code in (404, 409)  # nobody was told of anything yet
    with here.factory.platform.database.writing() as session:
        notify(session, here, now=here.factory.now)
    text = text_of(signed.client.get(address(dossier, tail)).data)
    with here.factory.platform.database.reading() as session:
        codes = session.exec(select(Reviewer.code).where(Reviewer.call_id == here.call.id)).all()
    for secret in (other.reference, other.title, *codes, *(one.name for one in here.reviewers)):
        assert secret not in text
    for person in (owner(here, other), here.reviewers[0], here.first):
        assert browser().sign_in(person).get(address(dossier, tail)).status_code == 404
    for at in (0, 2, 4):  # retained, waiting, ineligible
        held = here.dossiers[at]
        made = browser().sign_in(owner(here, held)).client.get(address(held, tail))
        assert (made.status_code, held.reference in text_of(made.data)) == (200, True)


def test_the_sheet_of_a_replaced_decision_says_what_was_decided_since() -> None:
    made = Decision(
        call_id="c", application_id="a", run_id="r", number=2, replaces_id="d", outcome=Outcome.LAUREATE, amount=1,
        reason="Appelé de la liste d’attente : une place s’est libérée", rubric_hash="", bundle_hash="",
        created_at=datetime(2025, 5, 2, tzinfo=UTC), notified_at=datetime(2025, 5, 3, 22, 30, tzinfo=UTC),
    )  # fmt: skip
    assert plain(_decided_since(made)) == (
        "Une décision prise ensuite, notifiée le 4 mai 2025, remplace le résultat de ce calcul (lauréat) : Appelé de la liste "
        "d’attente : une place s’est libérée."
    )
    made.replaces_id = None
    assert _decided_since(made) == ""


# --- reviewers' comments ----------------------------------------------------------------------------------------------


def test_comments_are_read_by_criterion_without_a_name_where_the_call_shares_them(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(C.DECIDED, rules=ONE, more=SHARED)
    dossier = here.dossiers[1]
    written(here, dossier)
    signed = browser().sign_in(owner(here, dossier))
    assert "sur qualite" not in signed.get(address(dossier)).text
    assert signed.get(address(dossier, "/decision")).status_code in (404, 409)
    with here.factory.platform.database.writing() as session:
        notify(session, here, now=here.factory.now)
    text = signed.get(address(dossier, "/decision")).text
    shown = text.partition('id="avis"')[2].partition("<h2")[0]
    assert re.findall(r"<h3>(.*?)</h3>", shown) == ["Qualité", "Solidité", "Avis général"]
    assert re.findall(r'<li class="prose">(.*?)</li>', shown) == [
        "a) sur qualite &lt;b&gt;précis&lt;/b&gt;", "b) sur qualite &lt;b&gt;précis&lt;/b&gt;",
        "a) sur solidite &lt;b&gt;précis&lt;/b&gt;", "b) sur solidite &lt;b&gt;précis&lt;/b&gt;",
        "Avis d’ensemble 0.", "Avis d’ensemble 1.",
    ]  # fmt: skip
    with here.factory.platform.database.reading() as session:
        profiles = session.exec(select(Reviewer.code).where(Reviewer.call_id == here.call.id)).all()
    for secret in (*CANARIES, *(f">{one}<" for one in profiles), *(one.name for one in here.reviewers),
                   *(one.email for one in here.reviewers)):  # fmt: skip
        assert secret not in text


def test_no_comment_is_read_where_the_call_file_says_nothing(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(C.PUBLISHED, rules=ONE)
    dossier = here.dossiers[1]
    written(here, dossier)
    text = browser().sign_in(owner(here, dossier)).get(address(dossier, "/decision")).text
    assert "sur qualite" not in text
    assert "Avis d’ensemble" not in text


def test_a_review_that_does_not_count_is_not_read(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(C.PUBLISHED, rules=ONE, more=SHARED)
    dossier = here.dossiers[1]
    written(here, dossier)
    platform = here.factory.platform
    with platform.database.writing() as session:
        session.add(
            SetAside(
                call_id=here.call.id, person_id=here.reviewers[0].id, application_id=dossier.id,
                ground=next(one for one in AsideGround if one != "rule"), reason="Illisible.", proposed_by=here.first.id,
                proposed_at=here.factory.now, confirmed_by=here.second.id, confirmed_at=here.factory.now,
            )
        )  # fmt: skip
    page = address(dossier, "/decision")
    text = browser().sign_in(owner(here, dossier)).get(page).text
    assert ("Avis d’ensemble 0." in text, "Avis d’ensemble 1." in text) == (False, True)
    with platform.database.writing() as session:
        held = session.exec(
            select(Assignment).where(
                Assignment.application_id == dossier.id, Assignment.person_id == here.reviewers[1].id
            )
        ).one()
        held.removed_at = here.factory.now
        session.add(held)
    assert 'id="avis"' not in browser().sign_in(owner(here, dossier)).get(page).text


@pytest.mark.parametrize(("more", "announced"), [(SHARED, True), (LETTERS, False)])
def test_reviewers_read_on_their_form_who_will_read_them(
    office: Offices, browser: Callable[[], Any], more: str, announced: bool
) -> None:
    words = "Vos commentaires et votre avis général seront transmis à l’association"
    here = office(C.REVIEWING, more=more)
    dossier = here.dossiers[0]
    with here.factory.platform.database.writing() as session:
        review = session.exec(
            select(Review).where(Review.application_id == dossier.id, Review.person_id == here.reviewers[0].id)
        ).one()
        review.state, review.submitted_at = "draft", None
        session.add(review)
    text = browser().sign_in(here.reviewers[0]).get(f"/evaluation/dossiers/{dossier.id}").text
    assert (words in text) is announced


# --- appeals and the way to court -------------------------------------------------------------------------------------


def way(here: Case, now: datetime) -> CourtWay | None:
    with here.factory.platform.database.reading() as session:
        found = read_decision(session, actor=here.actor(here.owner), application_id=here.id)
        return court_way(found, [one.contest for one in own_appeals(session, found.dossier)], now)


def contest(here: Case, **values: Any) -> None:
    with here.factory.platform.database.writing() as session:
        decision = session.exec(select(Decision)).one()
        decision.read_at = decision.read_at or here.factory.now
        held = session.exec(select(Contest)).first() or Contest(
            call_id=here.call.id, number=1, decision_id=decision.id, kind=ContestKind.GRACIEUX, body="Relisez.",
            received_on=date(2025, 3, 3), person_id=here.owner.id, created_at=here.factory.now,
        )  # fmt: skip
        for name, value in values.items():
            setattr(held, name, value)
        session.add(held)


@pytest.mark.parametrize("zone", [{}, {"zone": "drom", "department": "974"}])
def test_the_way_to_court_stays_whatever_becomes_of_an_appeal(case: Cases, zone: dict[str, str]) -> None:
    here = case(**zone)
    here.decide(Outcome.NOT_SELECTED)
    overseas = bool(zone)
    read, silent = date(2025, 2, 10), appeal_silence(date(2025, 3, 3))
    now = datetime(2025, 3, 4, 12, tzinfo=UTC)

    def is_now(at: datetime, since: str | None, begins: date | None = None) -> None:
        found = way(here, at)
        if since is None:
            assert found is None
            return
        assert found is not None
        assert begins is not None
        until = appeal_deadline(begins, overseas=overseas)
        assert (found.since, found.begins, found.until, found.court) == (
            since, begins, until, "tribunal administratif de Paris",
        )  # fmt: skip
        assert found.delay == ("trois mois" if overseas else "deux mois")

    contest(here, late=True)  # it interrupts nothing
    is_now(now, "decision", read)
    contest(here, late=False)
    is_now(now, "waiting", silent)
    is_now(datetime(2025, 5, 3, 12, tzinfo=UTC), "silence", silent)
    contest(here, result=ContestResult.REJECTED, replied_at=datetime(2025, 4, 1, 23, tzinfo=UTC))
    is_now(now, "answer", date(2025, 4, 2))  # of Paris
    contest(here, result=ContestResult.PARTLY, replied_at=datetime(2025, 12, 1, tzinfo=UTC))
    is_now(datetime(2025, 12, 2, tzinfo=UTC), "silence", silent)  # too late to open the delay again
    contest(here, result=ContestResult.WITHDRAWN)
    is_now(now, "decision", read)
    contest(here, kind=ContestKind.CONTENTIEUX, result=None, replied_at=None)
    is_now(now, "decision", read)
    contest(here, kind=ContestKind.GRACIEUX, result=ContestResult.UPHELD, replied_at=now)
    is_now(now, None)


def test_the_page_keeps_court_and_delays_before_and_after_an_appeal_and_the_mail_says_them(
    case: Cases, browser: Callable[[], Any], clock: Any
) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    signed = browser().sign_in(here.owner)
    page = address(here, "/decision")
    before = plain(signed.get(page).text)
    assert "10 fichiers au plus, de 20 Mo chacun" in before
    assert "saisir le tribunal administratif de Paris jusqu’au 11 avril 2025 inclus, sans former" in before
    twice = [signed.post(address(here, "/recours"), {"body": "La pièce 3 n’a pas été lue."}, page=page) for _ in "ab"]
    assert [one.status_code for one in twice] == [303, 303]
    sweep(here.factory.platform)
    with here.factory.platform.database.reading() as session:
        assert len(session.exec(select(Contest)).all()) == 1
        mail = session.exec(
            select(OutboxMail).where(OutboxMail.kind == "association_appeal", OutboxMail.recipient == here.owner.email)
        ).one()
    for words in ("reçu le 10 février 2025", "Sans réponse au 10 avril 2025, il sera réputé rejeté.",
                  "tribunal administratif de Paris jusqu’au 11 juin 2025 inclus"):  # fmt: skip
        assert words in plain(mail.body), mail.body
    assert "DTSTART;VALUE=DATE:20250611" in mail.calendar
    waiting = plain(signed.get(page).text)
    assert "L’administration a jusqu’au 10 avril 2025 pour répondre" in waiting
    assert "Par le silence : jusqu’au 11 juin 2025 inclus" in waiting
    assert "Accusé de réception (PDF)" in waiting
    assert "www.telerecours.fr" in waiting
    assert "Les voies de recours, telles que la lettre les dit" in waiting
    clock.move(days=70)
    silent = plain(browser().sign_in(here.owner).get(page).text)
    assert "Le silence de l’administration a rejeté votre recours le 10 avril 2025" in silent
    contest(here, result=ContestResult.REJECTED, replied_at=clock.now, reply="Non.")
    answered = plain(browser().sign_in(here.owner).get(page).text)
    assert "à compter de la notification de la réponse, envoyée le 21 avril 2025" in answered
    clock.move(days=200)
    over = plain(browser().sign_in(here.owner).get(page).text)
    assert "Le délai pour saisir le tribunal administratif de Paris est passé" in over
