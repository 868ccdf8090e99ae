"""What the machine around an instance must give: sound settings, room, rights, the right time, a mail server, a proxy.

Each check is a function that gives its findings; none of them changes anything but a file that it takes away again.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import smtplib
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aap.records.associations import RegisterOutcome
from aap.services.association.registers import ask, open_registers
from aap.services.errors import Objection
from aap.services.smtp import connect
from aap.services.upkeep.forwarding_mark import untrusted_forwarding
from aap.services.upkeep.observation import Check, Gravity, Observation
from aap.settings import DEFAULT_SECRET, Settings

LITTLE_ROOM, NO_ROOM = 2_000_000_000, 200_000_000
"""Bytes free under which the disk wants attention, and under which deposits are soon refused."""
MOST_DRIFT = timedelta(seconds=2)
PATIENCE = 10.0
"""Seconds that another machine has to answer."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NOTICES = ("publisher", "publication_director", "hosting", "contact", "data_protection")
_OF_THE_STATE = "13002526500013"  # a service's own SIRET, to see whether a register answers at all
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


def check_variables(settings: Settings) -> Iterator[Observation]:
    """What is unsafe, or contradicts itself."""
    address = urlsplit(settings.base_url)
    found: list[tuple[Gravity, Objection]] = []
    if settings.environment != "production":
        found.append((Gravity.ATTENTION, Objection("upkeep.not_in_production", environment=str(settings.environment))))
    else:
        if address.scheme != "https":
            found.append((Gravity.FAULT, Objection("upkeep.address_without_tls", address=settings.base_url)))
        if (address.hostname or "") in LOOPBACK:
            found.append((Gravity.FAULT, Objection("upkeep.address_of_the_machine", address=settings.base_url)))
        if settings.mail_sender.endswith(("@example.org", ".example", ".invalid")):
            found.append((Gravity.ATTENTION, Objection("upkeep.sender_of_an_example", sender=settings.mail_sender)))
        if not settings.rate_limit:
            found.append((Gravity.ATTENTION, Objection("upkeep.tries_without_limit")))
        if settings.immediate_jobs:
            found.append((Gravity.ATTENTION, Objection("upkeep.jobs_in_requests")))
        empty = tuple(f"AAP_{name.upper()}" for name in NOTICES if not getattr(settings, name))
        if empty:
            found.append((Gravity.ATTENTION, Objection("upkeep.notices_empty", variables=empty)))
    if settings.secret_key == DEFAULT_SECRET:
        grave = Gravity.FAULT if settings.environment == "production" else Gravity.ATTENTION
        found.append((grave, Objection("upkeep.published_secret")))
    if settings.smtp_user and settings.smtp_tls == "off" and settings.smtp_host not in LOOPBACK:
        found.append((Gravity.ATTENTION, Objection("upkeep.password_in_clear", host=settings.smtp_host)))
    if not found:
        found.append((Gravity.OK, Objection("upkeep.settings_sound", address=settings.base_url)))
    for gravity, said in found:
        yield Observation(Check.SETTINGS, gravity, said)


def check_disk(folder: Path) -> Iterator[Observation]:
    """Room where the instance lies, and who may read and write there."""
    try:
        with tempfile.TemporaryFile(dir=folder) as place:
            place.write(b"\0" * 4096)
            place.flush()
            os.fsync(place.fileno())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield Observation(
            Check.DISK, Gravity.FAULT, Objection("upkeep.folder_not_written", folder=str(folder), reason=reason)
        )
    free = shutil.disk_usage(folder).free
    if free < NO_ROOM:
        yield Observation(Check.DISK, Gravity.FAULT, Objection("upkeep.no_room", free=free))
    elif free < LITTLE_ROOM:
        yield Observation(Check.DISK, Gravity.ATTENTION, Objection("upkeep.little_room", free=free))
    else:
        yield Observation(Check.DISK, Gravity.OK, Objection("upkeep.room", free=free))
    found = folder.stat()
    if stat.S_IMODE(found.st_mode) & 0o007:
        said = Objection("upkeep.folder_open", folder=str(folder), mode=f"{stat.S_IMODE(found.st_mode):04o}")
        yield Observation(Check.DISK, Gravity.ATTENTION, said)
    strangers = [one.name for one in sorted(folder.iterdir()) if one.lstat().st_uid != found.st_uid]
    if strangers:  # a command was run as root: the service can't write there any more
        said = Objection("upkeep.owned_by_others", folder=str(folder), names=tuple(strangers[:5]))
        yield Observation(Check.DISK, Gravity.FAULT, said)


def check_clock(
    folder: Path, now: datetime, database_now: datetime | None, last_line: datetime | None
) -> Iterator[Observation]:
    """Deadlines are kept by this clock. `database_now`: of a server's; `last_line`: time of the log's last line."""
    sound = True
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".clock-") as stamped:
        of_files = datetime.fromtimestamp(os.stat(stamped.name).st_mtime, UTC)
    for said, drift in (
        (Objection("upkeep.clock_of_files", seconds=_seconds(of_files - now)), of_files - now),
        (
            Objection("upkeep.clock_of_database", seconds=_seconds((database_now or now) - now)),
            (database_now or now) - now,
        ),
    ):
        if abs(drift) > MOST_DRIFT:
            sound = False
            yield Observation(Check.CLOCK, Gravity.FAULT, said)
    if last_line is not None and last_line > now + MOST_DRIFT:
        sound = False
        yield Observation(Check.CLOCK, Gravity.FAULT, Objection("upkeep.clock_before_log", at=last_line))
    if clock_is_kept() is False:
        sound = False
        yield Observation(Check.CLOCK, Gravity.ATTENTION, Objection("upkeep.clock_not_kept"))
    try:
        ZoneInfo("Europe/Paris")
    except (ZoneInfoNotFoundError, OSError):
        sound = False
        yield Observation(Check.CLOCK, Gravity.FAULT, Objection("upkeep.no_zone"))
    if sound:
        yield Observation(Check.CLOCK, Gravity.OK, Objection("upkeep.clock_sound", at=now))


