"""The bundle of a run: everything that replays it, in one JSON value, and the check of such a value.

A bundle carries the rules (rubric, scoring, selection), the normalised inputs, the options and the results as they
were written. Verifying recomputes everything from the rules and the inputs and compares: raw scores, marks, hashes and
reasons exactly; calibrated scores, intervals and severities within 0.001, because another platform may round another
way; the selection is replayed from the stored scores of 4 decimals.

A bundle of an earlier edition (aap.core.ranking.earlier_editions) holds scores, severities and draws that this engine no
longer makes: they are taken as given, and the check says so.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aap.core.call.canonical import canonical_value
from aap.core.french import NBSP
from aap.core.problems import BadInput, cited
from aap.core.ranking.bundle_reading import BundleContent, read_bundle
from aap.core.ranking.bundle_values import MalformedBundle
from aap.core.ranking.by_part import rank_parts
from aap.core.ranking.earlier_editions import (
    GIVEN_COLUMNS,
    GIVEN_KEYS,
    less_columns,
    less_keys,
    replayed_report,
    with_given_severities,
)
from aap.core.ranking.later_list import BrokenChange, ListInForce, first_list, later_bundle, replay
from aap.core.ranking.parts import Part, parted
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.run import Progress, Run, run_call
from aap.core.ranking.run_input import inputs_value, json_text, normalised, result_hash
from aap.core.results import CALIBRATION_COLUMN, Table
from aap.core.scoring.totals import UNIT, IncompleteReviews, from_ten_thousandths
from aap.core.selection.outcome import InfeasibleRules, SelectionError
from aap.core.selection.rules import rules_of

FORMAT = 1
SCORE_TOLERANCE = Decimal("0.001")  # points, marks: another platform's last digits
PROBABILITY_TOLERANCE = Decimal("0.02")  # a few draws that fall on the other side of a tie
MAX_BYTES = 500_000_000
MAX_DIFFERENCES = 200

_TOLERATED = {"calibrated_score", "ci_low", "ci_high"}
_SEVERITIES = {"severity", "severity_low", "severity_high", "residual_sd"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: where, what the bundle holds, what was found instead; a French sentence with `str`."""

    place: str
    stored: str = ""
    found: str = ""
    message: str = ""

    def __str__(self) -> str:
        if self.message:
            return f"{self.place}{NBSP}: {self.message}" if self.place else self.message
        return f"{self.place}{NBSP}: l’archive contient {cited(self.stored)}, le calcul donne {cited(self.found)}"


def run_bundle(run: Run) -> dict[str, Any]:
    """The bundle of a run, in JSON's types."""
    call = run.given.call
    return {
        "bundle": FORMAT,
        "public": False,
        "call": {
            "id": call.id,
            "rubric": canonical_value(call.rubric),
            "scoring": canonical_value(call.scoring),
            "selection": canonical_value(call.selection),
            **({"lots": canonical_value(call.lots)} if call.lots else {}),
        },
        "options": {
            "draws": run.options.draws,
            "draw_seed": run.options.draw_seed,
            "prices": run.options.prices,
            "notices": list(run.options.notices),
            "work": run.options.work,
        },
        "inputs": canonical_value(inputs_value(run.given)),
        "results": results_value(run.ranking_table, run.reviewers_table, run.report),
    }


def results_value(ranking: Table, reviewers: Table, report: Mapping[str, Any]) -> dict[str, Any]:
    """What a bundle holds of a run's results."""
    return {"ranking": _table_value(ranking), "reviewers": _table_value(reviewers), "report": dict(report)}


def _table_value(table: Table) -> list[list[str]]:
    return [list(table.header), *(list(row) for row in table.rows)]


@dataclass(frozen=True, slots=True)
class Verification:
    """What differs between a bundle and its recomputation, nothing where it holds.

    `scores_given`: the scores, and what goes with them, were taken as they stand in the bundle; `with_marks`: whether it
    carries the marks behind them.
    """

    differences: tuple[Difference, ...]
    scores_given: bool = False
    with_marks: bool = True


def verify_bundle(text: bytes | str, *, progress: Progress | None = None, processes: int = 1) -> tuple[Difference, ...]:
    """What differs between a bundle and its recomputation, nothing where it holds. Never raises on its content."""
    return verification(text, progress=progress, processes=processes).differences


def verification(text: bytes | str, *, progress: Progress | None = None, processes: int = 1) -> Verification:
    """The same, with what was taken as given."""
    try:
        value = _parsed(text)
        content = read_bundle(value)
    except MalformedBundle as refusal:
        return Verification(
            tuple(Difference(place, message=message) for place, message in refusal.faults[:MAX_DIFFERENCES])
        )
    found = _checked(value, content, progress, processes)
    return Verification(found, content.scores_given, content.given.summaries is None)


