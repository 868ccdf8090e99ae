"""Checks of a rubric: scales, criteria of each kind, thresholds and ties. For the call's, and for each lot's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from aap.core.call.schema import CallFile, Criterion, Rubric, Scale
from aap.core.call.sources import possible_values, source_of
from aap.core.findings import Finding, repeated, unknown
from aap.core.french import plain, quoted
from aap.core.paths import ANY, Path
from aap.core.problems import nearest

BELOW = re.compile(r"below:\s*(-?\d+(?:\.\d+)?)", re.ASCII)

_ONLY_COMPUTED = ("from_", "points", "bands", "otherwise")
_NOT_OF_GATE = {
    "threshold": "fails_if dit quand il est manqué",
    "scale": "on y répond par oui ou par non",
    "levels": "on y répond par oui ou par non",
}


def below(comment: str) -> Decimal | None:
    """The mark under which a comment is required, for `below:<mark>`."""
    match = BELOW.fullmatch(comment)
    return Decimal(match[1]) if match else None


def check_rubric(call: CallFile, rubric: Rubric, base: Path) -> Iterator[Finding]:
    """What doesn't fit in a rubric that stands at `base`."""
    criteria = [criterion.id for criterion in rubric.criteria]
    yield from repeated((((*base, "criteria", i, "id"), name) for i, name in enumerate(criteria)), "un autre critère")
    if rubric.scale is not None:
        yield from _scale((*base, "scale"), rubric.scale)
    if rubric.threshold is not None and not 0 <= rubric.threshold <= rubric.out_of:
        allowed = f"de 0 à {plain(rubric.out_of)}"
        message = f"le seuil général porte sur le total, sur {plain(rubric.out_of)} (rubric.out_of)"
        found = str(rubric.threshold)
        yield Finding((*base, "threshold"), message, found=found, allowed=allowed, rests_on=((*base, "out_of"),))
    for i, criterion in enumerate(rubric.criteria):
        yield from _criterion(call, (*base, "criteria", i), criterion, rubric.scale, (*base, "scale"))
    if all(criterion.weight is None for criterion in rubric.criteria):
        yield Finding(
            (*base, "criteria"),
            "aucun critère n’a de poids (weight) : il en faut au moins un",
            at_key=True,
            rests_on=tuple((*base, "criteria", ANY, key) for key in ("weight", "kind", "bonus")),
        )
    yield from _tie_break(rubric, base)


def _tie_break(rubric: Rubric, base: Path) -> Iterator[Finding]:
    kinds = {criterion.id: criterion for criterion in rubric.criteria}
    ids: Path = (*base, "criteria", ANY, "id")
    for i, name in enumerate(rubric.tie_break):
        yield from unknown((*base, "tie_break", i), name, kinds, "ce critère n’existe pas", ids)
        if name in rubric.tie_break[:i]:
            yield Finding((*base, "tie_break", i), "ce critère est déjà cité dans le départage", found=name)
        elif name in kinds and kinds[name].kind == "gate" and kinds[name].fails_if == "any":
            message = "ce critère oui ou non ne départage personne : tous ceux qui restent y ont reçu oui partout"
            kind: Path = (*base, "criteria", ANY, "kind")
            yield Finding((*base, "tie_break", i), message, found=name, severity="warning", rests_on=(kind,))


def _scale(path: Path, scale: Scale) -> Iterator[Finding]:
    if scale.max <= scale.min:
        message = "la note la plus haute n’est pas au-dessus de la plus basse"
        yield Finding((*path, "max"), message, found=str(scale.max), rests_on=((*path, "min"),))
    elif (scale.max - scale.min) % scale.step:
        message = f"le pas ne divise pas l’étendue de l’échelle (de {plain(scale.min)} à {plain(scale.max)})"
        yield Finding((*path, "step"), message, found=str(scale.step), rests_on=((*path, "min"), (*path, "max")))


