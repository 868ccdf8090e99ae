"""One run of the ranking, composed: marks, calibration, ranking, selection, draws, explanations, report and hashes.

Values in, values out: no clock, no file, no chance but the seeded one. The order of the inputs is indifferent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from aap.core.call.canonical import canonical_hash, decimal_text, rubric_hash
from aap.core.call.schema import CallFile
from aap.core.french import NBSP
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.quotas.bounds import in_report
from aap.core.ranking.draw_counts import DEFAULT_DRAWS
from aap.core.ranking.explanation import Explanation, explain
from aap.core.ranking.proof_words import how_far, unproven
from aap.core.ranking.ranking import Ranking, rank
from aap.core.ranking.standing import StoredScores
from aap.core.ranking.successor_warnings import successor_warnings
from aap.core.results import ERRATIC, STATUSES, ResultRow, ReviewerRow, Table, ranking_table, reviewers_table
from aap.core.scoring.criteria import counted_marks
from aap.core.scoring.totals import UNIT, Review, from_ten_thousandths, reviews_from_marks, ten_thousandths
from aap.core.selection.outcome import QuotaOutcome, SelectionOutcome
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
    """A run's whole answer. `rows` are in the order of `ranking.csv`; `report` is `report.json`, ready for JSON."""

    given: RunInput
    options: RunOptions
    rules: Rules
    rows: tuple[ResultRow, ...]
    reviewers: tuple[ReviewerRow, ...]
    explanations: Mapping[str, Explanation]
    ranking: Ranking
    outcome: SelectionOutcome
    report: Mapping[str, Any]

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self.report["warnings"])

    @property
    def ranking_table(self) -> Table:
        return ranking_table(self.rows, [criterion.id for criterion in self.given.call.rubric.criteria])

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

    Raises IncompleteReviews, DisconnectedReviews or ImposedNotCandidate (bad input), InfeasibleRules (the rules can't
    all hold), NothingFound (the work ended before a selection was found, or shown not to exist), SelectionError (the
    solver's answer failed the exact check).
    """
    options = options or RunOptions()
    given = normalised(RunInput(call, tuple(applications), tuple(marks), tuple(decisions)))
    tell = progress or _silent
    tell("Correction de la sévérité", 0, 1)
    reviews = reviews_of(given)
    ranking = rank(call, given.applications, reviews, given.decisions, options.draw_seed, stored=stored)
    tell("Sélection", 0, 1)
    rules = rules_of(call)
    outcome = select(
        ranking.candidates,
        rules,
        prices=options.prices,
        work=WORK * options.work,
        sight=lambda best, bound: tell(how_far(best, bound), 0, 1),
    )
    probabilities: dict[str, Fraction] = {}
    draw_notices: tuple[str, ...] = ()
    if options.draws:
        from aap.core.ranking.draws import draw_selections  # brings in process pools, which a run without draws spares

        draws = drawn or draw_selections(
            ranking,
            rules,
            number=options.draws,
            processes=processes,
            work=options.work,
            progress=lambda done, total: tell("Tirages", done, total),
        )
        probabilities = {name: Fraction(count, draws.number) for name, count in draws.retained.items()}
        draw_notices = tuple(str(notice) for notice in draws.notices)
    explanations = explain(call, rules, ranking, outcome)
    rows = _rows(ranking, explanations, outcome, probabilities)
    reviewers = _reviewers(ranking)
    warnings = (
        *options.notices,
        *(str(notice) for notice in ranking.notices),
        *draw_notices,
    )
    report = _report(given, ranking, outcome, rows, warnings) | {"engine_version": engine_version}
    criteria = [criterion.id for criterion in call.rubric.criteria]
    report["result_hash"] = result_hash(ranking_table(rows, criteria), reviewers_table(reviewers), report)
    return Run(given, options, rules, rows, reviewers, explanations, ranking, outcome, report)


def part_of_draws(
    given: RunInput, options: RunOptions, *, start: int, end: int, progress: Callable[[int, int], None] | None = None
) -> tuple[dict[str, int], int, int]:
    """Of the draws of a run those from `start` to before `end`: candidate → how often retained, how many draws went
    without the head, and for how many the solver's work was not enough.

    Raises what `run_call` raises, but for rules that can't all hold: ValueError.
    """
    from aap.core.ranking.draws import draw_part

    given = normalised(given)
    reviews = reviews_of(given)
    ranking = rank(given.call, given.applications, reviews, given.decisions, options.draw_seed)
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


def reviews_of(given: RunInput) -> tuple[Review, ...]:
    """The reviews that count: complete, and not set aside. Raises IncompleteReviews."""
    attributes = {application.id: application.attributes for application in given.applications}
    return reviews_from_marks(counted_marks(given.marks, given.decisions), given.call.rubric, attributes=attributes)


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
    probabilities: Mapping[str, Fraction],
) -> tuple[ResultRow, ...]:
    retained = frozenset(outcome.retained)
    rows = []
    for standing in ranking.standings:
        explained = explanations[standing.id]
        probability = probabilities.get(standing.id)
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
            )
        )
    return tuple(rows)


def _decimal(scaled: int | None) -> Decimal | None:
    return None if scaled is None else from_ten_thousandths(scaled)


def _reviewers(ranking: Ranking) -> tuple[ReviewerRow, ...]:
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
        )
        for severity in ranking.calibration.severities.values()
    )


def _report(
    given: RunInput,
    ranking: Ranking,
    outcome: SelectionOutcome,
    rows: Sequence[ResultRow],
    notices: Sequence[str],
) -> dict[str, Any]:
    call = given.call
    budget = rules_of(call).budget
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
        "rubric_hash": rubric_hash(call),
        "inputs_hash": inputs_hash(given),
        "result_hash": "",
        "draw_seed": ranking.draw_seed,
        "method": ranking.method,
        "mode": call.selection.mode,
        "counts": {status: sum(row.status == status for row in rows) for status in STATUSES},
        "budget": {"limit": None if budget is None else euros_number(budget), "granted": euros_number(outcome.granted)},
        "funding_line": _funding_line(ranking, outcome),
        "quotas": [_quota(quota) for quota in outcome.quotas],
        "objective": score_number(outcome.objective),
        "proven_optimal": outcome.proven_optimal,
        "gap": None if outcome.gap is None else score_number(outcome.gap),
        "tie_proven": outcome.tie_proven,
        "final": ranking.final,
        "solver": outcome.solver,
        "variance": {
            "application": _significant(ranking.worths.variance),
            "reviewer": _significant(variances.reviewer),
            "noise": _significant(variances.noise),
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


def _quota(outcome: QuotaOutcome) -> dict[str, Any]:
    """A quota's line: bounds and `achieved` count laureates; a quota with a share also bears its shares and money."""
    quota = outcome.quota
    line: dict[str, Any] = {
        "id": quota.id,
        "value": outcome.value or None,
        **in_report(quota.bounds, ""),
        "achieved": outcome.count,
        "price": None if outcome.price is None else score_number(outcome.price),
    }
    for word in dict.fromkeys(bound.reported_with for bound in quota.bounds if bound.reported_with):
        line |= in_report(quota.bounds, word)
    if any(bound.counts == "money" for bound in quota.bounds):
        line["achieved_amount"] = euros_number(round(outcome.money))
    return line


def euros_number(cents: int) -> int | float:
    """Cents as a JSON number of euros: whole where it is."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def score_number(scaled: int) -> int | float:
    """Ten-thousandths as a JSON number of points."""
    return scaled // UNIT if scaled % UNIT == 0 else scaled / UNIT


def _significant(value: float) -> float:
    """A variance to 6 decimals, so that the last bits of a platform don't show."""
    return round(value, 6) + 0.0
