"""The official's lists with 5,000 dossiers in the call: python -m bench.official_bench [dossiers] [--profile NAME].

Target: 15 ms of CPU for a page of the list of candidates in the order of the references.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import structlog

from aap.identity import hash_password
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Assignment, Review, Reviewer, ReviewState
from aap.records.territories import territories
from aap.records.types import new_id
from aap.services.actor import SYSTEM
from aap.services.call.calls import add_call
from aap.services.platform import Platform, open_platform
from aap.settings import Settings
from bench.page_times import print_page_times, signed_in

CALL = Path(__file__).resolve().parent.parent / "rubrics" / "mentorat-2025.yaml"
CALL_ID = "mentorat-2025"
REVIEWERS = 100
PASSWORD = "un long mot de passe"  # of the bench's own people

PAGES = {
    name: f"/instruction/{tail}"
    for name, tail in {
        "home": "",
        "dashboard": f"{CALL_ID}/",
        "candidates": f"{CALL_ID}/candidats",
        "candidates, page 60": f"{CALL_ID}/candidats?page=60",
        "candidates, filtered": f"{CALL_ID}/candidats?etat=eligible&tri=-amount&region=Bretagne",
        "candidates, by name": f"{CALL_ID}/candidats?tri=association",
        "candidates, searched": f"{CALL_ID}/candidats?q=passerelle+lyon",
        "reviews": f"{CALL_ID}/evaluations",
    }.items()
}


def fill(platform: Platform, dossiers: int, now: datetime) -> Person:
    """A call under review with `dossiers`, three reviews asked for each; gives an official of it."""
    rng = Random(7)
    places = [one for one in territories().departments() if one.zone == "metro"]
    official = Person(
        email="instruction@example.org", name="Camille Exemple", password=hash_password(PASSWORD),
        fs_uniquifier=new_id(), confirmed_at=now, created_at=now,
    )  # fmt: skip
    people = [
        Person(email=f"e{number}@example.org", name=f"Évaluateur {number}", fs_uniquifier=new_id(), created_at=now)
        for number in range(REVIEWERS)
    ]
    with platform.database.writing() as session:
        call = add_call(session, actor=SYSTEM, text=CALL.read_text("utf-8"), name=CALL.name, now=now)
        call.record.state, call.record.rubric_hash = CallState.REVIEWING, "0" * 64
        session.add_all([official, *people])
        session.flush()
        session.add(RoleGrant(person_id=official.id, role=Role.OFFICIAL, call_id=call.id, created_at=now))
        session.add_all(
            Reviewer(call_id=call.id, person_id=person.id, code=f"R{number:03}", created_at=now)
            for number, person in enumerate(people)
        )
        owners = [
            Association(
                name=f"{rng.choice(('Les Passerelles', 'Écho', 'La Cordée', 'Tandems'))} {number}",
                department=rng.choice(places).code, commune_name=rng.choice(("Lyon", "Brest", "Lille")),
                created_at=now, updated_at=now,
            )
            for number in range(dossiers)
        ]  # fmt: skip
        session.add_all(owners)
        session.flush()
        made = [
            Application(
                call_id=call.id, association_id=owner.id, reference=f"BANC-{number:05}", title=f"Projet {number}",
                state=ApplicationState.ELIGIBLE if number % 20 else ApplicationState.SUBMITTED,
                theme=rng.choice(("handicap", "insertion", "ase")), requested_amount=rng.randrange(20, 600) * 1_000_00,
                created_at=now, updated_at=now, submitted_at=now + timedelta(seconds=number),
            )
            for number, owner in enumerate(owners)
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        given = [
            Assignment(call_id=call.id, application_id=one.id, person_id=person.id, created_at=now)
            for one in made
            for person in rng.sample(people, 3)
        ]
        session.add_all(given)
        session.flush()
        session.add_all(
            Review(
                assignment_id=one.id, application_id=one.application_id, person_id=one.person_id,
                state=ReviewState.SUBMITTED, created_at=now, updated_at=now, submitted_at=now,
            )
            for one in given[: len(given) * 2 // 3]
        )  # fmt: skip
    return official


def main(dossiers: int, profiled: str) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        now = datetime(2025, 3, 10, 9, 0, tzinfo=UTC)
        settings = Settings(instance=Path(folder), environment="testing", rate_limit=False, secret_key="bench")
        platform = open_platform(settings, clock=lambda: now)
        official = fill(platform, dossiers, now)
        client = signed_in(platform, official.email, PASSWORD)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        print(f"{dossiers} dossiers")
        print_page_times(platform, client, PAGES, profiled)
        platform.database.dispose()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    chosen = arguments[arguments.index("--profile") + 1] if "--profile" in arguments else ""
    numbers = [int(one) for one in arguments if one.isdigit()]
    main(numbers[0] if numbers else 5_000, chosen)
