"""Freezing a run of the ranking: a first person proposes it, a second one confirms it or sends it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from aap.core.ranking.run_input import inputs_hash
from aap.documents.mail_texts import Mail
from aap.records.calls import CallState
from aap.records.rankings import RankingRun, RunState
from aap.services.actor import Actor
from aap.services.audit import LogHead, record
from aap.services.call.calls import OpenedCall, change_state, get_call, hold_call
from aap.services.dossier.access import ensure_impartial
from aap.services.errors import InvalidInput, Objection
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure
from aap.services.ranking.gates import gates_of
from aap.services.ranking.input import ranking_input
from aap.services.ranking.runs import get_run
from aap.services.ranking.second_persons import ensure_second, obstacles_to_first, possible_seconds
from aap.services.ranking.versions import is_taken_back, next_version


def is_unproven(run: RankingRun) -> bool:
    """Whether the allowed work ended before the run's selection was shown to be the best."""
    return not run.report.get("proven_optimal", True)


@dataclass(frozen=True)
class FreezeCheck:
    """What stands in the way of freezing a run; nothing when it may be frozen.

    `unproven`: whoever proposes it writes down why, for nothing shows that no other selection is better.
    """

    obstacles: tuple[Objection, ...]
    unproven: bool


def check_freeze(session: Session, call: OpenedCall, run: RankingRun) -> FreezeCheck:
    """A run is frozen only if every gate is behind it (`gates`), it is final, and nothing moved since it was computed."""
    given = ranking_input(session, call)
    gates = gates_of(session, call, given)
    obstacles = list(gates.obstacles)
    if not run.report.get("final") and not gates.short_of:
        obstacles.append(Objection("ranking.reviews_missing"))
    if run.report.get("inputs_hash") != inputs_hash(given.given):
        obstacles.append(Objection("ranking.inputs_changed"))
    if run.report.get("draw_seed") != (call.record.draw_seed or run.rubric_hash):
        obstacles.append(Objection("ranking.seed_changed"))
    if run.rubric_hash != call.record.rubric_hash:
        obstacles.append(Objection("ranking.rubric_not_sealed"))
    if is_taken_back(run):
        obstacles.append(Objection("ranking.taken_back", version=run.frozen_version))
    return FreezeCheck(tuple(obstacles), is_unproven(run))


def propose_freeze(
    session: Session, *, actor: Actor, run_id: str, links: Links, now: datetime, unproven_reason: str = ""
) -> None:
    """The first person: deliberating → proposed. Each possible second is told by mail.

    `unproven_reason`: why a selection is frozen that is not proven to be the best; asked for, and kept, only then.
    Raises InvalidInput with what stands in the way, RecusedFromActs.
    """
    run, call = _run_to_freeze(session, actor, run_id)
    check = check_freeze(session, call, run)
    why = unproven_reason.strip() if check.unproven else ""
    problems: dict[str, Objection | tuple[Objection, ...]] = {}
    obstacles = (*check.obstacles, *obstacles_to_first(session, call, first=actor.person_id))
    if obstacles:
        problems[""] = obstacles
    if check.unproven and not why:
        problems["unproven_reason"] = Objection("ranking.unproven_unexplained")
    if problems:
        raise InvalidInput(problems)
    change_state(session, call, CallState.PROPOSED, actor=actor, now=now)
    run.state, run.proposed_by, run.proposed_at = RunState.PROPOSED, actor.person_id, now
    run.unproven_reason = why
    session.add(run)
    _record_freeze(session, actor, run, "ranking.proposed", now, {"unproven_reason": why} if why else None)
    for second in possible_seconds(session, call, first=actor.person_id):
        send_mail(
            session, Mail.FREEZE_PROPOSED, to=second.email, now=now,
            dedupe_key=f"freeze:{run.id}:{now.isoformat()}:{second.person_id}",
            values={"call_title": call.record.title, "number": run.number, "proposer": actor.name,
                    "link": links.freezing(call.id, run.number)},
            sender=call.authority_name,
        )  # fmt: skip


def confirm_freeze(session: Session, *, actor: Actor, run_id: str, now: datetime) -> None:
    """The second person: proposed → arbitrated, the next version. Raises SamePerson, NotASecond, RecusedFromActs."""
    run, call = _run_to_freeze(session, actor, run_id)
    hold_call(session, call)
    session.refresh(run)  # perhaps sent back meanwhile
    ensure_second(actor, call, first=run.proposed_by)
    check = check_freeze(session, call, run)
    if check.unproven and not run.unproven_reason:  # proposed before a reason was asked for
        raise InvalidInput({"": Objection("ranking.unproven_unexplained_before")})
    if check.obstacles or run.state != RunState.PROPOSED:
        raise InvalidInput({"": check.obstacles or Objection("ranking.not_proposed")})
    change_state(session, call, CallState.ARBITRATED, actor=actor, now=now)
    run.frozen_version = next_version(session, call.id)
    run.state, run.frozen_by, run.frozen_at = RunState.FROZEN, actor.person_id, now
    session.add(run)
    head = _record_freeze(session, actor, run, "ranking.frozen", now, {"version": run.frozen_version})
    run.audit_lines, run.audit_head = head.lines, head.hash


def reject_freeze(session: Session, *, actor: Actor, run_id: str, reason: str, now: datetime) -> None:
    """Back to the deliberation, with a reason: proposed → deliberating. Raises InvalidInput, RecusedFromActs."""
    run, call = _run_to_freeze(session, actor, run_id)
    hold_call(session, call)
    session.refresh(run)  # perhaps confirmed meanwhile
    if run.state != RunState.PROPOSED:
        raise InvalidInput({"": Objection("ranking.not_proposed")})
    if not reason.strip():
        raise InvalidInput({"reason": Objection("ranking.rejection_unexplained")})
    call.record.state = CallState.DELIBERATING
    run.state, run.proposed_by, run.proposed_at = RunState.COMPUTED, None, None
    run.unproven_reason = ""
    session.add(call.record)
    session.add(run)
    _record_freeze(session, actor, run, "ranking.rejected", now, {"reason": reason.strip()})


def _run_to_freeze(session: Session, actor: Actor, run_id: str) -> tuple[RankingRun, OpenedCall]:
    """A run with its call, for who may freeze it now."""
    run = get_run(session, run_id)
    call = get_call(session, run.call_id)
    ensure(actor, Permission.RANKING_FREEZE, call.target(), kind="ranking_run", id=run_id)
    ensure_impartial(session, actor, call.id)
    return run, call


def _record_freeze(
    session: Session, actor: Actor, run: RankingRun, action: str, now: datetime, more: Mapping[str, Any] | None = None
) -> LogHead:
    return record(
        session,
        actor,
        action,
        run,
        now=now,
        after={"number": run.number, "result_hash": run.result_hash, **(more or {})},
    )
