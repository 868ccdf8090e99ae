"""The pages of the assignment: proposals, who sees what, in which state, the number of queries."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader
from sqlmodel import select

from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.records.reviews import Assignment, AssignmentProposal, Recusal, RecusalOrigin
from aap.services.assignment.moves import lock_seats
from aap.services.panel.recusing import add_recusal
from tests.worlds.assignment_pages import Browsers, plain, propose
from tests.worlds.assignments import Tables


def test_an_official_proposes_looks_applies_locks_and_moves(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    empty = plain(signed.get(here.address("repartition")).text)
    assert "2 places vides" in empty
    address = propose(signed, here)
    page = plain(signed.get(address).text)
    assert "Rien n’est encore changé" in page
    assert "Chaque dossier a ses 2 évaluateurs" in page
    assert here.pairs() == set()
    applied = signed.post(f"{address}/application", page=address)
    assert applied.status_code == 302
    pairs = here.pairs()
    assert len(pairs) == 24
    assert "24 dossiers confiés" in plain(signed.get(applied.location).text)
    assert "a été appliquée" in signed.get(address).text

    reference, code = sorted(pairs)[0]
    dossier = here.address(f"repartition/dossiers/{reference}")
    locked = signed.post(here.address("repartition/verrou"), {"dossier": reference, "code": code, "verrou": "oui"},
                         page=dossier)  # fmt: skip
    assert locked.location == dossier
    assert "Déverrouiller" in signed.get(dossier).text
    into = next(one for one in here.reviewers if (reference, one) not in pairs)
    seen = signed.post(dossier, {"out": "", "into": into, "action": "voir"})
    assert "Effet de ce changement" in seen.text
    assert here.pairs() == pairs
    assert signed.post(dossier, {"out": "", "into": into, "action": "deplacer"}).status_code == 302
    assert here.pairs() == pairs | {(reference, into)}

    table_of_pairs = signed.get(here.address("repartition.csv"))
    rows = list(csv.DictReader(io.StringIO(table_of_pairs.text)))
    assert {(row["dossier"], row["code"]) for row in rows} == here.pairs()
    assert {row["verrouille"] for row in rows if row["dossier"] == reference} == {"oui", "non"}


def test_a_proposal_shows_the_expected_errors_with_and_without_bridges(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    address = propose(signed, here)
    page = signed.get(address).text
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(AssignmentProposal)).one().content["figures"]
    assert (found["bridges"]["wanted"], found["bridges"]["made"]) == (4, 4)
    words = plain(page)
    assert (
        "4 évaluations sur 24 le sont ; la part voulue (15 %) en demande 4. Sans elle, il y en aurait "
        f"{found['bridges']['without']['made']}." in words
    )
    shown = [plain(re.sub("<[^>]+>", " ", row)).strip() for row in re.findall(r"<tr>.*?</tr>", page, re.S)]
    for label, key in (
        ("D’une note calibrée", "mean_error"),
        ("D’une note calibrée, pour la seule sévérité des évaluateurs", "severity_error"),
        ("De l’écart entre deux dossiers de thèmes différents, pour la seule sévérité", "across_error"),
    ):
        without, ours = found["bridges"]["without"][key], found["connection"][key]
        assert f"{label} {without:.2f} {ours:.2f}".replace(".", ",") in shown


def test_a_proposal_without_a_share_of_bridges_says_nothing_of_it(table: Tables, browser: Browsers) -> None:
    here = table(rules="assignment: {bridges: 0}\n")
    signed = browser().sign_in(here.official)
    assert "Une évaluation est croisée" not in signed.get(propose(signed, here)).text


def test_a_proposal_that_is_abandoned_changes_nothing_and_is_gone(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    address = propose(signed, here)
    assert signed.post(f"{address}/abandon", page=address).status_code == 302
    assert here.pairs() == set()
    assert signed.post(f"{address}/application", page=here.address("repartition")).status_code == 404


def test_a_stale_proposal_says_so_beside_what_was_asked(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    address = propose(signed, here)
    token = signed.token(address)
    with here.factory.platform.database.writing() as session:
        add_recusal(session, actor=here.actor, application_id=here.dossiers[0].id,
                    person_id=here.reviewers["R01"].id, reason="Cousine.", now=here.factory.now)  # fmt: skip
    assert "La situation a changé" in signed.get(address).text
    refused = signed.client.post(f"{address}/application", data={"csrf_token": token})
    assert (refused.status_code, "faites-en une nouvelle" in refused.text) == (422, True)
    assert here.pairs() == set()


@pytest.mark.parametrize("typed", [{"evaluations": "trois"}, {"evaluations": "0"}, {"evaluations": "²"}, {"mode": "x"}])
def test_settings_that_can_t_be_read_stay_in_the_form(table: Tables, browser: Browsers, typed: dict[str, str]) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    sent = {"mode": "rebuild", "evaluations": "2", **typed}
    answer = signed.post(here.address("repartition"), sent)
    assert answer.status_code == 422
    if "evaluations" in typed:
        assert f'value="{typed["evaluations"]}"' in answer.text
    assert here.pairs() == set()


def test_what_can_t_be_satisfied_is_said_before_anything_is_applied(table: Tables, browser: Browsers) -> None:
    here = table(dossiers=4, reviewers=4)
    with here.factory.platform.database.writing() as session:
        for code in ("R01", "R02", "R03"):
            session.add(Recusal(person_id=here.reviewers[code].id, application_id=here.dossiers[0].id,
                                origin=RecusalOrigin.OFFICIAL, reason="Lien.", created_at=here.factory.now))  # fmt: skip
    signed = browser().sign_in(here.official)
    page = plain(signed.get(propose(signed, here)).text)
    reference = here.dossiers[0].reference
    assert f"Le dossier {reference} n’a que 1 évaluateur possible sur 4 pour 2 évaluations" in page
    with here.factory.platform.database.writing() as session:
        add_recusal(session, actor=here.actor, application_id=here.dossiers[0].id, person_id=here.other.id,
                    reason="Conjoint.", now=here.factory.now)  # fmt: skip
        kept = session.exec(select(AssignmentProposal)).one()
    recused = browser().sign_in(here.other)
    shown = recused.get(here.address(f"repartition/propositions/{kept.id}"))
    assert (shown.status_code, reference in shown.text) == (200, False)


def test_the_list_takes_as_many_queries_for_40_dossiers_as_for_4(
    table: Tables, browser: Browsers, count_queries: Callable[[], Any]
) -> None:
    counts = []
    for size in (4, 40):
        here = table(dossiers=size)
        here.distribute()
        signed = browser().sign_in(here.official)
        for tail in ("repartition", "evaluateurs", "deports"):
            with count_queries() as queries:
                assert signed.get(here.address(tail)).status_code == 200
            counts.append((tail, queries.count))
    assert counts[:3] == counts[3:]
    assert dict(counts)["repartition"] <= 18
    assert max(count for tail, count in counts if tail != "repartition") <= 13


def test_a_recused_reviewer_and_a_recused_official_find_nothing_anywhere(table: Tables, browser: Browsers) -> None:
    here = table()
    pairs = here.distribute()
    reference, code = sorted(pairs)[0]
    dossier = here.dossier(reference)
    person = here.reviewers[code]
    signed = browser().sign_in(person)
    assert signed.get(f"/evaluation/dossiers/{dossier.id}").status_code == 200
    with here.factory.platform.database.writing() as session:
        for one in (person, here.other):
            add_recusal(session, actor=here.actor, application_id=dossier.id, person_id=one.id, reason="Lien.",
                        now=here.factory.now)  # fmt: skip
    for tail in ("", "/deport", "/fichiers/x"):
        assert signed.get(f"/evaluation/dossiers/{dossier.id}{tail}").status_code == 404
    assert (
        signed.post(f"/evaluation/dossiers/{dossier.id}", {"note-qualite": "3"}, page="/evaluation/").status_code == 404
    )
    assert dossier.title not in signed.get("/evaluation/").text
    official = browser().sign_in(here.other)
    for tail in (f"dossiers/{reference}", f"repartition/dossiers/{reference}"):
        assert official.get(here.address(tail)).status_code == 404, tail
    locked = official.post(here.address("repartition/verrou"), {"dossier": reference, "verrou": "oui"},
                           page=here.address("repartition"))  # fmt: skip
    assert locked.status_code == 404
    for tail in ("repartition", f"repartition?q={reference}", "repartition.csv", "deports", "candidats", "evaluations",
                 "evaluateurs"):  # fmt: skip
        answer = official.get(here.address(tail))
        # What was searched for is said back, in its field and in the page's title.
        found = re.sub(f'value="{reference}"|, « {reference} »', "", answer.text.replace("\u00a0", " "))
        assert (answer.status_code, reference in found, dossier.title in found) == (200, False, False), tail
    pdf = official.get(here.address("deports.pdf"))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages)
    assert reference not in text


def test_strangers_and_reviewers_get_404_on_every_page(table: Tables, browser: Browsers) -> None:
    here = table()
    here.distribute()
    proposal = propose(browser().sign_in(here.official), here, mode="complete")
    reference = here.dossiers[0].reference
    for person in (here.stranger, here.reviewers["R01"]):
        signed = browser().sign_in(person)
        for tail in ("evaluateurs", "evaluateurs/invitation", "evaluateurs/tableau", "deports", "deports.pdf",
                     "repartition", "repartition.csv", f"evaluateurs/{here.reviewers['R02'].id}",
                     f"repartition/dossiers/{reference}"):  # fmt: skip
            assert signed.get(here.address(tail)).status_code == 404, tail
        assert signed.get(proposal).status_code == 404
        posted = signed.post(f"{proposal}/application", page="/compte")
        assert posted.status_code == 404
    anonymous = browser()
    assert anonymous.get(here.address("repartition")).status_code == 302


def test_pages_can_be_read_in_every_state_and_changed_only_where_it_makes_sense(
    table: Tables, browser: Browsers
) -> None:
    here = table()
    here.distribute()
    reference, code = sorted(here.pairs())[0]
    with here.factory.platform.database.writing() as session:
        lock_seats(session, actor=here.actor, call_id=here.call.id, reference=reference, code=code, locked=True,
                   now=here.factory.now)  # fmt: skip
    signed = browser().sign_in(here.official)
    for state in CallState:
        if state in (CallState.DRAFT,):
            continue
        here.set_state(state)
        for tail in ("evaluateurs", "deports", "repartition"):
            assert signed.get(here.address(tail)).status_code == 200, (state, tail)
    here.set_state(CallState.PUBLISHED)
    page = signed.get(here.address("repartition")).text
    assert "Proposer une répartition" not in page
    refused = signed.post(here.address("repartition"), {"mode": "rebuild", "evaluations": "2"},
                          page=here.address("repartition"))  # fmt: skip
    assert refused.status_code in (403, 409)


def test_a_withdrawn_or_unknown_dossier_has_no_page(table: Tables, browser: Browsers) -> None:
    here = table()
    signed = browser().sign_in(here.official)
    with here.factory.platform.database.writing() as session:
        gone = session.get_one(Application, here.dossiers[0].id)
        gone.state = ApplicationState.WITHDRAWN
        session.add(gone)
    for reference in (here.dossiers[0].reference, "INCONNU", "../etc"):
        assert signed.get(here.address(f"repartition/dossiers/{reference}")).status_code == 404
    for tail in ("repartition/propositions/x", "evaluateurs/x"):
        assert signed.get(here.address(tail)).status_code == 404
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(Assignment)).all() == []
