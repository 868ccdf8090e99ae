"""The reviewer's pages: who sees what, what stays in the form, how many queries a list takes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pikepdf
from flask import Flask, get_template_attribute

from aap.core.questions.base.in_words import ReadAnswer, SectionReading
from aap.records.applications import Application, ApplicationState, Document
from aap.records.associations import Association
from aap.records.people import Role
from aap.records.reviews import Assignment
from aap.services.platform import Platform
from tests.worlds.desks import Desk, Desks

MARKS = {"note-qualite": "4", "note-solidite": "3", "avis-qualite": "", "rubric": "0" * 64}


def address(here: Desk, tail: str = "") -> str:
    return f"/evaluation/dossiers/{here.application.id}{tail}"


def test_the_list_shows_progress_and_filters(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    page = browser().sign_in(here.first).get("/evaluation/")
    assert page.status_code == 200
    assert "0 / 1" in page.text
    assert here.application.title in page.text
    assert here.application.title not in browser().sign_in(here.first).get("/evaluation/?voir=soumis").text


def test_the_list_of_250_dossiers_takes_as_many_queries_as_that_of_one(
    desk: Desks, browser: Callable[[], Any], count_queries: Callable[[], Any]
) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    with count_queries() as one:
        signed.get("/evaluation/")
    with here.factory.platform.database.writing() as session:
        now = here.factory.now
        owners = [Association(name=f"Association {number}", created_at=now, updated_at=now) for number in range(249)]
        session.add_all(owners)
        session.flush()
        dossiers = [
            Application(
                call_id=here.call.id, association_id=owner.id, reference=f"LISTE-{number}", title=f"Projet {number}",
                state=ApplicationState.ELIGIBLE, created_at=now, updated_at=now, submitted_at=now,
            )
            for number, owner in enumerate(owners)
        ]  # fmt: skip
        session.add_all(dossiers)
        session.flush()
        session.add_all(
            Assignment(call_id=here.call.id, application_id=one.id, person_id=here.first.id, created_at=now)
            for one in dossiers
        )
    with count_queries() as many:
        assert "0 / 250" in signed.get("/evaluation/").text
    assert (many.count, many.count <= 8) == (one.count, True), many.statements


def test_marks_comments_and_answers_stand_in_one_page(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    page = browser().sign_in(here.first).get(address(here)).text
    for expected in ("Un projet solide.", "Qualité", "Absent", "Excellent", "(demandé sous\u00a02)",
                     "Association très reconnaissable", 'href="#reponse-resume"'):  # fmt: skip
        assert expected in page


def test_saving_marks_asks_few_queries(
    desk: Desks, browser: Callable[[], Any], count_queries: Callable[[], Any]
) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    token = signed.token(address(here))
    asked: dict[str, int] = {}
    for version, (name, action, tail) in enumerate(
        (("first", "save", ""), ("again", "save", ""), ("next", "save_next", ""), ("typed", "", "/enregistrement"))
    ):
        marks = {"note-qualite": str(version + 1), "note-solidite": "3", "avis-qualite": "Bien vu.", "rubric": "0" * 64}
        sent = {**marks, "version": str(version), "action": action, "csrf_token": token}
        with count_queries() as queries:
            answer = signed.client.post(address(here, tail), data=sent)
        assert answer.status_code == (200 if tail else 302), answer.text
        asked[name] = queries.count
    assert max(asked.values()) <= 11, asked
    with count_queries() as queries:
        sent = {**MARKS, "avis-qualite": "Bien vu.", "version": "4", "action": "submit", "csrf_token": token}
        assert signed.client.post(address(here), data=sent).status_code == 302
    assert queries.count <= 13, queries.statements


def test_saving_then_submitting_goes_to_the_dossier_most_in_need(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    factory = here.factory
    served, needy = (factory.application(here.call, None, ApplicationState.ELIGIBLE) for _ in range(2))
    for application in (served, needy):
        factory.assignment(application, here.first)
    factory.assignment(served, here.third)
    third = browser().sign_in(here.third)
    answer = third.post(f"/evaluation/dossiers/{served.id}", {**MARKS, "version": "0", "action": "submit"})
    assert answer.status_code == 302
    first = browser().sign_in(here.first)
    answer = first.post(address(here), {**MARKS, "version": "0", "action": "submit_next"})
    assert answer.location.startswith(f"/evaluation/dossiers/{needy.id}")


def test_what_was_typed_stays_beside_every_error(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    typed = {"note-qualite": "1", "avis-qualite": "", "note-solidite": "", "avis-solidite": "<b>Déjà écrit</b>",
             "general": "Avis général 🙂", "rubric": "0" * 64, "version": "0", "action": "submit"}  # fmt: skip
    page = signed.post(address(here), typed)
    assert page.status_code == 422
    assert "Enregistré, mais pas encore soumis" in page.text
    reopened = signed.get(address(here)).text
    assert ("Déjà écrit" in reopened, "Avis général 🙂" in reopened) == (True, True)
    for kept in ("&lt;b&gt;Déjà écrit&lt;/b&gt;", "Avis général 🙂", 'href="#avis-qualite"', 'href="#note-solidite"',
                 'name="note-qualite" value="1" checked'):  # fmt: skip
        assert kept in page.text


def test_an_older_page_is_answered_with_both_versions(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    assert signed.post(address(here), {**MARKS, "version": "0"}).status_code == 302
    page = signed.post(address(here), {**MARKS, "note-qualite": "5", "version": "0", "general": "À garder"})
    assert page.status_code == 409
    assert "Deux versions de cette évaluation" in page.text
    assert "À garder" in page.text
    assert 'name="note-qualite" value="5" checked' in page.text
    assert signed.post(address(here), {**MARKS, "note-qualite": "5", "version": "1"}).status_code == 302


def test_autosave_answers_with_time_version_and_conflict(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    first = signed.post(address(here, "/enregistrement"), {**MARKS, "version": "0"}, page=address(here))
    assert first.json == {"saved_at": "10:00:00", "version": 1, "errors": {}, "notes": {}}
    stale = signed.post(
        address(here, "/enregistrement"), {**MARKS, "note-qualite": "2", "version": "0"}, page=address(here)
    )
    assert stale.status_code == 409
    assert stale.json["conflict"]["version"] == 1
    assert [one["label"] for one in stale.json["conflict"]["differences"]] == ["Note du critère «\u00a0Qualité\u00a0»"]


def test_a_late_entry_is_refused_with_what_was_typed(
    desk: Desks, browser: Callable[[], Any], platform: Platform, clock: Any
) -> None:
    here = desk(reviewing=f'closes_at: "{(platform.clock() + timedelta(days=1)).isoformat()}"')
    signed = browser().sign_in(here.first)
    clock.move(days=2)
    page = signed.post(address(here), {**MARKS, "version": "0", "general": "Trop tard ?", "action": "submit"})
    assert page.status_code == 409
    assert "Le délai des évaluations est passé" in page.text
    assert "Trop tard ?" in page.text
    saved = signed.post(address(here, "/enregistrement"), {**MARKS, "version": "0"}, page=address(here))
    assert saved.status_code == 403


def test_a_second_reviewer_sees_nothing_of_the_first_before_submitting(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk(reviewing="others_visible: after_own")
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    first.post(address(here), {**MARKS, "avis-qualite": "Secret du premier", "version": "0", "action": "submit"})
    assert "Secret du premier" not in second.get(address(here)).text
    second.post(address(here), {**MARKS, "version": "0", "action": "submit"})
    assert "Secret du premier" in second.get(address(here)).text


def test_others_stay_hidden_until_the_closing_where_the_call_says_so(
    desk: Desks, browser: Callable[[], Any], platform: Platform, clock: Any
) -> None:
    closes = (platform.clock() + timedelta(hours=1)).isoformat()
    here = desk(reviewing=f'others_visible: after_closing, closes_at: "{closes}"')
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    for signed, text in ((first, "Secret du premier"), (second, "")):
        signed.post(address(here), {**MARKS, "avis-qualite": text, "version": "0", "action": "submit"})
    assert "Secret du premier" not in second.get(address(here)).text
    clock.move(hours=2)
    assert "Secret du premier" in second.get(address(here)).text


def test_a_recused_or_foreign_reviewer_gets_404_everywhere(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    gone = signed.post(address(here, "/deport"), {"motif": "Ancienne salariée."})
    assert gone.status_code == 302
    for who in (signed, browser().sign_in(here.third)):
        assert who.get(address(here)).status_code == 404
        assert who.get(address(here, "/deport")).status_code == 404
        for tail in ("", "/enregistrement", "/rouvrir", "/deport"):
            assert (
                who.post(address(here, tail), {**MARKS, "version": "0", "motif": "x"}, page="/compte").status_code
                == 404
            )
        assert here.application.title not in who.get("/evaluation/").text


def test_a_recusal_needs_its_reason(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    page = browser().sign_in(here.first).post(address(here, "/deport"), {"motif": " "})
    assert page.status_code == 422
    assert "Indiquez le lien" in page.text


def _paper(author: str) -> bytes:
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.docinfo["/Author"] = author
        pdf.save(made, static_id=True)
    return made.getvalue()


def _file(here: Desk, name: str, content_type: str = "application/pdf", content: bytes | None = None) -> Document:
    platform = here.factory.platform
    kept = platform.files.put(io.BytesIO(content or _paper("Association Canari")))
    document = Document(
        association_id=here.application.association_id, application_id=here.application.id, question="statuts",
        name=name, content_type=content_type, size=kept.size, sha256=kept.sha256, uploaded_at=here.factory.now,
    )  # fmt: skip
    with platform.database.writing() as session:
        session.add(document)
    return document


def test_a_blind_call_shows_neither_the_association_nor_the_names_of_its_files(
    desk: Desks, browser: Callable[[], Any]
) -> None:
    here = desk(reviewing="blind: true")
    _file(here, "statuts-association-tres-reconnaissable.pdf")
    signed = browser().sign_in(here.first)
    for page in (signed.get(address(here)), signed.get("/evaluation/")):
        assert "reconnaissable" not in page.text
        assert "Lyon" not in page.text
    page = signed.get(address(here)).text
    assert "statuts-1.pdf" in page
    assert "Évaluation à l’aveugle" in page


def test_files_are_served_to_the_assigned_only(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk(reviewing="blind: true")
    document, macro = _file(here, "statuts-secrets.pdf"), _file(here, "page.html", "text/html")
    signed = browser().sign_in(here.first)
    with signed.client.get(address(here, f"/pieces/{document.id}/statuts-1.pdf")) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert b"Canari" not in answer.data
        with pikepdf.open(io.BytesIO(answer.data)) as read:
            assert len(read.pages) == 1
        assert "secrets" not in answer.headers["Content-Disposition"]
    with signed.client.get(address(here, f"/pieces/{macro.id}/x")) as other:
        assert (other.mimetype, other.headers["Content-Disposition"].partition(";")[0]) == (
            "application/octet-stream", "attachment",
        )  # fmt: skip
    for who in (here.third, here.factory.person(Role.REVIEWER)):
        assert browser().sign_in(who).get(address(here, f"/pieces/{document.id}/x.pdf")).status_code == 404


def test_a_call_that_is_not_blind_serves_the_file_as_it_was_sent(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    document = _file(here, "statuts.pdf")
    with browser().sign_in(here.first).client.get(address(here, f"/pieces/{document.id}/statuts.pdf")) as answer:
        assert answer.data == _paper("Association Canari")


def test_a_file_whose_author_cannot_be_taken_out_is_not_shown_blind(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk(reviewing="blind: true")
    document = _file(here, "statuts.pdf", content=b"%PDF-1.4 abime, Association Canari")
    answer = browser().sign_in(here.first).get(address(here, f"/pieces/{document.id}/statuts-1.pdf"))
    assert answer.status_code == 409
    assert "Canari" not in answer.text
    assert "n’a pas pu être retiré" in answer.text


def test_a_submitted_review_asks_to_be_reopened(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    signed.post(address(here), {**MARKS, "version": "0", "action": "submit"})
    assert signed.post(address(here, "/rouvrir"), {"motif": ""}, page="/compte").status_code == 422
    assert signed.post(address(here, "/rouvrir"), {"motif": "Faute de frappe"}, page="/compte").status_code == 302
    assert "Vous avez demandé à corriger cette évaluation" in signed.get(address(here)).text


def test_blocks_of_a_group_have_ids_of_their_own(app: Flask) -> None:
    block = SectionReading("lieu", "Un lieu", (ReadAnswer("adresse", "Adresse", "text", text="Ici."),))
    group = ReadAnswer("lieux", "Vos lieux", "group", blocks=(block, block))
    with app.test_request_context():
        shown = get_template_attribute("ui/answer.html", "section_answers")(SectionReading("s", "S", (group,)))
    ids = re.findall(r' id="([^"]+)"', shown)
    assert ids == ["reponse-lieux", "reponse-lieux.1.adresse", "reponse-lieux.2.adresse"]
