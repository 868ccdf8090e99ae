"""A divergence leads to one more review, or to a consensus: frozen marks, an agreed one, minutes, its place in the
ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from sqlmodel import select

from aap.records.audit import AuditLine
from aap.records.calls import Call, CallState
from aap.records.reviews import Assignment
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, Objection, StateForbids
from aap.services.harmonising.consensus import ConsensusEntry, close_consensus, decide_consensus, open_consensus
from aap.services.harmonising.divergences import divergent_dossiers
from aap.services.harmonising.further_reviews import ask_further_review
from aap.services.panel.recusing import declare_recusal
from aap.services.platform import Platform
from aap.services.ranking.computing import compute_run
from aap.services.ranking.input import ranking_input
from aap.services.review.reopening import reopen_review, request_reopening
from aap.services.review.reviewing import save_review, submit_review
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.desks import Desk, Desks

LIMITS = "divergence: {overall: 25, criterion: 3}"
AGREED = ConsensusEntry(
    marks={"qualite": "3,5", "solidite": "2"},
    reason="Le budget a été relu ensemble.",
    dissent="Camille maintient une note plus basse.",
    attendees="Camille Exemple, présidente\nDominique Exemple, rapporteur",
    held_on=date(2025, 2, 10),
)


def act(here: Desk, work: Callable[..., Any], **given: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return work(session, now=platform.clock(), **given)


def lead(here: Desk, work: Callable[..., Any], **given: Any) -> Any:
    """As the official, on the desk's dossier."""
    return act(
        here,
        work,
        actor=here.factory.actor(here.official),
        call=here.call,
        reference=here.application.reference,
        **given,
    )


def diverging(here: Desk) -> None:
    for person, mark in ((here.first, "5"), (here.second, "1")):
        act(
            here, submit_review, actor=here.factory.actor(person), application_id=here.application.id,
            entry=here.entry(qualite=mark, solidite="3"),
        )  # fmt: skip


def fresh(here: Desk) -> OpenedCall:
    with here.factory.platform.database.reading() as session:
        return get_call(session, here.call.id)


def assignment(here: Desk, person: Any) -> str:
    with here.factory.platform.database.reading() as session:
        return session.exec(
            select(Assignment.id).where(
                Assignment.person_id == person.id, Assignment.application_id == here.application.id
            )
        ).one()


@on_both_databases
def test_the_calls_limits_name_what_diverges(platform: Platform, desk: Desks) -> None:
    here = desk(reviewing=LIMITS)
    diverging(here)
    with platform.database.reading() as session:
        found = divergent_dossiers(session, actor=here.factory.actor(here.official), call=here.call)
    assert [(one.reference, one.found.reached, one.found.overall, one.consensus) for one in found] == [
        (here.application.reference, ("overall", "qualite"), Decimal(48), "none")
    ]


@on_both_databases
def test_a_further_reviewer_is_one_who_never_had_the_dossier_and_is_not_recused(
    platform: Platform, desk: Desks
) -> None:
    here = desk(reviewing=LIMITS)
    diverging(here)
    for person in (here.first, here.official):
        with pytest.raises(InvalidInput):
            lead(here, ask_further_review, person_id=person.id, links=LINKS)
    lead(here, ask_further_review, person_id=here.third.id, links=LINKS)
    third = {"actor": here.factory.actor(here.third), "application_id": here.application.id}
    act(here, submit_review, entry=here.entry(qualite="3", solidite="3"), **third)
    with platform.database.reading() as session:
        found = divergent_dossiers(session, actor=here.factory.actor(here.official), call=here.call)
    assert [len(one.reviews) for one in found] == [3]
    act(here, declare_recusal, reason="Ancien salarié.", **third)
    with pytest.raises(InvalidInput):
        lead(here, ask_further_review, person_id=here.third.id, links=LINKS)


@on_both_databases
def test_an_open_consensus_freezes_every_mark(platform: Platform, desk: Desks) -> None:
    here = desk(reviewing=LIMITS)
    diverging(here)
    here.factory.assignment(here.application, here.third)
    lead(here, open_consensus, cause="")
    third = {"actor": here.factory.actor(here.third), "application_id": here.application.id}
    for work in (save_review, submit_review):
        with pytest.raises(StateForbids):
            act(here, work, entry=here.entry(qualite="3", solidite="3"), **third)
    first = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    with pytest.raises(StateForbids):
        act(here, request_reopening, reason="Une erreur.", **first, links=LINKS)
    with pytest.raises(StateForbids):
        act(here, reopen_review, actor=here.factory.actor(here.official), call_id=here.call.id,
            assignment_id=assignment(here, here.first), reason="Une erreur.", links=LINKS)  # fmt: skip
    lead(here, close_consensus, reason="Ouvert par erreur.")
    act(here, submit_review, entry=here.entry(qualite="3", solidite="3"), **third)


@on_both_databases
def test_the_agreed_mark_replaces_the_mean_in_the_ranking_and_raw_marks_stay(platform: Platform, desk: Desks) -> None:
    here = desk(reviewing=LIMITS)
    diverging(here)

    def ranked() -> tuple[Any, ...]:
        with platform.database.reading() as session:
            call = get_call(session, here.call.id)
            given = ranking_input(session, call)
        row = compute_run(call, given, draws=0).rows[0]
        return row.raw_score, row.marks["qualite"], len(given.given.marks)

    assert ranked() == (Decimal(60), Decimal(3), 4)
    lead(here, open_consensus, cause="")
    lead(here, decide_consensus, entry=AGREED)
    assert ranked() == (Decimal(58), Decimal("3.5"), 4)
    lead(here, decide_consensus, entry=replace(AGREED, marks={"qualite": "", "solidite": ""}, total="61,5"))
    assert ranked() == (Decimal("61.5"), Decimal(3), 4)
    with platform.database.reading() as session:
        actions = session.exec(select(AuditLine.action).order_by(AuditLine.sequence)).all()  # type: ignore[arg-type]
    assert actions[-3:] == ["consensus.opened", "consensus.decided", "consensus.decided"]


