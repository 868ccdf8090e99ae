"""A bundle for the public: the same list, verifiable by anyone, without names.

What leaves: names of associations, ids of applications and reviewers (replaced by pseudonyms drawn with a secret key),
reviewers' marks unless they are asked for, reasons of ineligibility, reasons and authors of the jury's decisions and of
what changed later, attributes that no rule names, the draw's probabilities. What stays, because the list can't be
replayed without it: scores, of each application the number of its reviews and the mean marks that part ties or have a
threshold, amounts, the attributes that quotas and computed criteria name, and the draw tokens of the applications that
only the public draw parted. Amounts and attributes may let people who know the field recognise a dossier: that is for the
authority to weigh before it publishes, knowing how many they single out.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aap.core.call.schema import Rubric
from aap.core.inputs import Application, ReviewSummary
from aap.core.ranking.bundle import rankings_of, read_text, results_value, run_bundle
from aap.core.ranking.bundle_reading import BundleContent
from aap.core.ranking.earlier_editions import less_keys
from aap.core.ranking.later_list import later_bundle
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.run import Run, RunOptions, run_call
from aap.core.ranking.run_input import result_hash
from aap.core.ranking.singled_out import SingledOut, attributes_of_rules, singled_out
from aap.core.ranking.standing import Standing
from aap.core.ranking.tie_break import needs_draw
from aap.core.results import Table


class PublicListDiffers(RuntimeError):
    """The pseudonymised run does not retain the same applications: never a result."""


@dataclass(frozen=True, slots=True)
class PublicBundle:
    """The bundle's value and the authority's own table of pseudonyms: kind, id, pseudonym.

    `singled_out`: how many its amounts and attributes let people recognise.
    """

    value: dict[str, Any]
    correspondence: Table
    singled_out: SingledOut


def public_bundle(content: bytes | str, *, key: str, marks: bool = False) -> PublicBundle:
    """The public bundle of a bundle that verifies. The same key gives the same pseudonyms.

    `marks`: with the reviewers' marks, so that whoever verifies it recomputes the scores too.

    Raises MalformedBundle, and PublicListDiffers if the list were to change.
    """
    bundle = read_text(content)
    given = bundle.given
    marks = marks and given.summaries is None
    applications = _pseudonyms("D", key, (application.id for application in given.applications))
    reviewers = _pseudonyms("E", key, {mark.reviewer_id for mark in given.marks} if marks else ())
    tokens: dict[str, str] = {}
    named = {given.call.lots.attribute} if given.call.lots else set()
    summaries: dict[str, ReviewSummary] = {}
    for part, before in rankings_of(bundle):
        call = part.given.call
        tokens |= _needed_tokens(before, call.rubric)
        named |= attributes_of_rules(call)
        summaries |= {applications[one.id]: _summary(one, call.rubric) for one in before.standings}
    run = run_call(
        given.call,
        [_without_name(a, applications[a.id], tokens.get(a.id, ""), named) for a in given.applications],
        [
            dataclasses.replace(
                mark,
                application_id=applications[mark.application_id],
                reviewer_id=reviewers[mark.reviewer_id],
                comment="",
            )
            for mark in (given.marks if marks else ())
        ],
        [
            dataclasses.replace(
                d,
                application_id=applications.get(d.application_id, ""),  # none: all reviews of a reviewer set aside
                reviewer_id=reviewers.get(d.reviewer_id, ""),
                reason="",
                author="",
            )
            for d in given.decisions
            if marks or d.decision != "set_aside"
        ],
        options=RunOptions(
            draws=0, draw_seed=bundle.report["draw_seed"], prices=bundle.options.prices, work=bundle.options.work
        ),
        stored={applications[name]: scores for name, scores in bundle.scores.items()},
        summaries=None if marks else summaries,
    )
    _same_list(bundle, applications, [(row.application_id, row.status, row.rank) for row in run.rows])
    value = run_bundle(run)
    value["public"] = True
    if bundle.is_earlier and marks:
        value["results"] = _given_results(bundle, run, reviewers)
    changes = [
        dataclasses.replace(one, application_id=applications.get(one.application_id, ""), reason="", author="")
        for one in bundle.changes
    ]
    value = later_bundle(value, changes)
    rows = [("dossier", name, pseudonym) for name, pseudonym in sorted(applications.items())]
    rows += [("évaluateur", name, pseudonym) for name, pseudonym in sorted(reviewers.items())]
    table = Table(("genre", "identifiant", "pseudonyme"), tuple(rows))
    return PublicBundle(value, table, singled_out(bundle))


def _summary(standing: Standing, rubric: Rubric) -> ReviewSummary:
    """What is told of an application's reviews: no mark of a criterion that nothing rests on."""
    wanted = set(rubric.tie_break) | {
        one.id for one in rubric.criteria if one.threshold is not None and one.threshold_on == "mean"
    }
    by_reviews = {one.id for one in rubric.criteria if one.kind != "computed"} - standing.agreed.keys()
    means = {name: mean for name, mean in standing.mean_marks.items() if name in wanted & by_reviews}
    return ReviewSummary(len(standing.reviewers), means, standing.missed if standing.missed in by_reviews else "")


def _pseudonyms(letter: str, key: str, names: Iterable[str]) -> dict[str, str]:
    """`D0001` … in the order of a keyed digest: neither order nor name can be read back without the key."""
    order = sorted(names, key=lambda name: hmac.new(key.encode(), f"{letter}:{name}".encode(), hashlib.sha256).digest())
    width = max(4, len(str(len(order))))
    return {name: f"{letter}{number:0{width}d}" for number, name in enumerate(order, start=1)}


def _needed_tokens(ranking: Ranking, rubric: Rubric) -> Mapping[str, str]:
    """The draw tokens of the applications that nothing but the draw parts: same score, marks of tie-break, request."""
    groups: dict[Hashable, list[Application]] = {}
    for standing in ranking.standings:
        if standing.rank is not None:
            groups.setdefault(needs_draw(standing, rubric), []).append(standing.application)
    return {a.id: a.draw_token or a.id for group in groups.values() if len(group) > 1 for a in group}


def _without_name(application: Application, pseudonym: str, token: str, named: set[str]) -> Application:
    return dataclasses.replace(
        application,
        id=pseudonym,
        association="",
        ineligible_reason="",
        draw_token=token,
        attributes={name: values for name, values in application.attributes.items() if name in named},
    )


def _given_results(bundle: BundleContent, run: Run, reviewers: Mapping[str, str]) -> dict[str, Any]:
    """The results of an earlier edition's run under pseudonyms: its severities, its variances, its version."""
    known = less_keys(run.report, run.report.keys() - bundle.report.keys())
    report = known | {key: bundle.report[key] for key in ("engine_version", "variance")}
    rows = sorted((reviewers[name], *cells) for name, *cells in bundle.reviewers.rows)
    severities = Table(bundle.reviewers.header, tuple(rows))
    report["result_hash"] = result_hash(run.ranking_table, severities, report)
    return results_value(run.ranking_table, severities, report)


def _same_list(
    bundle: BundleContent, applications: Mapping[str, str], found: list[tuple[str, str, int | None]]
) -> None:
    at = {name: place for place, name in enumerate(bundle.ranking.header)}
    stored = {
        (applications[row[at["application_id"]]], row[at["status"]], row[at["rank"]]) for row in bundle.ranking.rows
    }
    if stored != {(name, status, "" if rank is None else str(rank)) for name, status, rank in found}:
        raise PublicListDiffers("the pseudonymised run gives another list")
