"""A real browser on a served instance: Chromium by Playwright, axe on every page that a test asks to check."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

expect.set_options(timeout=30_000)  # a save waits 2.5 s by itself, and a machine under test is slow


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application, served on a free port of 127.0.0.1, with files that a browser keeps as in production."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def new_context(chromium: Browser, address: str) -> Iterator[Callable[..., BrowserContext]]:
    """`new_context()` is a person's own browser, with its own cookies; any error on a page's console fails the test."""
    contexts: list[BrowserContext] = []

    def opened(**options: object) -> BrowserContext:
        settings = {"base_url": address, "locale": "fr-FR", "viewport": {"width": 1280, "height": 900}, **options}
        context = chromium.new_context(**settings)
        context.set_default_timeout(30_000)
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        context.close()


UNSIGHTLY = """() => {
  const found = [];
  const title = document.querySelector("h1");
  const top = title ? Math.round(title.getBoundingClientRect().top + scrollY) : 0;
  const before = document.querySelector("main .error-summary, main .notice");
  const pushed = before && title && before.compareDocumentPosition(title) & Node.DOCUMENT_POSITION_FOLLOWING;
  if (innerWidth <= 400 && top > 250 && !pushed) found.push(`the title stands ${top} px down`);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (!/\\d/.test(node.data) || !node.parentElement.checkVisibility()) continue;
    for (const word of node.data.matchAll(/\\d[\\d\u202f\u00a0]*(,\\d+)?\u00a0€|\\d{1,2}\u00a0\\p{L}+\u00a0\\d{4}/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top)));
      if (lines.size > 1) found.push(`« ${word[0]} » is broken in ${node.parentElement.outerHTML.slice(0, 120)}`);
    }
  }
  return found;
}"""
"""An amount or a date over two lines; on a phone, a title that doesn't stand within the first 250 px (but for what must be read
before it: errors, notices)."""


def assert_accessible(page: Page) -> None:
    """No violation of axe's rules, nothing wider than the screen, nothing unsightly."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    found = Axe().run(page).response["violations"]
    report = [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in found]
    assert not report, f"{page.url}: {json.dumps(report, ensure_ascii=False, indent=1)}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than the screen"
    assert page.evaluate(UNSIGHTLY) == [], page.url


def assert_legible_at_night(page: Page) -> None:
    """Axe's contrast (AA) with the colours of a device that asks for dark ones; the page's own colours come back."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # a transition would be caught half way
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 26, 38)"
    found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    report = [(node["html"][:160], node["any"][0]["message"]) for rule in found for node in rule["nodes"][:5]]
    assert not report, f"{page.url}: {json.dumps(report, ensure_ascii=False, indent=1)}"
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/connexion")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/connexion" not in url)


def press(page: Page, name: str) -> None:
    """Presses the button or follows the link of that name, and waits for the page that it leads to."""
    target = page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True))
    with page.expect_navigation():
        target.first.click()


def picture(page: Page, name: str) -> None:
    """Keeps a picture of the page in `test-results/` (looked at by people, compared by nobody)."""
    folder = Path(__file__).parents[2] / "test-results"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def crashed(page: Page) -> BrowserContext:
    """The context of a page that is gone, as after a crash without network: nothing goes out on the way.

    Closing a page lifts its cut of the network before the page is gone; whatever waited would still be sent.
    """
    page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)
    return context
