"""Drives an instance as people do, by its pages and by the links in its mails, so that what a release leaves behind is
what its own code wrote. Of the code only `create_app`, `Settings`, `aap.jobs` and the `aap` command are named.
"""

from __future__ import annotations

import email
import email.policy
import html
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock

from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from aap import jobs
from aap.app import create_app
from aap.settings import Settings

PASSWORD = "sept lanternes sous la pluie"
SECRET = "only-for-kept-instances"
REFUSING_PORT = 9
"""No mail server listens there."""


class Clock:
    """Moved by who drives: a minute with each form that is sent."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)


def settings_of(instance: Path, mail: Path, **values: Any) -> Settings:
    """Of a kept instance, wherever it is unpacked."""
    fixed = {"environment": "testing", "rate_limit": False, "secret_key": SECRET, "mail_sink": mail}
    return Settings(instance=instance, **{**fixed, **values})


class World:
    """An instance with its clock. Nothing is done in the background until `work` is called."""

    def __init__(self, instance: Path, mail: Path, now: datetime) -> None:
        self.clock = Clock(now)
        self.mail = mail
        self.settings = settings_of(instance, mail)
        self.app: Flask = create_app(self.settings, clock=self.clock)
        self.platform = self.app.extensions["aap.platform"]

    def at(self, text: str) -> None:
        """Goes on to a moment, given in ISO with its offset."""
        moment = datetime.fromisoformat(text)
        assert moment > self.clock.now, f"{text} is over: it is {self.clock.now}"
        self.clock.now = moment

    def work(self) -> None:
        """What the worker would have done by now: the queue's tasks are taken, mails and jobs are done."""
        self._flush()
        jobs.sweep(self.platform)

    def tick(self) -> None:
        """What the worker does each minute: reminders, requests for completion that end, work left behind."""
        self._flush()
        jobs.tick(self.platform)

    def _flush(self) -> None:
        for huey in jobs.queue(self.settings).both:
            huey.flush()

    def fail_to_mail(self) -> None:
        """The same while the mail server refuses."""
        refusing = settings_of(self.settings.instance, self.mail, smtp_host="127.0.0.1", smtp_port=REFUSING_PORT)
        platform = create_app(refusing, clock=self.clock).extensions["aap.platform"]
        jobs.sweep(platform)
        platform.database.dispose()

    def finish(self) -> None:
        """What a worker does that starts on an instance put away: takes up what was interrupted, does each task that
        is left in the queue, then the minute's work."""
        jobs.resume(self.platform)
        with mock.patch.object(jobs, "worker_platform", return_value=self.platform):
            for huey in jobs.queue(self.settings).both:
                while (task := huey.dequeue()) is not None:
                    huey.execute(task)
        jobs.tick(self.platform)

    def close(self) -> None:
        for huey in jobs.queue(self.settings).both:
            huey.storage.close()
        self.platform.database.dispose()

    @contextmanager
    def broken_work(self, kind: str, fault: BaseException, *, late: bool = False) -> Iterator[None]:
        """Meanwhile a kind of long work ends in `fault` (an exception; or KeyboardInterrupt: the worker is killed),
        before it has done anything, or (`late`) when all is done but the note that it is."""
        held = jobs.WORK[kind]

        def ends(*given: Any) -> None:
            if late:
                held(*given)
            raise fault

        with mock.patch.dict(jobs.WORK, {kind: ends}), suppress(KeyboardInterrupt):  # type: ignore[arg-type]
            yield

    def messages(self) -> list[EmailMessage]:
        """Every mail that was delivered, in no order."""
        return [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[misc]
            for path in self.mail.glob("*.eml")
        ]

    def mailed(self, address: str, subject: str) -> bool:
        """Whether the address got a mail with this subject (spaces may be of any kind)."""
        return any(
            message["To"] == address and str(message["Subject"]).split() == subject.split()
            for message in self.messages()
        )

    def link(self, address: str, part: str) -> str:
        """The path of the one link with this part in its path that the address got, once the worker has worked."""
        self.work()
        pattern = rf"(?m)^{re.escape(self.settings.base_url)}(\S*{part}\S*)$"
        texts = [message.get_content() for message in self.messages() if message["To"] == address]
        found = [match[1] for text in texts for match in re.finditer(pattern, text)]
        assert len(found) == 1, (address, part, found)
        return found[0]


