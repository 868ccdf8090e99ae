"""Checks across the keys of a call file: what a schema can't say of one value alone.

Each check yields `Finding`s with the path of the value to mend; `loading` turns them into problems with positions.
Rules that can't all hold for given applications are not looked for here: the engine names the smallest conflict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from aap.core.call.form_checks import check_eligibility_rules, check_form_definition
from aap.core.call.legal_mentions import legal_problems
from aap.core.call.letter_texts import placeholder_problems
from aap.core.call.lot_checks import check_lots
from aap.core.call.rubric_checks import check_rubric
from aap.core.call.schema import CallFile
from aap.core.call.selection_checks import check_selection
from aap.core.delays import paris, silence_is_rejection
from aap.core.findings import Finding, out_of_order, repeated
from aap.core.french import NBSP, day, moment
from aap.core.paths import Path, path_of
from aap.core.problems import nearest


def check_call(call: CallFile) -> Iterator[Finding]:
    """Everything in a call that doesn't fit together."""
    yield from _identity(call)
    yield from check_eligibility_rules(call)
    yield from check_form_definition(call)
    yield from check_rubric(call, call.rubric, ("rubric",))
    yield from _reviewing(call)
    has_budget = call.selection.budget is not None or call.lots is not None
    yield from check_selection(call, call.selection, ("selection",), has_budget=has_budget)
    yield from check_lots(call)
    yield from _letters(call)


def _identity(call: CallFile) -> Iterator[Finding]:
    identity = call.call
    yield from repeated(
        ((("call", "themes", i, "id"), theme.id) for i, theme in enumerate(identity.themes)), "un autre thème"
    )
    opens, closes, decides = identity.opens_at, identity.closes_at, identity.decision_by
    if opens and closes and closes <= opens:
        message = "la clôture n’est pas après l’ouverture"
        yield Finding(("call", "closes_at"), message, found=closes.isoformat(), rests_on=(("call", "opens_at"),))
    if closes and decides and decides < closes.date():
        message = "la décision est annoncée avant la clôture"
        path: Path = ("call", "decision_by")
        yield Finding(path, message, found=decides.isoformat(), rests_on=(("call", "closes_at"),))
    first = opens or closes  # the first deposit possible: each dossier has its own two months
    if first and decides and decides > (limit := silence_is_rejection(first)):
        since = "l’ouverture" if opens else "la clôture"
        yield Finding(
            ("call", "decision_by"),
            f"cette date est à plus de deux mois du premier dépôt possible, à {since}{NBSP}: à compter du {day(limit)}, le "
            "silence gardé vaut rejet (CRPA, article L231-4, 3°). Annoncez-le, et confirmez chaque décision par courrier",
            found=decides.isoformat(),
            severity="warning",
            rests_on=(("call", "opens_at"), ("call", "closes_at")),
        )
    yield from _offsets(call)
    yield from _applicants(call)
    if identity.min_amount is not None and identity.max_amount is not None:
        yield from out_of_order(
            (("call", "min_amount"), identity.min_amount),
            (("call", "max_amount"), identity.max_amount),
            identity.max_amount < identity.min_amount,
        )
    if identity.contact is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", identity.contact):
        message = "ce n’est pas une adresse électronique"
        yield Finding(("call", "contact"), message, found=identity.contact, severity="warning")
    if identity.phone is not None and not re.fullmatch(r"\+?[\d\s.()-]{4,25}", identity.phone):
        yield Finding(
            ("call", "phone"), "ce n’est pas un numéro de téléphone", found=identity.phone, severity="warning"
        )
    siret = identity.authority.siret if identity.authority else None
    if siret is not None and not re.fullmatch(r"\d{14}", siret.replace(" ", ""), re.ASCII):
        yield Finding(
            ("call", "authority", "siret"),
            "ce n’est pas un numéro SIRET",
            found=siret,
            allowed="14 chiffres",
            severity="warning",
        )