def test_a_consensus_needs_marks_reason_attendees_and_a_day_past(platform: Platform, desk: Desks) -> None:
    here = desk(reviewing=LIMITS)
    diverging(here)
    with pytest.raises(StateForbids):
        lead(here, decide_consensus, entry=AGREED)
    lead(here, open_consensus, cause="")
    entry = ConsensusEntry(marks={"qualite": "3,3"}, attendees="Seule", held_on=date(2025, 2, 11))
    with pytest.raises(InvalidInput) as caught:
        lead(here, decide_consensus, entry=entry)
    assert set(caught.value.problems) == {"marks.qualite", "marks.solidite", "reason", "attendees", "held_on"}


@pytest.mark.parametrize(
    ("total", "objection"),
    [
        ("60", Objection("harmonising.total_beside_marks")),
        ("101", Objection("harmonising.agreed_total", most="100")),
        ("-1", Objection("harmonising.agreed_total", most="100")),
        ("soixante", Objection("harmonising.agreed_total", most="100")),
    ],
)
def test_an_agreed_total_stands_alone_and_within_the_points_of_the_call(
    desk: Desks, total: str, objection: Objection
) -> None:
    here = desk(reviewing=LIMITS)
    diverging(here)
    lead(here, open_consensus, cause="")
    marks = AGREED.marks if objection.key.endswith("marks") else {}
    with pytest.raises(InvalidInput) as caught:
        lead(here, decide_consensus, entry=replace(AGREED, marks=marks, total=total))
    assert caught.value.problems == {"total": objection}


def test_a_recused_person_is_no_attendee(platform: Platform, desk: Desks) -> None:
    here = desk(reviewing=LIMITS)
    diverging(here)
    here.factory.assignment(here.application, here.third)
    act(here, declare_recusal, actor=here.factory.actor(here.third), application_id=here.application.id,
        reason="Ancien salarié.")  # fmt: skip
    lead(here, open_consensus, cause="")
    entry = ConsensusEntry(AGREED.marks, "Ensemble.", "", f"{here.third.name}, expert\nAutre", AGREED.held_on)
    with pytest.raises(InvalidInput) as caught:
        lead(here, decide_consensus, entry=entry)
    assert set(caught.value.problems) == {"attendees"}


def set_call(here: Desk, state: CallState) -> None:
    with here.factory.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = state


def test_below_the_limits_marks_stay_closed_and_no_consensus_opens_before_the_deliberation(
    platform: Platform, desk: Desks
) -> None:
    here = desk()
    diverging(here)
    with pytest.raises(InvalidInput) as caught:
        lead(here, open_consensus, cause="Pour voir.")
    assert caught.value.problems == {"cause": Objection("harmonising.marks_closed")}
    with platform.database.reading() as session:
        actor = here.factory.actor(here.official)
        (seen,) = divergent_dossiers(session, actor=actor, call=get_call(session, here.call.id))
    assert (seen.reference, seen.submitted, seen.closed) == (here.application.reference, 2, True)
    assert (seen.reviews, seen.found.overall, seen.found.criteria) == ((), 0, {})


def test_below_the_limits_a_consensus_needs_its_cause(platform: Platform, desk: Desks) -> None:
    here = desk()
    diverging(here)
    set_call(here, CallState.DELIBERATING)
    here = replace(here, call=fresh(here))
    with pytest.raises(InvalidInput):
        lead(here, open_consensus, cause=" ")
    lead(here, open_consensus, cause="Deux lectures du même budget.")


def test_an_official_decides_from_the_page_and_downloads_the_minutes(
    platform: Platform, desk: Desks, browser: Callable[[], Any]
) -> None:
    here = desk(reviewing=LIMITS)
    diverging(here)
    signed = browser().sign_in(here.official)
    url = f"/instruction/{here.call.id}/evaluations/ecarts/{here.application.reference}"
    assert signed.get(f"{url}/proces-verbal.pdf").status_code == 404
    assert signed.post(f"{url}/ouverture", {}, page=url).status_code == 302
    wrong = signed.post(f"{url}/note", {"note-qualite": "9", "reason": "À garder"}, page=url)
    assert (wrong.status_code, "À garder" in wrong.text, 'value="9"' in wrong.text) == (422, True, True)
    form = {
        "note-qualite": "3,5", "note-solidite": "2", "reason": AGREED.reason, "dissent": AGREED.dissent,
        "attendees": AGREED.attendees, "held_on": "2025-02-10",
    }  # fmt: skip
    assert signed.post(f"{url}/note", form, page=url).status_code == 302
    assert "58,0" in signed.get(url).text
    paper = signed.client.get(f"{url}/proces-verbal.pdf")
    assert paper.mimetype == "application/pdf"
    with pikepdf.open(BytesIO(paper.data)) as pdf:
        assert "Procès-verbal de consensus" in str(pdf.docinfo["/Title"])
    assert "consensus" in browser().sign_in(here.first).get(f"/evaluation/dossiers/{here.application.id}").text
