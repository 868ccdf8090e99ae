"""The minutes of a version that is taken back: kept as they stood, for what is laid out later tells of the next one."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.records.rankings import RankingRun
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import ensure_impartial, ensure_whole
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, ensure
from aap.services.ranking.minuting import lay_out_minutes
from aap.services.ranking.second_persons import ensure_second
from aap.services.ranking.versions import list_versions, waiting_unfreezing


def minutes_to_keep(session: Session, *, actor: Actor, call: OpenedCall, run: RankingRun) -> bytes:
    """The minutes of a frozen run whose step back this actor is about to confirm, whole.

    Raises like `confirm_unfreeze`: nothing is laid out for who may not.
    """
    ensure(actor, Permission.RANKING_UNFREEZE, call.target(), kind="ranking_run", id=run.id)
    ensure_impartial(session, actor, call.id)
    asked = waiting_unfreezing(session, call.id)
    if asked is None or asked.run_id != run.id:
        raise InvalidInput({"": Objection("ranking.nothing_taken_back")})
    ensure_second(actor, call, first=asked.proposed_by)
    return lay_out_minutes(session, actor=actor, call=call)


def kept_minutes(session: Session, *, actor: Actor, call: OpenedCall, version: int, now: datetime) -> str:
    """SHA-256 of the kept minutes of a version that was taken back; the download is logged.

    Raises NotFound, RecusedFromCall: they are kept as a whole, every dossier in them.
    """
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    ensure_whole(session, actor, call.id)
    found = next((one for one in list_versions(session, call.id) if one.number == version), None)
    if found is None or not found.minutes_sha256:
        raise NotFound("minutes", f"{call.id}/{version}")
    record(session, actor, "minutes.downloaded", call.record, now=now, after={"run": found.run, "version": version})
    return found.minutes_sha256