def _offsets(call: CallFile) -> Iterator[Finding]:
    """The offset of the other season: it is an hour beside the clock that people read."""
    moments: tuple[tuple[Path, datetime | None], ...] = (
        (("call", "opens_at"), call.call.opens_at),
        (("call", "closes_at"), call.call.closes_at),
        (("reviewing", "closes_at"), call.reviewing.closes_at),
        (("reviewing", "discussion_until"), call.reviewing.discussion_until),
    )
    for path, written in moments:
        if written is None or written.utcoffset() not in (timedelta(hours=1), timedelta(hours=2)):
            continue
        there = paris(written)
        if there.utcoffset() == written.utcoffset():
            continue
        right = f"+0{int(there.utcoffset() == timedelta(hours=2)) + 1}:00"
        yield Finding(
            path,
            f"ce décalage n’est pas celui de Paris ce jour-là (+01:00 l’hiver, +02:00 l’été){NBSP}: ce serait le "
            f"{moment(there)}, heure de Paris",
            found=written.isoformat(),
            allowed=written.isoformat()[:-6] + right,
            severity="warning",
        )


def _applicants(call: CallFile) -> Iterator[Finding]:
    identity = call.call
    for i, kind in enumerate(identity.applicants):
        if kind in identity.applicants[:i]:
            yield Finding(("call", "applicants", i), "cette sorte de porteur est déjà citée", found=kind)
    if identity.invited is not None and identity.invited.from_ == identity.id:
        path: Path = ("call", "invited", "from")
        message = "un appel ne peut pas inviter les candidats de lui-même"
        allowed = "l’identifiant d’un appel précédent"
        yield Finding(path, message, found=identity.invited.from_, allowed=allowed, rests_on=(("call", "id"),))


def _reviewing(call: CallFile) -> Iterator[Finding]:
    reviewing = call.reviewing
    planned = reviewing.reviews_per_application
    if planned is not None and planned < call.rubric.min_reviews:
        message = f"moins d’évaluations par dossier que rubric.min_reviews ({call.rubric.min_reviews}) n’en demande"
        yield Finding(
            ("reviewing", "reviews_per_application"),
            message,
            found=str(planned),
            rests_on=(("rubric", "min_reviews"),),
        )
    yield from _discussion(call)
    overall = reviewing.divergence.overall
    if overall is not None and overall > 100:
        path: Path = ("reviewing", "divergence", "overall")
        yield Finding(path, "l’écart porte sur des totaux sur 100", found=str(overall), allowed="100 au plus")


def _discussion(call: CallFile) -> Iterator[Finding]:
    """It ends after the reviews, and alone says when others' marks are seen."""
    reviewing = call.reviewing
    until = reviewing.discussion_until
    if until is None:
        return
    path: Path = ("reviewing", "discussion_until")
    ends: tuple[tuple[Path, datetime | None, str], ...] = (
        (("call", "closes_at"), call.call.closes_at, "la clôture des dépôts"),
        (("reviewing", "closes_at"), reviewing.closes_at, "la fin des évaluations"),
    )
    for before, at, words in ends:
        if at is not None and until <= at:
            yield Finding(
                path, f"la discussion finit avant {words}", found=until.isoformat(), allowed=f"après {at.isoformat()}",
                rests_on=(before,),
            )  # fmt: skip
    if reviewing.others_visible != "after_closing":
        yield Finding(
            ("reviewing", "others_visible"),
            "avec une discussion, les autres évaluations se voient quand toutes sont soumises",
            found=reviewing.others_visible,
            allowed="after_closing, ou rien",
            rests_on=(path,),
        )


# --- letters ----------------------------------------------------------------------------------------------------------


def _letters(call: CallFile) -> Iterator[Finding]:
    """Names between braces that no letter could fill in, and what the law asks of a letter: warnings, for only who writes
    letters needs them. Before letters are made they stop the batch."""
    for problem in placeholder_problems(call):
        yield Finding(
            path_of(problem.path),
            problem.message,
            found=problem.found,
            nearest=nearest(problem.found.strip("{}"), problem.allowed),
            severity="warning",
            rests_on=(("call",),),
        )
    for problem in legal_problems(call):
        yield Finding(path_of(problem.path), problem.message, found=problem.found, severity="warning")
