"""What waits for the service, in words, and where it is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import ngettext

from aap.services.steering.awaiting import Awaited
from aap.web.figures import number

SOON = timedelta(days=7)


class TaskLine(NamedTuple):
    """One line of the home page. `late`: its day is past; `soon`: it comes within a week."""

    what: str
    address: str
    call_title: str
    since: datetime
    until: datetime | None
    late: bool
    soon: bool


def task_line(one: Awaited, now: datetime) -> TaskLine:
    """A kind of work of a call, as the home page says it."""
    return TaskLine(
        what=_what(one.kind, one.number),
        address=_address(one),
        call_title=one.call.record.title,
        since=one.since,
        until=one.until,
        late=one.until is not None and one.until < now,
        soon=one.until is not None and one.until < now + SOON,
    )


def _what(kind: str, count: int) -> str:
    shown = number(count)
    return {
        "to_screen": ngettext("%(n)s dossier à examiner", "%(n)s dossiers à examiner", count, n=shown),
        "completed": ngettext(
            "%(n)s dossier complété à examiner", "%(n)s dossiers complétés à examiner", count, n=shown
        ),
        "messages": ngettext(
            "%(n)s association attend une réponse", "%(n)s associations attendent une réponse", count, n=shown
        ),
        "conflicts": ngettext(
            "%(n)s dossier avec un lien d’intérêts à vérifier",
            "%(n)s dossiers avec un lien d’intérêts à vérifier",
            count,
            n=shown,
        ),
        "reviews": ngettext(
            "%(n)s évaluateur n’a pas tout remis", "%(n)s évaluateurs n’ont pas tout remis", count, n=shown
        ),
        "reopenings": ngettext(
            "%(n)s évaluation à rouvrir, sur demande", "%(n)s évaluations à rouvrir, sur demande", count, n=shown
        ),
        "ranking": ngettext("Un classement à confirmer", "%(n)s classements à confirmer", count, n=shown),
        "notification": ngettext("Une notification à confirmer", "%(n)s notifications à confirmer", count, n=shown),
        "appeals": ngettext("%(n)s recours attend une réponse", "%(n)s recours attendent une réponse", count, n=shown),
        "places": ngettext(
            "%(n)s place libre après un renoncement", "%(n)s places libres après des renoncements", count, n=shown
        ),
        "unsent": ngettext("%(n)s courriel n’a pas pu partir", "%(n)s courriels n’ont pas pu partir", count, n=shown),
    }[kind]


def _address(one: Awaited) -> str:
    addresses: dict[str, tuple[str, dict[str, Any]]] = {
        "to_screen": ("official.candidates", {"etat": "submitted"}),
        "completed": ("official.candidates", {"signale": "completed"}),
        "messages": ("official.candidates", {"signale": "message"}),
        "conflicts": ("official.conflicts", {}),
        "reviews": ("official.reviews", {}),
        "reopenings": ("official.reviews", {}),
        "ranking": ("official.ranking", {}),
        "notification": ("official.decisions", {}),
        "appeals": ("official.appeals", {}),
        "places": ("official.replacements", {}),
        "unsent": ("official.candidates", {"signale": "unsent"}),
    }
    endpoint, values = addresses[one.kind]
    return url_for(endpoint, call_id=one.call.id, **values)
