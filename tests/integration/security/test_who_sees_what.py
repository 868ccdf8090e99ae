"""Every route × actor × object × state: what the table of permissions doesn't grant is refused, and nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule

from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.services.permissions import TABLE, Permission, Target, allowed, relations
from aap.web.access import ASSETS, permission_of
from tests.integration.security.world import SEES, Objects, World, opened

STATES = [
    (C.OPEN, A.DRAFT), (C.OPEN, A.SUBMITTED), (C.OPEN, A.WITHDRAWN), (C.CLOSED, A.SUBMITTED), (C.CLOSED, A.TO_COMPLETE),
    (C.CLOSED, A.INELIGIBLE), (C.REVIEWING, A.ELIGIBLE), (C.REVIEWING, A.WITHDRAWN), (C.DELIBERATING, A.ELIGIBLE),
    (C.PROPOSED, A.ELIGIBLE), (C.ARBITRATED, A.ELIGIBLE), (C.DECIDED, A.LAUREATE), (C.PUBLISHED, A.NOTIFIED),
    (C.PUBLISHED, A.ACCEPTED), (C.PUBLISHED, A.DECLINED), (C.ARCHIVED, A.ACCEPTED), (C.DRAFT, A.DRAFT),
]  # fmt: skip

FIXED = {
    "filename": "aap.css",
    "language": "fr",
    "question_id": "budget",
    "token": "faux",
    "name": "faux",
    "ending": "csv",
    "criterion": "qualite",
}
"""Parameters that name no object of somebody."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(tmp_path_factory.mktemp("security")) as built:
        yield built


def rules(world: World, method: str) -> list[Rule]:
    return [
        rule
        for rule in world.app.url_map.iter_rules()
        if method in (rule.methods or ()) and rule.endpoint not in ASSETS
    ]


def address(world: World, rule: Rule, objects: Objects) -> str:
    known = {**FIXED, **objects.values}
    missing = rule.arguments - set(known)
    assert not missing, f"{rule.rule}: tell tests/integration/security/world.py what {sorted(missing)} are"
    with world.app.test_request_context():
        return world.app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})


def granted(world: World, who: str, permission: Permission, target: Target) -> tuple[bool, bool]:
    """(the table grants it now, it grants it in some state)."""
    actor = world.actors[who]
    held = relations(actor, target)
    return allowed(actor, permission, target), any(grant.who in held for grant in TABLE[permission])


def test_every_route_declares_a_permission(world: World) -> None:
    silent = [
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint not in ASSETS and permission_of(world.app, rule.endpoint) is None
    ]
    assert silent == []


def asked(world: World, method: str, *, first: bool) -> Iterator[tuple[Rule, Objects, str]]:
    """Routes with the objects that they are asked for. What no state of the own call changes is asked once."""
    for rule in rules(world, method):
        if rule.arguments - set(FIXED):
            yield rule, world.own, address(world, rule, world.own)
        if first:
            yield rule, world.other, address(world, rule, world.other)


@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state[0]}-{state[1]}")
def test_no_page_opens_or_leaks_beyond_the_table(world: World, state: tuple[C, A]) -> None:
    world.set_states(*state)
    faults = []
    for rule, objects, url in asked(world, "GET", first=state is STATES[0]):
        permission = permission_of(world.app, rule.endpoint)
        for who, browser in world.browsers.items():
            target = world.target(objects, frozenset(rule.arguments), who)
            now, ever = granted(world, who, permission, target)
            if not ever and state is not STATES[0]:
                continue  # nothing to the object in any state: asked once
            answer = browser.get(url)
            # Who may in another state is told why not now, or led back.
            refusals = ({302, 404, 409} if ever else {404}) | ({302} if who == "anonymous" else set())
            if answer.status_code >= 500 or (not now and answer.status_code not in refusals):
                faults.append((answer.status_code, who, url))
            if answer.mimetype.startswith(("text/", "application/json")):
                text = answer.text
                faults += [
                    (canary, who, url) for canary, readers in SEES.items() if who not in readers and canary in text
                ]
            answer.close()
    assert not faults, "\n".join(map(str, faults))


@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state[0]}-{state[1]}")
def test_nobody_changes_anything_beyond_the_table(world: World, state: tuple[C, A]) -> None:
    world.set_states(*state)
    faults = []
    for who, browser in world.browsers.items():
        before = world.fingerprint()
        for rule, objects, url in asked(world, "POST", first=state is STATES[0]):
            permission = permission_of(world.app, rule.endpoint)
            target = world.target(objects, frozenset(rule.arguments), who)
            now, ever = granted(world, who, permission, target)
            if now or (not ever and state is not STATES[0]):
                continue
            answer = browser.post(url, data={"reason": "x", "name": "x", "decision": "in"})
            # Who may in another state is told why not now, or led to where it was done already.
            refusals = ({303, 403, 404, 409, 422} if ever else {404}) | ({401} if who == "anonymous" else set())
            if answer.status_code not in refusals:
                faults.append((answer.status_code, who, url))
        changed = {table for table, content in world.fingerprint().items() if before[table] != content}
        if changed:
            faults.append((sorted(changed), who))
    assert not faults, "\n".join(map(str, faults))
