"""From a bundle's JSON value back to typed values, with every fault that keeps it from being replayed.

A bundle may come from anyone: types, ids, grids and references are checked before anything is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from aap.core.call.checks import check_call
from aap.core.call.lots import rubrics_of
from aap.core.call.schema import CallFile
from aap.core.inputs import Application, Mark
from aap.core.ranking.bundle_values import JsonReader, MalformedBundle
from aap.core.ranking.decisions_reading import asked_scales, on_grid, read_bundled_decisions
from aap.core.ranking.draw_counts import MAX_DRAWS, MAX_WORK
from aap.core.ranking.earlier_editions import check_given_severities, edition_of
from aap.core.ranking.later_list import CHANGE_KINDS, PLACES, Change
from aap.core.ranking.parts import lot_fault
from aap.core.ranking.run import EDITION, RunOptions
from aap.core.ranking.run_input import RunInput
from aap.core.ranking.standing import StoredScores
from aap.core.ranking.summaries_reading import read_summaries
from aap.core.results import Table
from aap.core.scoring.criteria import texts_for_bands
from aap.core.scoring.totals import ten_thousandths

MAX_CENTS = 10**17
_SCORES = ("raw_score", "calibrated_score", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True)
class BundleContent:
    """A bundle that holds together: inputs to replay, results to compare. `public`: pseudonymised.

    `edition`: of the contract. `previous`, `changes`: of the bundle of a later list (`later_list`), else empty.
    """

    given: RunInput
    options: RunOptions
    ranking: Table
    reviewers: Table
    report: Mapping[str, Any]
    scores: Mapping[str, StoredScores]
    public: bool
    previous: str = ""
    changes: tuple[Change, ...] = ()
    edition: int = EDITION

    @property
    def is_earlier(self) -> bool:
        """Whether an earlier edition made it: this engine makes other scores, severities, intervals and draws."""
        return self.edition < EDITION

    @property
    def scores_given(self) -> bool:
        """Whether scores are taken as they stand: of an earlier edition, or without the marks behind them."""
        return self.is_earlier or self.given.summaries is not None


def read_bundle(value: Any) -> BundleContent:
    """The bundle as typed values. Raises MalformedBundle with every fault."""
    reader = JsonReader()
    top = reader.mapping(
        "", value, ("bundle", "public", "call", "options", "inputs", "results"), ("previous", "changes")
    )
    reader.stop_on_fault()
    if top["bundle"] != 1 or isinstance(top["bundle"], bool):
        raise MalformedBundle([("bundle", "ce format d’archive est inconnu (1 est attendu).")])
    public = reader.truth("public", top["public"])
    call = _call(reader, top["call"])
    options = _options(reader, top["options"])
    results = reader.mapping("results", top["results"], ("ranking", "reviewers", "report"))
    ranking = _table(reader, "results.ranking", results["ranking"])
    reviewers = _table(reader, "results.reviewers", results["reviewers"])
    report = results["report"]
    if not isinstance(report, dict):
        reader.fault("results.report", "un objet est attendu.")
    reader.stop_on_fault()
    assert call is not None
    given = _inputs(reader, call, top["inputs"])
    scores = _scores(reader, ranking)
    for name, summary in (given.summaries or {}).items():
        if summary.reviews and (name not in scores or scores[name].raw_score is None):
            reader.fault("results.ranking", f"le dossier {name} a des évaluations, et pas de note.")
    edition = edition_of(report, reader.fault)
    if edition < EDITION:
        check_given_severities(reviewers, {mark.reviewer_id for mark in given.marks}, reader.fault)
    previous, changes = _later(reader, top)
    reader.stop_on_fault()
    return BundleContent(given, options, ranking, reviewers, report, scores, public, previous, changes, edition)


def _later(reader: JsonReader, top: Mapping[str, Any]) -> tuple[str, tuple[Change, ...]]:
    """What makes a bundle that of a later list: both keys or none."""
    if top["previous"] is None and top["changes"] is None:
        return "", ()
    previous = reader.text("previous", top["previous"], filled=True)
    changes = tuple(reader.numbered("changes", top["changes"], _change))
    if not changes and not reader.faults:
        reader.fault("changes", "une liste ultérieure porte au moins un changement.")
    return previous, changes


def _change(reader: JsonReader, place: str, value: Any) -> Change:
    keys = ("change", "application_id", "amount", "place", "reason", "author", "date")
    parts = reader.mapping(place, value, keys)
    kind = reader.one_of(f"{place}.change", parts["change"], CHANGE_KINDS)
    wanted = PLACES if kind == "corrected" else None
    to = reader.one_of(f"{place}.place", parts["place"], PLACES) if wanted else None
    if not wanted and parts["place"] is not None:
        reader.fault(f"{place}.place", "seule une correction (corrected) dit où le dossier passe.")
    amount = None if parts["amount"] is None else reader.decimal(f"{place}.amount", parts["amount"])
    if amount is not None and (amount < 0 or amount != round(amount, 2)):
        reader.fault(f"{place}.amount", "un montant est positif et a au plus deux décimales.")
    if kind == "amount" and amount is None:
        reader.fault(f"{place}.amount", "le nouveau montant manque.")
    on = reader.text(f"{place}.date", parts["date"])
    try:
        day = date.fromisoformat(on)
    except ValueError:
        reader.fault(f"{place}.date", "une date est attendue (2025-05-12).")
        day = date.min
    return Change(
        kind=kind,
        application_id=reader.text(f"{place}.application_id", parts["application_id"], filled=True),
        reason=reader.text(f"{place}.reason", parts["reason"]),
        author=reader.text(f"{place}.author", parts["author"]),
        on=day,
        amount=amount,
        place=to,
    )


def _call(reader: JsonReader, value: Any) -> CallFile | None:
    lots = ("lots",) if isinstance(value, dict) and "lots" in value else ()
    parts = reader.mapping("call", value, ("id", "rubric", "scoring", "selection", *lots))
    if reader.faults:
        return None
    try:
        call = CallFile.model_validate(
            {
                "schema": 1,
                "call": {"id": parts["id"]},
                "rubric": parts["rubric"],
                "scoring": parts["scoring"],
                "selection": parts["selection"],
                **{key: parts[key] for key in lots},
            }
        )
    except (ValidationError, InvalidOperation, ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            for found in error.errors(include_url=False, include_input=False):
                where = ".".join(str(step) for step in found["loc"])
                reader.fault(
                    f"call.{where}" if found["loc"][:1] != ("call",) else where, "cette valeur n’est pas permise."
                )
        else:
            reader.fault("call", "les règles ne peuvent pas être lues.")
        return None
    for finding in check_call(call):
        if finding.severity == "error":
            reader.fault("call." + ".".join(str(step) for step in finding.path), finding.message)
    return call


def _options(reader: JsonReader, value: Any) -> RunOptions:
    since = ("work",) if isinstance(value, dict) and "work" in value else ()  # those of 1.0 have none
    parts = reader.mapping("options", value, ("draws", "draw_seed", "prices", "notices", *since))
    seed = parts["draw_seed"]
    return RunOptions(
        draws=reader.whole("options.draws", parts["draws"], MAX_DRAWS),
        draw_seed=None if seed is None else reader.text("options.draw_seed", seed),
        prices=reader.truth("options.prices", parts["prices"]),
        notices=tuple(
            reader.text("options.notices", notice) for notice in reader.sequence("options.notices", parts["notices"])
        ),
        work=max(1, reader.whole("options.work", parts["work"], MAX_WORK)) if since else 1,
    )


def _table(reader: JsonReader, place: str, value: Any) -> Table:
    rows = [
        tuple(reader.text(f"{place}[{number}]", cell) for cell in reader.sequence(f"{place}[{number}]", row))
        for number, row in enumerate(reader.sequence(place, value))
    ]
    if not rows:
        reader.fault(place, "la table n’a pas d’en-tête.")
        return Table((), ())
    header = rows[0]
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            reader.fault(f"{place}[{number}]", "cette ligne n’a pas autant de cellules que l’en-tête.")
    return Table(header, tuple(rows[1:]))


def _inputs(reader: JsonReader, call: CallFile, value: Any) -> RunInput:
    parts = reader.mapping("inputs", value, ("applications", "marks", "decisions"), ("summaries",))
    applications = tuple(reader.numbered("inputs.applications", parts["applications"], _application))
    ids = {application.id for application in applications}
    reader.no_double("inputs.applications", (application.id for application in applications))
    for number, application in enumerate(applications):
        if fault := lot_fault(call, application.id, application.attributes):
            reader.fault(f"inputs.applications[{number}].attributes", f"{fault.message}.")
    marks = tuple(reader.numbered("inputs.marks", parts["marks"], _mark))
    reader.no_double("inputs.marks", ((m.application_id, m.reviewer_id, m.criterion) for m in marks))
    rubrics = rubrics_of(call, {one.id: one.attributes for one in applications})
    scales = {id(rubric): asked_scales(rubric) for rubric in rubrics.values()}
    for number, mark in enumerate(marks):
        place = f"inputs.marks[{number}]"
        if mark.application_id not in ids:
            reader.fault(place, "cette note porte sur un dossier inconnu.")
        rubric = rubrics.get(mark.application_id)
        scale = scales[id(rubric)].get(mark.criterion) if rubric is not None else None
        if scale is None:
            reader.fault(place, "cette note porte sur un critère inconnu, ou que personne ne note.")
        elif not on_grid(scale, mark.score):
            reader.fault(place, "cette note n’est pas sur la grille de son critère.")
    for application in applications:
        for criterion, text in texts_for_bands(rubrics.get(application.id, call.rubric), application):
            reader.fault(
                "inputs.applications", f"{application.id}, {criterion.from_}\u00a0: {text} n’est pas un nombre."
            )
    decisions = read_bundled_decisions(reader, parts["decisions"], rubrics, ids, marks)
    if parts["summaries"] is None:
        return RunInput(call, applications, marks, decisions)
    if marks:
        reader.fault("inputs.summaries", "une archive qui porte des notes n’en porte pas le résumé.")
    return RunInput(call, applications, marks, decisions, read_summaries(reader, parts["summaries"], rubrics))


def _application(reader: JsonReader, place: str, value: Any) -> Application:
    keys = (
        "id", "association", "requested_cents", "proposed_cents", "eligible", "ineligible_reason", "draw_token",
        "attributes",
    )  # fmt: skip
    parts = reader.mapping(place, value, keys)
    attributes: dict[str, tuple[str, ...]] = {}
    if not isinstance(parts["attributes"], dict):
        reader.fault(f"{place}.attributes", "un objet est attendu.")
    else:
        for name, values in parts["attributes"].items():
            attributes[name] = tuple(
                reader.text(f"{place}.attributes", v, filled=True)
                for v in reader.sequence(f"{place}.attributes", values)
            )
    requested = reader.whole(f"{place}.requested_cents", parts["requested_cents"], MAX_CENTS)
    proposed = parts["proposed_cents"]
    if proposed is not None and reader.whole(f"{place}.proposed_cents", proposed, MAX_CENTS) > requested:
        reader.fault(f"{place}.proposed_cents", "le montant proposé dépasse le montant demandé.")
    return Application(
        id=reader.text(f"{place}.id", parts["id"], filled=True),
        association=reader.text(f"{place}.association", parts["association"]),
        requested_amount=requested,
        proposed_amount=proposed,
        eligible=reader.truth(f"{place}.eligible", parts["eligible"]),
        ineligible_reason=reader.text(f"{place}.ineligible_reason", parts["ineligible_reason"]),
        draw_token=reader.text(f"{place}.draw_token", parts["draw_token"]),
        attributes=attributes,
    )


def _mark(reader: JsonReader, place: str, value: Any) -> Mark:
    cells = reader.sequence(place, value)
    if len(cells) != 4:
        reader.fault(place, "une note a quatre cellules : dossier, évaluateur, critère, note.")
        return Mark("", "", "", Decimal(0))
    return Mark(
        reader.text(place, cells[0], filled=True),
        reader.text(place, cells[1], filled=True),
        reader.text(place, cells[2], filled=True),
        reader.decimal(place, cells[3]),
    )


def _scores(reader: JsonReader, ranking: Table) -> dict[str, StoredScores]:
    """The stored scores by application id."""
    place = {name: at for at, name in enumerate(ranking.header)}
    if any(name not in place for name in ("application_id", *_SCORES)):
        reader.fault("results.ranking", "des colonnes manquent.")
        return {}
    scores = {}
    for number, row in enumerate(ranking.rows, start=1):
        values: list[int | None] = []
        for name in _SCORES:
            cell = row[place[name]]
            if not cell:
                values.append(None)
            else:
                values.append(ten_thousandths(reader.decimal(f"results.ranking[{number}].{name}", cell)))
        scores[row[place["application_id"]]] = StoredScores(*values)
    return scores
