"""The ranking as its page shows it: lines with their interval as a small bar, quotas in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from flask_babel import gettext as _

from aap.core import french
from aap.core.call.points import in_points
from aap.core.call.schema import CallFile, Rubric
from aap.core.quotas.quota_words import quota_in_words
from aap.core.ranking.rule_of_reason import rule_of_reason
from aap.core.results import ERRATIC, ResultRow, ReviewerRow
from aap.core.scoring.calibration_notices import erratic_reviewers
from aap.core.selection.rules import rules_of
from aap.core.territories import fold
from aap.services.call.calls import OpenedCall
from aap.services.ranking.runs import RunView
from aap.web import figures
from aap.web.figures import euros, number
from aap.web.official import words

_FOUND = re.compile(r"(.+?(?:[ \u00a0]:|[.](?=\s|$)|$))\s*(.*)", re.DOTALL)
_KEYS = re.compile(r" \([a-z_]+(?:, [a-z_]+)+\)")


@dataclass(frozen=True)
class RankLine:
    """One dossier of a run; where its row is masked, the official is recused of it and only its place shows."""

    row: ResultRow
    reference: str
    association: str
    title: str
    place: str
    score: Decimal | None

    def fits(self, text: str, status: str) -> bool:
        """Whether the line passes a filter; empty fields let everything pass. Words are looked for in no masked line."""
        if status not in ("", self.row.status):
            return False
        if not text.strip():
            return True
        if self.row.masked:
            return False
        names = fold(f"{self.reference} {self.association} {self.title} {self.place}")
        return all(word in names for word in fold(text).split())


def rank_lines(call: OpenedCall, view: RunView) -> list[RankLine]:
    """The lines of a run in its order."""
    method = call.file.scoring.method
    return [
        RankLine(
            row=row,
            reference="" if row.masked else row.application_id,
            association=_("Dossier dont vous êtes déporté") if row.masked else row.association,
            title=view.titles.get(row.application_id, ""),
            place=view.places.get(row.application_id, ""),
            score=row.score(method),
        )
        for row in view.rows
    ]


def irreplaceable(lines: Sequence[RankLine], report: Mapping[str, Any]) -> list[RankLine]:
    """The laureates whom nobody could replace, in the order of the ranking."""
    alone = frozenset(report.get("no_successor", ()))
    return [line for line in lines if line.row.application_id in alone]


def warning_lines(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a run has to say, each cut after its first sentence, or the colon in it: what was found; whom it is about, and
    what to do. The keys of the call file that a warning names are for who writes that file: pages leave them out."""
    told = (_KEYS.sub("", text) for text in report.get("warnings", ()))
    return [(found[1], found[2]) for text in told if (found := _FOUND.fullmatch(text))]


def if_none_words(call: OpenedCall) -> str:
    """What becomes of a place that nobody can take without breaking a rule, as the call file says."""
    rules = rules_of(call.file)
    quota = next((one for one in rules.quotas if one.id == rules.if_none), None)
    if quota is None:
        return str(_("Sa place resterait vide."))
    title = french.quoted(quota.title or quota.id)
    return str(_("L’appel dit que la règle %(title)s n’est alors pas demandée de celui qui entre.", title=title))


class SeverityLine(NamedTuple):
    """A reviewer in a table of `ui/spreads.html`: figures in words, a dash for what isn't known. `erratic`: to be read again."""

    name: str
    reviews: int
    mean: str
    severity: str
    interval: str
    scatter: str
    erratic: bool


@dataclass(frozen=True)
class MeasuredSeverity:
    """What is known of a reviewer, in points on 100."""

    name: str
    reviews: int
    mean: Decimal
    severity: Decimal
    low: Decimal | None
    high: Decimal | None
    residual_sd: Decimal | None
    erratic: bool


