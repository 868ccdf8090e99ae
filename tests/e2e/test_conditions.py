"""The page shows and hides questions as the server does: the script compares answers as the core does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext

from tests.unit.core.answers.test_conditions import HOLDS

SCRIPT = """async (cases) => {
  const start = document.querySelector("script[type=module][src*='aap.js']").src;
  const { holds } = await import(start.replace("aap.js", "conditions.js"));
  return cases.map(([condition, values]) => holds(condition, values));
}"""


def typed(answer: object) -> list[str]:
    """What the inputs of a question hold for an answer."""
    return [str(one) for one in (answer if isinstance(answer, list) else [answer]) if one]


def test_the_script_and_the_server_agree_on_what_a_condition_meets(new_context: Callable[..., BrowserContext]) -> None:
    cases: list[tuple[dict[str, Any], list[str], bool]] = [
        (condition, typed(answer), holds)
        for condition, answer, holds in HOLDS
        if not isinstance(answer, dict | bool) and "_" not in str(condition)
    ]
    cases += [
        ({"equals": "250000"}, ["250\u202f000,00\u00a0€"], True),
        ({"min": "2000"}, ["1\u202f999,99"], False),
    ]
    page = new_context().new_page()
    page.goto("/")
    told = page.evaluate(SCRIPT, [[condition, values] for condition, values, _ in cases])
    assert told == [holds for *_, holds in cases]
