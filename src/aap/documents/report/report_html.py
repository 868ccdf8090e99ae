"""`report.html`: one self-contained page that shows a run to people, each picture with its table.

Values in, bytes out. The page asks for nothing outside itself (no script, no font, no picture), so it can be archived
with the decision and opened in ten years.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from jinja2 import Environment

from aap.core import french
from aap.core.call.attribute_names import attribute_title, value_label
from aap.core.call.lots import lot_title, parts_of
from aap.core.call.points import figure, in_points, out_of
from aap.core.call.schema import CallFile, Lot
from aap.core.inputs import Application
from aap.core.quotas.quota import Quota
from aap.core.quotas.quota_words import quota_in_words
from aap.core.results import MASKED, STATUSES, ResultRow, ReviewerRow
from aap.documents.report.charts import Amount, BarChart, Interval, IntervalChart, bar_chart, interval_chart
from aap.documents.tables.workbooks import STATUS_FRENCH
from aap.documents.templating import document_environment

LONGEST_TABLE = 2_000  # lines of the ranking on the page; the whole of it is in ranking.csv
LONGEST_PICTURE = 400  # lines of the picture of intervals, around the last retained
LONGEST_LIST = 30  # values of an attribute that is no quota's, to be worth a picture


@dataclass(frozen=True, slots=True)
class ReportInput:
    """What the page shows: the results of a run and the attributes of the applications."""

    call: CallFile
    applications: Sequence[Application]
    rows: Sequence[ResultRow]
    reviewers: Sequence[ReviewerRow]
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportRanking:
    """One ranking: of the whole call (no title), or of a lot. `shown` lines of `total`."""

    title: str
    anchor: str
    chart: IntervalChart
    scope: str
    shown: Sequence[ResultRow]
    total: int


@dataclass(frozen=True, slots=True)
class ReportLot:
    """One lot as a line of the table of lots; amounts as text, empty where there is none."""

    title: str
    laureates: int
    limit: str
    received: str
    granted: str
    passed_on: str


@dataclass(frozen=True, slots=True)
class ReportQuota:
    """One quota (one value of it for `each`) as a line of the table."""

    title: str
    asked: str
    achieved: str
    price: str


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """One value of an attribute: laureates, money granted (cents; split among the values of an application)."""

    value: str
    laureates: int
    granted: str
    share: str


@dataclass(frozen=True, slots=True)
class MoneySection:
    """The money granted by the values of one attribute: picture and table."""

    title: str
    anchor: str
    chart: BarChart
    lines: tuple[MoneyLine, ...]


def report_html(given: ReportInput) -> bytes:
    """The page as UTF-8; the same values give the same bytes."""
    rankings = _rankings(given)
    counts = given.report["counts"]
    page = (
        _environment()
        .get_template("report.html")
        .render(
            call=given.call,
            report=given.report,
            title=given.call.call.title or given.call.id,
            counts=[(STATUS_FRENCH[status], counts[status]) for status in STATUSES if counts.get(status)],
            laureates=counts.get("laureate", 0),
            budget=_budget(given),
            places=None if given.call.lots else given.call.selection.laureates,
            lots=_lots(given),
            mode=_mode(given),
            method=given.report["method"],
            statuses=STATUS_FRENCH,
            total=len(given.rows),
            rankings=rankings,
            reviewers=given.reviewers,
            reviewer_chart=_reviewer_chart(given.reviewers),
            quotas=_quota_lines(given),
            quota_chart=_quota_chart(given),
            money=_money(given),
            out_of=out_of(given.call.rubric),
            in_call_points=lambda score, decimals: figure(score, given.call.rubric, decimals),
            with_probability=any(row.selection_probability is not None for row in given.rows),
        )
    )
    return page.encode("utf-8")


@cache
def _environment() -> Environment:
    return document_environment("report")


def _mode(given: ReportInput) -> str:
    """The mode of every ranking; empty where lots differ."""
    modes = {part.selection.mode for _, part in parts_of(given.call)}
    return modes.pop() if len(modes) == 1 else ""


def _rankings(given: ReportInput) -> tuple[ReportRanking, ...]:
    found = []
    for number, (lot, call) in enumerate(parts_of(given.call), start=1):
        rows = [row for row in given.rows if lot is None or row.lot == lot.id]
        ranked = [row for row in rows if row.rank is not None]
        found.append(
            ReportRanking(
                title=lot_title(lot) if lot else "",
                anchor=f"classement-{number}" if lot else "classement",
                chart=_ranking_chart(given, ranked, call.rubric.threshold),
                scope=_scope(ranked),
                shown=rows[:LONGEST_TABLE],
                total=len(rows),
            )
        )
    return tuple(found)


def _lots(given: ReportInput) -> tuple[ReportLot, ...]:
    found = []
    for lot in given.call.lots.items if given.call.lots else ():
        told = given.report["lots"][lot.id]
        money = {name: "" if value is None else french.euros(_cents(value)) for name, value in told["budget"].items()}
        found.append(ReportLot(title=lot_title(lot), laureates=told["laureates"], **money))
    return tuple(found)


def _whole_budget(given: ReportInput) -> tuple[Any, Any]:
    """Limit (None: no limit) and granted, in euros; of lots the sum of their own budgets, where each has one."""
    if given.call.lots is None:
        return given.report["budget"]["limit"], given.report["budget"]["granted"]
    lots = [lot["budget"] for lot in given.report["lots"].values()]
    granted = sum(Decimal(str(lot["granted"])) for lot in lots)
    if any(lot["limit"] is None for lot in lots):
        return None, granted
    return sum(Decimal(str(lot["limit"])) - Decimal(str(lot["received"])) for lot in lots), granted


def _budget(given: ReportInput) -> dict[str, str]:
    limit, granted = _whole_budget(given)
    words = {"granted": french.euros(_cents(granted)), "limit": "", "left": "", "share": ""}
    if limit is not None:
        words["limit"] = french.euros(_cents(limit))
        words["left"] = french.euros(_cents(limit) - _cents(granted))
        if limit:
            share = Fraction(_cents(granted), _cents(limit))
            words["share"] = french.percent(Fraction(math.floor(share * 1000), 1000), 1)  # 100 % only when all is spent
    return words


def _cents(euros: Any) -> int:
    return int(Decimal(str(euros)) * 100)


def _window(ranked: Sequence[ResultRow]) -> tuple[int, int]:
    """Which ranked rows the picture shows: all, or LONGEST_PICTURE of them around the last laureate."""
    if len(ranked) <= LONGEST_PICTURE:
        return 0, len(ranked)
    last = max((index for index, row in enumerate(ranked) if row.status == "laureate"), default=0)
    start = min(max(0, last - LONGEST_PICTURE // 2), len(ranked) - LONGEST_PICTURE)
    return start, start + LONGEST_PICTURE


def _scope(ranked: Sequence[ResultRow]) -> str:
    start, end = _window(ranked)
    if end - start == len(ranked):
        return ""
    return f"du {french.ordinal(start + 1)} au {french.ordinal(end)} rang, autour du dernier projet retenu"


def _ranking_chart(given: ReportInput, ranked: Sequence[ResultRow], threshold: Decimal | None) -> IntervalChart:
    start, end = _window(ranked)
    method = given.report["method"]
    rubric = given.call.rubric

    def shown(score: Decimal) -> Decimal:
        return french.rounded(in_points(score, rubric), 4)

    lines = []
    for row in ranked[start:end]:
        score = row.score(method)
        if score is None or row.ci_low is None or row.ci_high is None:
            continue
        lines.append(
            Interval(
                f"{french.ordinal(row.rank or 0)} {row.application_id}",
                shown(score),
                shown(row.ci_low),
                shown(row.ci_high),
                row.status,
            )
        )
    return interval_chart(lines, mark=threshold, row=7 if len(lines) > 60 else 14, labels=len(lines) <= 60)


def _reviewer_chart(reviewers: Sequence[ReviewerRow]) -> IntervalChart:
    order = sorted(reviewers, key=lambda r: (-r.severity, r.reviewer_id))[:LONGEST_PICTURE]
    lines = [
        Interval(r.reviewer_id, r.severity, r.severity_low, r.severity_high)
        for r in order
        if r.severity_low is not None and r.severity_high is not None
    ]
    return interval_chart(lines, mark=Decimal(0), row=16)


def _quota_lines(given: ReportInput) -> tuple[ReportQuota, ...]:
    lines = []
    for lot, quota, entry in _quotas(given):
        money = any(bound.counts == "money" for bound in quota.bounds)
        lines.append(
            ReportQuota(
                title=_quota_title(given.call, lot, quota, entry["value"]),
                asked=quota_in_words(quota),
                achieved=_achieved(entry, money=money),
                price="" if entry["price"] is None else figure(Decimal(str(entry["price"])), given.call.rubric),
            )
        )
    return tuple(lines)


def _quotas(given: ReportInput) -> Iterator[tuple[Lot | None, Quota, Mapping[str, Any]]]:
    """The lot (None without lots), the quota and what the report says of it, for each line of each ranking."""
    for lot, call in parts_of(given.call):
        quotas = {quota.id: quota for quota in call.selection.quotas}
        for entry in given.report["lots"][lot.id]["quotas"] if lot else given.report["quotas"]:
            yield lot, quotas[entry["id"]], entry


def _quota_title(call: CallFile, lot: Lot | None, quota: Quota, value: str | None) -> str:
    name = f"{lot_title(lot)} – {quota.title or quota.id}" if lot else quota.title or quota.id
    return name if value is None else f"{name} : {value_label(call, quota.each or '', value)}"


def _achieved(entry: Mapping[str, Any], *, money: bool) -> str:
    text = french.count(entry["achieved"], "projet")
    if money and "achieved_amount" in entry:  # not where a line is masked
        text += f", {french.euros(_cents(entry['achieved_amount']))}"
    return text


def _quota_chart(given: ReportInput) -> BarChart:
    """Quotas that count projects, as bars with their bounds."""
    amounts = []
    for lot, quota, entry in _quotas(given):
        ends = {bound.side: float(bound.figure()) for bound in quota.bounds if bound.measure == "laureates"}
        if not ends:
            continue
        achieved = entry["achieved"]
        amounts.append(
            Amount(
                label=_quota_title(given.call, lot, quota, entry["value"]),
                figure=french.number(achieved),
                value=float(achieved),
                low=ends.get("quota_min"),
                high=ends.get("quota_max"),
            )
        )
    return bar_chart(amounts)


def _money(given: ReportInput) -> tuple[MoneySection, ...]:
    """Money granted by value of each attribute that a quota names, and of each other with few values."""
    attributes = {application.id: application.attributes for application in given.applications}
    laureates = [row for row in given.rows if row.status == "laureate"]
    total = sum(row.granted_amount or 0 for row in laureates)
    sections = []
    for number, name in enumerate(_shown_attributes(given), start=1):
        granted: dict[str, Fraction] = defaultdict(Fraction)
        projects: dict[str, int] = defaultdict(int)
        for row in laureates:
            values = tuple(dict.fromkeys(attributes.get(row.application_id, {}).get(name, ()))) or ("(sans valeur)",)
            for value in values:
                granted[value] += Fraction(row.granted_amount or 0, len(values))
                projects[value] += 1
        order = sorted(granted, key=lambda value: (-granted[value], value))
        cents = {value: round(granted[value]) for value in order}
        labels = {value: value_label(given.call, name, value) for value in order}
        lines = tuple(
            MoneyLine(
                labels[value],
                projects[value],
                "" if value == MASKED else french.euros(cents[value]),
                french.percent(granted[value] / total, 1) if total and value != MASKED else "",
            )
            for value in order
        )
        drawn = [value for value in order if value != MASKED]
        chart = bar_chart([Amount(labels[value], french.euros(cents[value]), cents[value] / 100) for value in drawn])
        title = attribute_title(name)
        sections.append(MoneySection(title[:1].upper() + title[1:], f"montants-{number}", chart, lines))
    return tuple(sections)


def _shown_attributes(given: ReportInput) -> list[str]:
    named: dict[str, None] = {}
    for quota in (quota for _, part in parts_of(given.call) for quota in part.selection.quotas):
        for name in [quota.each] if quota.each else sorted(quota.where or {}):
            named[name] = None
    values: dict[str, set[str]] = defaultdict(set)
    for application in given.applications:
        for name, found in application.attributes.items():
            values[name].update(found)
    others = sorted(
        name
        for name, found in values.items()
        if name not in named and 2 <= len(found) <= LONGEST_LIST and 2 * len(found) <= len(given.applications)
    )
    return [*named, *others]
