"""`aap doctor`: one look at everything that makes an instance work, and what is to be done where it doesn't."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, func, select

from aap.records.audit import AuditLine
from aap.services.actor import Actor
from aap.services.errors import Objection
from aap.services.page_links import Links
from aap.services.permissions import Permission, Target, ensure
from aap.services.platform import Platform
from aap.services.upkeep import instance_checks, machine_checks
from aap.services.upkeep.instance_checks import Tell
from aap.services.upkeep.observation import Check, Gravity, Observation
from aap.services.upkeep.waiting import WaitingWork, waiting_work


def examine(platform: Platform, links: Links, *, fast: bool = False, tell: Tell | None = None) -> Iterator[Observation]:
    """Everything, in the order of `Check`, told as it is found. Changes nothing; sends no mail.

    `fast`: stored files are not read again (their presence is checked), nor all pages of the database, and its rows are
    not compared with what the log noted of them.
    """
    settings = platform.settings
    yield from machine_checks.check_variables(settings)
    yield from machine_checks.check_disk(settings.instance)
    yield from _of_the_database(platform, fast=fast, tell=tell)
    yield from machine_checks.check_mail(settings)
    yield from machine_checks.check_antivirus(settings.clamd)
    yield from machine_checks.check_registers(settings)
    yield from machine_checks.check_forwarding(settings)
    yield from machine_checks.check_address(settings, links.health())


def examine_quickly(platform: Platform, waits: WaitingWork, *, actor: Actor, now: datetime) -> tuple[Observation, ...]:
    """What is not as it should be, of what costs neither time nor a call to another machine: for a page.

    The settings of a demonstration are nobody's worry.
    """
    ensure(actor, Permission.SYSTEM_MANAGE, Target())
    settings = platform.settings
    found = [*machine_checks.check_disk(settings.instance), *instance_checks.check_queue(waits, now)]
    if settings.environment == "production":
        found = [*machine_checks.check_variables(settings), *found, *machine_checks.check_forwarding(settings)]
    return tuple(one for one in found if one.gravity is not Gravity.OK)


def _of_the_database(platform: Platform, *, fast: bool, tell: Tell | None) -> Iterator[Observation]:
    """Each of these in a transaction of its own; where the database can't be read, one line says so for all."""
    checks: tuple[Callable[[Session], Iterator[Observation]], ...] = (
        lambda session: instance_checks.check_database(session, fast=fast),
        lambda session: instance_checks.check_secrets(session, platform.keys),
        lambda session: instance_checks.check_log(session, fast=fast),
        lambda session: instance_checks.check_files(session, platform.files, fast=fast, tell=tell),
        lambda session: instance_checks.check_queue(waiting_work(session, platform.clock()), platform.clock()),
        lambda session: _clock(session, platform),
        lambda session: instance_checks.check_backup_age(session, platform.settings, platform.clock()),
    )
    for check in checks:
        try:
            with platform.database.reading() as session:
                yield from list(check(session))
        except DatabaseError as error:
            said = Objection("upkeep.database_not_read", reason=str(error.orig or error).strip())
            yield Observation(Check.DATABASE, Gravity.FAULT, said)
            return


def _clock(session: Session, platform: Platform) -> Iterator[Observation]:
    on_server = session.get_bind().dialect.name == "postgresql"
    database_now = session.execute(text("SELECT clock_timestamp()")).scalar() if on_server else None
    last = session.exec(select(func.max(col(AuditLine.at)))).one()
    yield from machine_checks.check_clock(platform.settings.instance, platform.clock(), database_now, last)
