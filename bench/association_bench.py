"""The association's space with 10,000 dossiers in the base: processor time of the server a request, and a rush of deposits.

Targets: pages 15 ms, autosave 6 ms, a deposit 15 ms (mails and PDF leave after the answer); 50 people depositing at once, no
error. Requests go through the whole application (`test_client`), sign-in, security headers and templates included.

    python -m bench.association_bench [--dossiers 10000] [--repeat 40] [--profile autosave]
"""

from __future__ import annotations

import argparse
import cProfile
import io
import logging
import pstats
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from flask.testing import FlaskClient
from tests.factories import PASSWORD, Factory, password_hash
from tests.worlds.applicants import ANSWERS, ELIGIBLE, POSTED, pdf

from aap.app import create_app
from aap.core.answers.conditions import shown_answers
from aap.own_files import rubrics_folder
from aap.records.applications import Application, ApplicationState, Document, SectionAnswers, Submission
from aap.records.associations import Association
from aap.records.people import Membership, MembershipRole, Person
from aap.records.types import new_id
from aap.services.call.calls import OpenedCall
from aap.services.platform import Platform, open_platform
from aap.settings import Settings

CALL = "mentorat-2026"
NOW = datetime(2026, 2, 20, 9, tzinfo=UTC)
QUESTIONS = ("statuts", "comptes", "rib")
BATCH = 500


class Base:
    """An instance with `count` dossiers: most submitted, the last `drafts` complete and ready to be."""

    def __init__(self, folder: Path, count: int, drafts: int) -> None:
        settings = Settings(instance=folder, environment="testing", rate_limit=False, secret_key="bench")
        self.platform: Platform = open_platform(settings, clock=lambda: NOW)
        self.factory = Factory(self.platform)
        self.call: OpenedCall = self.factory.call(text=(rubrics_folder() / f"{CALL}.yaml").read_text(), id=CALL)
        self.file = self.platform.files.put(io.BytesIO(pdf()))
        self.drafts: list[tuple[str, str]] = []  # (e-mail, application)
        self.app = create_app(platform=self.platform)
        for start in range(0, count, BATCH):
            self._add(range(start, min(start + BATCH, count)), count - drafts)

    def _add(self, numbers: range, first_draft: int) -> None:
        with self.platform.database.writing() as session:
            for number in numbers:
                rows, draft = _rows(number, number >= first_draft, self.call, self.file.sha256)
                session.add_all(rows[:2])
                session.flush()
                session.add_all(rows[2:4])
                session.flush()
                session.add_all(rows[4:])
                if draft:
                    self.drafts.append(draft)

    def signed_in(self, email: str) -> FlaskClient:
        client = self.app.test_client()
        page = client.get("/connexion").text
        sent = {"email": email, "password": PASSWORD, "csrf_token": token_of(page)}
        assert client.post("/connexion", data=sent).status_code == 302
        return client