def severity_cells(lines: Iterable[MeasuredSeverity]) -> list[SeverityLine]:
    """The lines in words, each figure with one decimal."""
    between, figure = _("de %(low)s à %(high)s"), figures.writers().number

    def interval(low: Decimal | None, high: Decimal | None) -> str:
        return "–" if low is None or high is None else between % {"low": figure(low, 1), "high": figure(high, 1)}

    return [
        SeverityLine(
            name=one.name,
            reviews=one.reviews,
            mean=figure(one.mean, 1),
            severity=figure(one.severity, 1),
            interval=interval(one.low, one.high),
            scatter="–" if one.residual_sd is None else figure(one.residual_sd, 1),
            erratic=one.erratic,
        )
        for one in lines
    ]


def severity_lines(reviewers: Sequence[ReviewerRow]) -> list[SeverityLine]:
    """A run's reviewers: whose marks are to be read again first, then the severest."""
    ordered = sorted(reviewers, key=lambda one: (one.flag != ERRATIC, one.severity, one.reviewer_id))
    return severity_cells(
        MeasuredSeverity(
            one.reviewer_id, one.reviews, one.mean_given, one.severity, one.severity_low, one.severity_high,
            one.residual_sd, one.flag == ERRATIC,
        )
        for one in ordered
    )  # fmt: skip


def erratic_words(names: Sequence[str]) -> str:
    """Whose marks stray far beyond chance, and what to do; empty where nobody's do."""
    return erratic_reviewers(tuple(names)).text if names else ""


_RETAINED_BY_RANK = frozenset({"selected", "reduced", "drawn"})
_SAID_BY_OUTCOME = frozenset({"selected", "ineligible", "incomplete", "withdrawn"})

BAR = Decimal(100)
"""Length of the axis on which every bar and interval is drawn: that of scores, which lie between 0 and 100."""


def on_axis(value: Decimal | None) -> str:
    """Where a score stands on the axis, in hundredths of its length; an interval that ends beyond it ends with it."""
    return "0" if value is None else f"{min(max(value, Decimal(0)), BAR):.1f}"


class Drawn(NamedTuple):
    """An interval on the axis: where it begins, how long it is, where its score stands; in hundredths of the axis."""

    low: str
    width: str
    score: str


def drawn_interval(row: ResultRow, score: Decimal | None) -> Drawn | None:
    """The interval of a line as it is drawn; None without one."""
    if row.ci_low is None or row.ci_high is None:
        return None
    low, high = (min(max(value, Decimal(0)), BAR) for value in (row.ci_low, row.ci_high))
    return Drawn(on_axis(low), f"{max(high - low, Decimal('0.5')):.1f}", on_axis(score))


def last_retained(lines: Sequence[RankLine]) -> dict[str, RankLine]:
    """Lot → its last laureate in the order of the ranking, of those whom their rank retained where there are any: a quota or
    the jury may take others from far below. `""` where the call has no lots."""
    retained = [line for line in lines if line.row.status == "laureate"]
    by_rank = [line for line in retained if line.row.reason_code.partition(":")[0] in _RETAINED_BY_RANK]
    return {line.row.lot: line for line in (*retained, *by_rank)}


class ShownLine(NamedTuple):
    """A line of the table of a ranking as it is shown, every cell escaped HTML: a page has thousands, and its template only
    lays them out. `drawn`: on the axis of 0 to 100, with where the last laureate of its lot stands (`line_at`, empty where
    nobody is retained, or the reader may not know whom). `address`: empty where masked. `last`: below it nobody is retained.
    """

    rank: str
    address: str
    association: str
    reference: str
    title: str
    score: str
    raw: str
    interval: str
    drawn: Drawn | None
    line_at: str
    probability: str
    requested: str
    granted: str
    outcome: str
    kind: str
    retained: bool
    last: bool
    as_successor: bool
    contested: bool
    reason: str