def _seconds(drift: timedelta) -> int:
    return round(abs(drift).total_seconds())


def clock_is_kept() -> bool | None:
    """Whether the kernel's clock is kept right by somebody (NTP, chrony, the host); None where it doesn't say."""
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):  # not Linux
        return None
    state: int = adjtimex(ctypes.create_string_buffer(512))  # modes 0: reads only
    return None if state < 0 else state != _UNSYNCHRONISED


def check_mail(settings: Settings) -> Iterator[Observation]:
    """Whether the mail server answers, takes TLS where it shall, and knows the password. No mail is sent."""
    if not settings.smtp_host:
        gravity = Gravity.FAULT if settings.environment == "production" else Gravity.OK
        yield Observation(
            Check.MAIL, gravity, Objection("upkeep.mails_into_a_folder", folder=str(settings.mail_folder))
        )
        return
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        connect(settings).quit()
    except smtplib.SMTPAuthenticationError:
        yield Observation(Check.MAIL, Gravity.FAULT, Objection("upkeep.mail_password_refused", server=where))
    except (OSError, smtplib.SMTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        yield Observation(
            Check.MAIL, Gravity.FAULT, Objection("upkeep.mail_server_silent", server=where, reason=reason)
        )
    else:
        yield Observation(Check.MAIL, Gravity.OK, Objection("upkeep.mail_server_answers", server=where))


def check_antivirus(clamd: str) -> Iterator[Observation]:
    """Whether ClamAV answers where files are to be scanned; nothing is said where they are not."""
    if not clamd:
        return
    kind, _, place = clamd.partition(":")
    host, _, port = place.rpartition(":")
    try:
        family, address = (socket.AF_UNIX, place) if kind == "unix" else (socket.AF_INET, (host, int(port)))
        with closing(socket.socket(family)) as link:
            link.settimeout(PATIENCE)
            link.connect(address)
            link.sendall(b"zPING\0")
            alive = link.recv(16).startswith(b"PONG")
    except (OSError, ValueError):
        alive = False
    if alive:
        yield Observation(Check.ANTIVIRUS, Gravity.OK, Objection("upkeep.antivirus_answers", clamd=clamd))
    else:
        yield Observation(Check.ANTIVIRUS, Gravity.FAULT, Objection("upkeep.antivirus_silent", clamd=clamd))


def check_registers(settings: Settings) -> Iterator[Observation]:
    """Whether the public registers answer where they are to be asked; nobody is kept from anything where they don't."""
    for one in ask(open_registers(settings), _OF_THE_STATE):
        register = str(one.said_by)
        if one.outcome == RegisterOutcome.SILENT:
            said = Objection("upkeep.register_silent", register=register, reason=one.fault)
            yield Observation(Check.REGISTERS, Gravity.ATTENTION, said)
        else:
            yield Observation(Check.REGISTERS, Gravity.OK, Objection("upkeep.register_answers", register=register))


def check_forwarding(settings: Settings) -> Iterator[Observation]:
    """Whether a proxy stands in front that the settings don't know: then everybody behind it counts as one address.

    Nothing is said where proxies are trusted. `aap serve` speaks no TLS: an address in https has a proxy.
    """
    if settings.trusted_proxies:
        return
    seen = untrusted_forwarding(settings.instance)
    if seen is not None:
        yield Observation(Check.PROXY, Gravity.ATTENTION, Objection("upkeep.proxy_not_trusted", at=seen))
    elif settings.environment == "production" and urlsplit(settings.base_url).scheme == "https":
        said = Objection("upkeep.proxies_not_counted", address=settings.base_url)
        yield Observation(Check.PROXY, Gravity.ATTENTION, said)


def check_address(settings: Settings, health: str) -> Iterator[Observation]:
    """Whether this service answers at its public address, as people reach it. `health`: address of its health page."""
    address = settings.base_url
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(Request(health), timeout=PATIENCE) as answer:  # noqa: S310  (http or https)
            reached, told = answer.url, json.loads(answer.read(10_000))
    except (URLError, OSError, ValueError) as error:
        reason = str(getattr(error, "reason", "") or error)
        said = Objection("upkeep.address_silent", address=address, reason=reason)
        yield Observation(Check.PROXY, Gravity.ATTENTION, said)
        return
    if not isinstance(told, dict) or "status" not in told:
        yield Observation(Check.PROXY, Gravity.FAULT, Objection("upkeep.address_of_another", address=address))
    elif reached != health:
        said = Objection("upkeep.address_leads_elsewhere", address=health, reached=reached)
        yield Observation(Check.PROXY, Gravity.ATTENTION, said)
    else:
        yield Observation(Check.PROXY, Gravity.OK, Objection("upkeep.address_answers", address=address))
