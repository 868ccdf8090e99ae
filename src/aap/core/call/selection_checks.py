"""Checks of the rules of a selection and of its quotas. For the call's, and for each lot's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from aap.core.call.schema import WITHOUT, CallFile, SelectionRules
from aap.core.call.sources import possible_values
from aap.core.findings import Finding, out_of_order, repeated, unknown
from aap.core.french import quoted
from aap.core.paths import ANY, Path
from aap.core.problems import nearest
from aap.core.quotas.bounds import KINDS, of_side


def check_selection(call: CallFile, rules: SelectionRules, base: Path, *, has_budget: bool) -> Iterator[Finding]:
    """What doesn't fit in the rules that stand at `base`. `has_budget`: whether shares of a budget have one."""
    if rules.laureates is None and not has_budget:
        message = "ni nombre de lauréats ni enveloppe : toutes les candidatures au-dessus des seuils seront retenues"
        yield Finding(base, message, severity="warning", at_key=True)
    yield from _mode(rules, base)
    yield from _waiting_list(rules, base)
    yield from _quotas(call, rules, base, has_budget=has_budget)


def _mode(rules: SelectionRules, base: Path) -> Iterator[Finding]:
    mode: Path = (*base, "mode")
    if rules.protect_top and rules.mode == "merit":
        yield Finding(
            (*base, "protect_top"),
            "la tête protégée n’a d’effet qu’avec mode: value",
            found=str(rules.protect_top),
            severity="warning",
            rests_on=(mode,),
        )
    elif rules.laureates is not None and rules.protect_top > rules.laureates:
        yield Finding(
            (*base, "protect_top"),
            f"la tête protégée est plus nombreuse que les lauréats ({rules.laureates})",
            found=str(rules.protect_top),
            severity="warning",
            rests_on=((*base, "laureates"),),
        )
    at_limit: Path = (*base, "at_limit")
    if rules.at_limit != "skip" and rules.mode == "value":
        message = "une ligne de financement n’existe qu’avec mode: merit ; avec value, la somme des notes décide"
        yield Finding(at_limit, message, found=rules.at_limit, allowed="skip, ou mode: merit", rests_on=(mode,))
    if rules.at_limit == "reduce" and rules.reduce_to is None:
        message = "reduce propose ce qui reste : dites la plus petite part de la demande qui peut être proposée"
        allowed = "reduce_to, par exemple reduce_to: 0.7"
        yield Finding(at_limit, message, found="reduce", allowed=allowed, rests_on=((*base, "reduce_to"),))
    if rules.at_limit != "reduce" and rules.reduce_to is not None:
        message = "cette part ne sert qu’avec at_limit: reduce"
        found = str(rules.reduce_to)
        yield Finding((*base, "reduce_to"), message, found=found, at_key=True, rests_on=(at_limit,))
    if rules.draw_zone is not None and (rules.mode == "value" or rules.at_limit == "skip"):
        message = "le tirage dans la zone de doute ne sert qu’avec mode: merit et at_limit: stop ou reduce"
        yield Finding((*base, "draw_zone"), message, at_key=True, rests_on=(mode, at_limit))


def _waiting_list(rules: SelectionRules, base: Path) -> Iterator[Finding]:
    rule = rules.waiting_list.if_none
    if rule == "leave":
        return
    path: Path = (*base, "waiting_list", "if_none")
    quotas = [quota.id for quota in rules.quotas]
    if not rule.startswith(WITHOUT):
        allowed = f"leave ou {WITHOUT}<quota>"
        close = nearest(rule, ("leave", *(WITHOUT + name for name in quotas)))
        yield Finding(path, "cette règle de remplacement n’existe pas", found=rule, allowed=allowed, nearest=close)
        return
    ids: Path = (*base, "quotas", ANY, "id")
    known = (WITHOUT + name for name in quotas)
    yield from unknown(path, WITHOUT + rule.removeprefix(WITHOUT).strip(), known, "ce quota n’existe pas", ids)


def _quotas(call: CallFile, rules: SelectionRules, base: Path, *, has_budget: bool) -> Iterator[Finding]:
    quotas: Path = (*base, "quotas")
    yield from repeated((((*quotas, i, "id"), quota.id) for i, quota in enumerate(rules.quotas)), "un autre quota")
    for i, quota in enumerate(rules.quotas):
        path: Path = (*quotas, i)
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
            yield from bound.misfits(path, laureates=rules.laureates, has_budget=has_budget)
        yield from _names_something(call, rules, path, i)
    for kind in KINDS:
        yield from kind.together(
            (
                (i, quota.where, bound)
                for i, quota in enumerate(rules.quotas)
                for bound in quota.bounds
                if isinstance(bound, kind)
            ),
            quotas,
        )


def _names_something(call: CallFile, rules: SelectionRules, path: Path, index: int) -> Iterator[Finding]:
    """The attributes of a quota exist in the form, and their values can be answered: warnings, for a table of
    applications may bring columns that the form doesn't know."""
    attributes = call.form.attributes
    quota = rules.quotas[index]
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
