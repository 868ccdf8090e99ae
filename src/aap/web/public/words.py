"""A call in words for its cards and its page: phase, amounts, dates, personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core import french
from aap.core.call.letter_texts import UnknownPlaceholder, default_privacy, fill_in, values_of_call
from aap.core.call.schema import CallFile, CallIdentity
from aap.core.call.wording import WordedSection, rules_in_words
from aap.services.call.calls import OpenedCall
from aap.services.call.public_calls import Phase, phase_of, with_current_dates
from aap.web import figures
from aap.web.filters import day, moment
from aap.web.time_left import time_left


def phase_badge(phase: Phase) -> tuple[str, str]:
    """(words, kind of badge)."""
    return {
        Phase.UPCOMING: (_("À venir"), "info"),
        Phase.OPEN: (_("Ouvert"), "success"),
        Phase.GRACE: (_("Clôture en cours"), "warning"),
        Phase.EXAMINED: (_("Clos, en cours d’examen"), "neutral"),
        Phase.PUBLISHED: (_("Résultats publiés"), "info"),
    }[phase]


@dataclass(frozen=True)
class CallCard:
    """What a card says of a call. `dates`: sentences, the most useful first."""

    id: str
    title: str
    authority: str
    audience: str
    amounts: tuple[str, ...]
    dates: tuple[str, ...]
    phase: Phase
    badge: tuple[str, str]
    closes_at: datetime


def call_card(call: OpenedCall, now: datetime) -> CallCard:
    phase = phase_of(call, now)
    identity = with_current_dates(call).call
    return CallCard(
        id=call.id,
        title=french.spaced(call.record.title),
        authority=authority_name(identity),
        audience=french.spaced(identity.audience or identity.summary or ""),
        amounts=tuple(amounts(call.file)[:2]),
        dates=tuple(dates(call, phase)),
        phase=phase,
        badge=phase_badge(phase),
        closes_at=call.record.closes_at,
    )


def authority_name(identity: CallIdentity) -> str:
    return identity.authority.name if identity.authority else ""


def phone_words(identity: CallIdentity) -> str:
    """« 01 40 20 53 00 (le matin) »; empty where the call gives no number."""
    hours = f" ({identity.phone_hours})" if identity.phone and identity.phone_hours else ""
    return french.spaced(f"{identity.phone or ''}{hours}")


def dates(call: OpenedCall, phase: Phase) -> list[str]:
    """The dates that matter in this phase."""
    record, decision = call.record, call.file.call.decision_by
    if phase is Phase.UPCOMING:
        return [
            _("Ouverture le %(date)s (heure de Paris)", date=moment(record.opens_at)),
            _("Clôture le %(date)s", date=moment(record.closes_at)),
        ]
    if phase is Phase.OPEN:
        return [_("Clôture le %(date)s (heure de Paris)", date=moment(record.closes_at))]
    if phase is Phase.GRACE:
        return [
            _(
                "Clos le %(date)s\u00a0: seuls les dossiers déjà commencés sont encore reçus",
                date=moment(record.closes_at),
            )
        ]
    if phase is Phase.EXAMINED:
        found = [_("Clos le %(date)s", date=day(record.closes_at))]
        return [*found, _("Décision attendue le %(date)s au plus tard", date=day(decision))] if decision else found
    return [_("Résultats publiés le %(date)s", date=day(record.published_at))] if record.published_at else []


def countdown(call: OpenedCall, phase: Phase, now: datetime) -> str:
    """« 12 jours », « 2 h 05 »: until the closing, or until the end of the grace."""
    if phase is Phase.OPEN:
        return time_left(call.record.closes_at, now)
    return time_left(call.accepted_until, now) if phase is Phase.GRACE else ""


def amounts(call: CallFile) -> list[str]:
    """How much one project may ask for, how much there is in all; nothing for what the call doesn't say."""
    identity, rules = call.call, call.selection
    least, most = _cents(identity.min_amount), _cents(identity.max_amount)
    found = []
    if least is not None and most is not None:
        found.append(_("De %(least)s à %(most)s par projet", least=figures.euros(least), most=figures.euros(most)))
    elif most is not None:
        found.append(_("Jusqu’à %(most)s par projet", most=figures.euros(most)))
    elif least is not None:
        found.append(_("À partir de %(least)s par projet", least=figures.euros(least)))
    budget = _cents(rules.budget)
    if budget is not None and rules.laureates is not None:
        found.append(
            ngettext(
                "%(budget)s en tout, pour %(num)s\u00a0projet au plus",
                "%(budget)s en tout, pour %(num)s\u00a0projets au plus",
                rules.laureates,
                budget=figures.euros(budget),
            )
        )
    elif budget is not None:
        found.append(_("%(budget)s en tout", budget=figures.euros(budget)))
    elif rules.laureates is not None:
        found.append(ngettext("%(num)s\u00a0projet au plus", "%(num)s\u00a0projets au plus", rules.laureates))
    if identity.max_share is not None:
        found.append(_("%(share)s du budget du projet au plus", share=figures.percent(identity.max_share)))
    if len(identity.years) == 1:
        found.append(_("Année financée\u00a0: %(year)s", year=identity.years[0]))
    elif identity.years:
        found.append(
            _("Années financées\u00a0: %(years)s", years=figures.listed([str(year) for year in identity.years]))
        )
    return found


def _cents(euros: Decimal | None) -> int | None:
    return None if euros is None else int(euros * 100)


def rules_by_id(call: CallFile) -> dict[str, WordedSection]:
    return {section.id: section for section in rules_in_words(call)}


def privacy_words(call: CallFile) -> str:
    """The call's mention on personal data, or the product's; one whose text names a dossier is left to its letters."""
    default = default_privacy(call.call.contact)
    try:
        return french.spaced(fill_in(call.letters.privacy or default, values_of_call(call)))
    except UnknownPlaceholder:
        return french.spaced(default)
