"""`aap doctor`: a line a finding, in words; JSON for machines; the exit code is the gravest."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from aap.cli import main
from aap.records.outbox import WorkerProcess
from aap.services.platform import Platform, utc_now
from aap.services.upkeep.observation import Check
from aap.web.wording.diagnosis import CHECKS


@pytest.fixture
def doctor(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("AAP_INSTANCE", str(platform.settings.instance))
    monkeypatch.setenv("AAP_BASE_URL", "http://127.0.0.1:1")

    def run(*options: str) -> Result:
        return CliRunner().invoke(main, ["doctor", *options])

    return run


def test_each_check_says_a_line_and_what_to_do(doctor: Callable[..., Result], platform: Platform) -> None:
    now = utc_now()
    with platform.database.writing() as session:
        session.add(WorkerProcess(id="essai", started_at=now, seen_at=now))
    answer = doctor()
    lines = answer.stdout.splitlines()
    assert answer.exit_code == 1, answer.output  # no demonstration is for real people
    assert {line[:10].strip() for line in lines} == {"bon", "attention"}
    assert {line[11:28].strip() for line in lines} == {str(CHECKS[one]) for one in Check} - {"Antivirus", "Répertoires"}
    assert any("Aucune sauvegarde n’a été faite\u00a0: lancez aap backup" in line for line in lines)


def test_a_fault_is_the_exit_code_and_json_says_the_same(doctor: Callable[..., Result], platform: Platform) -> None:
    with platform.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    answer = doctor("--json", "--fast")
    said = json.loads(answer.stdout)
    assert (answer.exit_code, said["gravity"]) == (2, "fault")
    (database,) = [one for one in said["observations"] if one["check"] == "database"]
    assert (database["gravity"], database["key"], database["values"]["step"]) == ("fault", "database_step", "0001")
    assert database["sentence"].startswith("La base est à l’étape 0001, ce logiciel attend ")


def test_a_check_has_its_name_in_words() -> None:
    assert set(CHECKS) == set(Check)
