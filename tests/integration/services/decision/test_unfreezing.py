"""One step back: two persons take a frozen ranking back, until letters have left; what is frozen next is version 2."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlmodel import col, select

from aap.jobs import sweep
from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.records.decided import Notification, NotificationState
from aap.records.deliberations import Unfreezing
from aap.records.outbox import OutboxMail
from aap.records.people import Person, Role
from aap.records.rankings import Decision, JuryDecisionKind, RankingRun, RunState
from aap.services.call.calls import get_call
from aap.services.decision.deciding import decision_lines, prepare_decisions, publish_results
from aap.services.decision.in_force import current_list
from aap.services.decision.letters import letter_cases, start_letters
from aap.services.decision.list_versions import Departures, departures
from aap.services.decision.publishing import published_results
from aap.services.decision.unfreezing import confirm_unfreeze, drop_unfreeze, propose_unfreeze
from aap.services.errors import InvalidInput, NotASecond, NotFound, Objection, SamePerson, StateForbids
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.freezing import confirm_freeze, propose_freeze
from aap.services.ranking.input import ranking_input
from aap.services.ranking.jury import decide
from aap.services.ranking.run_files import run_file
from aap.services.ranking.second_persons import name_seconds
from aap.services.ranking.version_minutes import kept_minutes, minutes_to_keep
from aap.services.ranking.versions import list_versions
from aap.services.ranking.what_changed import what_changed
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.unit.documents.papers.samples import text_of
from tests.worlds.offices import Office, Offices, notify

LINKS = PublicLinks("https://aap.example.org")
WHY = "Une note a été mal saisie."


def run_of(here: Office, number: int = 1) -> RankingRun:
    with here.factory.platform.database.reading() as session:
        return session.exec(
            select(RankingRun).where(RankingRun.call_id == here.call.id, RankingRun.number == number)
        ).one()


def propose(here: Office, who: Person, reason: str = WHY) -> None:
    with here.factory.platform.database.writing() as session:
        actor = here.factory.actor(who)
        propose_unfreeze(session, actor=actor, run_id=run_of(here).id, reason=reason, links=LINKS, now=here.factory.now)


def confirm(here: Office, who: Person, minutes: str | None = None) -> int:
    with here.factory.platform.database.writing() as session:
        actor = here.factory.actor(who)
        return confirm_unfreeze(
            session, actor=actor, run_id=run_of(here).id, minutes_sha256=minutes, now=here.factory.now
        )


def states(here: Office) -> list[str]:
    return [str(here.reload(one).state) for one in here.dossiers]


def decided(here: Office) -> Sequence[tuple[int, str, bool]]:
    """Number, outcome and whether it counts, of each decision in the order of the dossiers."""
    with here.factory.platform.database.reading() as session:
        found = session.exec(
            select(Decision)
            .where(Decision.call_id == here.call.id, Decision.application_id == Application.id)
            .order_by(col(Application.reference), col(Decision.number))
        )
        return [(one.number, str(one.outcome), one.voided_at is None) for one in found]


def frozen_again(here: Office) -> None:
    """A second run in which the jury leaves the first dossier out, frozen by the two."""
    platform, now = here.factory.platform, here.factory.now
    first, second = here.factory.actor(here.first), here.factory.actor(here.second)
    with platform.database.writing() as session:
        decide(
            session, actor=first, application_id=here.dossiers[0].id, decision=JuryDecisionKind.OUT, amount=None,
            reason="Le projet a commencé.", now=now,
        )  # fmt: skip
        call = get_call(session, here.call.id)
        given = ranking_input(session, call)
        run = store_run(session, actor=first, call=call, given=given, run=compute_run(call, given, draws=0), now=now)
        propose_freeze(session, actor=first, run_id=run.id, links=LINKS, now=now)
        confirm_freeze(session, actor=second, run_id=run.id, now=now)


@on_both_databases
def test_decisions_are_void_states_come_back_and_the_next_freeze_is_version_2(office: Offices) -> None:
    here = office(CallState.DECIDED)
    before = ["eligible"] * 4 + ["ineligible"]
    assert states(here) == before
    assert [one[1] for one in decided(here)] == ["laureate", "waiting_list", "laureate", "waiting_list", "ineligible"]
    propose(here, here.first, f" {WHY} ")
    with pytest.raises(SamePerson):
        confirm(here, here.first)
    assert confirm(here, here.second) == 5
    held = run_of(here)
    assert (here.state(), held.state, held.frozen_version) == (CallState.DELIBERATING, RunState.COMPUTED, 1)
    assert states(here) == before
    with here.factory.platform.database.reading() as session:
        assert current_list(session, here.call.id).version == 0
        [version] = list_versions(session, here.call.id)
    assert (version.number, version.run, version.reason) == (1, 1, WHY)
    assert (version.proposed_by, version.frozen_by) == (here.first.name, here.second.name)
    assert (version.asked_back_by, version.confirmed_back_by) == (here.first.name, here.second.name)
    assert version.taken_back_at == here.factory.now

    frozen_again(here)
    assert (run_of(here, 2).frozen_version, run_of(here).frozen_version) == (2, 1)
    first = here.factory.actor(here.first)
    with here.factory.platform.database.writing() as session:
        assert prepare_decisions(session, actor=first, call_id=here.call.id, now=here.factory.now) == 5
        start_letters(session, actor=first, call_id=here.call.id, now=here.factory.now)
    sweep(here.factory.platform)
    assert decided(here) == [
        (1, "laureate", False), (2, "not_selected", True), (1, "waiting_list", False), (2, "laureate", True),
        (1, "laureate", False), (2, "laureate", True), (1, "waiting_list", False), (2, "waiting_list", True),
        (1, "ineligible", False), (2, "ineligible", True),
    ]  # fmt: skip
    assert states(here) == before
    with here.factory.platform.database.writing() as session:
        call = get_call(session, here.call.id)
        lines = decision_lines(session, actor=first, call=call)
        assert [(one.outcome, one.letter_sha256 is not None) for one in lines] == [
            ("not_selected", True), ("laureate", True), ("laureate", True),
            ("waiting_list", True), ("ineligible", True),
        ]  # fmt: skip
        assert len(letter_cases(session, call)) == 5
        assert notify(session, here, now=here.factory.now) == 5
        publish_results(session, actor=first, call_id=call.id, now=here.factory.now)
        assert departures(session, call.id) == Departures(frozenset(), 0, 0)
        results = published_results(session, call.id)
    assert [one.reference for one in results.laureates] == sorted(one.reference for one in here.dossiers[1:3])
    assert results.outcomes == {"laureate": 2, "waiting_list": 1, "not_selected": 1, "ineligible": 1}


@on_both_databases
def test_a_withdrawal_stays_one_and_a_withdrawal_that_the_jury_noted_is_a_dossier_again(office: Offices) -> None:
    here = office()
    platform, now = here.factory.platform, here.factory.now
    first, second = here.factory.actor(here.first), here.factory.actor(here.second)
    with platform.database.writing() as session:
        gone = session.get_one(Application, here.dossiers[1].id)
        gone.state, gone.withdrawn_at = ApplicationState.WITHDRAWN, now
        decide(
            session, actor=first, application_id=here.dossiers[3].id, decision=JuryDecisionKind.WITHDRAWN, amount=None,
            reason="Annoncé par téléphone.", now=now,
        )  # fmt: skip
        session.flush()
        call = get_call(session, here.call.id)
        given = ranking_input(session, call)
        run = store_run(session, actor=first, call=call, given=given, run=compute_run(call, given, draws=0), now=now)
        propose_freeze(session, actor=first, run_id=run.id, links=LINKS, now=now)
        confirm_freeze(session, actor=second, run_id=run.id, now=now)
        prepare_decisions(session, actor=second, call_id=call.id, now=now)
    assert [one[1] for one in decided(here)] == ["laureate", "withdrawn", "laureate", "withdrawn", "ineligible"]
    assert states(here) == ["eligible", "withdrawn", "eligible", "eligible", "ineligible"]
    propose(here, here.second)
    confirm(here, here.first)
    assert states(here) == ["eligible", "withdrawn", "eligible", "eligible", "ineligible"]


@on_both_databases
def test_once_a_letter_has_left_or_its_hour_is_given_nothing_is_taken_back(office: Offices) -> None:
    here = office(CallState.DECIDED)
    propose(here, here.first)
    now, database = here.factory.now, here.factory.platform.database
    with database.writing() as session:
        hour = Notification(
            call_id=here.call.id, at=now, proposed_by=here.first.id, proposed_at=now, confirmed_by=here.second.id,
            confirmed_at=now, state=NotificationState.CONFIRMED,
        )  # fmt: skip
        session.add(hour)
    with pytest.raises(InvalidInput) as refused:
        confirm(here, here.second)
    assert refused.value.problems == {"": Objection("decision.letters_have_left")}
    with database.writing() as session:
        held = session.get_one(Notification, hour.id)
        held.state, held.confirmed_by, held.confirmed_at = NotificationState.CANCELLED, None, None
    with database.writing() as session:
        notify(session, here, now=now)
    with pytest.raises(InvalidInput) as refused:
        confirm(here, here.second)
    assert refused.value.problems == {"": Objection("decision.letters_have_left")}
    assert here.state() is CallState.DECIDED
    with database.writing() as session:
        drop_unfreeze(session, actor=here.factory.actor(here.first), run_id=run_of(here).id, now=now)
    with pytest.raises(InvalidInput) as refused:
        propose(here, here.first)
    assert refused.value.problems == {"": (Objection("decision.letters_have_left"),)}
    with database.writing() as session:
        publish_results(session, actor=here.factory.actor(here.first), call_id=here.call.id, now=now)
    with pytest.raises(StateForbids):
        propose(here, here.first)


@on_both_databases
def test_a_notification_that_waits_for_its_second_and_letters_under_way_end_with_the_list(office: Offices) -> None:
    here = office(CallState.DECIDED)
    now, database = here.factory.now, here.factory.platform.database
    with database.writing() as session:
        waiting = Notification(call_id=here.call.id, at=now, proposed_by=here.first.id, proposed_at=now)
        session.add(waiting)
        job = start_letters(session, actor=here.factory.actor(here.first), call_id=here.call.id, now=now)
    propose(here, here.first)
    confirm(here, here.second)
    with database.reading() as session:
        assert session.get_one(Notification, waiting.id).state == NotificationState.CANCELLED
        assert session.get_one(type(job), job.id).state == "cancelled"


@on_both_databases
def test_a_step_back_wants_a_reason_waits_once_and_may_be_dropped(office: Offices) -> None:
    here = office(CallState.ARBITRATED)
    with pytest.raises(InvalidInput) as refused:
        propose(here, here.first, "  ")
    assert refused.value.problems == {"reason": Objection("decision.unfreezing_unexplained")}
    with pytest.raises(InvalidInput) as refused:
        confirm(here, here.second)
    assert refused.value.problems == {"": Objection("decision.unfreezing_ended")}
    propose(here, here.first)
    with pytest.raises(InvalidInput) as refused:
        propose(here, here.second)
    assert refused.value.problems == {"": (Objection("decision.unfreezing_awaited"),)}
    with here.factory.platform.database.writing() as session:
        second = here.factory.actor(here.second)
        drop_unfreeze(session, actor=second, run_id=run_of(here).id, now=here.factory.now)
    assert (here.state(), run_of(here).state) == (CallState.ARBITRATED, RunState.FROZEN)
    propose(here, here.second)
    with here.factory.platform.database.reading() as session:
        asked = session.exec(select(Unfreezing).order_by(col(Unfreezing.proposed_at), col(Unfreezing.id))).all()
    assert sorted((one.proposed_by, one.dropped_by) for one in asked) == sorted(
        [(here.first.id, here.second.id), (here.second.id, None)]
    )


@on_both_databases
def test_each_possible_second_is_told_once_and_nobody_else(office: Offices) -> None:
    here = office(CallState.PROPOSED)
    third = here.factory.person(Role.OFFICIAL, call=here.call)
    closed = here.factory.person(Role.OFFICIAL, call=here.call)
    everywhere = here.factory.person(Role.OFFICIAL)
    with here.factory.platform.database.writing() as session:
        session.get_one(Person, closed.id).active = False
        confirm_freeze(session, actor=here.factory.actor(third), run_id=run_of(here).id, now=here.factory.now)
    propose(here, here.second)
    with here.factory.platform.database.reading() as session:
        mails = session.exec(select(OutboxMail).where(col(OutboxMail.kind).like("official_%"))).all()
    told = {kind: sorted(one.recipient for one in mails if one.kind == kind) for kind in {one.kind for one in mails}}
    assert told == {
        "official_freeze_proposed": [here.second.email],  # the others weren't officials yet
        "official_unfreeze_proposed": sorted([here.first.email, third.email, everywhere.email]),
    }
    [body] = {one.body for one in mails if one.kind == "official_unfreeze_proposed"}
    assert WHY in body
    assert f"https://aap.example.org/instruction/{here.call.id}/classement/1/reprise" in body
    [frozen] = [one.body for one in mails if one.kind == "official_freeze_proposed"]
    assert f"/instruction/{here.call.id}/classement/1/arret" in frozen


@on_both_databases
def test_only_who_is_named_confirms_and_who_named_them_is_not_the_first(office: Offices) -> None:
    here = office(CallState.ARBITRATED)
    third = here.factory.person(Role.OFFICIAL, call=here.call)
    database, now, call_id = here.factory.platform.database, here.factory.now, here.call.id

    def name(who: Person, *people: Person) -> None:
        with database.writing() as session:
            name_seconds(
                session, actor=here.factory.actor(who), call_id=call_id, people=[one.id for one in people], now=now
            )

    with pytest.raises(InvalidInput) as refused:
        name(here.first, here.member)
    assert refused.value.problems == {"people": Objection("ranking.second_unknown")}
    with pytest.raises(NotFound):
        name(here.stranger, here.second)
    name(here.first, third)
    with pytest.raises(InvalidInput) as refused:
        propose(here, here.first)
    assert refused.value.problems == {"": (Objection("ranking.seconds_named_by_first"),)}
    with pytest.raises(InvalidInput) as refused:
        propose(here, third)
    assert refused.value.problems == {"": (Objection("ranking.no_second"),)}
    name(here.factory.person(Role.ADMIN), third)
    propose(here, here.first)
    with pytest.raises(InvalidInput) as refused:
        name(here.second)
    assert refused.value.problems == {"": Objection("ranking.second_awaited")}
    with pytest.raises(NotASecond):
        confirm(here, here.second)
    assert confirm(here, third) == 0
    assert here.state() is CallState.DELIBERATING


@on_both_databases
def test_a_run_that_was_taken_back_is_not_frozen_again_and_says_what_changed_since(office: Offices) -> None:
    here = office(CallState.ARBITRATED)
    propose(here, here.first)
    confirm(here, here.second)
    first, now = here.factory.actor(here.first), here.factory.now
    with here.factory.platform.database.writing() as session, pytest.raises(InvalidInput) as refused:
        propose_freeze(session, actor=first, run_id=run_of(here).id, links=LINKS, now=now)
    assert refused.value.problems == {"": (Objection("ranking.taken_back", version=1),)}
    frozen_again(here)
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        assert what_changed(session, actor=first, call=call, run=run_of(here)) is None
        found = what_changed(session, actor=first, call=call, run=run_of(here, 2))
        with pytest.raises(NotFound):
            what_changed(session, actor=first, call=call, run=run_of(here, 2), since=2)
    assert found is not None
    names = [one.reference for one in here.dossiers]
    changes = found.changes
    assert (found.since, found.frozen_version, found.earlier, bool(found)) == (1, 1, (1,), True)
    assert [(one.application_id, one.decision, one.reason, one.author) for one in changes.added] == [
        (names[0], "out", "Le projet a commencé.", here.first.name)
    ]
    assert [one.application_id for one in changes.laureates_out] == [names[0]]
    assert [(one.application_id, one.amount_after) for one in changes.laureates_in] == [(names[1], 40_000_00)]
    assert [one.application_id for one in changes.waiting_out] == [names[1]]


def said(pdf: bytes) -> str:
    return " ".join(text_of(pdf).replace("\u00a0", " ").split())


@on_both_databases
def test_a_version_that_was_taken_back_keeps_its_minutes_and_its_list_says_so(office: Offices) -> None:
    here = office(CallState.ARBITRATED)
    platform, now = here.factory.platform, here.factory.now
    first, second = here.factory.actor(here.first), here.factory.actor(here.second)
    with platform.database.reading() as session, pytest.raises(InvalidInput):
        minutes_to_keep(session, actor=second, call=get_call(session, here.call.id), run=run_of(here))
    propose(here, here.first)
    with platform.database.reading() as session:
        call = get_call(session, here.call.id)
        with pytest.raises(SamePerson):
            minutes_to_keep(session, actor=first, call=call, run=run_of(here))
        minutes = minutes_to_keep(session, actor=second, call=call, run=run_of(here))
    assert "Version 1, calcul n° 1" in said(minutes)
    confirm(here, here.second, "a" * 64)
    frozen_again(here)
    with platform.database.writing() as session:
        call = get_call(session, here.call.id)
        assert kept_minutes(session, actor=first, call=call, version=1, now=now) == "a" * 64
        with pytest.raises(NotFound):
            kept_minutes(session, actor=first, call=call, version=2, now=now)
        lists = [
            run_file(
                session, actor=first, call=call, run=run_of(here, number), name="laureates.pdf", secret="s", now=now
            )
            for number in (1, 2)
        ]
    assert [made.name for made in lists] == [
        f"{call.id}-1-version-1-reprise-laureats.pdf", f"{call.id}-2-version-2-laureats.pdf",
    ]  # fmt: skip
    back, in_force = (said(made.content) for made in lists)
    by = f"par {here.first.name} et {here.second.name} le"
    assert f"VERSION REPRISE : {by}" in back
    assert "VERSION 1 REPRISE – " in back
    assert f"Visa : proposée par {here.first.name} le" in in_force
    assert f"confirmée et arrêtée par {here.second.name} le" in in_force
    assert ("REPRISE" in in_force, "PROVISOIRE" in in_force) == (False, False)
