"""What the security tests ask: routes × actors × objects × states; `python -m tests.integration.security.asking` counts it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from werkzeug.routing import Rule

from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.services.permissions import TABLE, Permission, Target, allowed, relations
from aap.web.access import ASSETS, permission_of
from tests.integration.security.named_objects import Objects
from tests.integration.security.world import World, opened

STATES = [
    (C.OPEN, A.DRAFT), (C.OPEN, A.SUBMITTED), (C.OPEN, A.WITHDRAWN), (C.CLOSED, A.SUBMITTED), (C.CLOSED, A.TO_COMPLETE),
    (C.CLOSED, A.INELIGIBLE), (C.REVIEWING, A.ELIGIBLE), (C.REVIEWING, A.WITHDRAWN), (C.DELIBERATING, A.ELIGIBLE),
    (C.PROPOSED, A.ELIGIBLE), (C.ARBITRATED, A.ELIGIBLE), (C.DECIDED, A.ELIGIBLE), (C.PUBLISHED, A.NOTIFIED),
    (C.PUBLISHED, A.ACCEPTED), (C.PUBLISHED, A.DECLINED), (C.ARCHIVED, A.ACCEPTED), (C.DRAFT, A.DRAFT),
]  # fmt: skip

FIXED = {
    "paper": "accuse",
    "filename": "aap.css",
    "language": "fr",
    "question_id": "budget",
    "token": "faux",
    "name": "faux",
    "guide_name": "association",
    "ending": "csv",
    "kind": "csv",
    "criterion": "qualite",
    "gate": "divergent",
    "version": 1,
}
"""Parameters that name no object of somebody."""


def rules(world: World, method: str) -> list[Rule]:
    return [
        rule
        for rule in world.app.url_map.iter_rules()
        if method in (rule.methods or ()) and rule.endpoint not in ASSETS
    ]


def address(world: World, rule: Rule, objects: Objects) -> str:
    known = {**FIXED, **objects.values}
    missing = rule.arguments - set(known)
    assert not missing, f"{rule.rule}: tell tests/integration/security/named_objects.py what {sorted(missing)} are"
    with world.app.test_request_context():
        return world.app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})


def granted(world: World, who: str, permission: Permission, target: Target) -> tuple[bool, bool]:
    """(the table grants it now, it grants it in some state)."""
    actor = world.actors[who]
    held = relations(actor, target)
    return allowed(actor, permission, target), any(grant.who in held for grant in TABLE[permission])


def asked(world: World, method: str, *, first: bool) -> Iterator[tuple[Rule, Objects, str]]:
    """Routes with the objects that they are asked for. What no state of the own call changes is asked once."""
    for rule in rules(world, method):
        if rule.arguments - set(FIXED):
            yield rule, world.own, address(world, rule, world.own)
        if first:
            yield rule, world.other, address(world, rule, world.other)


def who_may(world: World, rule: Rule, actors: tuple[str, ...]) -> tuple[str, tuple[C, A]] | None:
    permission = permission_of(world.app, rule.endpoint)
    for state in STATES:
        world.set_states(*state)
        for who in actors:
            target = world.target(world.own, frozenset(rule.arguments), who, rule.endpoint)
            if granted(world, who, permission, target)[0]:
                return who, state
    return None


def figures(world: World) -> dict[str, int]:
    """How many there are of each, and how many requests the two tests of every state make of them."""
    counted = {f"{method} routes": len(rules(world, method)) for method in ("GET", "POST")}
    counted |= {"actors": len(world.asked_by()), "objects": 2, "states": len(STATES), "GET": 0, "POST": 0}
    for state in STATES:
        world.set_states(*state)
        for method in ("GET", "POST"):
            for rule, objects, _url in asked(world, method, first=state is STATES[0]):
                permission = permission_of(world.app, rule.endpoint)
                for who, _browser in world.asked_by():
                    target = world.target(objects, frozenset(rule.arguments), who, rule.endpoint)
                    now, ever = granted(world, who, permission, target)
                    wanted = ever or state is STATES[0]
                    counted[method] += wanted and not (now and method == "POST")
    counted["POST by who may"] = counted["POST routes"]
    return counted


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as built:
        for name, count in figures(built).items():
            print(f"{name}: {count}")
