"""Marks, comments, scores and ranks are closed to officials until the deliberation opens, on every page and in every file;
the marks of a dossier that diverges are told to whoever settles it, there and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlmodel import select

from aap.records.calls import CallState
from aap.records.people import Role, RoleGrant
from aap.records.rankings import RankingRun
from aap.records.reviews import Mark, Review
from aap.services.call.calls import get_call
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.input import ranking_input
from aap.services.ranking.run_files import RUN_FILES
from tests.addresses import some_value
from tests.read_answers import text_of
from tests.worlds.offices import LETTERS, Office, Offices, set_state

CLOSED = ("CANARI-AVIS", "CANARI-GENERAL", "4,37", "3,91", "83,7", "83.7", "83,72", "83.72")
"""Of a dossier that agrees: comments, marks on two criteria, its total on 100 in every way of writing it."""
DIVERGENT = ("4,63", "1,27")
"""Marks of the dossier that diverges."""
SETTLED_AT = frozenset({"official.divergences", "official.consensus", "official.consensus_paper"})


def marked(office: Offices) -> Office:
    """Dossier 0 has these marks twice, dossier 1 marks that are far apart; a run was computed, as earlier versions did in
    this state."""
    here = office(CallState.DELIBERATING, more=LETTERS + "reviewing:\n  divergence: {overall: 25}\n", step="0.01")
    of_each = {
        here.dossiers[0].id: (("4.37", "3.91"), ("4.37", "3.91")),
        here.dossiers[1].id: (("4.63", "4.63"), ("1.27", "1.27")),
    }
    with here.factory.platform.database.writing() as session:
        for dossier, (first, second) in of_each.items():
            for reviewer, marks in zip(here.reviewers, (first, second), strict=True):
                held = session.exec(
                    select(Review).where(Review.application_id == dossier, Review.person_id == reviewer.id)
                ).one()
                held.general_comment = "CANARI-GENERAL"
                for mark in session.exec(select(Mark).where(Mark.review_id == held.id)):
                    mark.score = Decimal(marks[0] if mark.criterion == "qualite" else marks[1])
                    mark.comment = "CANARI-AVIS"
    with here.factory.platform.database.writing() as session:
        call = get_call(session, here.call.id)
        given = ranking_input(session, call)
        actor = here.factory.actor(here.first)
        store_run(
            session, actor=actor, call=call, given=given, run=compute_run(call, given, draws=0), now=here.factory.now
        )
    return here


def addresses(app: Flask, here: Office) -> list[tuple[str, str]]:
    """(endpoint, address) of everything that an official can open, for both dossiers and each file of the run."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.endpoint.startswith("official."):
            continue
        for reference in [one.reference for one in here.dossiers[:2]] if "reference" in rule.arguments else [""]:
            for name in RUN_FILES if "name" in rule.arguments else [""]:
                for ending in ("csv", "xlsx") if "ending" in rule.arguments else ("",):
                    values: dict[str, Any] = {name: some_value(rule, name) for name in rule.arguments}
                    values |= {
                        "call_id": here.call.id,
                        "reference": reference,
                        "number": 1,
                        "name": name,
                        "ending": ending,
                    }
                    with app.test_request_context():
                        found.append((rule.endpoint, app.url_for(
                            rule.endpoint, **{one: values[one] for one in rule.arguments}
                        )))  # fmt: skip
    return found


def told(here: Office, browser: Any, app: Flask, words: tuple[str, ...]) -> set[str]:
    """Endpoints on whose pages or in whose files one of these stands."""
    found = set()
    for endpoint, address in addresses(app, here):
        answer = browser.get(address)
        assert answer.status_code < 500, address
        if any(word in text_of(answer) for word in words):
            found.add(endpoint)
        answer.close()
    return found


def test_before_the_deliberation_no_page_or_file_tells_an_official_a_mark_a_score_or_a_rank(
    office: Offices, app: Flask, browser: Callable[[], Any]
) -> None:
    here = marked(office)
    signed = browser().sign_in(here.first)
    set_state(here, CallState.REVIEWING)
    with here.factory.platform.database.reading() as session:
        run = session.exec(select(RankingRun)).one()
    assert told(here, signed, app, (*CLOSED, run.result_hash[:12], "au classement")) == set()
    assert told(here, signed, app, DIVERGENT) <= SETTLED_AT
    settling = signed.get(here.address(f"evaluations/ecarts/{here.dossiers[1].reference}"))
    assert [mark in settling.text for mark in DIVERGENT] == [True, True]
    set_state(here, CallState.DELIBERATING)
    assert {"official.dossier", "official.agreement", "official.run", "official.explain"} <= told(
        here, signed, app, CLOSED
    )


@pytest.mark.parametrize("state", [CallState.REVIEWING, CallState.DELIBERATING])
def test_an_official_who_also_reviews_compares_themselves_with_nobody_before_the_deliberation(
    office: Offices, browser: Callable[[], Any], state: CallState
) -> None:
    here = marked(office)
    with here.factory.platform.database.writing() as session:
        session.add(
            RoleGrant(
                person_id=here.reviewers[0].id, role=Role.OFFICIAL, call_id=here.call.id, created_at=here.factory.now
            )
        )
    set_state(here, state)
    signed = browser().sign_in(here.reviewers[0])
    page = signed.get(f"/evaluation/appels/{here.call.id}/mes-notes")
    assert page.status_code == 200
    assert ("Le groupe" in page.text) is (state is CallState.DELIBERATING)
