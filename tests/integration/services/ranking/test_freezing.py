"""A frozen run keeps where the log stood, and its papers print it."""

from __future__ import annotations

from sqlmodel import select

from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.rankings import RankingRun
from aap.services.audit import verify_chain
from aap.services.platform import Platform
from aap.services.ranking.minuting import minutes_pdf
from aap.services.ranking.run_files import run_file
from tests.databases import on_both_databases
from tests.unit.documents.papers.samples import text_of
from tests.worlds.offices import Office, Offices


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
