"""What a view has at hand: the platform, transactions, the actor, the time of arrival."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import current_app, g

from aap import jobs
from aap.identity import current_person_id, current_session
from aap.services.actor import Actor, load_actor, lock_people, read_again
from aap.services.audit import Subject
from aap.services.outbox import WAKE, ToCarry
from aap.services.platform import Platform, Session
from aap.services.upkeep.consulting import Consultations
from aap.web.after_commit import follow, note_stored
from aap.web.public_links import PublicLinks


def platform() -> Platform:
    held: Platform = current_app.extensions["aap.platform"]
    return held


def links() -> PublicLinks:
    """Addresses for mails."""
    return PublicLinks(platform().settings.base_url)


def arrived_at() -> datetime:
    """When the request arrived: the time of a submission, whatever the work takes."""
    moment: datetime = g.arrived_at
    return moment


@contextmanager
def reading() -> Iterator[Session]:
    """A transaction that only reads."""
    with platform().database.reading() as session:
        yield session


@contextmanager
def writing(*people: str) -> Iterator[Session]:
    """One use case, one transaction: committed when the block ends, before the answer leaves.

    What the actor may do is read again inside of it: a role, a membership, an account or a session that ended since the
    request came in does nothing any more. Raises SignInNeeded or NotFound then. `people`: ids of those whose rights the use
    case changes; they are locked with the actor, so that two who change each other's at once wait for one another in turn.
    """
    actor = current_actor()
    with platform().database.writing() as session:
        if actor is not None:
            lock_people(session, [actor.person_id, *people])
            g.actor = read_again(session, actor)
        yield session
    note_stored()
    if session.info.get(WAKE):
        wake_worker(session.info[WAKE])


def wake_worker(what: ToCarry | None = None) -> None:
    """Something that waits is stored: the worker is told, and where it can't be, it finds out by itself."""
    follow(lambda: jobs.wake(platform(), what), "wake")


def consulted(action: str, subject: Subject) -> None:
    """The page shows this person's or dossier's data to who asked: the log says so, once a day."""
    held: Consultations = current_app.extensions.setdefault("aap.consultations", Consultations())
    held.note(platform(), actor=signed_in(), action=action, subject=subject, now=arrived_at())


def current_actor() -> Actor | None:
    """Who is signed in; loaded once a request."""
    if "actor" not in g:
        person_id = current_person_id()
        g.actor = None
        if person_id is not None:
            held = current_session()
            with reading() as session:
                g.actor = load_actor(session, person_id, held.id if held else "")
    actor: Actor | None = g.actor
    return actor


def signed_in() -> Actor:
    """The actor of a page that needs one (its permission has made sure)."""
    actor = current_actor()
    assert actor is not None
    return actor
