"""What happens next, at each state of a dossier: its dates, or that none is known; no outcome before it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from aap.core.call.loading import load_call
from aap.records.applications import ApplicationState as A
from aap.records.calls import Call
from aap.records.calls import CallState as C
from aap.records.rankings import Outcome
from aap.services.call.calls import OpenedCall
from aap.services.decision.answer_terms import KnownDecision, Term
from aap.services.decision.deadlines import AppealDelay
from aap.web.association.what_next import what_next

FILE = """\
schema: 1
call: {{id: essai{decision}}}
rubric: {{scale: {{min: 0, max: 20, step: 1}}, criteria: [{{id: a, weight: 1}}]}}
scoring: {{method: raw}}
selection: {{mode: merit, laureates: 3}}
"""
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOSES = datetime(2026, 3, 14, 22, 59, tzinfo=UTC)
SILENT = date(2026, 5, 3)


def call(state: C, decision: str = ", decision_by: 2026-06-01") -> OpenedCall:
    file = load_call(FILE.format(decision=decision), name="f")
    record = Call(
        id="essai", title="Essai", state=state, opens_at=NOW, closes_at=CLOSES, grace_minutes=10, created_at=NOW
    )
    return OpenedCall(record, file)


def said(app: Flask, *args: object, **values: object) -> list[str]:
    with app.test_request_context("/"):
        return [text.replace("\xa0", " ") for text in what_next(*args, **values)]  # type: ignore[arg-type]


DECISION = "La décision est attendue le 1ᵉʳ juin 2026 au plus tard : un courriel vous prévient dès qu’elle est là."
SILENCE = "Sans réponse le 3 mai 2026, votre demande serait réputée rejetée."


def test_before_the_decision(app: Flask) -> None:
    assert said(app, A.DRAFT, call(C.OPEN), NOW) == [
        "Remplissez chaque partie, relisez, puis déposez avant le 14 mars 2026 à 23 h 59. L’accusé de réception suit aussitôt.",
        "Après la clôture, le 14 mars 2026 à 23 h 59, le service vérifie que le dossier est recevable.",
        "S’il manque quelque chose, il vous écrit et vous donne un délai pour compléter.",
        "Des évaluateurs lisent et notent ensuite chaque dossier, puis un jury délibère. Ces dates ne sont pas fixées.",
        DECISION,
    ]
    assert said(app, A.TO_COMPLETE, call(C.CLOSED), NOW, due_at=CLOSES, silent_on=SILENT)[0] == (
        "Déposez les compléments avant le 14 mars 2026 à 23 h 59. Ensuite, le dossier est examiné tel qu’il a été déposé."
    )
    assert said(app, A.SUBMITTED, call(C.DELIBERATING), NOW, silent_on=SILENT) == [
        "Le jury et l’autorité examinent les dossiers.", SILENCE, DECISION,
    ]  # fmt: skip


def test_a_date_that_nobody_fixed_and_one_that_passed_are_said_to_be_so(app: Flask) -> None:
    unknown = "La date de la décision n’est pas annoncée : un courriel vous prévient dès qu’elle est là."
    assert unknown in said(app, A.SUBMITTED, call(C.REVIEWING, ""), NOW)
    later = datetime(2026, 6, 2, 9, tzinfo=UTC)
    assert said(app, A.SUBMITTED, call(C.ARBITRATED), later, silent_on=SILENT) == [
        "Les décisions sont en préparation.",
        "Sans réponse depuis le 3 mai 2026, votre demande est réputée rejetée ; la décision écrite remplacera ce refus.",
        "La décision était annoncée pour le 1ᵉʳ juin 2026 : elle n’est pas encore rendue. "
        "Un courriel vous prévient dès qu’elle est là.",
    ]


@pytest.mark.parametrize("state", [C.DECIDED, C.PUBLISHED])
def test_an_outcome_that_was_not_told_is_not_to_be_guessed(app: Flask, state: C) -> None:
    outcomes = (A.LAUREATE, A.WAITING_LIST, A.NOT_SELECTED, A.INELIGIBLE, A.ELIGIBLE)
    assert len({tuple(said(app, one, call(state), NOW, silent_on=SILENT)) for one in outcomes}) == 1


def test_after_the_decision(app: Flask) -> None:
    delay = AppealDelay(date(2026, 7, 1), date(2026, 9, 2))
    known = KnownDecision(Outcome.LAUREATE, "", delay, Term(date(2026, 7, 16), lapses=True))
    contest = "Vous pouvez contester la décision jusqu’au 2 septembre 2026 inclus."

    def told(one: KnownDecision) -> list[str]:
        return said(app, A.NOTIFIED, call(C.DECIDED), datetime(2026, 7, 2, tzinfo=UTC), known=one)

    assert told(known) == [
        "Répondez jusqu’au 16 juillet 2026 inclus : sans réponse, la subvention sera caduque.", contest
    ]  # fmt: skip
    assert told(replace(known, term=None))[0] == (
        "Dites si vous acceptez la subvention. L’appel ne fixe pas de date pour répondre."
    )
    assert told(replace(known, answer="accepted"))[0] == (
        "Le service vous écrit pour préparer la convention. Sa date n’est pas encore connue."
    )
    assert (
        told(replace(known, answer="declined"))[0]
        == "La subvention ne vous sera pas versée : il n’y a plus rien à faire."
    )
    assert told(replace(known, outcome=Outcome.WAITING_LIST, term=None)) == [
        "Votre projet est sur la liste d’attente : si une place se libère, le service vous écrit. Personne ne peut dire quand.",
        contest,
    ]
    assert told(replace(known, outcome=Outcome.NOT_SELECTED, term=None)) == [contest]
    assert told(replace(known, delay=AppealDelay(None, None))) == [
        "Ouvrez la décision et sa lettre : les délais pour répondre et pour contester courent du jour où l’un de vous l’ouvre."
    ]


def test_a_dossier_that_was_not_deposited_or_was_withdrawn(app: Flask) -> None:
    late = datetime(2026, 3, 20, tzinfo=UTC)
    over = "L’appel ne reçoit plus de dossiers : vos réponses restent ici, pour un prochain appel."
    assert said(app, A.DRAFT, call(C.CLOSED), late) == [
        "Il ne sera pas examiné. Vos réponses restent ici, pour un prochain appel."
    ]
    assert said(app, A.WITHDRAWN, call(C.CLOSED), late) == [over]
    assert said(app, A.WITHDRAWN, call(C.OPEN), NOW) == [
        "Vous pouvez le reprendre et le déposer de nouveau jusqu’au 14 mars 2026 à 23 h 59."
    ]
