"""What a second person reads before confirming: what changed since the version frozen before, or the run before."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from aap.core.ranking.changed_runs import KeptRun, RunChanges, run_changes
from aap.records.applications import Application
from aap.records.rankings import DecisionStage, JuryDecision, RankingRun
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import ensure_impartial
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure
from aap.services.ranking.gates import WaiverLine, waivers_of
from aap.services.ranking.runs import find_run, view_run
from aap.services.ranking.trials import run_content


@dataclass(frozen=True)
class WhatChanged:
    """From the run `since` to a later one. `frozen_version`: of the earlier one, where it was frozen.

    `authority`: references and kinds of the decisions that the authority took, all others are the jury's.
    """

    since: int
    frozen_version: int | None
    earlier: tuple[int, ...]
    changes: RunChanges
    waivers: tuple[WaiverLine, ...]
    authority: frozenset[tuple[str, str]]

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.changes or self.waivers)


def what_changed(
    session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun, since: int | None = None
) -> WhatChanged | None:
    """What changed in a run since an earlier one of its call; None where it is the first.

    `since`: number of the earlier run; None: the one that was frozen last before it, else the one just before.
    Raises NotFound (no such earlier run), RecusedFromActs: for who may freeze it.
    """
    ensure(actor, Permission.RANKING_READ, call.target(), kind="ranking_run", id=run.id)
    ensure_impartial(session, actor, call.id)
    found = session.exec(
        select(RankingRun.number, RankingRun.frozen_version)
        .where(RankingRun.call_id == call.id, RankingRun.number < run.number)
        .order_by(col(RankingRun.number).desc())
    ).all()
    if not found:
        return None
    numbers = [number for number, _ in found]
    frozen = [number for number, version in found if version is not None]
    number = since if since is not None else (frozen or numbers)[0]
    if number not in numbers:
        raise NotFound("ranking_run", f"{call.id}/{number}")
    before = find_run(session, call.id, number)
    return WhatChanged(
        since=number,
        frozen_version=before.frozen_version,
        earlier=tuple(numbers),
        changes=run_changes(_kept(session, actor, before), _kept(session, actor, run)),
        waivers=tuple(one for one in waivers_of(session, call) if one.at > (before.frozen_at or before.created_at)),
        authority=_authority(session, call.id),
    )


def _kept(session: Session, actor: Actor, run: RankingRun) -> KeptRun:
    rows = view_run(session, run, actor=actor).rows
    return KeptRun(run_content(run).given, rows, run.rubric_hash, str(run.report.get("draw_seed", "")))


def _authority(session: Session, call_id: str) -> frozenset[tuple[str, str]]:
    found = session.exec(
        select(Application.reference, JuryDecision.decision).where(
            JuryDecision.application_id == Application.id,
            JuryDecision.call_id == call_id,
            JuryDecision.stage == DecisionStage.AUTHORITY,
        )
    )
    return frozenset((reference, str(decision)) for reference, decision in found)