def _checked(value: Any, content: BundleContent, progress: Progress | None, processes: int) -> tuple[Difference, ...]:
    try:
        differences = [*_differences(content, progress, processes), *_later_differences(value, content)]
    except IncompleteReviews as refusal:
        return (Difference("inputs.marks", message=f"{len(refusal.missing)} évaluations sans toutes leurs notes."),)
    except BadInput as refusal:
        return tuple(Difference("inputs", message=str(problem)) for problem in refusal.problems)
    except InfeasibleRules as refusal:
        names = ", ".join(refusal.names)
        return (Difference("call.selection", message=f"les règles ne peuvent pas toutes être respectées ({names})."),)
    except (SelectionError, ArithmeticError, ValueError, KeyError, RecursionError, UnicodeError) as refusal:
        found = f"{type(refusal).__name__} {refusal}"
        return (Difference("", message=f"Le calcul ne peut pas être refait sur ces données ({found})."),)
    return tuple(differences[:MAX_DIFFERENCES])


def rankings_of(content: BundleContent) -> tuple[tuple[Part, Ranking], ...]:
    """The rankings behind a bundle, from its stored scores: what further questions about the run are asked of."""
    given = normalised(content.given)
    parts = parted(given)
    rankings = rank_parts(given.call, parts, content.report["draw_seed"], stored=content.scores)
    if content.is_earlier:
        rankings = tuple(with_given_severities(ranking, content.reviewers) for ranking in rankings)
    return tuple(zip(parts, rankings, strict=True))


def received_by(content: BundleContent, part: Part) -> int:
    """Cents that another lot left to this one, as the report tells; 0 where it doesn't say so."""
    try:
        received = Decimal(str(content.report["lots"][part.id]["budget"]["received"]))
        return max(0, int(received * 100))
    except (KeyError, TypeError, ArithmeticError, ValueError):
        return 0


def _later_differences(value: Mapping[str, Any], content: BundleContent) -> Iterator[Difference]:
    """What is wrong with the changes of a later list: the chain of fingerprints, then each change by the rules."""
    if not content.changes:
        return
    expected = later_bundle(value, content.changes)["previous"]
    if expected != content.previous:
        yield Difference("previous", content.previous, expected)
    for fault in _replayed(content)[1]:
        yield Difference(f"changes[{fault.number - 1}]", message=fault.message)


def list_in_force(content: BundleContent) -> ListInForce:
    """The list that a bundle of a run or of a later list gives, whatever is wrong with its changes."""
    return _replayed(content)[0]


def _replayed(content: BundleContent) -> tuple[ListInForce, list[BrokenChange]]:
    """The list in force and what is wrong with its changes: each lot by itself, with the limit that it had in the run."""
    first = first_list(content.ranking)
    rankings = rankings_of(content)
    lots = {standing.id: part.id for part, ranking in rankings for standing in ranking.standings}
    whole = ListInForce({}, [])
    faults: list[BrokenChange] = []
    for part, ranking in rankings:
        # One that names no application of the run is told by the first part.
        mine = [
            at for at, one in enumerate(content.changes) if lots.get(one.application_id, rankings[0][0].id) == part.id
        ]
        of_part = ListInForce(
            {name: cents for name, cents in first.granted.items() if lots.get(name) == part.id},
            [name for name in first.waiting if lots.get(name) == part.id],
        )
        rules = dataclasses.replace(rules_of(part.given.call), received=received_by(content, part))
        state, found = replay(ranking, rules, of_part, [content.changes[at] for at in mine])
        faults += [BrokenChange(mine[fault.number - 1] + 1, fault.message) for fault in found]
        whole.granted |= state.granted
        whole.waiting += state.waiting
        whole.gone += state.gone
        whole.places += state.places
    return whole, sorted(faults, key=lambda fault: fault.number)


def read_text(text: bytes | str) -> BundleContent:
    """A bundle from its text. Raises MalformedBundle."""
    return read_bundle(_parsed(text))


def _parsed(text: bytes | str) -> Any:
    if len(text) > MAX_BYTES:
        raise MalformedBundle([("", f"Le fichier dépasse {MAX_BYTES // 1_000_000} Mo.")])
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise MalformedBundle([("", f"Ce n’est pas une archive lisible (JSON)\u00a0: {_cause(error)}.")]) from None


def _cause(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "trop de niveaux imbriqués"
    if isinstance(error, json.JSONDecodeError):
        return f"ligne {error.lineno}, colonne {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "le texte n’est pas en UTF-8"
    if "set_int_max_str_digits" in str(error):
        return "un nombre a trop de chiffres"
    return str(error)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} n’est pas un nombre")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("une clé figure deux fois")
    return found


