"""Checks across the keys of a call file: what a schema can't say of one value alone.

Each check yields `Finding`s with the path of the value to mend; `loading` turns them into problems with positions.
Rules that can't all hold for given applications are not looked for here: the engine names the smallest conflict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from aap.core.call.form_checks import check_eligibility_rules, check_form_definition, possible_values
from aap.core.call.letter_texts import placeholder_problems
from aap.core.call.schema import CallFile, Criterion, Scale
from aap.core.delays import silence_is_rejection
from aap.core.findings import Finding, out_of_order, repeated, unknown
from aap.core.french import NBSP, day, plain, quoted
from aap.core.paths import ANY, Path, path_of
from aap.core.problems import nearest
from aap.core.quotas.bounds import KINDS, of_side

BELOW = re.compile(r"below:\s*(-?\d+(?:\.\d+)?)", re.ASCII)


def check_call(call: CallFile) -> Iterator[Finding]:
    """Everything in a call that doesn't fit together."""
    yield from _identity(call)
    yield from check_eligibility_rules(call)
    yield from check_form_definition(call)
    yield from _rubric(call)
    yield from _reviewing(call)
    yield from _selection(call)
    yield from _quotas(call)
    yield from _letters(call)


def below(comment: str) -> Decimal | None:
    """The mark under which a comment is required, for `below:<mark>`."""
    match = BELOW.fullmatch(comment)
    return Decimal(match[1]) if match else None


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
    elif closes and decides and decides > (limit := silence_is_rejection(closes)):
        yield Finding(
            ("call", "decision_by"),
            f"cette date est à plus de deux mois de la clôture{NBSP}: à compter du {day(limit)}, le silence gardé "
            "vaut rejet (CRPA, article L231-4, 3°). Annoncez-le, et confirmez chaque décision par courrier",
            found=decides.isoformat(),
            severity="warning",
            rests_on=(("call", "closes_at"),),
        )
    if identity.min_amount is not None and identity.max_amount is not None:
        yield from out_of_order(
            (("call", "min_amount"), identity.min_amount),
            (("call", "max_amount"), identity.max_amount),
            identity.max_amount < identity.min_amount,
        )
    if identity.contact is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", identity.contact):
        message = "ce n’est pas une adresse électronique"
        yield Finding(("call", "contact"), message, found=identity.contact, severity="warning")
    siret = identity.authority.siret if identity.authority else None
    if siret is not None and not re.fullmatch(r"\d{14}", siret.replace(" ", ""), re.ASCII):
        yield Finding(
            ("call", "authority", "siret"),
            "ce n’est pas un numéro SIRET",
            found=siret,
            allowed="14 chiffres",
            severity="warning",
        )


# --- rubric -----------------------------------------------------------------------------------------------------------


def _rubric(call: CallFile) -> Iterator[Finding]:
    rubric = call.rubric
    criteria = [criterion.id for criterion in rubric.criteria]
    yield from repeated(
        ((("rubric", "criteria", i, "id"), name) for i, name in enumerate(criteria)), "un autre critère"
    )
    if rubric.scale is not None:
        yield from _scale(("rubric", "scale"), rubric.scale)
    if rubric.threshold is not None and not 0 <= rubric.threshold <= 100:
        message = "le seuil général porte sur le total, sur 100"
        yield Finding(("rubric", "threshold"), message, found=str(rubric.threshold), allowed="de 0 à 100")
    for i, criterion in enumerate(rubric.criteria):
        yield from _criterion(("rubric", "criteria", i), criterion, rubric.scale)
    ids: Path = ("rubric", "criteria", ANY, "id")
    for i, name in enumerate(rubric.tie_break):
        yield from unknown(("rubric", "tie_break", i), name, criteria, "ce critère n’existe pas", ids)
        if name in rubric.tie_break[:i]:
            yield Finding(("rubric", "tie_break", i), "ce critère est déjà cité dans le départage", found=name)


def _scale(path: Path, scale: Scale) -> Iterator[Finding]:
    if scale.max <= scale.min:
        message = "la note la plus haute n’est pas au-dessus de la plus basse"
        yield Finding((*path, "max"), message, found=str(scale.max), rests_on=((*path, "min"),))
    elif (scale.max - scale.min) % scale.step:
        message = f"le pas ne divise pas l’étendue de l’échelle (de {plain(scale.min)} à {plain(scale.max)})"
        yield Finding((*path, "step"), message, found=str(scale.step), rests_on=((*path, "min"), (*path, "max")))


