"""What a checked call file is told, as tests compare it."""

from __future__ import annotations

from aap.core.call.loading import inspect_call
from aap.core.problems import Problem

CALL = """\
schema: 1
call: {{id: essai, {call}}}
rubric: {{{scale}, {rubric}}}
scoring: {{method: raw}}
selection: {{{selection}}}
{more}
"""
SOUND = {
    "call": "title: Essai",
    "scale": "scale: {min: 0, max: 5, step: 0.5}",
    "rubric": "criteria: [{id: a, weight: 60}, {id: b, weight: 40}]",
    "selection": "mode: merit, laureates: 10, budget: 1000",
    "more": "",
}


def problems_of(*, online: bool = False, **changed: str) -> tuple[Problem, ...]:
    """The problems of a small sound file in which these parts are written otherwise."""
    return inspect_call(CALL.format(**(SOUND | changed)), name="f", online=online).problems


def told(**changed: str) -> list[str]:
    """`key ! message [found]`, `?` for a warning."""
    return [
        f"{p.key} {'!' if p.is_error else '?'} {p.message} [{p.found}]".replace("\u00a0", " ")
        for p in problems_of(**changed)
    ]