def _differences(content: BundleContent, progress: Progress | None, processes: int) -> Iterator[Difference]:
    report = content.report
    stored_hash = report.get("result_hash")
    actual = result_hash(content.ranking, content.reviewers, report)
    if stored_hash != actual:
        yield Difference("results.report.result_hash", str(stored_hash), actual)
    given = content.given
    if content.public and (
        any(application.association or application.ineligible_reason for application in given.applications)
        or any(decision.reason or decision.author for decision in given.decisions)
        or any(change.reason or change.author for change in content.changes)
    ):
        yield Difference("public", message="une archive publique ne porte ni nom, ni motif, ni auteur de décision.")
    without_marks = given.summaries is not None
    fresh = () if without_marks else rank_parts(given.call, parted(given), content.options.draw_seed)
    for standing in (standing for ranking in fresh for standing in ranking.standings):
        stored = content.scores.get(standing.id)
        if stored is None:
            continue  # told with the rows
        place = f"ranking, dossier {standing.id}"
        for name in ("raw_score",) if content.is_earlier else ("raw_score", "calibrated_score", "ci_low", "ci_high"):
            before, now = getattr(stored, name), getattr(standing, name)
            slack = 0 if name == "raw_score" else int(SCORE_TOLERANCE * UNIT)
            if (before is None) != (now is None) or (before is not None and abs(before - now) > slack):
                yield Difference(f"{place}, {name}", _score(before), _score(now))
    options = content.options
    run = run_call(
        given.call,
        given.applications,
        given.marks,
        given.decisions,
        options=dataclasses.replace(options, draws=0) if content.is_earlier else options,
        stored=content.scores,
        engine_version=str(report.get("engine_version", "")),
        progress=progress,
        processes=processes,
        summaries=given.summaries,
    )
    found = run.ranking_table
    if content.is_earlier:
        yield from _table_differences(
            "ranking",
            less_columns(content.ranking, GIVEN_COLUMNS),
            less_columns(found, GIVEN_COLUMNS),
            ("application_id",),
        )
        yield from _report_differences(less_keys(report, GIVEN_KEYS), replayed_report(run.report, report))
        return
    yield from _table_differences("ranking", content.ranking, found, ("application_id",))
    reviewer = ("reviewer_id", CALIBRATION_COLUMN)  # in each calibration that it had a part in
    yield from _table_differences("reviewers", content.reviewers, run.reviewers_table, reviewer)
    yield from _report_differences(report, run.report)


def _score(scaled: int | None) -> str:
    return "" if scaled is None else str(from_ten_thousandths(scaled))


def _table_differences(name: str, stored: Table, found: Table, keys: tuple[str, ...]) -> Iterator[Difference]:
    """Row by row, matched by the columns `keys` that there are; then the order. Cells that another platform may round have
    their slack."""
    if stored.header != found.header:
        yield Difference(f"{name}, en-tête", ", ".join(stored.header), ", ".join(found.header))
        return
    at = [place for place, heading in enumerate(found.header) if heading in keys]

    def key(row: tuple[str, ...]) -> str:
        return " – ".join(row[place] for place in at)

    there = {key(row): row for row in stored.rows}
    expected = {key(row): row for row in found.rows}
    for missing in sorted(expected.keys() - there.keys()):
        yield Difference(f"{name}, {missing}", message="cette ligne manque.")
    for extra in sorted(there.keys() - expected.keys()):
        yield Difference(f"{name}, {extra}", message="cette ligne est en trop.")
    if len(there) != len(stored.rows):
        yield Difference(name, message="un identifiant y figure deux fois.")
    for row_id, row in expected.items():
        if row_id not in there:
            continue
        for column, before, now in zip(stored.header, there[row_id], row, strict=True):
            if not _same_cell(column, before, now):
                yield Difference(f"{name}, {row_id}, {column}", before, now)
    if [key(row) for row in stored.rows] != [key(row) for row in found.rows] and there.keys() == expected.keys():
        yield Difference(name, message="l’ordre des lignes n’est pas celui du classement.")


def _same_cell(column: str, before: str, now: str) -> bool:
    if before == now:
        return True
    slack = PROBABILITY_TOLERANCE if column == "selection_probability" else SCORE_TOLERANCE
    if column not in _TOLERATED | _SEVERITIES | {"selection_probability"} or not before or not now:
        return False
    try:
        return abs(Decimal(before) - Decimal(now)) <= slack
    except ArithmeticError:
        return False


_SINCE_2 = frozenset({"gap"})
"""What reports of the first edition don't have."""


def _report_differences(stored: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    for key in sorted(stored.keys() | found.keys()):
        place = f"report, {key}"
        if key not in stored and key in _SINCE_2 and str(stored.get("engine_version", "")).startswith("1."):
            continue
        if key not in stored:
            yield Difference(place, message="cette clé manque.")
        elif key not in found:
            yield Difference(place, message="cette clé est en trop.")
        elif key == "result_hash" or (key == "solver" and isinstance(stored[key], str)):
            continue  # the first is compared with the stored results, the second is the software of another machine
        elif not _same_value(key, stored[key], found[key]):
            yield Difference(place, json_text(stored[key]), json_text(found[key]))


def _same_value(key: str, stored: Any, found: Any) -> bool:
    if key == "lots" and isinstance(stored, dict) and isinstance(found, dict) and stored.keys() == found.keys():
        return all(
            isinstance(stored[lot], dict)
            and stored[lot].keys() == found[lot].keys()
            and all(_same_value(name, stored[lot][name], found[lot][name]) for name in found[lot])
            for lot in found
        )
    if key == "variance" and isinstance(stored, dict) and isinstance(found, dict) and stored.keys() == found.keys():
        return all(
            isinstance(stored[name], (int, float))
            and abs(stored[name] - found[name]) <= 0.001 * max(1, abs(found[name]))
            for name in found
        )
    return bool(stored == found) and type(stored) is type(found)