def shown_lines(
    lines: Sequence[RankLine],
    call: CallFile,
    last: Mapping[str, RankLine],
    *,
    address: str,
    successors: Collection[str],
    contested: Collection[str],
) -> list[ShownLine]:
    """The lines in words. `last`: as `last_retained` finds it. `address`: of a dossier in the run, with `REFERENCE` in the
    place of its reference."""
    line_at = {lot: "" if one.score is None else on_axis(one.score) for lot, one in last.items()}
    before, after = address.split("REFERENCE")
    outcomes, kinds = words.outcomes(), words.OUTCOME_KINDS
    share = Fraction(call.rubric.out_of) / 100
    rules: dict[str, str] = {}
    on_hundred = share == 1
    figure, euros_of, percent, ordinal = figures.writers()

    def points(value: Decimal | None, decimals: int = 2) -> str:
        if value is None:
            return "–"
        return figure(value if on_hundred else Fraction(value) * share, decimals)

    def rule(code: str) -> str:
        if code not in rules:
            rules[code] = escape(french.spaced(rule_of_reason(call, code)))
        return rules[code]

    def shown(line: RankLine) -> ShownLine:
        row = line.row
        measured = row.ci_low is not None
        outcome = outcomes[row.status]
        if row.waiting_rank:
            outcome = f"{outcome}, {ordinal(row.waiting_rank)}"
        return ShownLine(
            rank=str(row.rank or "–"),
            address="" if row.masked else before + quote(line.reference, safe="") + after,
            association=escape(line.association),
            reference=escape(line.reference),
            title="" if row.masked else escape(french.spaced(line.title)),
            score=points(line.score),
            raw=points(row.raw_score),
            interval=f"{points(row.ci_low, 1)}–{points(row.ci_high, 1)}" if measured else "–",
            drawn=drawn_interval(row, line.score),
            line_at=line_at.get(row.lot, ""),
            probability="–" if row.selection_probability is None else percent(row.selection_probability, 0),
            requested="–" if row.masked else euros_of(row.requested_amount),
            granted=euros_of(row.granted_amount)
            if row.granted_amount is not None and row.granted_amount != row.requested_amount
            else "",
            outcome=escape(outcome),
            kind=kinds.get(row.status, "neutral"),
            retained=row.status == "laureate",
            last=last.get(row.lot) is line,
            as_successor=not row.masked and line.reference in successors,
            contested=not row.masked and row.application_id in contested,
            reason="" if row.masked or row.reason_code in _SAID_BY_OUTCOME else rule(row.reason_code),
        )

    return [shown(line) for line in lines]


@dataclass(frozen=True)
class QuotaLine:
    """One quota in words: what a run gives it, or the values that it holds for (`each`), with what each of them gets."""

    title: str
    asked: str
    achieved: str
    values: tuple[tuple[str, str], ...]
    price: str


def quota_lines(call: OpenedCall, report: Mapping[str, Any]) -> list[QuotaLine]:
    """What the quotas ask, what a run gives them by its report, what they cost in points."""
    rules = {quota.id: quota for quota in rules_of(call.file).quotas}
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for entry in report.get("quotas", []):
        entries.setdefault(entry["id"], []).append(entry)
    lines = []
    for quota_id, parts in entries.items():
        quota = rules.get(quota_id)
        values = tuple((str(one["value"]), _achieved(one)) for one in parts if one.get("value"))
        lines.append(
            QuotaLine(
                title=quota.title if quota else quota_id,
                asked=quota_in_words(quota) if quota else "",
                achieved="" if values else _achieved(parts[0]),
                values=values,
                price=_price(parts[0].get("price"), call.file.rubric),
            )
        )
    return lines


def _achieved(entry: Mapping[str, Any]) -> str:
    """Laureates, and their money where the rule counts money."""
    laureates = number(entry["achieved"])
    if "achieved_amount" not in entry:
        return laureates
    return f"{laureates} ({euros(round(entry['achieved_amount'] * 100))})"


def _price(points: float | None, rubric: Rubric) -> str:
    return "–" if points is None else number(in_points(Decimal(str(points)), rubric), 2)
