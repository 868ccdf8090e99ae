"""CPU time of the page of decisions with 236 of them: python -m bench.decisions_bench [--profile].

The whole WSGI call, session and rendering included; median of many. Target: 20 ms.
"""

from __future__ import annotations

import cProfile
import logging
import pstats
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlmodel import Session

from aap.app import create_app
from aap.identity import hash_password
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import Person, Role, RoleGrant
from aap.records.rankings import Decision, Outcome, RankingRun, RunState
from aap.records.types import new_id
from aap.services.actor import SYSTEM
from aap.services.call.calls import add_call
from aap.services.platform import open_platform
from aap.settings import Settings

CALL = Path(__file__).resolve().parent.parent / "rubrics" / "mentorat-2025.yaml"
PASSWORD = "un long mot de passe"  # of the bench's own person
DECISIONS, LAUREATES, ROUNDS = 236, 67, 60


def fill(session: Session, now: datetime) -> str:
    """A call with its decisions, all notified and read; gives its id. The official is `o@example.org`."""
    call = add_call(session, actor=SYSTEM, text=CALL.read_text("utf-8"), name=CALL.name, now=now)
    call.record.state, call.record.rubric_hash = CallState.DECIDED, "0" * 64
    official = Person(
        email="o@example.org", name="Camille Exemple", password=hash_password(PASSWORD), fs_uniquifier=new_id(),
        confirmed_at=now, created_at=now,
    )  # fmt: skip
    run = RankingRun(
        call_id=call.id, number=1, state=RunState.FROZEN, rubric_hash="0" * 64, result_hash="0" * 64,
        bundle="x" * 2_000_000, report={"rows": ["x" * 50] * 2_000}, created_at=now,
    )  # fmt: skip
    session.add_all([official, run])
    session.flush()
    session.add(
        RoleGrant(person_id=official.id, role=Role.OFFICIAL, call_id=call.id, created_at=now, interests_declared_at=now)
    )
    for number in range(DECISIONS):
        association = Association(
            name=f"Association {number}", department="23", region="75", zone="metro", created_at=now, updated_at=now
        )
        session.add(association)
        session.flush()
        dossier = Application(
            call_id=call.id, association_id=association.id, reference=f"R-{number:04}", title=f"Projet {number}",
            state=ApplicationState.NOTIFIED, created_at=now, updated_at=now, submitted_at=now,
        )  # fmt: skip
        session.add(dossier)
        session.flush()
        granted = number < LAUREATES
        session.add(
            Decision(
                call_id=call.id, application_id=dossier.id, run_id=run.id,
                outcome=Outcome.LAUREATE if granted else Outcome.NOT_SELECTED, amount=1_000_000 if granted else None,
                row={"rank": number + 1, "marks": {f"c{one}": "3.0000" for one in range(8)}}, reason="x" * 150,
                rubric_hash="0" * 64, bundle_hash="0" * 64, letter_sha256="0" * 64, letter_number=number + 1,
                created_at=now, notified_at=now, read_at=now, read_by=official.id,
            )
        )  # fmt: skip
    return call.id


def main(profile: bool) -> None:
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        platform = open_platform(
            Settings(instance=Path(folder), environment="testing", rate_limit=False, secret_key="only-for-the-bench")
        )
        with platform.database.writing() as session:
            call_id = fill(session, datetime.now(UTC))
        app = create_app(platform=platform)
        app.config["WTF_CSRF_ENABLED"] = False
        browser = app.test_client()
        browser.post("/connexion", data={"email": "o@example.org", "password": PASSWORD})
        spent = []
        profiler = cProfile.Profile()
        for number in range(ROUNDS):
            if profile and number >= ROUNDS // 2:
                profiler.enable()
            begun = time.process_time()
            answer = browser.get(f"/instruction/{call_id}/decisions")
            spent.append(1000 * (time.process_time() - begun))
            profiler.disable()
            assert answer.status_code == 200
        print(f"decisions of {DECISIONS}: {statistics.median(spent[5 : ROUNDS // 2]):.1f} ms of CPU")
        if profile:
            pstats.Stats(profiler).sort_stats("cumulative").print_stats("aap|templates|loads", 40)
        platform.database.dispose()


if __name__ == "__main__":
    main("--profile" in sys.argv)
