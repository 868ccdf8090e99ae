"""The demonstration fills an instance by the services' own rules, the same each time, and says its accounts."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from sqlmodel import col, select

from aap.app import create_app
from aap.cli import main
from aap.cli.demo import erase
from aap.core.ranking.bundle import verify_bundle
from aap.demo.filling import FINISHED, DemoSize, _Filling, demo_accounts, fill_instance, is_demonstration
from aap.demo.living import REVIEWED
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.audit import AuditLine
from aap.records.calls import Call, CallState
from aap.records.deliberations import Attendance, JuryVote, Looking, Meeting
from aap.records.rankings import Decision, Outcome, RankingRun
from aap.records.reviews import Assignment, Review, Reviewer
from aap.records.specimens import Specimen, SpecimenReview, SpecimenRound
from aap.services.audit import verify_chain
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.letter_contents import current_terms
from aap.services.platform import Platform, open_platform
from aap.services.ranking.gates import gates_of, waivers_of
from aap.settings import Settings
from tests.conftest import Browser

SMALL = DemoSize(finished=24, reviewed=8, open=6, draws=4, processes=1)


def filled(folder: Path, seed: int = 3) -> Platform:
    settings = Settings(
        instance=folder, environment="testing", immediate_jobs=True, rate_limit=False, secret_key="only-for-tests"
    )
    platform = open_platform(settings, clock=lambda: datetime(2026, 3, 2, 10, tzinfo=UTC))
    fill_instance(platform, seed=seed, tell=lambda *_: None, scale=SMALL)
    return platform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return filled(tmp_path_factory.mktemp("demo"))


def story(platform: Platform) -> list[tuple[object, ...]]:
    """What a reader of the demonstration sees, without the random identifiers."""
    with platform.database.reading() as session:
        rows = session.exec(
            select(
                Application.reference, Association.name, Application.state, Application.title,
                Application.requested_amount, Application.submitted_at,
            )
            .where(Application.association_id == Association.id)
            .order_by(col(Application.reference))
        )  # fmt: skip
        return [tuple(row) for row in rows]


def test_the_same_seed_tells_the_same_story_and_another_seed_another(platform: Platform, tmp_path: Path) -> None:
    assert story(filled(tmp_path / "again")) == story(platform)
    assert story(filled(tmp_path / "other", seed=4)) != story(platform)


def test_the_finished_call_passed_its_gates_and_the_one_under_review_shows_no_rank(platform: Platform) -> None:
    with platform.database.reading() as session:
        finished, reviewed = (get_call(session, name) for name in (FINISHED, REVIEWED))
        found = gates_of(session, finished)
        waived = waivers_of(session, finished)
        states = session.exec(
            select(AuditLine.action).where(AuditLine.call_id == FINISHED).order_by(col(AuditLine.sequence))
        ).all()
        runs = session.exec(select(RankingRun.call_id)).all()
    assert len(found.lines) > 0
    assert found.left == ()
    assert {line.looked for line in found.lines} <= {"consensus", "jury"}  # which looked at those that had been waived
    assert len(waived) == sum(line.looked == "jury" for line in found.lines)
    assert all(line.reason and line.author for line in waived)
    assert states.index("call.amounts_closed") < states.index("ranking.computed")
    assert (runs, reviewed.record.amounts_closed_at is not None) == ([FINISHED], True)


def test_the_finished_call_is_decided_notified_and_published(platform: Platform) -> None:
    with platform.database.reading() as session:
        call = session.get_one(Call, FINISHED)
        run = session.exec(select(RankingRun).where(RankingRun.call_id == FINISHED)).one()
        decisions = session.exec(select(Decision).where(Decision.call_id == FINISHED)).all()
    assert call.state == CallState.PUBLISHED
    assert run.state == "frozen"
    assert run.frozen_by != run.proposed_by
    assert len(decisions) == SMALL.finished
    assert all(decision.letter_sha256 and decision.notified_at for decision in decisions)
    letters = [platform.files.read(decision.letter_sha256) for decision in decisions if decision.letter_sha256]
    longer = [letter for letter in letters if len(pikepdf.open(io.BytesIO(letter)).pages) > 1]
    assert len(longer) <= len(letters) // 10  # one page where one suffices
    laureates = sum(decision.outcome == Outcome.LAUREATE for decision in decisions)
    assert laureates == run.report["counts"]["laureate"]
    assert verify_bundle(run.bundle) == ()


def test_the_jury_met_with_its_quorum_on_the_run_that_was_frozen_and_saw_every_dossier(platform: Platform) -> None:
    with platform.database.reading() as session:
        meeting = session.exec(select(Meeting).where(Meeting.call_id == FINISHED)).one()
        there = session.exec(select(Attendance).where(Attendance.meeting_id == meeting.id)).all()
        run = session.exec(select(RankingRun).where(RankingRun.call_id == FINISHED)).one()
        looked = Counter(session.exec(select(JuryVote.looking).where(JuryVote.meeting_id == meeting.id)).all())
    assert (meeting.run_id, meeting.closed_at is not None, bool(meeting.appointed_by)) == (run.id, True, True)
    assert len(there) >= meeting.quorum > 1
    assert (set(looked), sum(looked.values())) == ({Looking.LISTED, Looking.KEPT}, SMALL.finished)


def test_what_the_finished_call_tells_happened_in_that_order(platform: Platform) -> None:
    with platform.database.reading() as session:
        call = session.get_one(Call, FINISHED)
        logged = session.exec(
            select(AuditLine.at).where(AuditLine.call_id == FINISHED).order_by(col(AuditLine.sequence))
        ).all()
        reviewed = session.exec(
            select(Review.submitted_at)
            .where(Review.assignment_id == Assignment.id, Assignment.call_id == FINISHED)
            .order_by(col(Review.submitted_at))
        ).all()
        run = session.exec(select(RankingRun).where(RankingRun.call_id == FINISHED)).one()
        meeting = session.exec(select(Meeting).where(Meeting.call_id == FINISHED)).one()
        signed = current_terms(session, FINISHED).signed_on
        told = {one.notified_at for one in session.exec(select(Decision).where(Decision.call_id == FINISHED))}
    assert list(logged) == sorted(logged)
    story = [call.closes_at, call.amounts_closed_at, reviewed[0], reviewed[-1], run.created_at, meeting.opened_at,
             meeting.closed_at, run.proposed_at, run.frozen_at]  # fmt: skip
    assert None not in story
    assert story == sorted(story)
    (hour,) = told
    assert run.frozen_at.date() < signed < hour.date()


def test_the_three_calls_are_at_three_stages(platform: Platform) -> None:
    with platform.database.reading() as session:
        states = Counter(call.state for call in session.exec(select(Call)))
    assert states == {CallState.PUBLISHED: 1, CallState.REVIEWING: 1, CallState.OPEN: 1}


def test_every_reviewer_of_the_living_call_is_through_its_specimens(platform: Platform) -> None:
    with platform.database.reading() as session:
        specimens = session.exec(select(Specimen).order_by(col(Specimen.position))).all()
        done = session.exec(select(SpecimenReview)).all()
        reviewers = session.exec(select(Reviewer.person_id).where(Reviewer.call_id == "culture-territoires-2026")).all()
        first_review = session.exec(
            select(Review.created_at)
            .where(Review.assignment_id == Assignment.id, Assignment.call_id == "culture-territoires-2026")
            .order_by(col(Review.created_at))
        ).first()
        rounds = session.exec(select(SpecimenRound.call_id)).all()
    assert (rounds, len(specimens)) == (["culture-territoires-2026"], 2)
    assert sorted((one.specimen_id, one.person_id) for one in done) == sorted(
        (specimen.id, person) for specimen in specimens for person in reviewers
    )
    assert first_review is not None
    assert max(one.read_at for one in done if one.read_at) < first_review
    assert all(one.read_at for one in done)


def test_the_audit_chain_is_whole(platform: Platform) -> None:
    with platform.database.reading() as session:
        assert verify_chain(session).faults == ()


def test_the_accounts_cover_every_role_and_each_signs_in_without_a_second_factor(platform: Platform) -> None:
    given = demo_accounts(platform)
    roles = Counter(account["role"] for account in given)
    assert roles["association"] >= 2
    assert roles["reviewer"] >= 2
    assert roles["official"] >= 2
    assert roles["admin"] == 1
    homes = {"association": "/association/", "reviewer": "/evaluation/", "official": "/instruction/",
             "admin": "/administration/"}  # fmt: skip
    app = create_app(platform=platform)
    for account in given:
        page = Browser(app.test_client())
        answer = page.post("/connexion", {"email": account["email"], "password": account["password"]})
        assert answer.status_code == 302
        assert page.get(homes[account["role"]]).status_code == 200


def test_the_command_fills_once_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: Platform
) -> None:
    monkeypatch.setenv("AAP_INSTANCE", str(platform.settings.instance))
    run = CliRunner().invoke
    refused = run(main, ["demo"])
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert run(main, ["demo", "--if-empty"]).exit_code == 0
    assert json.loads(run(main, ["demo", "--accounts"]).stdout) == demo_accounts(platform)
    monkeypatch.setenv("AAP_INSTANCE", str(tmp_path / "production"))
    monkeypatch.setenv("AAP_ENVIRONMENT", "production")
    assert run(main, ["demo"]).exit_code == 2
    assert not is_demonstration(open_platform(Settings(instance=tmp_path / "empty", environment="testing")))


def test_erasing_the_demonstration_leaves_what_is_not_of_it(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, environment="testing", secret_key="only-for-tests")
    (tmp_path / "README.md").write_text("What lands here")
    open_platform(settings).files.put(io.BytesIO(b"%PDF-1.7"))
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "1.eml").touch()
    assert {"aap.sqlite3", "files", "mail", "README.md"} <= {entry.name for entry in tmp_path.iterdir()}
    erase(settings)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["README.md", "data.key"]


class _UpToTheRanking(_Filling):
    """The demonstration's first call at its whole size, up to its ranking; neither files nor letters."""

    def _decisions(self, call: OpenedCall, at: datetime) -> None:
        _given, self.run = self._ranked(call, at)


