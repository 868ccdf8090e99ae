"""One run of the ranking, composed: marks, calibration, ranking, selection, draws, explanations, report and hashes.

Values in, values out: no clock, no file, no chance but the seeded one. The order of the inputs is indifferent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aap.core.call.canonical import canonical_hash, decimal_text, rubric_hash
from aap.core.call.lots import criteria_of
from aap.core.call.schema import CallFile
from aap.core.french import NBSP
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.ranking.by_part import rank_parts, select_parts
from aap.core.ranking.draw_counts import DEFAULT_DRAWS
from aap.core.ranking.explanation import Explanation, explain
from aap.core.ranking.lot_reports import whole_report
from aap.core.ranking.parts import RunPart, parted
from aap.core.ranking.proof_words import how_far, unproven
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.report_figures import euros_number, quota_line, score_number, significant
from aap.core.ranking.standing import StoredScores
from aap.core.ranking.successor_warnings import successor_warnings
from aap.core.results import ERRATIC, STATUSES, ResultRow, ReviewerRow, Table, ranking_table, reviewers_table
from aap.core.scoring.totals import from_ten_thousandths, ten_thousandths
from aap.core.selection.outcome import SelectionOutcome
from aap.core.selection.problem import Rules
from aap.core.selection.rules import rules_of
from aap.core.selection.select import select
from aap.core.selection.work import WORK

if TYPE_CHECKING:
    from aap.core.ranking.draws import Draws

ENGINE_VERSION = "2.0.0"  # moves when the same inputs may give another result

EDITION = 2
"""The edition of the public contract that a report follows: the first whole number of its engine's version."""

Progress = Callable[[str, int, int], None]
"""Called with a French name of the step, what is done and the total of it."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a person chose for a run. `notices`: what the reading of the files has to say in the report.

    `work`: how many times the usual work the solver may take before a selection is kept without a proof.
    """

    draws: int = DEFAULT_DRAWS
    draw_seed: str | None = None
    prices: bool = False
    notices: tuple[str, ...] = ()
    work: int = 1


@dataclass(frozen=True, slots=True)
class RunInput:
    """What is ranked: the call and its tables; `marks` are those of complete reviews."""

    call: CallFile
    applications: tuple[Application, ...]
    marks: tuple[Mark, ...]
    decisions: tuple[JuryDecision, ...] = ()


@dataclass(frozen=True)
class Run:
    """A run's whole answer, and its parts in file order: one, or one a lot.

    `rows` are in the order of `ranking.csv`; `report` is `report.json`, ready for JSON.
    """

    given: RunInput
    options: RunOptions
    parts: tuple[RunPart, ...]
    reviewers: tuple[ReviewerRow, ...]
    report: Mapping[str, Any]

    @property
    def rows(self) -> tuple[ResultRow, ...]:
        return tuple(row for part in self.parts for row in part.rows)

    def part_of(self, application_id: str) -> RunPart:
        """Raises KeyError for an application that is not in the run."""
        for part in self.parts:
            if application_id in part.explanations:
                return part
        raise KeyError(application_id)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self.report["warnings"])

    @property
    def ranking_table(self) -> Table:
        return ranking_table(self.rows, [criterion.id for criterion in criteria_of(self.given.call)])

    @property
    def reviewers_table(self) -> Table:
        return reviewers_table(self.reviewers)


def run_call(
    call: CallFile,
    applications: Sequence[Application],
    marks: Sequence[Mark],
    decisions: Sequence[JuryDecision] = (),
    *,
    options: RunOptions | None = None,
    progress: Progress | None = None,
    stored: Mapping[str, StoredScores] | None = None,
    engine_version: str = ENGINE_VERSION,
    processes: int = 1,
    drawn: Draws | None = None,
) -> Run:
    """Rank, select and explain one call.

    `stored` and `engine_version` are for a replay: the scores that an earlier run rounded, and the version that it
    bears. `processes` share the draws; the answer does not depend on how many. `drawn`: all draws, where they were made
    elsewhere from the same inputs.

    Raises WithoutLot, IncompleteReviews, DisconnectedReviews or ImposedNotCandidate (bad input), InfeasibleRules (the rules can't
    all hold), NothingFound (the work ended before a selection was found, or shown not to exist), SelectionError (the
    solver's answer failed the exact check).
    """
    options = options or RunOptions()
    given = normalised(RunInput(call, tuple(applications), tuple(marks), tuple(decisions)))
    tell = progress or _silent
    divided = parted(given)
    tell("Correction de la sévérité", 0, 1)
    rankings = rank_parts(call, divided, options.draw_seed, stored=stored)
    tell("Sélection", 0, 1)
    selections = select_parts(
        call,
        divided,
        rankings,
        lambda candidates, rules: select(
            candidates,
            rules,
            prices=options.prices,
            work=WORK * options.work,
            sight=lambda best, bound: tell(how_far(best, bound), 0, 1),
        ),
    )
    draws: Sequence[Draws | None] = [drawn] * len(divided)
    if options.draws and drawn is None:
        from aap.core.ranking.part_draws import draw_parts  # brings in process pools, which a run without draws spares

        draws = draw_parts(
            call,
            divided,
            rankings,
            number=options.draws,
            processes=processes,
            work=options.work,
            progress=lambda done, total: tell("Tirages", done, total),
        )
    parts = []
    reports = []
    for part, ranking, (rules, outcome), of_draws in zip(divided, rankings, selections, draws, strict=True):
        explanations = explain(part.given.call, rules, ranking, outcome, part.lot)
        rows = _rows(ranking, explanations, outcome, of_draws, part.id)
        parts.append(RunPart(part.lot, part.given, part.calibration, rules, ranking, outcome, explanations, rows))
        notices = of_draws.notices if of_draws else ()
        reports.append(_report(part.given, rules, ranking, outcome, rows, [str(notice) for notice in notices]))
    run = Run(given, options, tuple(parts), _reviewers(parts), {})
    report = whole_report(call, parts, reports, options.notices) | {
        "engine_version": engine_version,
        "rubric_hash": rubric_hash(call),
        "inputs_hash": inputs_hash(given),
    }
    report["result_hash"] = result_hash(run.ranking_table, run.reviewers_table, report)
    return replace(run, report=report)


