"""The round of specimens: prepared, opened, marked by everybody before any dossier; it counts in no ranking."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from aap.records.applications import ApplicationState
from aap.records.calls import CallState
from aap.records.people import Role
from aap.services.call.calls import get_call
from aap.services.errors import InvalidInput, NotFound, Objection, SpecimensFirst, StateForbids
from aap.services.platform import Platform
from aap.services.ranking.input import ranking_input
from aap.services.review.offline_reviews import reviewer_workbook
from aap.services.review.reviewing import save_review, submit_review
from aap.services.review.specimen_marking import mark_specimen, open_round, open_specimen, read_comparison
from aap.services.review.specimens import add_earlier, add_fictitious, agree_marks, remove_specimen, start_round
from tests.databases import on_both_databases
from tests.worlds.desks import Desk, Desks

AGREED = {
    "marks": {"qualite": "3", "solidite": "2,5"},
    "reasons": {"qualite": "Des preuves.", "solidite": "Un exercice."},
}
MARKS = {"qualite": "4", "solidite": "2"}


def act(here: Desk, work: Callable[..., Any], person: Any, **given: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return work(session, actor=here.factory.actor(person), now=platform.clock(), **given)


def specimens(here: Desk, count: int = 2) -> list[str]:
    made = []
    for number in range(count):
        one = act(here, add_fictitious, here.official, call=here.call, title=f"Essai {number}",
                  parts={"projet": "Un projet inventé."})  # fmt: skip
        act(here, agree_marks, here.official, call=here.call, specimen_id=one.id, **AGREED)
        made.append(one.id)
    return made


def opened(here: Desk) -> list[str]:
    made = specimens(here)
    act(here, start_round, here.official, call=here.call)
    return made


def submit(here: Desk, person: Any, specimen_id: str, **marks: str) -> None:
    act(here, mark_specimen, person, specimen_id=specimen_id, marks=marks or MARKS, comments={}, version=0, submit=True)


@on_both_databases
def test_dossiers_open_once_every_specimen_is_marked_and_compared(platform: Platform, desk: Desks) -> None:
    here = desk()
    first, second = opened(here)
    given = {"application_id": here.application.id, "entry": here.entry(qualite="4", solidite="3")}
    for _ in range(2):
        with pytest.raises(SpecimensFirst):
            act(here, save_review, here.first, **given)
        with pytest.raises(SpecimensFirst):
            act(here, reviewer_workbook, here.first, call_id=here.call.id)
        with pytest.raises(StateForbids):
            act(here, read_comparison, here.first, specimen_id=second)
        submit(here, here.first, first) if open_state(here, first) == "todo" else None
    act(here, read_comparison, here.first, specimen_id=first)
    submit(here, here.first, second)
    act(here, read_comparison, here.first, specimen_id=second)
    act(here, submit_review, here.first, **given)
    with pytest.raises(SpecimensFirst):
        act(here, save_review, here.second, **given)


def open_state(here: Desk, specimen_id: str) -> str:
    with here.factory.platform.database.reading() as session:
        page = open_round(session, actor=here.factory.actor(here.first), call_id=here.call.id)
    return next(one.state for one in page.specimens if one.id == specimen_id)


@on_both_databases
def test_others_and_the_agreed_mark_are_seen_only_after_ones_own(platform: Platform, desk: Desks) -> None:
    here = desk()
    first, _ = opened(here)
    submit(here, here.second, first, qualite="5", solidite="2")
    submit(here, here.third, first, qualite="5", solidite="1")

    def seen() -> Any:
        with platform.database.reading() as session:
            return open_specimen(session, actor=here.factory.actor(here.first), specimen_id=first).standings

    assert seen() is None
    submit(here, here.first, first)
    found = [(one.criterion, one.own, one.others, one.agreed, one.reason) for one in seen()]
    assert found == [
        ("qualite", Decimal(4), ((Decimal(5), 2),), Decimal(3), "Des preuves."),
        ("solidite", Decimal(2), ((Decimal(1), 1), (Decimal(2), 1)), Decimal("2.5"), "Un exercice."),
    ]
    with pytest.raises(StateForbids):
        submit(here, here.first, first, qualite="3", solidite="2")


def test_specimens_count_in_no_ranking(platform: Platform, desk: Desks) -> None:
    here = desk()
    for specimen_id in opened(here):
        submit(here, here.first, specimen_id)
    with platform.database.reading() as session:
        given = ranking_input(session, get_call(session, here.call.id)).given
    assert (given.marks, len(given.applications)) == ((), 1)


def test_a_round_needs_two_to_five_agreed_specimens_and_no_review_begun(platform: Platform, desk: Desks) -> None:
    here = desk()
    with pytest.raises(InvalidInput):
        act(here, start_round, here.official, call=here.call)
    made = specimens(here, 5)
    with pytest.raises(InvalidInput):
        specimens(here, 1)
    act(here, save_review, here.first, application_id=here.application.id, entry=here.entry(qualite="4"))
    with pytest.raises(InvalidInput) as caught:
        act(here, start_round, here.official, call=here.call)
    assert Objection("review.reviews_begun") in caught.value.objections
    act(here, remove_specimen, here.official, call=here.call, specimen_id=made[0])


def test_an_open_round_stands(platform: Platform, desk: Desks) -> None:
    here = desk()
    first, _ = opened(here)
    for work, given in (
        (agree_marks, {"call": here.call, "specimen_id": first, **AGREED}),
        (remove_specimen, {"call": here.call, "specimen_id": first}),
        (add_fictitious, {"call": here.call, "title": "De plus", "parts": {"projet": "Texte."}}),
        (start_round, {"call": here.call}),
    ):
        with pytest.raises(StateForbids):
            act(here, work, here.official, **given)


@pytest.mark.parametrize("why", ["live", "this call", "candidate here", "no consent", "unknown"])
def test_a_live_candidate_is_never_a_specimen(platform: Platform, desk: Desks, why: str) -> None:
    here = desk()
    factory = here.factory
    earlier = factory.call(CallState.REVIEWING if why == "live" else CallState.PUBLISHED)
    association = factory.association()
    source = factory.application(earlier, association, ApplicationState.ACCEPTED)
    if why == "candidate here":
        factory.application(here.call, association, ApplicationState.ELIGIBLE)
    reference = {"this call": here.application.reference, "unknown": "ESSAI-0"}.get(why, source.reference)
    with pytest.raises(InvalidInput):
        act(here, add_earlier, here.official, call=here.call, reference=reference,
            consent="" if why == "no consent" else "Courriel du 3 mars.")  # fmt: skip


def test_an_earlier_dossier_comes_without_its_association(platform: Platform, desk: Desks) -> None:
    here = desk()
    earlier = here.factory.call(CallState.PUBLISHED)
    source = here.factory.application(
        earlier, here.factory.association(name="Très reconnaissable"), ApplicationState.ACCEPTED,
        {"projet": {"titre": "Un projet d’avant", "resume": "Des ateliers."}},
    )  # fmt: skip
    made = act(here, add_earlier, here.official, call=here.call, reference=source.reference, consent="Courriel.")
    assert made.content == [
        {"title": "Votre projet", "answers": [["Titre du projet", "Un projet d’avant"], ["Résumé", "Des ateliers."]]}
    ]
    assert "reconnaissable" not in str(made.model_dump())


def test_a_reviewer_of_another_call_finds_no_specimen(platform: Platform, desk: Desks) -> None:
    here, elsewhere = desk(), desk()
    first, _ = opened(here)
    with pytest.raises(NotFound):
        submit(here, elsewhere.first, first)


def test_the_round_goes_page_by_page(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    official = browser().sign_in(here.official)
    url = f"/instruction/{here.call.id}/evaluations/calibrage"
    wrong = official.post(url, {"action": "fictitious", "title": "Gardé"}, page=url)
    assert (wrong.status_code, 'value="Gardé"' in wrong.text) == (422, True)
    for number in range(2):
        form = {"action": "fictitious", "title": f"Essai {number}", "partie-projet": "Texte de l’essai."}
        assert official.post(url, form, page=url).status_code == 302
    page = official.get(url).text
    for address in {one.partition('"')[0] for one in page.split(f'href="{url}/')[1:]}:
        form = {"note-qualite": "3", "note-solidite": "3", "motif-qualite": "Parce que.", "motif-solidite": "Idem."}
        assert official.get(f"{url}/{address}").status_code == 200
        assert official.post(f"{url}/{address}", form).status_code == 302
    assert official.post(url, {"action": "open"}, page="/compte").status_code == 302
    signed = browser().sign_in(here.first)
    assert here.application.title not in signed.get("/evaluation/").text
    assert (
        signed.get(f"/evaluation/dossiers/{here.application.id}").location
        == f"/evaluation/appels/{here.call.id}/calibrage"
    )
    listed = signed.get(f"/evaluation/appels/{here.call.id}/calibrage").text
    links = ["/evaluation/essais/" + one.partition('"')[0] for one in listed.split('href="/evaluation/essais/')[1:]]
    for link in links:
        assert "Texte de l’essai." in signed.get(link).text
        incomplete = signed.post(link, {"note-qualite": "1", "version": "0", "action": "submit"})
        assert (incomplete.status_code, 'value="1" checked' in incomplete.text) == (422, True)
        form = {"note-qualite": "4", "note-solidite": "2", "version": "0", "action": "submit"}
        assert signed.post(link, form).status_code == 302
        assert "Parce que." in signed.get(link).text
        assert signed.post(f"{link}/lu", {}, page=link).status_code == 302
    assert here.application.title in signed.get("/evaluation/").text
    followed = official.get(url).text
    assert "Dossiers ouverts" in followed


def test_ones_own_marking_shows_the_group_only_when_all_is_in(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk()
    other = here.factory.application(here.call, None, ApplicationState.ELIGIBLE)
    here.factory.assignment(other, here.first)
    entry = here.entry(qualite="4", solidite="2")
    act(
        here,
        submit_review,
        here.second,
        application_id=here.application.id,
        entry=here.entry(qualite="1.5", solidite="5"),
    )
    signed = browser().sign_in(here.first)
    url = f"/evaluation/appels/{here.call.id}/mes-notes"
    assert "Aucune évaluation soumise" in signed.get(url).text
    act(here, submit_review, here.first, application_id=here.application.id, entry=entry)
    page = signed.get(url).text
    assert ("4,00" in page, "Le groupe" in page, "1,50" in page) == (True, False, False)
    act(here, submit_review, here.first, application_id=other.id, entry=entry)
    page = signed.get(url).text
    assert ("Le groupe" in page, "1,50" in page) == (True, True)
    assert browser().sign_in(here.factory.person(Role.REVIEWER, call=desk().call)).get(url).status_code == 404
