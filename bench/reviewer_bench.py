"""The reviewer's pages with 5,000 dossiers in the base: python -m bench.reviewer_bench [dossiers] [--profile NAME].

Prints the CPU time of the server per request (median of many, the whole WSGI call, session and rendering included) and
the queries that it takes: the list of 250 dossiers (targets: 15 ms, 8 queries), the reviewing page (10 ms), saving a
mark (6 ms); then 50 reviewers who save at the same moment, several times each (target: no error).
"""

from __future__ import annotations

import cProfile
import logging
import pstats
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import select

from aap.app import create_app
from aap.identity import hash_password
from aap.records.applications import Application, ApplicationState, SectionAnswers
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.records.types import new_id
from aap.services.actor import SYSTEM
from aap.services.call.calls import OpenedCall, add_call, get_call
from aap.services.platform import Platform, open_platform
from aap.settings import Settings

CALL = Path(__file__).resolve().parent.parent / "rubrics" / "mentorat-2025.yaml"
LISTED = 250
AT_ONCE = 50
ROUNDS = 6
PASSWORD = "un long mot de passe"


class Case:
    """An instance in a folder of its own: the first reviewer has 250 dossiers, the others share the rest."""

    def __init__(self, folder: Path, dossiers: int, reviewers: int = 100) -> None:
        self.now = datetime(2025, 3, 10, 9, 0, tzinfo=UTC)
        settings = Settings(
            instance=folder, environment="testing", rate_limit=False, secret_key="bench", immediate_jobs=True
        )
        self.platform: Platform = open_platform(settings, clock=lambda: self.now)
        self.call = self._call()
        self.people = [
            Person(
                email=f"evaluateur-{number}@example.org",
                name=f"Évaluateur {number}",
                password=hash_password(PASSWORD) if number <= AT_ONCE else "",
                fs_uniquifier=new_id(),
                confirmed_at=self.now,
                created_at=self.now,
            )
            for number in range(reviewers)
        ]
        self.given: dict[str, list[str]] = {}
        self._fill(dossiers)
        self.app: Flask = create_app(platform=self.platform)
        self.meter = Meter(self.app.wsgi_app)
        self.app.wsgi_app = self.meter  # type: ignore[method-assign]

    def _call(self) -> OpenedCall:
        with self.platform.database.writing() as session:
            call = add_call(session, actor=SYSTEM, text=CALL.read_text("utf-8"), name=CALL.name, now=self.now)
            call.record.state, call.record.rubric_hash = CallState.REVIEWING, "0" * 64
        with self.platform.database.reading() as session:
            return get_call(session, call.id)

    def _fill(self, dossiers: int) -> None:
        random = Random(1)
        criteria = [criterion.id for criterion in self.call.file.rubric.criteria]
        with self.platform.database.writing() as session:
            session.add_all(self.people)
            session.flush()
            for number, person in enumerate(self.people):
                session.add(
                    RoleGrant(person_id=person.id, role=Role.REVIEWER, call_id=self.call.id, created_at=self.now)
                )
                session.add(
                    Reviewer(
                        call_id=self.call.id, person_id=person.id, code=f"E{number:03}", max_load=400,
                        created_at=self.now,
                    )
                )  # fmt: skip
            associations = [
                Association(name=f"Association fictive {number}", created_at=self.now, updated_at=self.now)
                for number in range(dossiers)
            ]
            session.add_all(associations)
            session.flush()
            applications = [
                Application(
                    call_id=self.call.id, association_id=association.id, reference=f"BANC-{number:05}",
                    title=f"Parrainer des collégiens, projet {number}", theme=self.call.file.call.themes[0].id,
                    state=ApplicationState.ELIGIBLE, requested_amount=20_000_00, created_at=self.now,
                    updated_at=self.now, submitted_at=self.now,
                )
                for number, association in enumerate(associations)
            ]  # fmt: skip
            session.add_all(applications)
            session.flush()
            for application in applications:
                for section in self.call.file.form.sections:
                    texts = {
                        question.id: "Des bénévoles accompagnent les jeunes, une heure par semaine. " * 12
                        for question in section.questions
                        if question.type == "long_text"
                    }
                    session.add(
                        SectionAnswers(
                            application_id=application.id, section=section.id, answers=texts, updated_at=self.now
                        )
                    )
            assignments: list[Assignment] = []
            reviews: list[Review] = []
            others = self.people[1:]
            for number, application in enumerate(applications):
                chosen = random.sample(others, 3)
                if number < LISTED:
                    chosen[0] = self.people[0]
                for person in chosen:
                    assignment = Assignment(
                        call_id=self.call.id, application_id=application.id, person_id=person.id, created_at=self.now
                    )
                    assignments.append(assignment)
                    self.given.setdefault(person.id, []).append(application.id)
                    if random.random() < 0.6:
                        review = Review(
                            assignment_id=assignment.id, application_id=application.id, person_id=person.id,
                            state=ReviewState.SUBMITTED if number % 3 else ReviewState.DRAFT, rubric_hash="0" * 64,
                            seconds_spent=1500, version=1, created_at=self.now, updated_at=self.now,
                            submitted_at=self.now if number % 3 else None,
                        )  # fmt: skip
                        reviews.append(review)
            for rows in (assignments, reviews):
                session.add_all(rows)
                session.flush()
            session.add_all(Mark(review_id=one.id, criterion=name, score=3) for one in reviews for name in criteria)

    def signed_in(self, number: int) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"127.0.1.{number + 1}"
        page = client.get("/connexion").text
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = client.post(
            "/connexion", data={"email": self.people[number].email, "password": PASSWORD, "csrf_token": token}
        )
        assert answer.status_code == 302, answer.text
        return client


