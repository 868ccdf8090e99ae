"""A dossier given back for lack of time, how well a reviewer knows the subject, what only the service reads."""

from __future__ import annotations

import pytest
from sqlmodel import select

from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.people import Role
from aap.records.reviews import Assignment, Review, Reviewer, ReviewState
from aap.services.assignment.moves import choices, move_by_hand
from aap.services.assignment.situation import default_settings, situation
from aap.services.errors import NotFound, StateForbids
from aap.services.harmonising.further_reviews import further_reviewers
from aap.services.platform import Platform
from aap.services.review.declining import decline_dossier
from aap.services.review.reviewing import ReviewEntry, save_review
from tests.databases import on_both_databases
from tests.worlds.assignment_pages import Browsers
from tests.worlds.assignments import Tables
from tests.worlds.desks import Desks


@on_both_databases
def test_a_dossier_given_back_goes_to_another_reviewer_and_none_comes_instead(table: Tables) -> None:
    here = table()
    before = here.distribute()
    reference, code = sorted(before)[0]
    database, now = here.factory.platform.database, here.factory.now
    here.mark(reference, code, ReviewState.DRAFT)
    given = {"application_id": here.dossier(reference).id, "reason": " Congé en mars. ", "now": now}
    with database.writing() as session:
        actor = here.factory.actor(here.reviewers[code])
        decline_dossier(session, actor=actor, **given)
        with pytest.raises(NotFound):
            decline_dossier(session, actor=actor, **given)
    assert here.pairs() == before - {(reference, code)}
    with database.reading() as session:
        panel, offered = choices(session, actor=here.actor, call=here.call, reference=reference)
        most = {
            one.id: one.max_load for one in situation(session, here.call, default_settings(here.call)).demand.reviewers
        }
    assert (panel.missing, panel.declined) == (1, ((here.reviewers[code].name, "Congé en mars."),))
    assert [one.bar.name for one in offered if one.code == code] == ["DECLINED"]
    assert most[code] == max(most.values()) - 1
    after = here.distribute()
    assert (reference, code) not in after
    assert sum(of == reference for of, _ in after) == 2
    leaving = next(other for of, other in sorted(after) if of == reference)
    with database.writing() as session:  # by hand, once they agree, it may be theirs again
        typed = {"reference": reference, "out": leaving, "into": code}
        move_by_hand(session, actor=here.actor, call_id=here.call.id, typed=typed, now=now)
        held = session.exec(
            select(Assignment).where(
                Assignment.application_id == here.dossier(reference).id,
                Assignment.person_id == here.reviewers[code].id,
            )
        ).one()
        assert (held.removed_at, held.declined_at) == (None, None)


def test_a_submitted_review_is_not_given_back(table: Tables) -> None:
    here = table()
    reference, code = sorted(here.distribute())[0]
    here.mark(reference, code)
    with pytest.raises(StateForbids), here.factory.platform.database.writing() as session:
        decline_dossier(
            session, actor=here.factory.actor(here.reviewers[code]), application_id=here.dossier(reference).id,
            reason="", now=here.factory.now,
        )  # fmt: skip


@on_both_databases
def test_who_gave_a_dossier_back_has_less_room_for_a_further_review_too(platform: Platform, desk: Desks) -> None:
    here = desk()
    other = here.factory.application(here.call, here.factory.association(), ApplicationState.ELIGIBLE)
    here.factory.assignment(other, here.third)
    with platform.database.writing() as session:
        profile = session.exec(select(Reviewer).where(Reviewer.person_id == here.third.id)).one()
        profile.max_load = 1
        session.add(profile)

    def apart() -> list[str]:
        with platform.database.reading() as session:
            application = session.get_one(Application, here.application.id)
            association = session.get_one(Association, application.association_id)
            return [one.apart for one in further_reviewers(session, here.call, application, association)]

    assert apart() == ["load"]
    with platform.database.writing() as session:
        decline_dossier(
            session, actor=here.factory.actor(here.third), application_id=other.id, reason="", now=here.factory.now
        )
    assert apart() == ["load"]


@on_both_databases
def test_what_is_said_beside_the_marks_is_kept_with_them(platform: Platform, desk: Desks) -> None:
    here = desk()
    entry = ReviewEntry(
        marks={"qualite": "3"}, for_service=" Le budget est celui de 2023. ", confidence="low", rubric_hash="0" * 64
    )
    for version, confidence, kept in ((0, "low", "low"), (1, "high", "high"), (2, "immense", "")):
        said = ReviewEntry(**{**vars(entry), "version": version, "confidence": confidence})
        with platform.database.writing() as session:
            save_review(
                session, actor=here.factory.actor(here.first), application_id=here.application.id, entry=said,
                now=here.factory.now,
            )  # fmt: skip
        with platform.database.reading() as session:
            review = session.exec(select(Review)).one()
            assert (review.confidence, review.for_service) == (kept, "Le budget est celui de 2023.")


def test_the_pages_take_it_and_tell_the_service_alone(desk: Desks, browser: Browsers) -> None:
    here = desk(reviewing="others_visible: after_own")
    address = f"/evaluation/dossiers/{here.application.id}"
    marks = {"note-qualite": "4", "note-solidite": "3", "version": "0", "rubric": "0" * 64}
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    said = {"for_service": "Adresse inconnue au répertoire.", "confidence": "low"}
    assert first.post(address, {**marks, **said, "action": "save"}).status_code == 302
    official = browser().sign_in(here.official)
    assert (
        said["for_service"]
        not in official.get(f"/instruction/{here.call.id}/dossiers/{here.application.reference}").text
    )
    assert first.post(address, {**marks, **said, "version": "1", "action": "submit"}).status_code == 302
    own = first.get(address).text
    assert said["for_service"] in own
    assert "connaissance du sujet\u00a0: faible" in own
    assert second.post(address, {**marks, "action": "submit"}).status_code == 302
    assert said["for_service"] not in second.get(address).text
    assert (
        said["for_service"] in official.get(f"/instruction/{here.call.id}/dossiers/{here.application.reference}").text
    )


def test_an_official_who_marks_the_dossier_too_reads_the_others_word_after_submitting(
    desk: Desks, browser: Browsers
) -> None:
    here = desk()
    both = here.factory.person(Role.OFFICIAL, Role.REVIEWER, call=here.call)
    here.factory.assignment(here.application, both)
    address, word = f"/evaluation/dossiers/{here.application.id}", "Adresse inconnue au répertoire."
    marks = {"note-qualite": "4", "note-solidite": "3", "version": "0", "rubric": "0" * 64, "action": "submit"}
    assert browser().sign_in(here.first).post(address, {**marks, "for_service": word}).status_code == 302
    signed, page = browser().sign_in(both), f"/instruction/{here.call.id}/dossiers/{here.application.reference}"
    assert word not in signed.get(page).text
    assert signed.post(address, marks).status_code == 302
    assert word in signed.get(page).text


def test_the_page_gives_a_dossier_back(desk: Desks, browser: Browsers) -> None:
    here = desk()
    signed = browser().sign_in(here.first)
    address = f"/evaluation/dossiers/{here.application.id}"
    assert f'href="{address}/rendre"' in signed.get(address).text
    assert signed.post(f"{address}/rendre", {"motif": "x" * 501}).status_code == 422
    assert signed.post(f"{address}/rendre", {"motif": ""}).status_code == 302
    assert signed.get(address).status_code == 404
    assert here.application.title not in signed.get("/evaluation/").text
