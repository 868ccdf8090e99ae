"""What other rules would change on the scores of a kept run: who enters, who leaves, in names."""

from __future__ import annotations

from sqlmodel import select

from aap.records.calls import CallState
from aap.records.rankings import Decision, RankingRun
from aap.services.ranking.runs import view_run
from aap.services.ranking.trials import Comparison, Way, Wish, compare, ranked_candidates
from tests.worlds.offices import RULES, Office, Offices

REDUCE = RULES.replace(
    "  mode: value\n  laureates: 2\n", "  mode: merit\n  at_limit: reduce\n  reduce_to: 0.4\n  laureates: 3\n"
)
# Four of 40,000 € each under 100,000 €, one of the last two at least: the second is offered 20,000 €, then the third.


def kept_run(here: Office) -> RankingRun:
    with here.factory.platform.database.reading() as session:
        return session.exec(select(RankingRun).where(RankingRun.call_id == here.call.id)).one()


def tried(here: Office, way: Way) -> Comparison:
    with here.factory.platform.database.reading() as session:
        kept = session.exec(select(RankingRun).where(RankingRun.call_id == here.call.id)).one()
        rows = view_run(session, kept, actor=here.factory.actor(here.first)).by_reference
    return compare(kept, rows, Wish(way=way))


def test_a_call_to_the_line_is_held_against_every_other_way(office: Offices) -> None:
    here = office(CallState.PROPOSED, rules=REDUCE)
    names = [dossier.reference for dossier in here.dossiers]
    found = {way: tried(here, way) for way in ("value", "skip", "stop", "reduce")}
    first = found["value"].first
    assert (first.way, first.retained, first.granted, first.line) == ("reduce", tuple(names[:3]), 10_000_000, 2)
    changes = {
        way: ([row.application_id for row in one.enters], [row.application_id for row in one.leaves], one.second.granted,
              one.second.line)
        for way, one in found.items()
    }  # fmt: skip
    assert changes == {
        "value": ([], [names[1]], 8_000_000, None),
        "skip": ([], [names[1]], 8_000_000, None),
        "stop": ([], [names[1]], 8_000_000, 2),
        "reduce": ([], [], 10_000_000, 2),
    }


def test_a_reduced_grant_is_the_one_that_is_decided_and_that_later_changes_start_from(office: Offices) -> None:
    here = office(CallState.DECIDED, rules=REDUCE)
    reduced = here.dossiers[1]
    assert [one.grant for one in ranked_candidates(kept_run(here))] == [4_000_000, 2_000_000, 4_000_000, 4_000_000]
    with here.factory.platform.database.reading() as session:
        decision = session.exec(select(Decision).where(Decision.application_id == reduced.id)).one()
    assert (decision.amount, decision.row["granted_amount"]) == (2_000_000, 2_000_000)
    assert decision.row["reason_code"] == "reduced"
