"""Where a dossier stands, in plain words: what it is, what happens next and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from aap.records.applications import TOLD, Application
from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.services.call.calls import OpenedCall
from aap.web.filters import day, moment


@dataclass(frozen=True)
class StateInWords:
    """`kind`: the badge's (neutral, info, success, warning, danger)."""

    label: str
    kind: str
    next_step: str


def state_in_words(
    state: A, call: OpenedCall, now: datetime, due_at: datetime | None = None, *, correcting: bool = False
) -> StateInWords:
    """Before the notification nothing is told of the outcome, whatever the state holds.

    `correcting`: corrections of the deposit are open.
    """
    if state is A.DRAFT:
        return _draft(call, now)
    if correcting:
        return StateInWords(
            _("Déposé, corrections à déposer"),
            "warning",
            _(
                "Vos corrections ne comptent qu’une fois déposées, avant le %(date)s.",
                date=moment(call.record.closes_at),
            ),
        )
    if state is A.TO_COMPLETE:
        until = _(" avant le %(date)s", date=moment(due_at)) if due_at else ""
        return StateInWords(
            _("À compléter"),
            "warning",
            _("Le service vous demande des compléments\u00a0: déposez-les%(until)s.", until=until),
        )
    if state is A.WITHDRAWN:
        return StateInWords(_("Retiré"), "neutral", _("Vous avez retiré ce dossier\u00a0: il ne sera pas examiné."))
    if state is A.ACCEPTED:
        return StateInWords(
            _("Subvention acceptée"), "success", _("Le service vous écrit pour préparer la convention.")
        )
    if state is A.DECLINED:
        return StateInWords(
            _("Subvention abandonnée"),
            "neutral",
            _("Elle ne vous sera pas versée : la page de la décision dit pourquoi."),
        )
    if state is A.NOTIFIED:
        return StateInWords(_("Décision rendue"), "info", _("Lisez la décision et sa lettre."))
    return _in_progress(call)


def _draft(call: OpenedCall, now: datetime) -> StateInWords:
    if now > call.accepted_until:
        return StateInWords(
            _("Non déposé"), "danger",
            _("Le délai est passé depuis le %(date)s\u00a0: ce dossier n’a pas été déposé.", date=moment(call.accepted_until)),
        )  # fmt: skip
    return StateInWords(
        _("Brouillon"), "warning", _("À déposer avant le %(date)s.", date=moment(call.record.closes_at))
    )


def _in_progress(call: OpenedCall) -> StateInWords:
    decision = call.file.call.decision_by
    awaited = _(" La décision est attendue le %(date)s au plus tard.", date=day(decision)) if decision else ""
    if call.state in (C.OPEN, C.CLOSED):
        text = _("Le service vérifie que le dossier est recevable.")
        if call.state is C.OPEN:
            text = _("L’examen commence après la clôture, le %(date)s.", date=moment(call.record.closes_at))
        return StateInWords(_("Déposé"), "info", text + awaited)
    if call.state is C.REVIEWING:
        return StateInWords(_("En évaluation"), "info", _("Les évaluateurs lisent les dossiers.") + awaited)
    if call.state not in (C.DELIBERATING, C.PROPOSED):
        return StateInWords(_("Décision en préparation"), "info", _("Un courriel vous prévient dès qu’elle est là."))
    return StateInWords(_("En délibération"), "info", _("Le jury examine les dossiers.") + awaited)


@dataclass(frozen=True)
class Stages:
    """The way of a dossier: `steps` in words, `current` counts from 1 (one more than there are: all done).

    `dates`: what happened or is to happen, and when.
    """

    steps: tuple[str, ...]
    current: int
    dates: tuple[tuple[str, str], ...]


def stages_of(
    application: Application,
    call: OpenedCall,
    now: datetime,
    due_at: datetime | None = None,
    silent_on: date | None = None,
) -> Stages | None:
    """Where the dossier is on its way; None for one that was withdrawn, or not deposited in time.

    `due_at`: of what is asked for; `silent_on`: the day from which silence is a refusal.
    """
    state = A(application.state)
    if state is A.WITHDRAWN or (state is A.DRAFT and now > call.accepted_until):
        return None
    steps = (_("Dépôt"), _("Recevabilité"), _("Évaluation"), _("Délibération"), _("Décision"))
    return Stages(steps, _position(state, call), tuple(_dates(application, state, call, due_at, silent_on)))


def _position(state: A, call: OpenedCall) -> int:
    if state is A.DRAFT:
        return 1
    if state in TOLD:
        return 6
    if state is A.TO_COMPLETE or call.state in (C.OPEN, C.CLOSED):
        return 2
    return 3 if call.state is C.REVIEWING else 4


def _dates(
    application: Application, state: A, call: OpenedCall, due_at: datetime | None, silent_on: date | None
) -> list[tuple[str, str]]:
    found = []
    if application.submitted_at is not None:
        found.append((_("Déposé le"), moment(application.submitted_at)))
    if call.state is C.OPEN:
        found.append((_("Clôture de l’appel"), moment(call.record.closes_at)))
    if state is A.TO_COMPLETE and due_at is not None:
        found.append((_("Compléments à déposer avant le"), moment(due_at)))
    if state in TOLD:
        return found
    later = []
    if call.file.call.decision_by:
        later.append((call.file.call.decision_by, _("Décision attendue au plus tard le")))
    if silent_on is not None:
        later.append((silent_on, _("Sans réponse, demande réputée rejetée le")))
    return found + [(label, day(on)) for on, label in sorted(later)]
