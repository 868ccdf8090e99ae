"""The pages about the reviews: who is late, reminders, agreement, and what officials may see of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import krippendorff
from sqlmodel import col, select

from aap.core.french import number
from aap.records.applications import ApplicationState
from aap.records.calls import Call, CallState
from aap.records.outbox import OutboxMail
from aap.services.panel.recusing import add_recusal
from aap.services.platform import Platform
from aap.services.review.progress import ReviewsTotals, reviews_progress, reviews_totals
from aap.services.review.reopening import request_reopening
from aap.services.review.reviewing import save_review, submit_review
from tests.factories import LINKS
from tests.worlds.desks import Desk, Desks


def act(here: Desk, work: Callable[..., Any], **given: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return work(session, now=platform.clock(), **given)


def review(here: Desk, person: Any, qualite: str, solidite: str, application: Any = None) -> None:
    act(
        here, submit_review, actor=here.factory.actor(person), application_id=(application or here.application).id,
        entry=here.entry(qualite=qualite, solidite=solidite),
    )  # fmt: skip


def pages(here: Desk) -> tuple[str, ...]:
    start = f"/instruction/{here.call.id}/evaluations"
    return (start, f"{start}/accord", f"{start}/ecarts", f"{start}/rappels", f"{start}/calibrage")


def test_progress_says_who_is_late_by_the_pace_of_each(desk: Desks, platform: Platform, clock: Any) -> None:
    here = desk(reviewing=f'closes_at: "{(platform.clock() + timedelta(days=2)).isoformat()}"')
    more = [here.factory.application(here.call, None, ApplicationState.ELIGIBLE) for _ in range(3)]
    for application in more:
        here.factory.assignment(application, here.first)
    review(here, here.first, "4", "3")
    act(
        here,
        save_review,
        actor=here.factory.actor(here.first),
        application_id=more[0].id,
        entry=here.entry(qualite="2"),
    )

    def read() -> Any:
        with platform.database.reading() as session:
            return reviews_progress(
                session, actor=here.factory.actor(here.official), call=here.call, now=platform.clock()
            )

    found = read()
    lines = {one.person_id: (one.assigned, one.submitted, one.drafts, one.pace) for one in found.reviewers}
    assert lines == {
        here.first.id: (4, 1, 1, "slow"),
        here.second.id: (1, 0, 0, "not_begun"),
        here.third.id: (0, 0, 0, "done"),
    }
    assert found.end == platform.clock() + timedelta(days=4)
    assert [(one.id, one.marked, one.assigned) for one in found.criteria] == [("qualite", 2, 5), ("solidite", 1, 5)]
    assert [one.reference for one in found.short] == [*(one.reference for one in more), here.application.reference]
    clock.move(days=3)
    assert {one.pace for one in read().reviewers} == {"late", "done"}


def test_a_withdrawn_dossier_counts_neither_on_the_page_nor_in_the_totals(desk: Desks, platform: Platform) -> None:
    here = desk()
    other = here.factory.application(here.call, None, ApplicationState.WITHDRAWN)
    here.factory.assignment(other, here.first)
    with platform.database.reading() as session:
        found = reviews_progress(session, actor=here.factory.actor(here.official), call=here.call, now=platform.clock())
        totals = reviews_totals(session, here.call)
    assert (found.assigned, found.submitted, len(found.short)) == (2, 0, 1)
    assert totals == ReviewsTotals(assigned=2, submitted=0, short=1, unassigned=0)


def test_the_progress_is_still_found_at_its_former_address(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    answer = browser().sign_in(here.official).get(f"{pages(here)[0]}/coordination")
    assert (answer.status_code, answer.location) == (301, pages(here)[0])


def test_reminders_are_previewed_then_sent_once_a_day_to_who_owes(
    desk: Desks, browser: Callable[[], Any], platform: Platform
) -> None:
    here = desk()
    review(here, here.first, "4", "3")
    signed = browser().sign_in(here.official)
    url = f"/instruction/{here.call.id}/evaluations/rappels"
    page = signed.get(url)
    assert "Rappel : 1 évaluation à rendre" in page.text.replace("\u00a0", " ")
    assert here.first.name not in page.text
    choice = {"people": [here.second.id, here.first.id], "note": "Merci d’avance."}
    preview = signed.post(url, {**choice, "action": "preview"})
    assert (preview.status_code, "Merci d’avance." in preview.text) == (200, True)
    assert signed.post(url, {**choice, "action": "send"}).status_code == 302
    with platform.database.reading() as session:
        mails = session.exec(select(OutboxMail).order_by(col(OutboxMail.created_at))).all()
    sent = [(one.recipient, "Merci d’avance." in one.body) for one in mails if one.subject.startswith("Rappel")]
    assert sent == [(here.second.email, True)]
    again = signed.post(url, {**choice, "action": "send"})
    assert again.status_code == 422
    assert "n’a pas déjà reçu un rappel" in again.text


def deliberate(here: Any) -> None:
    with here.factory.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = CallState.DELIBERATING


def test_agreement_severity_and_what_one_review_decides_are_shown_with_tables(
    desk: Desks, browser: Callable[[], Any]
) -> None:
    here = desk()
    others = [here.factory.application(here.call, None, ApplicationState.ELIGIBLE) for _ in range(3)]
    for application in others:
        for person in (here.first, here.second):
            here.factory.assignment(application, person)
    marks = [("5", "0"), ("4", "4"), ("3", "2"), ("1", "1")]
    for application, (high, low) in zip([here.application, *others], marks, strict=True):
        review(here, here.first, high, high, application)
        review(here, here.second, low, low, application)
    signed, tail = browser().sign_in(here.official), f"/instruction/{here.call.id}/evaluations/accord"
    assert signed.get(tail).status_code == 409  # marks are closed to officials while they are given
    deliberate(here)
    page = signed.get(tail)
    assert page.status_code == 200
    known = krippendorff.alpha([[100, 80, 60, 20], [0, 80, 40, 20]], level_of_measurement="interval")
    assert number(Decimal(f"{known:.2f}"), 2) in page.text
    assert "Le trait marque 50,0 points" in page.text.replace("\u00a0", " ")
    tipped = page.text.partition('id="bascules"')[2]
    assert [one.reference in tipped for one in (here.application, *others)] == [True, False, True, False]
    assert page.text.count('<svg class="chart"') == 3


def test_a_recused_official_sees_nothing_of_the_dossier_in_any_count(
    desk: Desks, browser: Callable[[], Any], platform: Platform
) -> None:
    here = desk()
    review(here, here.first, "5", "5")
    review(here, here.second, "0", "0")
    signed = browser().sign_in(here.official)
    deliberate(here)
    assert here.application.reference in signed.get(f"/instruction/{here.call.id}/evaluations/ecarts").text
    other = here.factory.person(*[next(iter(here.factory.actor(here.official).roles))])
    act(here, add_recusal, actor=here.factory.actor(other), application_id=here.application.id,
        person_id=here.official.id, reason="Voisin.")  # fmt: skip
    for url in pages(here):
        assert here.application.reference not in signed.get(url).text
    assert signed.get(f"/instruction/{here.call.id}/evaluations/ecarts/{here.application.reference}").status_code == 404


def test_a_request_to_reopen_is_answered_from_the_page_of_the_progress(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    review(here, here.first, "4", "3")
    act(here, request_reopening, actor=here.factory.actor(here.first), application_id=here.application.id,
        reason="Faute de frappe.", links=LINKS)  # fmt: skip
    signed = browser().sign_in(here.official)
    page = signed.get(pages(here)[0])
    assert "Faute de frappe." in page.text
    action = page.text.split('action="')[1:]
    url = next(one.split('"')[0] for one in action if "/reouverture/" in one)
    assert signed.post(url, {"motif": "À sa demande."}, page=pages(here)[0]).status_code == 302
    assert "Faute de frappe." not in signed.get(pages(here)[0]).text
    assert "À sa demande." in browser().sign_in(here.first).get(f"/evaluation/dossiers/{here.application.id}").text


def test_reviewers_never_reach_the_officials_pages_about_the_reviews(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    assert {signed.get(url).status_code for url in pages(here)} == {404}


def test_the_lists_about_the_reviews_take_as_many_queries_for_fifty_dossiers_as_for_one(
    desk: Desks, browser: Callable[[], Any], count_queries: Callable[[], Any]
) -> None:
    here = desk()
    signed = browser().sign_in(here.official)
    review(here, here.first, "5", "5")
    review(here, here.second, "0", "1")
    deliberate(here)
    counts = []
    for _ in range(2):
        found = {}
        for url in pages(here):
            with count_queries() as queries:
                assert signed.get(url).status_code == 200
            found[url.rpartition("/")[2]] = queries.count
        counts.append(found)
        for _ in range(50):
            application = here.factory.application(here.call, None, ApplicationState.ELIGIBLE)
            for person in (here.first, here.second):
                here.factory.assignment(application, person)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 12, counts


def test_the_reviewers_own_pages_take_as_many_queries_for_thirty_dossiers_as_for_one(
    desk: Desks, browser: Callable[[], Any], count_queries: Callable[[], Any]
) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    review(here, here.first, "5", "5")
    urls = (
        "/evaluation/",
        f"/evaluation/dossiers/{here.application.id}",
        f"/evaluation/appels/{here.call.id}/mes-notes",
        f"/evaluation/appels/{here.call.id}/hors-ligne",
        f"/evaluation/appels/{here.call.id}/hors-ligne/classeur.xlsx",
    )
    counts = []
    for _ in range(2):
        found = {}
        for url in urls:
            signed.get(url)  # the first opening of a dossier is written down once a day
            with count_queries() as queries:
                assert signed.get(url).status_code == 200
            found[url] = queries.count
        counts.append(found)
        for _ in range(30):
            application = here.factory.application(here.call, None, ApplicationState.ELIGIBLE)
            here.factory.assignment(application, here.first)
            review(here, here.first, "4", "4", application)
    assert counts[0] == counts[1]
    assert counts[0]["/evaluation/"] <= 8, counts
