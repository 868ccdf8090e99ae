"""Random walks of an association: what was typed and told « Enregistré » is on the server, always. `WALKS`: how many;
`WALK_SEED`: of the first one, to see one again. Every other one in a browser that keeps pages for « Retour » whole."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.conftest import CHROMIUM, FLAGS, TestClock
from tests.e2e.conftest import address  # noqa: F401  (a fixture)
from tests.factories import PASSWORD
from tests.worlds.applicants import Space, Spaces

WALKS = int(os.environ.get("WALKS", "300"))
FIRST = int(os.environ.get("WALK_SEED", "1"))
STEPS = 14
QUESTIONS = ("titre", "resume")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


@pytest.fixture
def app(strict_app: Flask) -> Flask:
    return strict_app


@pytest.fixture(scope="module")
def browsers() -> Iterator[list[Browser]]:
    with sync_playwright() as playwright:
        yield [
            playwright.chromium.launch(
                executable_path=CHROMIUM, headless=True, args=FLAGS, ignore_default_args=left_out
            )
            for left_out in ([], ["--disable-back-forward-cache"])
        ]


@dataclass
class Walk:
    """`typed`: question → its texts in the order in which they were typed, or chosen; `told`: question → how many of them there
    were when a page said that it was saved."""

    one: Space
    clock: TestClock
    context: BrowserContext
    dice: random.Random
    typed: dict[str, list[str]] = field(default_factory=lambda: {name: [""] for name in QUESTIONS})
    told: dict[str, int] = field(default_factory=lambda: dict.fromkeys(QUESTIONS, 0))
    steps: list[str] = field(default_factory=list)
    offline: bool = False

    @property
    def here(self) -> str:
        return f"{self.one.url}/sections/projet"

    def open(self) -> Page:
        page = self.context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        self.arrive(page)
        return page

    def arrive(self, page: Page) -> None:
        """The section, signed in, ready."""
        self.connect()
        for _ in range(3):
            with suppress(BrowserError):  # the page may just then load itself again
                page.goto(self.here)
                page.wait_for_load_state()
            if "/connexion" not in page.url:
                break
            page.fill("input[name=email]", self.one.person.email)
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(lambda url: "/connexion" not in url)
        page.wait_for_selector("html[data-ready]")

    def connect(self) -> None:
        self.offline = False
        self.context.set_offline(False)

    def look(self, page: Page) -> None:
        """Notes what a page says: at this moment what stands in its fields is on the server."""
        said = page.evaluate(
            """() => [document.querySelector("[data-save-state]")?.textContent ?? "",
                      ...["titre", "resume"].map(name => document.querySelector(`[name="q.${name}"]`)?.value ?? null)]"""
        )
        if not said[0].startswith("Enregistré"):
            return
        stored = self.one.dossier().answers
        for name, text in zip(QUESTIONS, said[1:], strict=True):
            # What another window changed meanwhile stands there, and this one showed it or says so.
            if text in self.typed[name]:
                place = len(self.typed[name]) - 1 - self.typed[name][::-1].index(text)
                self.told[name] = max(self.told[name], place)
        self.check(stored)

    def check(self, stored: dict[str, object]) -> None:
        for name in QUESTIONS:
            text = stored.get(name, "")
            assert text in self.typed[name], f"{text!r} was never typed: {self.steps}"
            place = len(self.typed[name]) - 1 - self.typed[name][::-1].index(str(text))
            assert place >= self.told[name], (
                f"told that {self.typed[name][self.told[name]]!r} is saved, found {text!r}: {self.steps}"
            )

    def choose(self, page: Page) -> None:
        """Keeps one's own wherever there is a choice: from then on it is what was typed last."""
        while page.locator("#deux-versions button").count():
            for name in QUESTIONS:
                self.typed[name].append(page.input_value(f'[name="q.{name}"]'))
            page.locator("#deux-versions button", has_text="Garder ma version").first.click()
            page.wait_for_timeout(300)

    def step(self, page: Page, number: int) -> Page:
        kind = self.dice.choice(
            ["type"] * 6
            + ["rest", "rest", "cut", "leave", "back", "reload", "button", "second", "crash", "expire", "jump", "lost"]
        )
        self.steps.append(kind)
        on_section = page.url.split("?")[0].endswith("/sections/projet") and page.locator("[data-autosave]").count()
        if not on_section and kind in ("type", "rest", "button", "lost"):
            self.arrive(page)
        if kind == "type":
            name = self.dice.choice(QUESTIONS)
            text = f"{name} {number} {self.dice.randrange(10**6)}"
            self.typed[name].append(text)
            page.fill(f'[name="q.{name}"]', text)
            page.wait_for_timeout(self.dice.choice([10, 10, 300, 900]))
        elif kind == "rest":
            page.wait_for_timeout(3500)
        elif kind == "cut":
            self.offline = not self.offline
            self.context.set_offline(self.offline)
        elif kind == "leave":
            self.connect()
            page.goto(self.one.url)
        elif kind == "back":
            self.connect()
            page.go_back()
        elif kind == "reload":
            self.connect()
            page.reload()
        elif kind == "button":
            page.get_by_role("button", name="Enregistrer", exact=True).last.click()
            page.wait_for_timeout(800)
        elif kind == "second":
            return self.open()
        elif kind == "crash":
            page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
            page.close(run_before_unload=False)
            return self.open()
        elif kind == "expire":
            self.clock.move(hours=13)
        elif kind == "jump":
            self.clock.move(minutes=self.dice.choice([-30, 90]))
        else:
            self.lose_answers(page)
        return page

    def lose_answers(self, page: Page) -> None:
        """The next post reaches the server, its answer nobody."""

        def lose(route: Route) -> None:
            if route.request.method == "POST":
                route.fetch(max_redirects=0)
            route.abort("connectionreset")

        page.route("**/enregistrement*", lose, times=1)

    def end(self) -> None:
        """Every window is left with a network: what they hold is saved, chosen where there is a choice, and looked at."""
        self.connect()
        for page in self.context.pages:
            self.arrive(page)
            page.wait_for_timeout(500)
            if page.get_by_role("button", name="Le garder").count():
                page.get_by_role("button", name="Le garder").click()
                page.wait_for_timeout(1500)
            self.choose(page)
            page.wait_for_timeout(1000)
            self.look(page)
        self.check(self.one.dossier().answers)


def walk(one: Space, clock: TestClock, context: BrowserContext, seed: int) -> Walk:
    made = Walk(one, clock, context, random.Random(seed))
    page = made.open()
    for number in range(STEPS):
        try:
            page = made.step(page, number)
            if "projet" in page.url:
                made.choose(page)
                made.look(page)
        except BrowserError as error:  # a page that is on its way, or the browser's own
            made.steps.append(f"({str(error).splitlines()[0][:60]})")
    made.end()
    return made


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WALKS))
def test_what_was_told_saved_is_on_the_server_whatever_happens(
    seed: int,
    space: Spaces,
    clock: TestClock,
    browsers: list[Browser],
    address: str,  # noqa: F811
) -> None:
    context = browsers[seed % 2].new_context(base_url=address, locale="fr-FR")
    context.set_default_timeout(15_000)
    try:
        walk(space(), clock, context, seed)
    finally:
        context.close()
