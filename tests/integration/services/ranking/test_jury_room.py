"""The jury's room: nothing without quorum, lists at once, choices one by one, who must leave, and when it may end."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from aap.core.ranking.effect import JuryChoice
from aap.records.applications import Application
from aap.records.deliberations import Attendance, JuryVote, Looking, Meeting
from aap.records.people import Person
from aap.records.rankings import JuryDecision, JuryDecisionKind, RankingRun
from aap.records.reviews import Consensus
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, NotFound, RulesConflict
from aap.services.platform import Platform
from aap.services.ranking.jury import decide
from aap.services.ranking.jury_effects import ShownEffect, ask_effect
from aap.services.ranking.jury_members import MemberEntry, add_jury_member, remove_jury_member
from aap.services.ranking.jury_room import JuryRoom, jury_room
from aap.services.ranking.meetings import MeetingEntry, adjourn_meeting, note_attendance, open_meeting
from aap.services.ranking.votes import ChoiceEntry, Votes, call_out, close_meeting, record_choice, vote_list
from tests.databases import on_both_databases
from tests.worlds.deliberations import authority_decides
from tests.worlds.juries import ACT, NAMES, Juries, Jury, apart

CHAIR, ELECTED, EXPERT = NAMES
AGREED = Votes()


def room(here: Jury, person: Person | None = None) -> JuryRoom:
    office = here.office
    with office.factory.platform.database.reading() as session:
        actor = office.factory.actor(person or office.first)
        return jury_room(session, actor=actor, call=get_call(session, office.call.id))


def acting(here: Jury, minutes: int = 0) -> dict[str, Any]:
    office = here.office
    return {"actor": office.factory.actor(office.first), "now": office.factory.now + timedelta(minutes=minutes)}


def opened(here: Jury, session: Session) -> OpenedCall:
    return get_call(session, here.office.call.id)


def choose(here: Jury, dossier: Application, choice: Any, minutes: int = 0, **entry: Any) -> None:
    with here.office.factory.platform.database.writing() as session:
        record_choice(
            session,
            application_id=dossier.id,
            entry=ChoiceEntry(choice, **{"reason": "Motif de la lettre", **entry}),
            **acting(here, minutes),
        )


def vote(here: Jury, name: str, votes: Votes = AGREED) -> int:
    with here.office.factory.platform.database.writing() as session:
        return vote_list(session, call=opened(here, session), name=name, votes=votes, **acting(here))


def close(here: Jury, minutes: int = 0) -> None:
    with here.office.factory.platform.database.writing() as session:
        close_meeting(session, call=opened(here, session), **acting(here, minutes))


def effect(here: Jury, dossier: Application, kind: Any, person: Person | None = None) -> ShownEffect:
    office = here.office
    with office.factory.platform.database.reading() as session:
        actor = office.factory.actor(person or office.first)
        choice = JuryChoice(dossier.reference, kind)
        return ask_effect(session, actor=actor, call=opened(here, session), application=dossier, choice=choice)


def refusals(refused: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {field: one.key for field, one in refused.value.problems.items()}  # type: ignore[union-attr]


@on_both_databases
def test_a_jury_is_composed_by_colleges_and_one_member_chairs(jury: Juries) -> None:
    here = jury()
    assert [(one.name, one.college, one.chairs, one.account) for one in room(here).members] == [
        (CHAIR, "État", True, ""),
        (EXPERT, "Personnalités qualifiées", False, here.recused.email),
        (ELECTED, "Élus", False, ""),
    ]
    with here.office.factory.platform.database.writing() as session:
        call = opened(here, session)
        add_jury_member(session, call=call, entry=MemberEntry("Dina Nouvelle", chairs=True), **acting(here))
        remove_jury_member(session, call=call, member_id=here.members()[ELECTED], **acting(here))
        with pytest.raises(InvalidInput) as refused:
            add_jury_member(session, call=call, entry=MemberEntry(" ", account="personne@nulle.part"), **acting(here))
        assert refusals(refused) == {"name": "ranking.member_name", "account": "ranking.member_account_unknown"}
        with pytest.raises(InvalidInput) as refused:
            add_jury_member(session, call=call, entry=MemberEntry("Encore", account=here.recused.email), **acting(here))
        assert refusals(refused) == {"account": "ranking.member_sits_already"}
    assert [(one.name, one.chairs) for one in room(here).members] == [
        ("Dina Nouvelle", True),
        (EXPERT, False),
        (CHAIR, False),
    ]


@on_both_databases
def test_nothing_is_voted_or_recorded_without_quorum(jury: Juries) -> None:
    here = jury()
    first = here.office.dossiers[0]

    def refused_with() -> list[str]:
        found = []
        with here.office.factory.platform.database.writing() as session:
            member = here.members()[CHAIR]
            for act in (
                lambda: vote_list(
                    session, call=opened(here, session), name="ineligible", votes=Votes(), **acting(here)
                ),
                lambda: record_choice(session, application_id=first.id, entry=ChoiceEntry("keep"), **acting(here)),
                lambda: call_out(session, application_id=first.id, member_id=member, **acting(here)),
                lambda: close_meeting(session, call=opened(here, session), **acting(here)),
                lambda: decide(
                    session, application_id=first.id, decision=JuryDecisionKind.OUT, amount=None, reason="Non",
                    **acting(here),
                ),
            ):  # fmt: skip
                with pytest.raises(InvalidInput) as refused:
                    act()
                found += list(refusals(refused).values())
        return found

    assert refused_with() == ["ranking.no_meeting"] * 5
    here.sit(CHAIR, quorum=2)
    assert refused_with() == ["ranking.quorum_missing"] * 5
    with here.office.factory.platform.database.reading() as session:
        assert session.exec(select(JuryVote)).all() == []
        assert session.exec(select(JuryDecision)).all() == []
    with here.office.factory.platform.database.writing() as session:  # what an association does needs no vote
        decide(
            session, application_id=first.id, decision=JuryDecisionKind.DECLINED, amount=None, reason="Courrier",
            **acting(here),
        )  # fmt: skip


@on_both_databases
def test_a_meeting_is_opened_once_on_a_run_and_attendance_follows_who_is_there(jury: Juries) -> None:
    here = jury()
    entry = MeetingEntry(None, "", " ", 4)
    with here.office.factory.platform.database.writing() as session, pytest.raises(InvalidInput) as refused:
        open_meeting(session, call=opened(here, session), entry=entry, **acting(here))
    assert refusals(refused) == {
        "held_on": "ranking.meeting_day",
        "appointed_by": "ranking.appointing_act",
        "quorum": "ranking.quorum",
    }
    here.sit(CHAIR, ELECTED)
    meeting = room(here).meeting
    assert meeting is not None
    assert (meeting.number, meeting.held_on, meeting.place, meeting.appointed_by, meeting.quorum, meeting.reached) == (
        1, date(2025, 4, 2), "Salle 12", ACT, 2, True,
    )  # fmt: skip
    with here.office.factory.platform.database.writing() as session:
        call = opened(here, session)
        note_attendance(session, call=call, present=[here.members()[CHAIR], "personne"], **acting(here))
        entry = MeetingEntry(date(2025, 4, 3), "", ACT, 1)
        with pytest.raises(InvalidInput) as refused:
            open_meeting(session, call=call, entry=entry, **acting(here))
    assert refusals(refused) == {"": "ranking.meeting_open_already"}
    again = room(here).meeting
    assert again is not None
    assert ([one.name for one in again.present], again.reached) == ([CHAIR], False)
    with here.office.factory.platform.database.reading() as session:
        assert len(session.exec(select(Attendance)).all()) == 1


@on_both_databases
def test_lists_are_voted_at_once_but_for_what_a_member_calls_out(jury: Juries) -> None:
    """Of five dossiers the four that are ranked stand near the line; the fifth is ineligible."""
    here = jury()
    here.sit(CHAIR, ELECTED, EXPERT)
    dossiers = here.office.dossiers
    now = room(here)
    assert [(one.name, len(one.lines)) for one in now.lists] == [("ineligible", 1)]
    assert [(one.status, one.open_for) for one in now.open] == [
        ("laureate", ("line",)), ("waiting_list", ("line",)), ("laureate", ("line",)), ("waiting_list", ("line",)),
    ]  # fmt: skip
    assert len(now.missing) == 5
    with here.office.factory.platform.database.writing() as session:
        call_out(session, application_id=dossiers[4].id, member_id=here.members()[ELECTED], **acting(here))
    with pytest.raises(InvalidInput) as refused:
        vote(here, "ineligible")
    assert refusals(refused) == {"": "ranking.list_empty"}
    choose(here, dossiers[4], "keep", reason="", votes=Votes(2, 0, 1))
    with here.office.factory.platform.database.reading() as session:
        kept = session.exec(select(JuryVote)).one()
    assert (kept.looking, kept.called_by, kept.votes_for, kept.abstentions) == (
        Looking.KEPT, here.members()[ELECTED], 2, 1,
    )  # fmt: skip
    assert len(room(here).missing) == 4


@on_both_databases
def test_a_list_is_one_line_of_the_log_and_a_vote_for_each_of_its_dossiers(jury: Juries) -> None:
    here = jury()
    here.sit(CHAIR, ELECTED)
    assert vote(here, "ineligible", Votes(2, 0, 0)) == 1
    with here.office.factory.platform.database.reading() as session:
        kept = session.exec(select(JuryVote)).one()
    assert (kept.application_id, kept.looking, kept.list_name, kept.votes_for, kept.away) == (
        here.office.dossiers[4].id, Looking.LISTED, "ineligible", 2, [],
    )  # fmt: skip
    assert [(one.name, len(one.to_vote)) for one in room(here).lists] == [("ineligible", 0)]


@on_both_databases
def test_a_choice_replaces_what_the_jury_chose_before_and_stands_beside_agreed_marks(jury: Juries) -> None:
    here = jury()
    here.sit(CHAIR, ELECTED)
    last = here.office.dossiers[3]
    with here.office.factory.platform.database.writing() as session:
        session.add(
            Consensus(
                application_id=last.id, cause="Écart", frozen={}, total=Decimal(60), reason="Relu",
                author_id=here.office.first.id, created_at=here.office.factory.now, decided_at=here.office.factory.now,
            )
        )  # fmt: skip

    def held() -> list[tuple[str, Decimal | None, str]]:
        with here.office.factory.platform.database.reading() as session:
            found = session.exec(select(JuryDecision).order_by(JuryDecision.decision)).all()
            return [(str(one.decision), one.amount, one.reason) for one in found]

    choose(here, last, "in", reason="Utile au territoire")
    choose(here, last, "amount", amount=Decimal(30_000))
    assert held() == [("amount", Decimal(30_000), "Motif de la lettre"), ("in", None, "Utile au territoire")]
    choose(here, last, "out", reason="Réflexion faite")
    assert held() == [("out", None, "Réflexion faite")]
    here.compute(1)  # the run and its bundle take the agreed mark and the jury's word together
    with here.office.factory.platform.database.reading() as session:
        run = session.exec(select(RankingRun).where(RankingRun.number == 2)).one()
        vote_ = session.exec(select(JuryVote)).one()
    assert run.report["counts"]["not_selected"] == 1
    assert vote_.looking is Looking.CHANGED or vote_.looking == "changed"
    choose(here, last, "none", 2)
    assert held() == []
    here.compute(3)
    assert effect(here, last, "in").row is not None


@on_both_databases
def test_what_the_authority_decided_is_not_the_jurys_to_take_back_and_counts_in_the_effect(jury: Juries) -> None:
    here = jury()
    first = here.office.dossiers[0]
    authority_decides(here.office, first, JuryDecisionKind.OUT, "Financé ailleurs.")
    here.sit(CHAIR, ELECTED)
    assert next(one for one in room(here).lines if one.application_id == first.id).decisions == ()
    with pytest.raises(InvalidInput) as refused:
        choose(here, first, "in")
    assert refusals(refused) == {"decision": "ranking.cannot_be_retained"}
    assert effect(here, first, "out").sentences == (
        f"Écarter le dossier {first.reference.rpartition('-')[2]} ne changerait rien au résultat.",
    )
    choose(here, first, "out")
    choose(here, first, "none", 1)
    with here.office.factory.platform.database.reading() as session:
        held = session.exec(select(JuryDecision)).all()
    assert [(one.decision, one.stage, one.reason) for one in held] == [("out", "authority", "Financé ailleurs.")]


@on_both_databases
def test_what_cannot_be_retained_is_refused_at_once_and_so_are_rules_that_conflict(jury: Juries) -> None:
    here = jury()
    here.sit(CHAIR, ELECTED)
    first, second, third, fourth, ineligible = here.office.dossiers
    for dossier, choice, entry, problems in (
        (ineligible, "in", {}, {"decision": "ranking.cannot_be_retained"}),
        (first, "out", {"reason": " "}, {"reason": "ranking.jury_reason_missing"}),
        (first, "amount", {"amount": Decimal(40_001)}, {"amount": "ranking.jury_amount"}),
        (first, "keep", {"votes": Votes(3, 0, 0)}, {"votes": "ranking.too_many_votes"}),
        (first, "keep", {"votes": Votes(0, 1, 1)}, {"votes": "ranking.votes_against"}),
        (first, "keep", {"votes": Votes(None, 0, 0)}, {"votes": "ranking.votes_unreadable"}),
    ):
        with pytest.raises(InvalidInput) as refused:
            choose(here, dossier, choice, **entry)
        assert refusals(refused) == problems
    choose(here, first, "in")
    choose(here, third, "in")
    with pytest.raises(RulesConflict) as conflict:
        choose(here, second, "in")
    assert conflict.value.rules == (
        "laureates", *(f"decision:{one.reference}" for one in (first, second, third)),
    )  # fmt: skip
    assert fourth.id not in {one.application_id for one in room(here).lines if one.before_jury}


@on_both_databases
def test_the_effect_counts_what_was_chosen_since_the_run_and_names_who_must_leave(jury: Juries) -> None:
    """The recused member leaves for their dossier, and for a choice that would move it."""
    here = jury()
    here.sit(CHAIR, ELECTED, EXPERT)
    first, second, third, fourth, _ = here.office.dossiers
    plain = effect(here, fourth, "in")
    assert (plain.moves, [one.name for one in plain.leaving]) == ((third.id,), [])
    moving = effect(here, first, "out")
    assert (moving.moves, [one.name for one in moving.leaving]) == ((second.id,), [EXPERT])
    assert [one.name for one in effect(here, second, "in").leaving] == [EXPERT]
    assert moving.row is not None
    assert (moving.row.status, moving.row.reason_code) == ("not_selected", "jury_out")
    with pytest.raises(InvalidInput) as refused:  # of three members there two remain
        choose(here, first, "out", votes=Votes(2, 1, 0))
    assert refusals(refused) == {"votes": "ranking.too_many_votes"}
    choose(here, first, "out", votes=Votes(2, 0, 0))
    with here.office.factory.platform.database.reading() as session:
        assert session.exec(select(JuryVote)).one().away == [here.members()[EXPERT]]
    since = effect(here, first, "in")
    assert (since.moves, [one.name for one in since.leaving]) == ((second.id,), [EXPERT])
    with here.office.factory.platform.database.writing() as session, pytest.raises(InvalidInput) as refused:
        call_out(session, application_id=second.id, member_id=here.members()[EXPERT], **acting(here))
    assert refusals(refused) == {"member": "ranking.member_recused"}


@on_both_databases
def test_a_recused_official_records_nothing_on_the_dossier_and_reads_its_moves_masked(jury: Juries) -> None:
    here = jury()
    here.sit(CHAIR, ELECTED)
    first, second = here.office.dossiers[:2]
    apart(here.office, here.office.first, second)
    with pytest.raises(NotFound):
        choose(here, second, "keep")
    masked = effect(here, first, "out").sentences
    whole = effect(here, first, "out", here.office.second).sentences
    assert masked[0].endswith("ferait entrer un dossier dont vous êtes déporté.")
    assert second.reference.rpartition("-")[2] in whole[0]
    assert not any(second.reference.rpartition("-")[2] in one or "€" in one for one in masked)
    line = next(one for one in room(here).lines if one.application_id == second.id)
    assert (line.masked, line.reference, line.short, line.title, line.score) == (True, "", "", "", None)


@on_both_databases
def test_a_meeting_ends_once_every_dossier_was_before_the_jury_and_proposes_a_run_that_holds_all(jury: Juries) -> None:
    here = jury()
    here.sit(CHAIR, ELECTED)
    first, second, third, fourth, _ = here.office.dossiers
    vote(here, "ineligible")
    choose(here, first, "keep")
    choose(here, second, "review")
    choose(here, third, "keep")
    with pytest.raises(InvalidInput) as refused:
        close(here)
    assert refused.value.problems[""].values == {"dossiers": 2}  # type: ignore[union-attr]
    choose(here, second, "keep")
    choose(here, fourth, "in", 1)
    with pytest.raises(InvalidInput) as refused:
        close(here, 2)
    assert refusals(refused) == {"": "ranking.inputs_changed"}
    here.compute(2)
    close(here, 3)
    with here.office.factory.platform.database.reading() as session:
        meeting = session.exec(select(Meeting)).one()
        run = session.exec(select(RankingRun).where(RankingRun.number == 2)).one()
    assert (meeting.run_id, meeting.closed_by, meeting.closed_at) == (
        run.id, here.office.first.id, here.office.factory.now + timedelta(minutes=3),
    )  # fmt: skip
    assert room(here).meeting is None


@on_both_databases
def test_an_adjourned_meeting_proposes_nothing_and_the_next_goes_on(jury: Juries) -> None:
    here = jury()
    here.sit(CHAIR, ELECTED)
    vote(here, "ineligible")
    with here.office.factory.platform.database.writing() as session:
        adjourn_meeting(session, call=opened(here, session), **acting(here))
    with here.office.factory.platform.database.reading() as session:
        assert session.exec(select(Meeting.run_id)).one() is None
    here.sit(CHAIR, ELECTED)
    assert len(room(here).missing) == 4
    meeting = room(here).meeting
    assert meeting is not None
    assert meeting.number == 2


def test_a_dossier_whose_outcome_changes_after_its_list_was_voted_is_before_the_jury_again(
    jury: Juries, platform: Platform
) -> None:
    here = jury()
    here.sit(CHAIR, ELECTED)
    vote(here, "ineligible")
    fifth = here.office.dossiers[4]
    with platform.database.writing() as session:
        kept = session.exec(select(JuryVote)).one()
        kept.list_name = "laureate"
        session.add(kept)
    line = next(one for one in room(here).lines if one.application_id == fifth.id)
    assert (line.before_jury, line.open_for) == (False, ("moved",))