class Meter:
    """Times the server alone: what runs between the request's arrival and the last byte of the answer."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self.spent = 0.0

    def __call__(self, environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        before = time.process_time()
        answer = self.application(environ, start_response)
        try:
            return list(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
            self.spent = 1000 * (time.process_time() - before)


def cpu(meter: Meter, work: Callable[[], int], times: int = 60) -> tuple[float, float, float]:
    """Median, least and 95th centile of the CPU time of one request, in ms. On a machine that others use at the same
    time the least is nearest to the work itself."""
    spent = []
    for _ in range(times):
        status = work()
        spent.append(meter.spent)
        assert status in (200, 302), status
    return statistics.median(spent), min(spent), statistics.quantiles(spent, n=20)[18]


def queries_of(platform: Platform, work: Callable[[], int]) -> int:
    count = 0

    def seen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal count
        count += statement.split(None, 1)[0].upper() not in ("BEGIN", "PRAGMA")

    event.listen(platform.database.engine, "before_cursor_execute", seen)
    try:
        work()
    finally:
        event.remove(platform.database.engine, "before_cursor_execute", seen)
    return count


def saver(case: Case, client: FlaskClient, application_id: str) -> Callable[[], int]:
    """A function that saves another mark each time, as the page's script does."""
    page = client.get(f"/evaluation/dossiers/{application_id}").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    version = int(page.split('name="version" value="')[1].split('"')[0])
    criteria = [criterion.id for criterion in case.call.file.rubric.criteria]
    saved = 0

    def save() -> int:
        nonlocal version, saved
        saved += 1
        marks = {f"note-{name}": str((saved + place) % 6) for place, name in enumerate(criteria)}
        form = {**marks, "general": "Bien construit.", "version": str(version), "rubric": "0" * 64, "csrf_token": token}
        answer = client.post(f"/evaluation/dossiers/{application_id}/enregistrement", data=form)
        if answer.status_code == 200:
            version = answer.json["version"]
        return answer.status_code

    return save


def to_mark(case: Case, number: int) -> str:
    """A dossier of this reviewer whose review isn't submitted."""
    person = case.people[number]
    with case.platform.database.reading() as session:
        for application_id in case.given[person.id]:
            query = select(Review.state).where(Review.application_id == application_id, Review.person_id == person.id)
            found = session.exec(query).first()
            if found != ReviewState.SUBMITTED:
                return application_id
    raise AssertionError("every review is submitted")


def at_once(case: Case) -> tuple[Counter[int], float]:
    """Fifty reviewers, each in a thread, save six times each from the same moment on."""
    savers = [saver(case, case.signed_in(number), to_mark(case, number)) for number in range(1, AT_ONCE + 1)]
    start, found, lock = threading.Barrier(AT_ONCE), Counter[int](), threading.Lock()

    def work(save: Callable[[], int]) -> None:
        start.wait()
        for _ in range(ROUNDS):
            status = save()
            with lock:
                found[status] += 1

    threads = [threading.Thread(target=work, args=(save,)) for save in savers]
    before = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, time.perf_counter() - before


def main(dossiers: int, profiled: str) -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="aap-bench-") as folder:
        case = Case(Path(folder), dossiers)
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)
        client = case.signed_in(0)
        page = to_mark(case, 0)
        work: dict[str, tuple[Callable[[], int], float]] = {
            "list": (lambda: client.get("/evaluation/").status_code, 15),
            "page": (lambda: client.get(f"/evaluation/dossiers/{page}").status_code, 10),
            "save": (saver(case, client, page), 6),
        }
        for name, (request, _) in work.items():
            for _ in range(5):
                request()
            if name == profiled:
                profile = cProfile.Profile()
                profile.enable()
                for _ in range(30):
                    request()
                profile.disable()
                pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
        print(f"{dossiers} dossiers, {dossiers * 3} reviews asked for, SQLite, CPU of the server a request")
        for name, (request, target) in work.items():
            median, least, high = cpu(case.meter, request)
            queries = queries_of(case.platform, request)
            print(
                f"  {name:5} {median:6.1f} ms (least {least:.1f}, 95 %: {high:.1f}; target {target:.0f}), {queries} queries"
            )
        found, seconds = at_once(case)
        errors = sum(number for status, number in found.items() if status != 200)
        print(f"  {AT_ONCE} reviewers saving at once, {ROUNDS} times each: {found[200]} saved, {errors} errors, "
              f"{seconds:.1f} s")  # fmt: skip
        case.platform.database.dispose()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    name = arguments.pop(arguments.index("--profile") + 1) if "--profile" in arguments else ""
    numbers = [argument for argument in arguments if argument.isdigit()]
    main(int(numbers[0]) if numbers else 5_000, name)
