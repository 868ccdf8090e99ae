"""One run of the ranking, composed: marks, calibration, ranking, selection, draws, explanations, report and hashes.

Values in, values out: no clock, no file, no chance but the seeded one. The order of the inputs is indifferent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aap.core.call.canonical import rubric_hash
from aap.core.call.lots import criteria_of
from aap.core.call.schema import CallFile
from aap.core.french import NBSP
from aap.core.inputs import Application, JuryDecision, Mark, ReviewSummary
from aap.core.ranking.by_part import rank_parts, select_parts
from aap.core.ranking.draw_counts import DEFAULT_DRAWS
from aap.core.ranking.empty_warnings import empty_warnings
from aap.core.ranking.explanation import Explanation, explain
from aap.core.ranking.lot_reports import whole_report
from aap.core.ranking.parts import RunPart, parted
from aap.core.ranking.proof_words import how_far, unproven
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.report_figures import euros_number, quota_line, score_number, significant
from aap.core.ranking.run_input import RunInput, inputs_hash, normalised, result_hash
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
    summaries: Mapping[str, ReviewSummary] | None = None,
) -> Run:
    """Rank, select and explain one call.

    `stored` and `engine_version` are for a replay: the scores that an earlier run rounded, and the version that it
    bears. `processes` share the draws; the answer does not depend on how many. `drawn`: all draws, where they were made
    elsewhere from the same inputs. `summaries`: see `RunInput`; the scores are then those `stored`.

    Raises WithoutLot, IncompleteReviews, DisconnectedReviews or ImposedNotCandidate (bad input), InfeasibleRules (the rules can't
    all hold), NothingFound (the work ended before a selection was found, or shown not to exist), SelectionError (the
    solver's answer failed the exact check).
    """
    options = options or RunOptions()
    given = normalised(RunInput(call, tuple(applications), tuple(marks), tuple(decisions), summaries))
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
    warnings += [*empty_warnings(ranking.candidates, rules, outcome), *unproven(outcome), *successor_warnings(outcome)]
    if outcome.proven_optimal and not outcome.tie_proven:
        warnings.append(
            "Plusieurs sélections ont la même somme de notes, et la preuve que celle-ci vient la première par rang "
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