def _criterion(path: Path, criterion: Criterion, default: Scale | None) -> Iterator[Finding]:
    if criterion.scale is not None:
        yield from _scale((*path, "scale"), criterion.scale)
    yield from _worth(path, criterion)
    scale = criterion.scale or default
    rests_on: tuple[Path, ...] = ((*path, "scale"), ("rubric", "scale"))
    if scale is None:
        allowed = "scale dans le critère, ou rubric.scale pour tous"
        yield Finding(path, "ce critère n’a pas d’échelle de notation", allowed=allowed, rests_on=rests_on)
    if criterion.comment not in ("always", "optional") and below(criterion.comment) is None:
        yield Finding(
            (*path, "comment"),
            "cette règle de commentaire n’existe pas",
            found=criterion.comment,
            allowed="always, optional ou below:<note>, par exemple below:2",
            nearest=nearest(criterion.comment, ("always", "optional", "below:2")),
        )
    if scale is None or scale.max <= scale.min:
        return
    within = f"de {plain(scale.min)} à {plain(scale.max)}"
    if criterion.threshold is not None and not scale.min <= criterion.threshold <= scale.max:
        message = "le seuil est hors de l’échelle du critère"
        found = str(criterion.threshold)
        yield Finding((*path, "threshold"), message, found=found, allowed=within, rests_on=rests_on)
    mark = below(criterion.comment)
    if mark is not None and not scale.min <= mark <= scale.max:
        message = "la note de la règle de commentaire est hors de l’échelle du critère"
        yield Finding((*path, "comment"), message, found=criterion.comment, allowed=within, rests_on=rests_on)
    for level in criterion.levels:
        if not scale.min <= level <= scale.max or (level - scale.min) % scale.step:
            yield Finding(
                (*path, "levels", str(level)),
                "ce niveau n’est pas une note de l’échelle du critère",
                found=str(level),
                allowed=f"{within} par pas de {plain(scale.step)}",
                at_key=True,
                rests_on=rests_on,
            )


def _worth(path: Path, criterion: Criterion) -> Iterator[Finding]:
    """What a criterion brings to the total: a weight or a bonus, a gate neither."""
    given = [key for key in ("weight", "bonus") if getattr(criterion, key) is not None]
    if criterion.kind == "gate":
        for key in given:
            yield Finding((*path, key), "un critère oui ou non (kind: gate) n’a ni poids ni bonus", at_key=True)
    elif len(given) != 1:
        found = "les deux" if given else "ni l’un ni l’autre"
        rests_on = ((*path, "weight"), (*path, "bonus"), (*path, "kind"))
        yield Finding(path, "un critère a un poids (weight) ou un bonus, l’un des deux", found=found, rests_on=rests_on)


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
    overall = reviewing.divergence.overall
    if overall is not None and overall > 100:
        path: Path = ("reviewing", "divergence", "overall")
        yield Finding(path, "l’écart porte sur des totaux sur 100", found=str(overall), allowed="100 au plus")


# --- selection --------------------------------------------------------------------------------------------------------


def _selection(call: CallFile) -> Iterator[Finding]:
    rules = call.selection
    if rules.laureates is None and rules.budget is None:
        message = "ni nombre de lauréats ni enveloppe : toutes les candidatures au-dessus des seuils seront retenues"
        yield Finding(("selection",), message, severity="warning", at_key=True)
    if rules.protect_top and rules.mode == "merit":
        yield Finding(
            ("selection", "protect_top"),
            "la tête protégée n’a d’effet qu’avec mode: value",
            found=str(rules.protect_top),
            severity="warning",
            rests_on=(("selection", "mode"),),
        )
    if rules.at_limit != "skip" and rules.mode == "value":
        yield Finding(
            ("selection", "at_limit"),
            "une ligne de financement suit l’ordre du classement : elle n’existe qu’avec mode: merit",
            found=rules.at_limit,
            rests_on=(("selection", "mode"),),
        )
    if rules.at_limit == "reduce" and rules.reduce_to is None:
        yield Finding(
            ("selection",),
            "at_limit: reduce demande reduce_to, la plus petite part de sa demande qui peut être proposée",
            allowed="un nombre au-dessus de 0, 1 au plus (0.7 : 70 %)",
            rests_on=(("selection", "at_limit"),),
        )
    if rules.at_limit != "reduce" and rules.reduce_to is not None:
        yield Finding(
            ("selection", "reduce_to"),
            "cette part n’a d’effet qu’avec at_limit: reduce",
            found=str(rules.reduce_to),
            severity="warning",
            rests_on=(("selection", "at_limit"),),
        )
    if rules.draw_zone is not None and (rules.mode == "value" or rules.at_limit == "skip"):
        yield Finding(
            ("selection", "draw_zone"),
            "le tirage au sort se fait autour d’une ligne de financement : il demande mode: merit et at_limit: stop ou reduce",
            rests_on=(("selection", "mode"), ("selection", "at_limit")),
        )
    if rules.laureates is not None and rules.protect_top > rules.laureates and rules.mode == "value":
        yield Finding(
            ("selection", "protect_top"),
            f"la tête protégée est plus nombreuse que les lauréats ({rules.laureates})",
            found=str(rules.protect_top),
            severity="warning",
            rests_on=(("selection", "laureates"),),
        )