class Forms(HTMLParser):
    """The forms of a page: (action, fields as a browser would send them untouched)."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.address = address.partition("#")[0]
        self.found: list[tuple[str, MultiDict[str, Any], set[str]]] = []
        self._select = ""
        self._chosen: list[str] = []
        self._textarea: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.found.append((given.get("action") or self.address, MultiDict(), set()))
        if not self.found:
            return
        _action, fields, names = self.found[-1]
        if name and tag in ("input", "textarea", "select"):
            names.add(name)
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind not in ("checkbox", "radio", "file", "submit", "image") or "checked" in given:
                fields.add(name, given.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "textarea":
            self._textarea = name
            fields.add(name, "")
        elif tag == "select":
            self._select, self._chosen = name, []
        elif tag == "option" and self._select and ("selected" in given or not self._chosen):
            self._chosen = [given.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            fields = self.found[-1][1]
            fields[self._textarea] = (fields[self._textarea] + data).removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None
        elif tag == "select" and self.found:
            for value in self._chosen:
                self.found[-1][1].add(self._select, value)
            self._select = ""


class Visitor:
    """One person's browser, without scripts."""

    def __init__(self, world: World, address: str = "") -> None:
        self.world, self.address = world, address
        self.client = world.app.test_client()

    def open(self, path: str) -> TestResponse:
        answer = self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {words(answer.text)}"
        return answer

    def page(self, path: str) -> str:
        return html.unescape(self.open(path).text)

    def fill(self, path: str, typed: Mapping[str, Any] | None = None, *, to: str = "", refused: bool = False) -> str:
        """Fills the form of the page at `path` that posts to an address ending in `to` and has most of the fields
        typed, and sends it. Gives the address that it leads to. `refused`: the page comes back with what is wrong."""
        typed = typed or {}
        answer = self.open(path)
        here = answer.request.path + (f"?{answer.request.query_string.decode()}" if answer.request.query_string else "")
        forms = [one for one in Forms(answer.text, here).found
                 if one[0].partition("?")[0].endswith(to) and one[0] != "/deconnexion"]  # fmt: skip
        assert forms, f"{path} has no form to {to!r}"
        action, fields, _names = max(forms, key=lambda form: len(form[2] & set(typed)))
        sent = MultiDict(fields)
        for name, value in typed.items():
            sent.setlist(name, list(value) if isinstance(value, list) else [value])
        self.world.clock.move(minutes=1)
        answer = self.client.post(action, data=sent)
        expected = (409, 422) if refused else (302, 303)
        assert answer.status_code in expected, f"{action}: {answer.status_code} {words(answer.text)}"
        return "" if refused else str(answer.location)

    def sign_in(self) -> Visitor:
        """Takes no time: a mailed link is good for minutes."""
        now = self.world.clock.now
        self.fill("/connexion", {"email": self.address, "password": PASSWORD}, to="/connexion")
        self.world.clock.now = now
        return self

    def take_link(self) -> Visitor:
        """Follows the link of the invitation, and chooses a password."""
        self.fill(self.world.link(self.address, "/connexion/lien/"))
        self.fill("/mot-de-passe", {"new_password": PASSWORD, "new_password_confirm": PASSWORD})
        return self


def words(page: str) -> str:
    """What a refused page says, for the message of a failure."""
    main = page.partition("<main")[2] or page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())[:1500]


def sent_file(name: str, content: bytes) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name
