"""What binds every dossier of a call is not done by whoever is recused of one of them: act by act, page by page.

The acts are found in the table of routes: a new one under these permissions is asked here by itself, and fails where it
lets a recused official through, or where it has no value for what its address names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlmodel import select
from werkzeug.routing import Rule

from aap.records.associations import Association
from aap.records.calls import Call, CallState
from aap.records.outbox import OutboxMail
from aap.records.people import MembershipRole, Role
from aap.records.rankings import RankingRun
from aap.records.reviews import Recusal, RecusalOrigin
from aap.records.types import new_id
from aap.services.permissions import BINDING, TABLE, Permission
from aap.services.ranking.second_persons import possible_seconds
from aap.web.access import permission_of
from tests.worlds.offices import Office, Offices, set_state

P = Permission
ACTING = BINDING | {P.DECISIONS_PREPARE, P.DECISIONS_READ, P.DECISIONS_NOTIFY}
"""RANKING_FREEZE, RANKING_UNFREEZE, DECISIONS_*, GRANT_CORRECT, RESULTS_PUBLISH."""

OF_ONE_DOSSIER = {
    "official.bind": "a file for who asks for it, without what they are recused of",
    "official.paper_answer": "what came on paper about one dossier",
}
"""Not of the whole call, and why."""

SAID = "Vous êtes déporté d’un dossier de cet appel"
FORMS = (
    {"action": "proposer", "reason": "Une raison."}, {"action": "confirmer"}, {"action": "renvoyer", "reason": "Vu."},
    {"action": "abandonner"},
)  # fmt: skip
"""What is sent to each address; a page with several acts names them by `action`."""


def recuse(here: Office) -> None:
    """The first official, of the dossier that is ineligible: one is enough."""
    with here.factory.platform.database.writing() as session:
        session.add(
            Recusal(
                person_id=here.first.id, application_id=here.dossiers[4].id, origin=RecusalOrigin.OFFICIAL,
                reason="Intérêt.", created_at=here.factory.now,
            )
        )  # fmt: skip


def acts(app: Flask) -> list[Rule]:
    found = [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and permission_of(app, rule.endpoint) in ACTING
        and rule.endpoint not in OF_ONE_DOSSIER
    ]
    return sorted(found, key=lambda rule: rule.endpoint)


def address(app: Flask, rule: Rule, here: Office) -> str:
    values: dict[str, Any] = {
        "call_id": here.call.id, "number": 1, "version": 1, "reference": here.dossiers[0].reference,
        "application_id": here.dossiers[0].id,
    }  # fmt: skip
    ids = {name: new_id() for name in rule.arguments if name.endswith("_id") and name not in values}
    missing = rule.arguments - set(values) - set(ids)
    assert not missing, f"{rule.rule}: say here what {sorted(missing)} are"
    with app.test_request_context():
        return app.url_for(rule.endpoint, **{name: {**ids, **values}[name] for name in rule.arguments})


def tally(here: Office) -> tuple[object, ...]:
    """What the acts change."""
    with here.factory.platform.database.reading() as session:
        call = session.get_one(Call, here.call.id)
        runs = session.exec(select(RankingRun.state)).all()
        return call.state, call.seconds, tuple(runs), len(session.exec(select(OutboxMail.id)).all())


def test_no_act_of_the_whole_call_is_done_by_who_is_recused_of_one_dossier(
    app: Flask, office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.DECIDED)
    recuse(here)
    signed = browser().sign_in(here.first)
    refused, faults = set(), []
    for rule in acts(app):
        permission = permission_of(app, rule.endpoint)
        assert permission is not None
        states = {state for grant in TABLE[permission] for state in grant.calls or ()}
        for state in sorted(states, key=list(CallState).index):
            set_state(here, state)
            before = tally(here)
            for form in FORMS:
                answer = signed.post(address(app, rule, here), dict(form), page="/compte")
                if (answer.status_code, SAID in answer.text) == (403, True):
                    refused.add((rule.endpoint, state))
                elif answer.status_code != 404:  # another page's action is none of this one
                    faults.append((rule.endpoint, str(state), form, answer.status_code))
                if tally(here) != before:
                    faults.append((rule.endpoint, str(state), form, "changed something"))
            names_nothing = any(name.endswith("_id") for name in rule.arguments - {"call_id", "application_id"})
            if (rule.endpoint, state) not in refused and not names_nothing:
                faults.append((rule.endpoint, str(state), "no act is refused in words"))
    assert faults == [], "\n".join(map(str, faults))
    assert {endpoint for endpoint, _ in refused} >= {
        "official.freeze", "official.unfreeze", "official.prepare", "official.render_again", "official.propose_hour",
        "official.publish", "official.replace",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "tail", "button"),
    [
        (CallState.PROPOSED, "classement/1", "Confirmer ou renvoyer"),
        (CallState.PROPOSED, "classement/1/arret", "Confirmer et arrêter le classement"),
        (CallState.PROPOSED, "classement/1/arret", 'name="action"'),
        (CallState.ARBITRATED, "classement/1", "Reprendre le classement"),
        (CallState.ARBITRATED, "classement/1/reprise", "Proposer la reprise"),
        (CallState.ARBITRATED, "decisions", ">Préparer les décisions"),
        (CallState.ARBITRATED, "", ">Préparer les décisions"),
        (CallState.ARBITRATED, "decisions/preparer", "Préparer les décisions et les lettres"),
        (CallState.DECIDED, "decisions", ">Notifier les décisions"),
        (CallState.DECIDED, "decisions/notifier", ">Proposer de notifier 5"),
        (CallState.DECIDED, "decisions/publier", ">Publier les résultats</button>"),
    ],
)
def test_a_page_says_why_in_place_of_the_button(
    office: Offices, browser: Callable[[], Any], state: CallState, tail: str, button: str
) -> None:
    here = office(state)
    other = browser().sign_in(here.second).get(here.address(tail)).text
    recuse(here)
    page = browser().sign_in(here.first).get(here.address(tail))
    assert (page.status_code, SAID in page.text, SAID in other) == (200, True, False)
    assert (button in page.text, button in other or tail == "decisions/publier") == (False, True)


def test_recused_officials_are_nobody_s_second_and_the_proposer_is_told_before(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PROPOSED)
    signed = browser().sign_in(here.second)
    assert signed.post(here.address("classement/1/arret"), {"action": "renvoyer", "reason": "Vu."}).status_code == 302
    recuse(here)
    page = signed.get(here.address("classement/1/arret"))
    words = "Personne d’autre ne pourrait confirmer"
    assert (words in page.text, "Proposer d’arrêter ce classement" in page.text) == (True, False)
    refused = signed.post(here.address("classement/1/arret"), {"action": "proposer"})
    assert (refused.status_code, words in refused.text, here.state()) == (422, True, CallState.DELIBERATING)
    here.factory.person(Role.OFFICIAL, call=here.call)
    assert signed.post(here.address("classement/1/arret"), {"action": "proposer"}).status_code == 302
    assert here.state() is CallState.PROPOSED


def test_a_member_of_a_candidate_association_counts_as_recused(office: Offices) -> None:
    here = office(CallState.PROPOSED)
    with here.factory.platform.database.reading() as session:
        both = possible_seconds(session, here.call, first="")
    with here.factory.platform.database.reading() as session:
        association = session.get_one(Association, here.dossiers[1].association_id)
    here.factory.join(association, here.second, MembershipRole.READER)
    with here.factory.platform.database.reading() as session:
        left = possible_seconds(session, here.call, first="")
    assert sorted(one.person_id for one in both) == sorted([here.first.id, here.second.id])
    assert [one.person_id for one in left] == [here.first.id]