def part_of_draws(
    given: RunInput, options: RunOptions, *, start: int, end: int, progress: Callable[[int, int], None] | None = None
) -> tuple[dict[str, int], int, int]:
    """Of the draws of a run those from `start` to before `end`: candidate → how often retained, how many draws went
    without the head, and for how many the solver's work was not enough.

    Raises what `run_call` raises, but for rules that can't all hold, and for lots: ValueError.
    """
    from aap.core.ranking.draws import draw_part

    given = normalised(given)
    [ranking] = rank_parts(given.call, parted(given), options.draw_seed)
    part = draw_part(
        ranking,
        rules_of(given.call),
        number=options.draws,
        start=start,
        end=end,
        progress=progress,
        work=options.work,
    )
    names = [candidate.id for candidate in ranking.candidates]
    return dict(zip(names, part.retained.tolist(), strict=True)), part.without_head, part.unended


def _silent(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


# --- inputs in one order, and their hash ------------------------------------------------------------------------------


def normalised(given: RunInput) -> RunInput:
    """The same inputs in one order, so that the order of the files never shows."""
    return RunInput(
        given.call,
        tuple(sorted(given.applications, key=lambda a: a.id)),
        tuple(sorted(given.marks, key=lambda m: (m.application_id, m.reviewer_id, m.criterion))),
        tuple(sorted(given.decisions, key=lambda d: (d.application_id, d.decision, d.criterion, d.reviewer_id))),
    )


def inputs_value(given: RunInput) -> dict[str, Any]:
    """The normalised inputs in JSON's types: what `inputs_hash` covers and a bundle carries.

    Comments of marks are left out: they have no part in the result and are personal. Amounts are cents, marks texts,
    empty attributes don't count, a decision names a criterion or a reviewer only where it has one; a draw token that is
    the application's id is the same as none.
    """
    given = normalised(given)
    return {
        "applications": [
            {
                "id": application.id,
                "association": application.association,
                "requested_cents": application.requested_amount,
                "proposed_cents": application.proposed_amount,
                "eligible": application.eligible,
                "ineligible_reason": application.ineligible_reason,
                "draw_token": "" if application.draw_token == application.id else application.draw_token,
                "attributes": {name: list(values) for name, values in sorted(application.attributes.items()) if values},
            }
            for application in given.applications
        ],
        "marks": [
            [mark.application_id, mark.reviewer_id, mark.criterion, decimal_text(mark.score)] for mark in given.marks
        ],
        "decisions": [
            {
                "application_id": decision.application_id,
                "decision": decision.decision,
                "amount": None if decision.amount is None else decimal_text(decision.amount),
                "reason": decision.reason,
                "author": decision.author,
            }
            | ({"criterion": decision.criterion} if decision.criterion else {})
            | ({"reviewer_id": decision.reviewer_id} if decision.reviewer_id else {})
            for decision in given.decisions
        ],
    }


def inputs_hash(given: RunInput) -> str:
    """SHA-256 of the canonical JSON of the normalised inputs."""
    return canonical_hash(inputs_value(given))


def json_text(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same value gives the same text. Raises ValueError for NaN, infinity."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def result_hash(ranking: Table, reviewers: Table, report: Mapping[str, Any]) -> str:
    """SHA-256 over the ranking's and the reviewers' tables and the report (less this hash)."""
    covered = {
        "ranking": [list(ranking.header), *(list(row) for row in ranking.rows)],
        "reviewers": [list(reviewers.header), *(list(row) for row in reviewers.rows)],
        "report": {key: value for key, value in report.items() if key != "result_hash"},
    }
    return hashlib.sha256(json_text(covered).encode()).hexdigest()


# --- results ----------------------------------------------------------------------------------------------------------


def _rows(
    ranking: Ranking,
    explanations: Mapping[str, Explanation],
    outcome: SelectionOutcome,
    draws: Draws | None,
    lot: str,
) -> tuple[ResultRow, ...]:
    retained = frozenset(outcome.retained)
    rows = []
    for standing in ranking.standings:
        explained = explanations[standing.id]
        probability = draws.probability(standing.id) if draws else None
        rows.append(
            ResultRow(
                rank=standing.rank,
                application_id=standing.id,
                association=standing.application.association,
                status=explained.status,
                reason_code=explained.code,
                reason=explained.sentence,
                raw_score=_decimal(standing.raw_score),
                calibrated_score=_decimal(standing.calibrated_score),
                ci_low=_decimal(standing.ci_low),
                ci_high=_decimal(standing.ci_high),
                selection_probability=None
                if probability is None
                else from_ten_thousandths(ten_thousandths(probability)),
                reviews=len(standing.reviewers),
                requested_amount=standing.application.requested_amount,
                granted_amount=outcome.granted_to(standing.id, standing.grant) if standing.id in retained else None,
                waiting_rank=explained.waiting_rank,
                marks={name: from_ten_thousandths(ten_thousandths(mean)) for name, mean in standing.mean_marks.items()},
                lot=lot,
            )
        )
    return tuple(rows)


def _decimal(scaled: int | None) -> Decimal | None:
    return None if scaled is None else from_ten_thousandths(scaled)


def _reviewers(parts: Sequence[RunPart]) -> tuple[ReviewerRow, ...]:
    """Those of each calibration once, in the order of the parts."""
    calibrations = {part.calibration: part.ranking.calibration for part in parts}
    return tuple(
        ReviewerRow(
            reviewer_id=severity.reviewer_id,
            reviews=severity.reviews,
            mean_given=from_ten_thousandths(severity.mean_given),
            severity=from_ten_thousandths(severity.value),
            severity_low=_decimal(severity.low),
            severity_high=_decimal(severity.high),
            residual_sd=_decimal(severity.residual_sd),
            flag=ERRATIC if severity.erratic else "",
            calibration=name,
        )
        for name, calibration in calibrations.items()
        for severity in calibration.severities.values()
    )


def _report(
    given: RunInput,
    rules: Rules,
    ranking: Ranking,
    outcome: SelectionOutcome,
    rows: Sequence[ResultRow],
    notices: Sequence[str],
) -> dict[str, Any]:
    """The report of one part, as if it were the whole of a call."""
    call = given.call
    budget = rules.limit
    variances = ranking.calibration.variances
    warnings = list(notices)
    if not ranking.final:
        waiting = sum(row.status == "incomplete" for row in rows)
        who = "Un dossier attend" if waiting == 1 else f"{waiting} dossiers attendent"
        warnings.append(
            f"{who} encore des évaluations{NBSP}: le classement est provisoire et rien ne peut être arrêté."
        )
    warnings += [*unproven(outcome), *successor_warnings(outcome)]
    if outcome.proven_optimal and not outcome.tie_proven:
        warnings.append(
            "Plusieurs sélections ont la même somme de scores, et la preuve que celle-ci vient la première par rang "
            "s’est arrêtée à la quantité de calcul fixée."
        )
    return {
        "engine_version": "",
        "call_id": call.id,
        "rubric_hash": "",
        "inputs_hash": "",
        "result_hash": "",
        "draw_seed": ranking.draw_seed,
        "method": ranking.method,
        "mode": call.selection.mode,
        "counts": {status: sum(row.status == status for row in rows) for status in STATUSES},
        "budget": {"limit": None if budget is None else euros_number(budget), "granted": euros_number(outcome.granted)},
        "funding_line": _funding_line(ranking, outcome),
        "quotas": [quota_line(quota) for quota in outcome.quotas],
        "objective": score_number(outcome.objective),
        "proven_optimal": outcome.proven_optimal,
        "gap": None if outcome.gap is None else score_number(outcome.gap),
        "tie_proven": outcome.tie_proven,
        "final": ranking.final,
        "solver": outcome.solver,
        "variance": {
            "application": significant(ranking.worths.variance),
            "reviewer": significant(variances.reviewer),
            "noise": significant(variances.noise),
        },
        "contested": list(ranking.contested),
        "no_successor": list(outcome.no_successor),
        "warnings": warnings,
        "edition": EDITION,
    }


def _funding_line(ranking: Ranking, outcome: SelectionOutcome) -> dict[str, Any] | None:
    """Rank and score of the application at the funding line; None where nobody met it."""
    line = outcome.line_of_scores or (outcome.funding_line and outcome.funding_line.id)
    if line is None:
        return None
    standing = next(one for one in ranking.standings if one.id == line)
    assert standing.score is not None
    return {"rank": standing.rank, "score": score_number(standing.score)}