def _quotas(call: CallFile) -> Iterator[Finding]:
    rules = call.selection
    yield from repeated(
        ((("selection", "quotas", i, "id"), quota.id) for i, quota in enumerate(rules.quotas)), "un autre quota"
    )
    for i, quota in enumerate(rules.quotas):
        path: Path = ("selection", "quotas", i)
        group: tuple[Path, ...] = ((*path, "where"), (*path, "each"))
        if (quota.where is None) == (quota.each is None):
            found = "ni l’un ni l’autre" if quota.where is None else "les deux"
            message = "un quota porte sur un groupe (where) ou sur chaque valeur (each), l’un des deux"
            yield Finding(path, message, found=found, rests_on=group)
        limits = tuple((*path, kind.key) for kind in KINDS)
        if not quota.bounds:
            allowed = f"au moins une des clés {', '.join(kind.key for kind in KINDS)}"
            yield Finding(path, "ce quota ne fixe aucune limite", allowed=allowed, rests_on=limits)
        for least, most in product(of_side(quota.bounds, "quota_min"), of_side(quota.bounds, "quota_max")):
            if least.measure == most.measure:
                ends = ((*path, least.key), least.written), ((*path, most.key), most.written)
                yield from out_of_order(*ends, most.written < least.written)
        for bound in quota.bounds:
            yield from bound.misfits(path, laureates=rules.laureates, has_budget=rules.budget is not None)
        yield from _names_something(call, i)
    for kind in KINDS:
        yield from kind.together(
            (i, quota.where, bound)
            for i, quota in enumerate(rules.quotas)
            for bound in quota.bounds
            if isinstance(bound, kind)
        )


def _names_something(call: CallFile, index: int) -> Iterator[Finding]:
    """The attributes of a quota exist in the form, and their values can be answered: warnings, for a table of
    applications may bring columns that the form doesn't know."""
    attributes = call.form.attributes
    quota = call.selection.quotas[index]
    path: Path = ("selection", "quotas", index)
    if not attributes:
        return
    named = [((*path, "where", name), name) for name in quota.where or ()]
    named += [((*path, "each"), quota.each)] if quota.each else []
    for place, name in named:
        for finding in unknown(place, name, attributes, "", ("form", "attributes")):
            yield Finding(
                place,
                "form.attributes ne définit pas cette caractéristique",
                found=name,
                allowed=finding.allowed,
                nearest=finding.nearest,
                severity="warning",
                at_key=place[-1] != "each",
                rests_on=finding.rests_on,
            )
    for name, values in (quota.where or {}).items():
        possible = possible_values(call, attributes.get(name, ""))
        for value in values if possible is not None else ():
            for finding in unknown((*path, "where", name), value, possible or (), ""):
                yield Finding(
                    finding.path,
                    f"aucune réponse au formulaire ne donne cette valeur à {quoted(name)}",
                    found=value,
                    allowed=finding.allowed,
                    nearest=finding.nearest,
                    severity="warning",
                    rests_on=(("form",),),
                )


# --- letters ----------------------------------------------------------------------------------------------------------


def _letters(call: CallFile) -> Iterator[Finding]:
    """Names between braces that no letter could fill in: warnings, for only who writes letters needs them."""
    for problem in placeholder_problems(call):
        yield Finding(
            path_of(problem.path),
            problem.message,
            found=problem.found,
            nearest=nearest(problem.found.strip("{}"), problem.allowed),
            severity="warning",
            rests_on=(("call",),),
        )