def _criterion(
    call: CallFile, path: Path, criterion: Criterion, default: Scale | None, default_path: Path
) -> Iterator[Finding]:
    if criterion.scale is not None:
        yield from _scale((*path, "scale"), criterion.scale)
    yield from _worth(path, criterion)
    if criterion.comment not in ("always", "optional") and below(criterion.comment) is None:
        yield Finding(
            (*path, "comment"),
            "cette règle de commentaire n’existe pas",
            found=criterion.comment,
            allowed="always, optional ou below:<note>, par exemple below:2",
            nearest=nearest(criterion.comment, ("always", "optional", "below:2")),
        )
    yield from _kind(path, criterion)
    if criterion.kind == "gate":
        return
    scale = criterion.scale or default
    rests_on: tuple[Path, ...] = ((*path, "scale"), default_path, (*path, "kind"))
    if scale is None:
        allowed = "scale dans le critère, ou rubric.scale pour tous"
        yield Finding(path, "ce critère n’a pas d’échelle de notation", allowed=allowed, rests_on=rests_on)
    if criterion.kind == "computed":
        yield from _computed(call, path, criterion)
    if scale is not None and scale.min < scale.max:
        yield from _on_the_scale(path, criterion, scale, rests_on)


def _worth(path: Path, criterion: Criterion) -> Iterator[Finding]:
    """What a criterion brings to the total: a weight or a bonus, a gate neither."""
    given = [key for key in ("weight", "bonus") if getattr(criterion, key) is not None]
    rests_on = ((*path, "weight"), (*path, "bonus"), (*path, "kind"))
    if criterion.kind == "gate":
        for key in given:
            message = "un critère oui ou non (kind: gate) n’a ni poids ni bonus"
            yield Finding((*path, key), message, at_key=True, rests_on=((*path, "kind"),))
    elif len(given) != 1:
        found = "les deux" if given else "ni l’un ni l’autre"
        yield Finding(path, "un critère a un poids (weight) ou un bonus, l’un des deux", found=found, rests_on=rests_on)


def _kind(path: Path, criterion: Criterion) -> Iterator[Finding]:
    """Keys that say nothing for a criterion of this kind."""
    rests_on: tuple[Path, ...] = ((*path, "kind"),)
    given = criterion.model_fields_set
    if criterion.kind != "computed":
        for key in (key for key in _ONLY_COMPUTED if key in given):
            message = "cette clé ne sert qu’à un critère calculé (kind: computed)"
            yield Finding((*path, key.rstrip("_")), message, at_key=True, rests_on=rests_on)
    if criterion.kind != "gate" and "fails_if" in given:
        message = "cette clé ne sert qu’à un critère oui ou non (kind: gate)"
        yield Finding((*path, "fails_if"), message, at_key=True, rests_on=rests_on)
    if criterion.threshold is None and "threshold_on" in given:
        message = "cette clé dit ce que regarde threshold, et le critère n’en a pas"
        yield Finding((*path, "threshold_on"), message, at_key=True, rests_on=((*path, "threshold"),))
    if criterion.kind == "gate":
        for key, why in _NOT_OF_GATE.items():
            if key in given:
                message = f"un critère oui ou non (kind: gate) n’en a pas : {why}"
                yield Finding((*path, key), message, at_key=True, rests_on=rests_on)
    if criterion.kind == "gate" and below(criterion.comment) is not None:
        message = "un critère oui ou non n’a pas de note"
        allowed = "always ou optional"
        yield Finding((*path, "comment"), message, found=criterion.comment, allowed=allowed, rests_on=rests_on)
    if criterion.kind == "computed" and criterion.comment != "optional":
        message = "personne ne note un critère calculé : il n’y a rien à commenter"
        yield Finding((*path, "comment"), message, found=criterion.comment, rests_on=rests_on)


