"""What happens next with a dossier, in plain words with dates: a date that nobody has fixed is said to be open.

Each date comes from where it is computed for everything else: the call's closing, the due day of what is asked for, the day
from which silence is a refusal, the term to answer, the delay of appeal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from flask_babel import gettext as _

from aap.core.delays import paris
from aap.records.applications import TOLD
from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.records.rankings import Outcome
from aap.services.call.calls import OpenedCall
from aap.services.decision.answer_terms import KnownDecision
from aap.services.decision.in_force import ACCEPTED, GIVEN_UP
from aap.web.filters import day, moment


def what_next(
    state: A,
    call: OpenedCall,
    now: datetime,
    *,
    due_at: datetime | None = None,
    silent_on: date | None = None,
    known: KnownDecision | None = None,
) -> tuple[str, ...]:
    """Sentences, in the order in which it happens. Before the notification nothing is told of the outcome.

    `due_at`: of what is asked for; `silent_on`: the day from which silence is a refusal; `known`: the told decision.
    """
    if state in TOLD:
        return tuple(_after_decision(known, now)) if known else ()
    return tuple(_before_decision(state, call, now, due_at, silent_on))


def _before_decision(
    state: A, call: OpenedCall, now: datetime, due_at: datetime | None, silent_on: date | None
) -> Iterator[str]:
    closing = moment(call.record.closes_at)
    if state is A.WITHDRAWN:
        if call.accepts_new_dossiers(now):
            yield _("Vous pouvez le reprendre et le déposer de nouveau jusqu’au %(date)s.", date=closing)
        else:
            yield _("L’appel ne reçoit plus de dossiers\u00a0: vos réponses restent ici, pour un prochain appel.")
        return
    if state is A.DRAFT and now > call.accepted_until:
        yield _("Il ne sera pas examiné. Vos réponses restent ici, pour un prochain appel.")
        return
    if state is A.DRAFT:
        yield _("Remplissez chaque partie, relisez, puis déposez avant le %(date)s. L’accusé de réception suit aussitôt.",
                date=closing)  # fmt: skip
    elif state is A.TO_COMPLETE and due_at is not None:
        yield _("Déposez les compléments avant le %(date)s. Ensuite, le dossier est examiné tel qu’il a été déposé.",
                date=moment(due_at))  # fmt: skip
    yield from _steps_to_come(call, closing)
    yield from _the_decision(call, now, silent_on)


def _steps_to_come(call: OpenedCall, closing: str) -> Iterator[str]:
    """From the step where the call is to the jury's. An official's step that is over isn't told."""
    if call.state is C.OPEN:
        yield _("Après la clôture, le %(date)s, le service vérifie que le dossier est recevable.", date=closing)
    elif call.state is C.CLOSED:
        yield _("Le service vérifie que le dossier est recevable.")
    if call.state in (C.OPEN, C.CLOSED):
        yield _("S’il manque quelque chose, il vous écrit et vous donne un délai pour compléter.")
        yield _(
            "Des évaluateurs lisent et notent ensuite chaque dossier, puis un jury délibère. Ces dates ne sont pas fixées."
        )
    elif call.state is C.REVIEWING:
        yield _(
            "Les évaluateurs lisent et notent les dossiers, puis un jury délibère. La date du jury n’est pas annoncée ici."
        )
    elif call.state in (C.DELIBERATING, C.PROPOSED):
        yield _("Le jury et l’autorité examinent les dossiers.")
    else:
        yield _("Les décisions sont en préparation.")


def _the_decision(call: OpenedCall, now: datetime, silent_on: date | None) -> Iterator[str]:
    announced = call.file.call.decision_by
    told = (announced or date.max, _announced(announced, now))
    silence = [(silent_on, _silence(silent_on, now))] if silent_on else []
    yield from (sentence for _on, sentence in sorted([told, *silence]))


def _announced(announced: date | None, now: datetime) -> str:
    if announced is None:
        return _("La date de la décision n’est pas annoncée\u00a0: un courriel vous prévient dès qu’elle est là.")
    if announced < paris(now).date():
        return _(
            "La décision était annoncée pour le %(date)s\u00a0: elle n’est pas encore rendue. Un courriel vous prévient "
            "dès qu’elle est là.",
            date=day(announced),
        )
    return _(
        "La décision est attendue le %(date)s au plus tard\u00a0: un courriel vous prévient dès qu’elle est là.",
        date=day(announced),
    )


def _silence(silent_on: date, now: datetime) -> str:
    if silent_on <= paris(now).date():
        return _(
            "Sans réponse depuis le %(date)s, votre demande est réputée rejetée\u00a0; la décision écrite remplacera ce refus.",
            date=day(silent_on),
        )
    return _("Sans réponse le %(date)s, votre demande serait réputée rejetée.", date=day(silent_on))


def _after_decision(known: KnownDecision, now: datetime) -> Iterator[str]:
    if known.delay.begins is None:
        yield _(
            "Ouvrez la décision et sa lettre\u00a0: les délais pour répondre et pour contester courent du jour où l’un de vous "
            "l’ouvre."
        )
        return
    if known.outcome is Outcome.LAUREATE:
        yield from _grant(known)
    elif known.outcome is Outcome.WAITING_LIST:
        yield _("Votre projet est sur la liste d’attente\u00a0: si une place se libère, le service vous écrit. Personne ne "
                "peut dire quand.")  # fmt: skip
    if known.outcome is not Outcome.WITHDRAWN and known.delay.until is not None:
        if known.delay.is_over(now):
            yield _("Le délai pour contester la décision est passé depuis le %(date)s.", date=day(known.delay.until))
        else:
            yield _("Vous pouvez contester la décision jusqu’au %(date)s inclus.", date=day(known.delay.until))


def _grant(known: KnownDecision) -> Iterator[str]:
    if known.answer == ACCEPTED:
        yield _("Le service vous écrit pour préparer la convention. Sa date n’est pas encore connue.")
    elif known.answer in GIVEN_UP:
        yield _("La subvention ne vous sera pas versée\u00a0: il n’y a plus rien à faire.")
    elif known.term is None:
        yield _("Dites si vous acceptez la subvention. L’appel ne fixe pas de date pour répondre.")
    elif known.term.lapses:
        yield _(
            "Répondez jusqu’au %(date)s inclus\u00a0: sans réponse, la subvention sera caduque.",
            date=day(known.term.until),
        )
    else:
        yield _(
            "Répondez jusqu’au %(date)s inclus. Sans réponse, la subvention vous reste attribuée.",
            date=day(known.term.until),
        )
