"""The published results of a call: who got how much and by which rule, what the rules achieved, and how to verify it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from aap.core.ranking.bundle import read_text
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.run import EDITION
from aap.core.ranking.run_input import json_text
from aap.core.ranking.singled_out import SingledOut, singled_out
from aap.core.results import Table, euros_text
from aap.core.territories import fold
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.decided import ListChange
from aap.records.rankings import Decision, Outcome, RankingRun, RunState
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.in_force import InForce, current_list, notified_last, told_list, untold
from aap.services.decision.list_versions import bundle_of, find_version, retained_since
from aap.services.errors import NotFound
from aap.services.permissions import Permission, allowed, ensure
from aap.services.ranking.runs import pseudonym_key


@dataclass(frozen=True)
class Laureate:
    """One line of the public results. `amount`: cents; `reason_code`: the rule by which the run retained it, or how it came
    into the list since (`called`, `corrected`)."""

    reference: str
    association: str
    siret: str
    commune: str
    department: str
    region: str
    title: str
    amount: int
    reason_code: str


@dataclass(frozen=True)
class QuotaResult:
    """What a quota achieved: laureates and money (cents). `value`: the group of a quota with `each`, else empty."""

    id: str
    value: str
    laureates: int
    amount: int | None


@dataclass(frozen=True)
class RegionResult:
    """Laureates and money (cents) of one region."""

    name: str
    laureates: int
    amount: int


@dataclass(frozen=True)
class PublishedResults:
    """What everybody may read of a decided call.

    `laureates`: those of the list in force, by name; `version`, `version_at`: of that list; `declined`: how many gave the
    grant up. `outcomes`: decisions in force by outcome, laureates who gave up not counted. `quotas`: as the frozen run
    achieved them. `result_hash` is the run's, `bundle_hash` that of the list's bundle.
    """

    call: OpenedCall
    laureates: tuple[Laureate, ...]
    outcomes: Mapping[Outcome, int]
    declined: int
    submitted: int
    quotas: tuple[QuotaResult, ...]
    regions: tuple[RegionResult, ...]
    result_hash: str
    rubric_hash: str
    run_id: str
    version: int
    version_at: datetime | None
    bundle_hash: str

    @property
    def total(self) -> int:
        """Cents granted to the laureates listed."""
        return sum(one.amount for one in self.laureates)


def published_results(session: Session, call_id: str) -> PublishedResults:
    """Raises NotFound before the publication. Six queries, and one where the list changed since the run."""
    call = _published_call(session, call_id)
    run = session.exec(
        select(RankingRun)
        .where(RankingRun.call_id == call_id, RankingRun.state == RunState.FROZEN)
        .options(defer(RankingRun.bundle))  # type: ignore[arg-type]  # hundreds of kilobytes that no page reads
    ).first()
    if run is None:
        raise NotFound("results", call_id)
    held = told_list(session, call_id)
    counted = session.exec(
        select(Decision.outcome, func.count())
        .where(Decision.call_id == call_id, notified_last())
        .group_by(Decision.outcome)
    )
    outcomes = {Outcome(outcome): count for outcome, count in counted} | {Outcome.LAUREATE: len(held.granted)}
    submitted = session.exec(
        select(func.count()).where(Application.call_id == call_id, col(Application.submitted_at).is_not(None))
    ).one()
    laureates = _laureates(session, call_id, held)
    return PublishedResults(
        call=call,
        laureates=laureates,
        outcomes=outcomes,
        declined=len(held.left),
        submitted=submitted,
        quotas=tuple(_quota(one) for one in run.report.get("quotas", ())),
        regions=_regions(laureates),
        result_hash=run.result_hash,
        rubric_hash=run.rubric_hash,
        run_id=run.id,
        version=held.version,
        version_at=held.at,
        bundle_hash=held.bundle_hash,
    )


def _published_call(session: Session, call_id: str) -> OpenedCall:
    call = get_call(session, call_id)
    if call.state is CallState.DRAFT or not allowed(None, Permission.RESULTS_READ, call.target()):
        raise NotFound("results", call_id)
    return call


def _laureates(session: Session, call_id: str, held: InForce) -> tuple[Laureate, ...]:
    """Those of the list that the public reads, by name."""
    found = session.exec(
        select(Decision, Application, Association).where(
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
            col(Application.id).in_(list(held.granted)),
            notified_last(),
        )
    ).all()
    ordered = sorted(found, key=lambda line: (fold(line[2].name), line[1].reference))
    replaced = any(decision.replaces_id is not None for decision, _, _ in found)
    since = retained_since(session, call_id, held.version) if replaced else {}
    return tuple(_laureate(*line, held.granted[line[1].id], since.get(line[1].id)) for line in ordered)


def _laureate(
    decision: Decision, application: Application, association: Association, amount: int, since: ListChange | None
) -> Laureate:
    region = territories().region(association.region)
    return Laureate(
        reference=application.reference,
        association=association.name,
        siret=association.siret or "",
        commune=association.commune_name,
        department=association.department,
        region=region.name if region else association.region,
        title=application.title,
        amount=amount,
        reason_code=str(since or decision.row.get("reason_code", "")),
    )


def _quota(reported: Mapping[str, Any]) -> QuotaResult:
    amount = reported.get("achieved_amount")
    return QuotaResult(
        id=reported["id"],
        value=reported["value"] or "",
        laureates=reported["achieved"],
        amount=None if amount is None else round(amount * 100),
    )


def _regions(laureates: tuple[Laureate, ...]) -> tuple[RegionResult, ...]:
    """By the money granted, the most first."""
    counts = Counter(one.region for one in laureates)
    amounts: Counter[str] = Counter()
    for one in laureates:
        amounts[one.region] += one.amount
    return tuple(
        RegionResult(name, counts[name], amounts[name])
        for name in sorted(counts, key=lambda name: (-amounts[name], name))
    )


RESULTS_COLUMNS = (
    "dossier", "association", "siret", "commune", "departement", "region", "projet", "montant_accorde", "regle",
)  # fmt: skip


def results_table(results: PublishedResults, words: Mapping[str, str]) -> Table:
    """The laureates as text cells. `words`: reason code → the rule as people read it."""
    return Table(
        header=RESULTS_COLUMNS,
        rows=tuple(
            (
                one.reference,
                one.association,
                one.siret,
                one.commune,
                one.department,
                one.region,
                one.title,
                euros_text(one.amount),
                words[one.reason_code],
            )
            for one in results.laureates
        ),
    )


def unpublished(session: Session, *, actor: Actor, call: OpenedCall) -> int:
    """How many decisions in force are not notified yet: nothing is published before. One query."""
    ensure(actor, Permission.RESULTS_PUBLISH, call.target(), kind="call", id=call.id)
    return session.exec(select(func.count()).where(untold(call.id))).one()


def singled_out_by_bundle(session: Session, *, actor: Actor, call: OpenedCall) -> SingledOut:
    """Whom the verification file of the list in force would let people recognise: numbers only. Raises NotFound without a
    list."""
    ensure(actor, Permission.RESULTS_PUBLISH, call.target(), kind="call", id=call.id)
    version = find_version(session, call.id, current_list(session, call.id).version)
    return singled_out(read_text(json_text(bundle_of(session, version))))


# --- the bundle that anybody may replay -------------------------------------------------------------------------------


def published_bundle_version(session: Session, call_id: str) -> str:
    """What the bundle is made of, without reading it. Raises NotFound before the publication. Two queries."""
    call = _published_call(session, call_id)
    held = told_list(session, call.id)
    if not held.version:
        raise NotFound("results", call_id)
    # Another edition makes another bundle of the same run.
    return "/".join((held.run_id, held.bundle_hash, str(EDITION)))


def published_bundle(session: Session, call_id: str, *, secret: str) -> bytes:
    """The list in force without names, as JSON that `aap verify` replays. `secret`: the instance's, for the pseudonyms.

    It replays the whole selection: to be made once a version. Raises NotFound before the publication.
    """
    call = _published_call(session, call_id)
    held = told_list(session, call.id)
    if not held.version:
        raise NotFound("results", call_id)
    whole = json_text(bundle_of(session, find_version(session, call.id, held.version)))
    return json_text(public_bundle(whole, key=pseudonym_key(secret, call.id)).value).encode() + b"\n"
