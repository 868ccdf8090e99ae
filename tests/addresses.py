"""Addresses of routes, filled with something that each takes."""

from __future__ import annotations

import re

from werkzeug.routing import Rule


def some_value(rule: Rule, name: str) -> str | int:
    """A number where the address wants one, the first of its choices, else a word that names nothing."""
    if f"int:{name}" in rule.rule:
        return 1
    choice = re.search(rf"<any\((\w+)[^>]*:{name}>", rule.rule)
    return choice[1] if choice else "x"