def _computed(call: CallFile, path: Path, criterion: Criterion) -> Iterator[Finding]:
    """A computed criterion looks at something, and says the marks that it gives."""
    kind: Path = (*path, "kind")
    if criterion.from_ is None:
        message = "un critère calculé dit de quelle caractéristique vient sa note (from)"
        yield Finding(path, message, rests_on=(kind, (*path, "from")))
    if bool(criterion.points) == bool(criterion.bands):
        found = "les deux" if criterion.points else "ni l’un ni l’autre"
        message = "un critère calculé a des points (par valeur) ou des tranches (bands), l’un des deux"
        yield Finding(path, message, found=found, rests_on=(kind, (*path, "points"), (*path, "bands")))
    for i, (lower, upper) in enumerate(zip(criterion.bands, criterion.bands[1:], strict=False), start=1):
        if upper.min <= lower.min:
            message = f"les tranches vont du plus petit minimum au plus grand, et celle d’avant commence à {lower.min}"
            before: Path = (*path, "bands", i - 1, "min")
            yield Finding((*path, "bands", i, "min"), message, found=str(upper.min), rests_on=(before,))
    yield from _attribute(call, path, criterion)


def _attribute(call: CallFile, path: Path, criterion: Criterion) -> Iterator[Finding]:
    """Warnings: a table of applications may bring columns that the form doesn't know."""
    attributes = call.form.attributes
    if criterion.from_ is None or not attributes:
        return
    for finding in unknown((*path, "from"), criterion.from_, attributes, "", ("form", "attributes")):
        yield Finding(
            finding.path,
            "form.attributes ne définit pas cette caractéristique",
            found=finding.found,
            allowed=finding.allowed,
            nearest=finding.nearest,
            severity="warning",
            rests_on=finding.rests_on,
        )
        return
    source = source_of(call, attributes[criterion.from_])
    rests_on: tuple[Path, ...] = (("form",),)
    if criterion.bands and source is not None and source.compared not in ("number", None):
        message = f"des tranches demandent un nombre, et {quoted(criterion.from_)} n’en est pas un dans le formulaire"
        yield Finding((*path, "bands"), message, severity="warning", at_key=True, rests_on=rests_on)
    possible = possible_values(call, attributes[criterion.from_])
    for value in criterion.points if possible is not None else ():
        for finding in unknown((*path, "points", value), value, possible or (), ""):
            yield Finding(
                finding.path,
                f"aucune réponse au formulaire ne donne cette valeur à {quoted(criterion.from_)}",
                found=value,
                allowed=finding.allowed,
                nearest=finding.nearest,
                severity="warning",
                at_key=True,
                rests_on=rests_on,
            )


def _on_the_scale(path: Path, criterion: Criterion, scale: Scale, rests_on: tuple[Path, ...]) -> Iterator[Finding]:
    within = f"de {plain(scale.min)} à {plain(scale.max)}"
    if criterion.threshold is not None and not scale.min <= criterion.threshold <= scale.max:
        message = "le seuil est hors de l’échelle du critère"
        found = str(criterion.threshold)
        yield Finding((*path, "threshold"), message, found=found, allowed=within, rests_on=rests_on)
    mark = below(criterion.comment)
    if mark is not None and not scale.min <= mark <= scale.max:
        message = "la note de la règle de commentaire est hors de l’échelle du critère"
        yield Finding((*path, "comment"), message, found=criterion.comment, allowed=within, rests_on=rests_on)
    marks: list[tuple[Path, Decimal]] = [((*path, "points", value), mark) for value, mark in criterion.points.items()]
    marks += [((*path, "bands", i, "mark"), band.mark) for i, band in enumerate(criterion.bands)]
    marks += [((*path, "otherwise"), criterion.otherwise)] if criterion.otherwise is not None else []
    named = [(place, one, "cette note n’est pas sur l’échelle du critère", False) for place, one in marks]
    named += [
        ((*path, "levels", str(level)), level, "ce niveau n’est pas une note de l’échelle du critère", True)
        for level in criterion.levels
    ]
    for place, one, message, at_key in named:
        if not scale.min <= one <= scale.max or (one - scale.min) % scale.step:
            allowed = f"{within} par pas de {plain(scale.step)}"
            yield Finding(place, message, found=str(one), allowed=allowed, at_key=at_key, rests_on=rests_on)
