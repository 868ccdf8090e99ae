"""A frozen run keeps where the log stood, and its papers print it."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from aap.records.audit import AuditLine, AuditValues
from aap.records.calls import CallState
from aap.records.rankings import RankingRun, RunState
from aap.services.audit import verify_chain
from aap.services.errors import InvalidInput, Objection
from aap.services.platform import Platform
from aap.services.ranking.freezing import confirm_freeze, propose_freeze, reject_freeze
from aap.services.ranking.minuting import minutes_pdf
from aap.services.ranking.run_files import run_file
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.unit.documents.papers.samples import text_of
from tests.worlds.offices import Office, Offices

LINKS = PublicLinks("https://aap.example.org")


def papers(here: Office) -> tuple[bytes, bytes]:
    """Laureate list and minutes of the call's last run."""
    with here.factory.platform.database.writing() as session:
        actor, now = here.factory.actor(here.first), here.factory.now
        run = session.exec(select(RankingRun)).one()
        made = run_file(session, actor=actor, call=here.call, run=run, name="laureates.pdf", secret="s", now=now)
        return made.content, minutes_pdf(session, actor=actor, call=here.call, now=now)


@on_both_databases
def test_the_head_of_the_log_at_the_freezing_is_printed_and_found_again(office: Offices, platform: Platform) -> None:
    here = office(CallState.ARBITRATED)
    with platform.database.reading() as session:
        line = session.exec(select(AuditLine).where(AuditLine.action == "ranking.frozen")).one()
        run = session.exec(select(RankingRun)).one()
    assert (run.audit_lines, run.audit_head) == (line.sequence, line.hash)
    first, again = papers(here), papers(here)
    said = f"Journal à l’arrêt du classement : {line.sequence} lignes, empreinte {line.hash}"
    assert [said in text_of(pdf).replace("\u00a0", " ") for pdf in first] == [True, True]
    assert first == again
    with platform.database.reading() as session:
        assert verify_chain(session, head=line.hash, count=line.sequence, rows=True).sound is True


def test_a_run_that_is_not_frozen_prints_no_head(office: Offices) -> None:
    here = office(CallState.PROPOSED)
    assert ["Journal à l’arrêt" in text_of(pdf) for pdf in papers(here)] == [False, False]


def unproven(here: Office, **report: object) -> None:
    """The call's run, as if the allowed work had ended before its selection was shown to be the best."""
    with here.factory.platform.database.writing() as session:
        run = session.exec(select(RankingRun)).one()
        run.report = {**run.report, "proven_optimal": False, **report}
        session.add(run)


@on_both_databases
def test_a_selection_that_is_not_proven_is_frozen_only_with_a_reason_that_the_log_and_the_minutes_keep(
    office: Offices, platform: Platform
) -> None:
    here = office(CallState.PROPOSED)
    now, database = here.factory.now, platform.database
    first, second = here.factory.actor(here.first), here.factory.actor(here.second)
    unproven(here, gap=12.5)

    # Proposed before anybody asked for a reason: it goes back.
    with database.reading() as session:
        run_id = session.exec(select(RankingRun)).one().id
    with database.writing() as session, pytest.raises(InvalidInput) as refused:
        confirm_freeze(session, actor=second, run_id=run_id, now=now)
    assert refused.value.problems == {"": Objection("ranking.unproven_unexplained_before")}
    with database.writing() as session:
        reject_freeze(session, actor=second, run_id=run_id, reason="Sans motif.", now=now)

    with database.writing() as session, pytest.raises(InvalidInput) as refused:
        propose_freeze(session, actor=first, run_id=run_id, links=LINKS, now=now, unproven_reason="  ")
    assert refused.value.problems == {"unproven_reason": Objection("ranking.unproven_unexplained")}
    assert here.state() is CallState.DELIBERATING

    why = "Refait hors ligne, rien de mieux en une heure."
    with database.writing() as session:
        propose_freeze(session, actor=first, run_id=run_id, links=LINKS, now=now, unproven_reason=f" {why} ")
        confirm_freeze(session, actor=second, run_id=run_id, now=now)
    with database.reading() as session:
        run = session.get_one(RankingRun, run_id)
        kept = session.exec(
            select(AuditValues.content)
            .where(AuditValues.sequence == AuditLine.sequence, AuditLine.action == "ranking.proposed")
            .order_by(col(AuditLine.sequence))
        ).all()
    assert (run.state, run.unproven_reason) == (RunState.FROZEN, why)
    assert [one["after"].get("unproven_reason") for one in kept] == [None, why]
    said = text_of(papers(here)[1]).replace("\u00a0", " ")
    assert "il pourrait manquer jusqu’à 12,5 points à la somme des notes" in said
    assert why in said


def test_a_reason_is_kept_only_where_the_selection_is_not_proven(office: Offices, platform: Platform) -> None:
    here = office(CallState.PROPOSED)
    with platform.database.writing() as session:
        run = session.exec(select(RankingRun)).one()
        first, second = here.factory.actor(here.first), here.factory.actor(here.second)
        reject_freeze(session, actor=second, run_id=run.id, reason="À revoir.", now=here.factory.now)
        propose_freeze(
            session, actor=first, run_id=run.id, links=LINKS, now=here.factory.now, unproven_reason="Pour rien."
        )
        assert run.unproven_reason == ""
    assert "prouvé" not in text_of(papers(here)[1])