def _rows(number: int, draft: bool, call: OpenedCall, sha256: str) -> tuple[list[Any], tuple[str, str] | None]:
    person = Person(
        email=f"porteur-{number}@example.org", name=f"Camille Exemple-{number}", password=password_hash(),
        fs_uniquifier=new_id(), confirmed_at=NOW, created_at=NOW,
    )  # fmt: skip
    association = Association(
        name=f"Les Passerelles fictives {number}", address="1 rue de l’Exemple", postal_code="69003",
        commune_code="69123", commune_name="Lyon", department="69", region="84", zone="metro",
        email=f"asso-{number}@example.org", phone="+33199000001", representative_name="Dominique Exemple",
        representative_capacity="présidente", representative_email=f"presidence-{number}@example.org",
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    application = Application(
        call_id=call.id, association_id=association.id, reference=f"BANC-{number:05}",
        state=ApplicationState.DRAFT if draft else ApplicationState.SUBMITTED,
        title=str(ANSWERS["projet"]["titre"]), requested_amount=12_000_00, eligibility=ELIGIBLE,
        created_at=NOW - timedelta(days=3), updated_at=NOW - timedelta(seconds=number),
        submitted_at=None if draft else NOW,
    )  # fmt: skip
    rows: list[Any] = [person, association]
    rows.append(
        Membership(person_id=person.id, association_id=association.id, role=MembershipRole.OWNER, created_at=NOW)
    )
    rows.append(application)
    rows += [
        SectionAnswers(application_id=application.id, section=section, answers=given, updated_at=NOW)
        for section, given in ANSWERS.items()
    ]
    rows += [
        Document(
            association_id=association.id, application_id=application.id, question=question, name=f"{question}.pdf",
            content_type="application/pdf", size=600, sha256=sha256, uploaded_at=NOW,
        )
        for question in QUESTIONS
    ]  # fmt: skip
    if not draft:
        answers = {key: value for given in ANSWERS.values() for key, value in given.items()}
        content = {"answers": shown_answers(call.file.form, answers), "documents": []}
        rows.append(
            Submission(
                application_id=application.id, ordinal=1, receipt_number=f"BANC-{number:05}-1", arrived_at=NOW,
                person_id=person.id, content=content, content_hash="0" * 64,
            )
        )  # fmt: skip
    return rows, (person.email, application.id) if draft else None


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def measure(work: Callable[[int], Any], repeat: int) -> tuple[float, float]:
    """(median, worst) processor milliseconds of one call, after two that warm up."""
    times = []
    for turn in range(repeat + 2):
        begun = time.process_time()
        work(turn)
        times.append((time.process_time() - begun) * 1000)
    kept = times[2:]
    return statistics.median(kept), max(kept)


class Visits:
    """What is measured, by name."""

    def __init__(self, base: Base) -> None:
        self.base = base
        email, self.id = base.drafts[0]
        self.client = base.signed_in(email)
        self.here = f"/association/dossiers/{self.id}"
        self.token = token_of(self.client.get(f"{self.here}/sections/projet").text)
        self.version = 1

    def page(self, path: str) -> Callable[[int], None]:
        def visit(_turn: int) -> None:
            answer = self.client.get(path)
            assert answer.status_code == 200, answer.status

        return visit

    def autosave(self, section: str, field: str) -> Callable[[int], None]:
        def save(turn: int) -> None:
            fields = {**POSTED[section], field: f"Quarante mentors, version {turn}"}
            answer = self.client.post(
                f"{self.here}/sections/{section}/enregistrement?page=bench",
                data={**fields, "version": "1", "csrf_token": self.token},
            )
            assert answer.status_code == 200, answer.text

        return save

    def deposits(self) -> Callable[[int], None]:
        ready = []
        for email, application_id in self.base.drafts[1:60]:
            client = self.base.signed_in(email)
            ready.append((client, application_id, token_of(client.get("/compte").text)))

        def deposit(turn: int) -> None:
            client, application_id, token = ready[turn]
            answer = client.post(
                f"/association/dossiers/{application_id}/depot",
                data={"capacity": "self", "attestation": ["0", "1", "2"], "csrf_token": token},
            )
            assert answer.status_code == 303, answer.text

        return deposit

    def all(self) -> dict[str, tuple[Callable[[int], None], float]]:
        """Name → (work, target in milliseconds)."""
        pages = {
            "home": "/association/", "task list": self.here, "eligibility": f"{self.here}/recevabilite",
            "section: project": f"{self.here}/sections/projet", "section: budget": f"{self.here}/sections/moyens",
            "section: files": f"{self.here}/sections/pieces", "read-through": f"{self.here}/relecture",
            "check before deposit": f"{self.here}/depot",
        }  # fmt: skip
        found: dict[str, tuple[Callable[[int], None], float]] = {k: (self.page(v), 15.0) for k, v in pages.items()}
        found["autosave: project"] = (self.autosave("projet", "q.titre"), 6.0)
        found["autosave: budget"] = (self.autosave("moyens", "q.partenaires.0.nom"), 6.0)
        found["deposit"] = (self.deposits(), 15.0)
        return found


def rush(base: Base, people: int) -> tuple[int, float]:
    """So many people deposit at the same moment: (errors, seconds until the last answer)."""
    ready = []
    for email, application_id in base.drafts[60 : 60 + people]:
        client = base.signed_in(email)
        ready.append((client, application_id, token_of(client.get("/compte").text)))
    start = threading.Barrier(people)
    answers: list[int] = []

    def deposit(client: FlaskClient, application_id: str, token: str) -> None:
        start.wait()
        answer = client.post(
            f"/association/dossiers/{application_id}/depot",
            data={"capacity": "self", "attestation": ["0", "1", "2"], "csrf_token": token},
        )
        answers.append(answer.status_code)

    threads = [threading.Thread(target=deposit, args=one) for one in ready]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return people - answers.count(303), time.perf_counter() - begun


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--dossiers", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--profile", default="", help="print the profile of this measure instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Base(Path(folder), given.dossiers, 120)
        logging.disable(logging.CRITICAL)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        visits = Visits(base).all()
        if given.profile:
            return profile(*visits[given.profile], given.repeat)
        over = 0
        print(f"{given.dossiers} dossiers; processor milliseconds a request: median, worst, target")
        for name, (work, target) in visits.items():
            median, worst = measure(work, min(given.repeat, 50))
            over += median > target
            print(f"  {name:<22}{median:7.1f}{worst:8.1f}{target:8.0f}{'   over' if median > target else ''}")
        errors, seconds = rush(base, 50)
        print(f"  50 deposits at once: {errors} errors, the last answer after {seconds:.1f} s")
        base.platform.database.dispose()
    return int(errors > 0)


def profile(work: Callable[[int], None], _target: float, repeat: int) -> int:
    work(0)
    work(1)
    profiler = cProfile.Profile()
    profiler.enable()
    for turn in range(2, repeat + 2):
        work(turn)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
