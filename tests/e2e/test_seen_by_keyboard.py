"""What axe cannot see: where the keyboard is, and what is current or chosen where the colours are the reader's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.conftest import assert_legible_at_night, picture

Contexts = Callable[..., BrowserContext]

UNSEEN = """() => {
  const luminance = (text) => {
    const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((v) => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const seen = (element) => {
    const style = getComputedStyle(element);
    const page = luminance(getComputedStyle(document.body).backgroundColor);
    const [light, dark] = [luminance(style.outlineColor), page].sort((a, b) => b - a);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && (light + .05) / (dark + .05) >= 3;
  };
  const found = [];
  for (const element of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
    if (element.disabled || element.type === "hidden" || !element.checkVisibility()) continue;
    element.focus();
    if (document.activeElement !== element || !element.matches(":focus-visible")) continue;
    const drawn = [element, element.nextElementSibling, element.closest(".call-card")].filter(Boolean);
    if (!drawn.some(seen)) found.push(element.outerHTML.slice(0, 120));
  }
  return found;
}"""
"""Focusable elements whose focus has no outline of 2 px at 3:1 on the page, of their own or on what stands for them."""


@pytest.mark.parametrize(("colours", "scheme"), [("none", "light"), ("active", "light"), ("none", "dark")])
def test_the_keyboards_place_is_seen_on_every_component(new_context: Contexts, colours: str, scheme: str) -> None:
    page = new_context(forced_colors=colours, color_scheme=scheme, reduced_motion="reduce").new_page()
    page.goto("/guide")
    page.keyboard.press("Tab")  # from now on the browser shows where the keyboard is
    assert page.evaluate(UNSEEN) == []
    if scheme == "dark":
        assert_legible_at_night(page)


def test_what_is_current_or_done_stands_out_where_the_colours_are_the_readers(new_context: Contexts) -> None:
    page = new_context(forced_colors="active", color_scheme="light").new_page()
    page.goto("/guide")
    flat = page.evaluate(
        """() => [...document.querySelectorAll(":is(.site-nav, .pages, .sections, .filters) [aria-current]")]
        .filter((one) => getComputedStyle(one).outlineStyle === "none").map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert flat == []
    bars = page.evaluate(
        """() => [...document.querySelectorAll("progress")].map((one) => getComputedStyle(one).forcedColorAdjust)"""
    )
    assert set(bars) == {"none"}
    picture(page, "guide-forced-colours")