def test_the_whole_demonstration_retains_67_in_order_and_below_the_line_whom_a_minimum_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aap.demo.filling.attachments", lambda _dossier: ())
    settings = Settings(
        instance=tmp_path, environment="testing", immediate_jobs=True, rate_limit=False, secret_key="only-for-tests"
    )
    platform = open_platform(settings, clock=lambda: datetime(2026, 3, 2, 10, tzinfo=UTC))
    filling = _UpToTheRanking(platform, 7, lambda *_: None, DemoSize(draws=0, processes=1))
    filling.staff()
    filling.finished_call()
    run = filling.run
    laureates = [row for row in run.rows if row.status == "laureate"]
    line = run.report["funding_line"]["rank"]
    assert (len(run.rows), len(laureates)) == (236, 67)
    assert [row.rank for row in laureates if row.rank and row.rank < line] == list(range(1, line))
    after = [row for row in laureates if row.rank and row.rank > line]
    assert after
    quotas = {quota["id"]: quota for quota in run.report["quotas"]}
    assert {row.reason_code.partition(":")[0] for row in after} <= {"selected_by_quota", "selected"}
    assert [quotas[name]["achieved"] for name in ("handicap", "outre-mer")] == [12, 5]  # their minima, no more
    assert len(run.report["no_successor"]) <= 1  # a small association overseas that supports handicapped youth
    assert 11_000_000 <= run.report["budget"]["granted"] <= 12_000_000
    assert all(row.granted_amount is not None and row.granted_amount <= row.requested_amount for row in laureates)
