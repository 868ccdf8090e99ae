"""Starting a dossier and saving its sections: one draft, no word lost, no stale save unnoticed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from aap.core.answers.merging import base_text, read_base
from aap.core.values import RAW
from aap.records.applications import Application, ApplicationState, CompletionRequest
from aap.records.calls import CallState
from aap.records.people import MembershipRole
from aap.services.dossier.applying import (
    OpenedPage,
    SavedSection,
    answer_eligibility,
    save_section,
    start_application,
)
from aap.services.dossier.dossiers import open_dossier
from aap.services.errors import DeadlinePassed, NotFound, StateForbids
from tests.databases import on_both_databases
from tests.factories import Factory
from tests.worlds.applicants import ANSWERS, ELIGIBLE, Space, Spaces, closing


def save(
    space: Space,
    section: str,
    answers: Mapping[str, Any],
    *,
    version: int = 0,
    page: str = "a",
    person: Any = None,
    whole: bool = True,
    base: Mapping[str, Any] | None = None,
    serial: int = 0,
    given_up: Sequence[str] = (),
) -> SavedSection:
    """`base`: the answers that the page started from, where it says so."""
    marks = None if base is None else read_base(base_text(base, base))
    with space.database.writing() as session:
        return save_section(
            session, actor=space.factory.actor(person) if person else space.actor, application_id=space.id,
            section_id=section, answers=answers, whole=whole, given_up=given_up, now=space.factory.now,
            page=OpenedPage(version=version, token=page, base=marks, serial=serial),
        )  # fmt: skip


@on_both_databases
def test_a_dossier_is_started_once_whatever_is_pressed_twice(space: Spaces) -> None:
    one = space()
    other = one.factory.association(one.person)

    def start() -> str:
        with one.database.writing() as session:
            return start_application(
                session, actor=one.actor, call_id=one.call.id, association_id=other.id,
                eligibility={**ELIGIBLE, "statut": "peut-être", "autre": "oui"}, now=one.factory.now,
            ).id  # fmt: skip

    first = start()
    assert start() == first
    with one.database.reading() as session:
        (held,) = session.exec(select(Application).where(Application.association_id == other.id))
    assert held.eligibility == {"mentorat": "oui", "obligations": "oui"}
    assert held.reference.startswith("AAP-MENTORAT-2026-")
    assert len(held.reference) == len("AAP-MENTORAT-2026-XXXXX")


@on_both_databases
def test_a_dossier_is_started_only_while_the_call_is_open(space: Spaces) -> None:
    one = space()
    other = one.factory.association(one.person)
    outcomes = {}
    for words, moment in (
        ("before", one.call.record.opens_at - timedelta(seconds=1)),
        ("last second", closing(one)),
        ("after", closing(one) + timedelta(seconds=1)),
    ):
        try:
            with one.database.writing() as session:
                start_application(
                    session, actor=one.actor, call_id=one.call.id, association_id=other.id, eligibility={}, now=moment
                )
                session.rollback()
            outcomes[words] = "started"
        except (StateForbids, DeadlinePassed) as error:
            outcomes[words] = type(error).__name__
    assert outcomes == {"before": "StateForbids", "last second": "started", "after": "DeadlinePassed"}


@on_both_databases
def test_right_and_wrong_answers_are_both_kept(space: Spaces) -> None:
    one = space()
    saved = save(one, "projet", {"titre": "Un titre", "inconnue": "x", RAW: {"periode": {"start": "hier"}, "x": "y"}})
    held = one.dossier().sections["projet"]
    assert (saved.version, held.answers, held.raw) == (1, {"titre": "Un titre"}, {"periode": {"start": "hier"}})
    assert one.dossier().application.title == "Un titre"


@on_both_databases
def test_some_answers_of_a_section_are_laid_over_what_is_stored_by_then(space: Spaces) -> None:
    one = space()
    period = {"start": "2026-09-01", "end": "2027-06-30"}
    save(one, "projet", {"titre": "Avant", RAW: {"periode": "bientôt", "theme": "loin"}})
    save(one, "projet", {"titre": "Après", "resume": "Un résumé.", RAW: {"periode": "tôt", "theme": "ici"}}, version=1)
    save(one, "projet", {"periode": period}, version=1, whole=False)
    held = one.dossier().sections["projet"]
    assert (held.version, held.answers) == (3, {"titre": "Après", "resume": "Un résumé.", "periode": period})
    assert held.raw == {"theme": "ici"}


@on_both_databases
def test_two_people_on_different_questions_each_keep_theirs_and_a_choice_is_left_for_the_same_one(
    space: Spaces,
) -> None:
    one = space()
    lea = one.colleague(name="Léa Martin")
    start = {"titre": "Un titre", "resume": "Un résumé.", "theme": "scolarite"}
    save(one, "projet", start, page="before")
    save(one, "projet", {**start, "titre": "Celui de Léa", "theme": "culture"}, base=start, page="lea", person=lea)
    typed = {"titre": "Celui de Camille", "resume": "Un long résumé.", "theme": "scolarite"}
    saved = save(one, "projet", typed, base=start, page="camille")
    told = [(one.question, one.by, one.at) for one in (*saved.disputed, *saved.elsewhere)]
    assert told == [("titre", "Léa Martin", one.factory.now), ("theme", "Léa Martin", one.factory.now)]
    merged = {"titre": "Celui de Léa", "resume": "Un long résumé.", "theme": "culture"}
    assert (saved.version, one.dossier().answers) == (3, merged)
    given_up = save(one, "projet", typed, base=start, page="camille", given_up=["titre"])
    assert (given_up.version, given_up.disputed, one.dossier().answers) == (3, (), merged)
    kept = save(one, "projet", typed, base={**start, "titre": "Celui de Léa"}, page="camille")
    assert (kept.disputed, one.dossier().answers) == ((), {**merged, "titre": "Celui de Camille"})


@on_both_databases
def test_a_page_that_says_nothing_of_what_it_started_from_is_stale_as_a_whole(space: Spaces) -> None:
    one = space()
    lea = one.colleague(name="Léa Martin")
    save(one, "projet", {"titre": "Celui de Camille"}, page="camille")
    save(one, "projet", {"titre": "Celui de Léa"}, version=1, page="lea", person=lea)
    stale = save(one, "projet", {"titre": "Celui de Camille, allongé"}, version=1, page="camille")
    assert (stale.version, [(one.question, one.by) for one in stale.disputed]) == (2, [("titre", "Léa Martin")])
    assert one.dossier().answers == {"titre": "Celui de Léa"}
    kept = save(one, "projet", {"titre": "Celui de Camille, allongé"}, version=2, page="camille")
    assert (kept.version, one.dossier().answers) == (3, {"titre": "Celui de Camille, allongé"})


@on_both_databases
def test_two_first_saves_of_one_section_are_a_choice_too(space: Spaces) -> None:
    one = space()
    save(one, "projet", {"titre": "Premier"}, page="a", base={})
    second = save(one, "projet", {"titre": "Second", "resume": "Un résumé."}, page="b", base={})
    assert [one.question for one in second.disputed] == ["titre"]
    assert one.dossier().answers == {"titre": "Premier", "resume": "Un résumé."}


@on_both_databases
def test_a_save_that_was_overtaken_on_its_way_changes_nothing(space: Spaces) -> None:
    one = space()
    save(one, "projet", {"titre": "Un deux trois"}, page="a", base={}, serial=2)
    late = save(one, "projet", {"titre": "Un deux", "resume": "Un résumé."}, page="a", base={}, serial=1)
    assert (late.disputed, one.dossier().answers) == ((), {"titre": "Un deux trois", "resume": "Un résumé."})
    back = save(one, "projet", {"resume": "Un résumé."}, page="a", base={}, serial=3)
    assert (back.disputed, one.dossier().answers) == ((), {"resume": "Un résumé."})


@on_both_databases
def test_a_repeated_save_whose_answer_was_lost_is_no_conflict(space: Spaces) -> None:
    one = space()
    save(one, "projet", {"titre": "Un"}, page="a")
    again = save(one, "projet", {"titre": "Un"}, page="a")
    longer = save(one, "projet", {"titre": "Un deux"}, page="a")
    same_from_elsewhere = save(one, "projet", {"titre": "Un deux"}, page="b")
    assert [one.version for one in (again, longer, same_from_elsewhere)] == [1, 2, 2]


@on_both_databases
def test_saves_of_two_pages_at_the_same_time_lose_nothing(space: Spaces) -> None:
    one = space()
    outcomes: dict[str, str] = {}

    def type_away(page: str) -> None:
        saved = save(one, "projet", {"titre": f"De {page}"}, page=page, base={})
        stands = saved.dossier.typed["titre"]
        outcomes[page] = f"stale against {stands}" if saved.disputed else "saved"

    threads = [threading.Thread(target=type_away, args=(page,)) for page in ("a", "b", "c", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    title = one.dossier().answers["titre"]
    assert sorted(outcomes.values()) == ["saved", *(3 * [f"stale against {title}"])]


@on_both_databases
def test_only_the_named_sections_are_open_while_completion_is_asked_for(space: Spaces) -> None:
    one = space(ANSWERS, state=ApplicationState.TO_COMPLETE)
    with one.database.writing() as session:
        session.add(
            CompletionRequest(
                application_id=one.id, sections=["jeunes"], message="Précisez.", created_at=one.factory.now,
                due_at=one.factory.now + timedelta(days=3),
            )
        )  # fmt: skip
    save(one, "jeunes", {"nombre": "50"}, version=1)
    with pytest.raises(StateForbids):
        save(one, "projet", {"titre": "Changé"})
    assert (one.dossier().answers["nombre"], one.dossier().answers["titre"]) == ("50", ANSWERS["projet"]["titre"])


@on_both_databases
def test_readers_and_strangers_change_nothing(space: Spaces, factory: Factory) -> None:
    one = space()
    stranger = factory.person()
    reader = one.colleague(MembershipRole.READER)
    for person in (stranger, reader):
        with pytest.raises(NotFound):
            save(one, "projet", {"titre": "Pris"}, person=person)
    with pytest.raises(NotFound), one.database.reading() as session:
        open_dossier(session, actor=factory.actor(stranger), application_id=one.id)
    assert one.dossier().sections == {}


@on_both_databases
def test_a_submitted_dossier_and_one_of_a_reviewed_call_are_closed(space: Spaces) -> None:
    one = space(ANSWERS, state=ApplicationState.SUBMITTED)
    with pytest.raises(StateForbids):
        save(one, "projet", {"titre": "Changé"})
    with one.database.writing() as session:
        application = session.get_one(Application, one.id)
        application.state = ApplicationState.DRAFT
        call = one.call.record
        call.state = CallState.REVIEWING
        session.add(session.merge(call))
        session.add(application)
    with pytest.raises(StateForbids):
        save(one, "projet", {"titre": "Changé"})


@on_both_databases
def test_answers_to_the_call_s_rules_are_kept_with_the_dossier(space: Spaces) -> None:
    one = space(ANSWERS)
    with one.database.writing() as session:
        answer_eligibility(
            session, actor=one.actor, application_id=one.id, answers={"statut": "non", "x": "y"}, now=one.factory.now
        )
    assert one.dossier().application.eligibility == {**ELIGIBLE, "statut": "non"}
    assert [rule.id for rule in one.dossier().eligibility.broken] == ["statut"]
    assert one.dossier().eligibility.verdict == "no"
