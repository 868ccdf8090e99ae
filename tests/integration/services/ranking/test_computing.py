"""A ranking in the background: its draws are made in pieces that any worker takes, and the run is the same as in one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlmodel import col, select

from aap.jobs import sweep
from aap.jobs.doing import run_job
from aap.records.outbox import Job, JobState
from aap.records.rankings import RankingRun
from aap.records.reviews import Mark
from aap.services.outbox import start_job
from aap.services.ranking.computing import compute_run
from aap.services.ranking.input import ranking_input
from tests.databases import on_both_databases
from tests.worlds.offices import RULES, Office, Offices


def asked(here: Office, draws: int) -> str:
    with here.factory.platform.database.writing() as session:
        actor = here.factory.actor(here.first)
        return start_job(
            session, "ranking", actor=actor, now=here.factory.now, call_id=here.call.id, arguments={"draws": draws}
        ).id


def done(here: Office, job_id: str) -> tuple[str, RankingRun]:
    sweep(here.factory.platform)
    with here.factory.platform.database.reading() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.reason) == (JobState.DONE, "")
        run = session.get_one(RankingRun, job.result["run"])
        given = ranking_input(session, here.call)
    return compute_run(here.call, given, draws=250).report["result_hash"], run


@on_both_databases
def test_draws_in_pieces_give_the_run_that_all_at_once_give(office: Offices) -> None:
    here = office()
    platform = here.factory.platform
    job_id = asked(here, 250)
    run_job(platform, job_id)
    with platform.database.reading() as session:
        pieces = session.exec(select(Job).where(Job.parent_id == job_id).order_by(col(Job.id))).all()
    assert [(one.arguments["start"], one.arguments["end"]) for one in pieces] == [(0, 100), (100, 200), (200, 250)]
    for one in reversed(pieces):
        run_job(platform, one.id)
    expected, run = done(here, job_id)
    assert run.result_hash == expected


def test_a_mark_that_changes_between_two_pieces_is_in_all_draws(office: Offices) -> None:
    here = office()
    platform = here.factory.platform
    job_id = asked(here, 250)
    run_job(platform, job_id)
    with platform.database.reading() as session:
        first = session.exec(select(Job.id).where(Job.parent_id == job_id)).first()
    assert first is not None
    run_job(platform, first)
    with platform.database.writing() as session:
        mark = session.exec(select(Mark).order_by(col(Mark.review_id), col(Mark.criterion))).first()
        assert mark is not None
        mark.score = Decimal(1) if mark.score > 1 else Decimal(2)
    expected, run = done(here, job_id)
    assert run.result_hash == expected


@pytest.mark.parametrize("draws", [0, 20, 250])
def test_rules_that_cannot_all_hold_are_told_whatever_the_draws(office: Offices, draws: int) -> None:
    here = office(rules=RULES.replace("budget: 100000", "budget: 10"))
    job_id = asked(here, draws)
    sweep(here.factory.platform)
    with here.factory.platform.database.reading() as session:
        job = session.get_one(Job, job_id)
    assert (job.state, bool(job.result["conflict"])) == (JobState.DONE, True)
