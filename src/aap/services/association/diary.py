"""The days that an association gets for its diary with a mail. Each has one identifier: said again, it moves."""

from __future__ import annotations

from datetime import date, datetime

from aap.documents.calendar import Event
from aap.records.applications import Application
from aap.records.rankings import Decision
from aap.services.call.calls import OpenedCall


def closing_event(call: OpenedCall, application: Application, link: str = "") -> Event:
    """Until when a draft can be deposited."""
    return _event(call, f"closing-{application.id}", "Clôture", application, call.record.closes_at, link)


def completion_event(call: OpenedCall, application: Application, due_at: datetime, link: str) -> Event:
    """Until when what was asked for can be sent in; a later request moves it."""
    return _event(call, f"completion-{application.id}", "Compléments à déposer", application, due_at, link)


def answer_event(call: OpenedCall, application: Application, decision: Decision, until: date, link: str) -> Event:
    """The last day on which a laureate answers."""
    return _event(call, f"answer-{decision.id}", "Réponse à donner", application, until, link)


def appeal_event(call: OpenedCall, application: Application, decision: Decision, until: date, link: str) -> Event:
    """The last day on which the decision can be contested."""
    return _event(call, f"appeal-{decision.id}", "Fin du délai de recours", application, until, link)


def _event(call: OpenedCall, uid: str, what: str, application: Application, at: datetime | date, link: str) -> Event:
    title = f"{what}\u00a0: {application.title or application.reference}"
    about = f"Appel «\u00a0{call.record.title}\u00a0», dossier {application.reference}"
    return Event(uid, title, at, link, about)
