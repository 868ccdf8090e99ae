"""From a bundle's JSON value back to the decisions of jury and authority, and whether they fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args

from aap.core.call.schema import Rubric, Scale
from aap.core.inputs import AUTHORITY, DecisionKind, JuryDecision, Mark
from aap.core.ranking.bundle_values import JsonReader
from aap.core.scoring.criteria import asked_criteria, bonus_of, marked_criteria

_TARGETS = ("criterion", "reviewer_id", "stage")  # of a decision, where it has one


def read_bundled_decisions(
    reader: JsonReader, value: Any, rubrics: Mapping[str, Rubric], ids: set[str], marks: Sequence[Mark]
) -> tuple[JuryDecision, ...]:
    """The decisions. `rubrics`: application id -> the rubric that it is marked on; `ids`: of all applications."""
    decisions = tuple(reader.numbered("inputs.decisions", value, _decision))
    reader.no_double(
        "inputs.decisions", ((d.application_id, d.decision, d.criterion, d.reviewer_id) for d in decisions)
    )
    _check_decisions(reader, rubrics, ids, marks, decisions)
    return decisions


def _decision(reader: JsonReader, place: str, value: Any) -> JuryDecision:
    parts = reader.mapping(place, value, ("application_id", "decision", "amount", "reason", "author"), _TARGETS)
    kind: DecisionKind = next((known for known in get_args(DecisionKind) if known == parts["decision"]), "out")
    if kind != parts["decision"]:
        reader.fault(f"{place}.decision", "cette décision est inconnue.")
    amount = None if parts["amount"] is None else reader.decimal(f"{place}.amount", parts["amount"])
    by_criterion = bool(parts["criterion"])
    if amount is not None and amount < 0 and not by_criterion:
        reader.fault(f"{place}.amount", "ce montant est hors des bornes.")
    if amount is not None and kind == "amount" and amount != round(amount, 2):
        reader.fault(f"{place}.amount", "un montant a au plus deux décimales.")
    if parts["stage"] not in (None, AUTHORITY):
        reader.fault(f"{place}.stage", "cette étape est inconnue.")
    return JuryDecision(
        application_id=reader.text(f"{place}.application_id", parts["application_id"], filled=kind != "set_aside"),
        decision=kind,
        amount=amount,
        reason=reader.text(f"{place}.reason", parts["reason"]),
        author=reader.text(f"{place}.author", parts["author"]),
        criterion=reader.text(f"{place}.criterion", parts["criterion"] or ""),
        reviewer_id=reader.text(f"{place}.reviewer_id", parts["reviewer_id"] or ""),
        stage=AUTHORITY if parts["stage"] == AUTHORITY else "",
    )


def asked_scales(rubric: Rubric) -> dict[str, Scale]:
    """The scale of each criterion that reviewers answer."""
    return {criterion.id: rubric.scale_of(criterion) for criterion in asked_criteria(rubric)}


def on_grid(scale: Scale, mark: Decimal) -> bool:
    """Whether a mark is one that its scale has."""
    return scale.min <= mark <= scale.max and not (mark - scale.min) % scale.step


def _check_decisions(
    reader: JsonReader,
    rubrics: Mapping[str, Rubric],
    ids: set[str],
    marks: Sequence[Mark],
    decisions: Sequence[JuryDecision],
) -> None:
    """That the decisions fit together, and name dossiers, criteria and reviews that are there."""
    pairs = {(mark.application_id, mark.reviewer_id) for mark in marks} | {("", mark.reviewer_id) for mark in marks}
    kinds: dict[str, set[str]] = {}
    agreed: dict[str, set[str]] = {}
    for number, decision in enumerate(decisions):
        place = f"inputs.decisions[{number}]"
        with_amount = decision.decision in {"amount", "consensus"}
        if with_amount != (decision.amount is not None):
            reader.fault(place, "un montant accompagne les décisions amount et consensus, elles seules.")
        if decision.reviewer_id and decision.decision != "set_aside":
            reader.fault(place, "un évaluateur n’accompagne que les décisions set_aside.")
        if decision.criterion and decision.decision != "consensus":
            reader.fault(place, "un critère n’accompagne que les décisions consensus.")
        if decision.decision == "set_aside":
            if (decision.application_id, decision.reviewer_id) not in pairs:
                reader.fault(place, "cette décision écarte une évaluation inconnue.")
            continue
        if decision.application_id not in ids:
            reader.fault(place, "cette décision porte sur un dossier inconnu.")
        there = kinds.setdefault(decision.application_id, set())
        there.add(decision.decision)
        if len(there - {"consensus"}) > 1 and there - {"consensus"} != {"in", "amount"}:  # agreed marks stand beside
            reader.fault(place, "ce dossier a déjà une autre décision.")
        if decision.decision == "consensus":
            agreed.setdefault(decision.application_id, set()).add(decision.criterion)
            rubric = rubrics.get(decision.application_id)
            if rubric is None:
                continue
            scale = asked_scales(rubric).get(decision.criterion)
            if decision.criterion and (scale is None or not on_grid(scale, decision.amount or Decimal(0))):
                reader.fault(place, "cette note arrêtée n’est pas sur la grille d’un critère que l’on note.")
            elif not decision.criterion and decision.amount is not None and decision.amount > 100 + bonus_of(rubric):
                reader.fault(place, "ce montant est hors des bornes.")
    for application_id, criteria in sorted(agreed.items()):
        if application_id not in rubrics:
            continue
        needed = {criterion.id for criterion in marked_criteria(rubrics[application_id])}
        if criteria != {""} and ("" in criteria or not needed <= criteria):
            message = "se donne par un total, ou par une note à chaque critère noté."
            reader.fault("inputs.decisions", f"{application_id}\u00a0: ce qui est arrêté en commun {message}")
