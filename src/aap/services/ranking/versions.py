"""The versions of a call's ranking: who proposed, confirmed and took back each, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from aap.core.delays import paris
from aap.documents.papers.run_standing import RunStanding, Visa
from aap.records.deliberations import Unfreezing
from aap.records.people import Person
from aap.records.rankings import RankingRun, RunState
from aap.services.ranking.runs import bundle_hash


def next_version(session: Session, call_id: str) -> int:
    """The number of the version that is frozen next."""
    last = session.exec(select(func.max(RankingRun.frozen_version)).where(RankingRun.call_id == call_id)).one()
    return (last or 0) + 1


def is_taken_back(run: RankingRun) -> bool:
    """Whether the run was frozen once and is no longer."""
    return run.frozen_version is not None and run.state != RunState.FROZEN


def waiting_unfreezing(session: Session, call_id: str) -> Unfreezing | None:
    """The step back of a call that waits for its second person. One query."""
    return session.exec(
        select(Unfreezing)
        .join(RankingRun, col(RankingRun.id) == col(Unfreezing.run_id))
        .where(
            RankingRun.call_id == call_id,
            col(Unfreezing.confirmed_at).is_(None),
            col(Unfreezing.dropped_at).is_(None),
        )
        .order_by(col(Unfreezing.proposed_at), col(Unfreezing.id))
        .limit(1)
    ).first()


@dataclass(frozen=True)
class Version:
    """A version of a call's ranking. Names are empty for who is nobody's account.

    `taken_back_at`, `reason`, `asked_back_by`, `confirmed_back_by`: where two persons took it back, else None and empty.
    `minutes_sha256`: its minutes as they were then.
    """

    number: int
    run: int
    proposed_by: str
    proposed_at: datetime | None
    frozen_by: str
    frozen_at: datetime | None
    taken_back_at: datetime | None = None
    reason: str = ""
    asked_back_by: str = ""
    confirmed_back_by: str = ""
    minutes_sha256: str = ""


def list_versions(session: Session, call_id: str) -> tuple[Version, ...]:
    """What two persons froze in a call, the first version first. Three queries."""
    runs = session.exec(
        select(RankingRun)
        .where(RankingRun.call_id == call_id, col(RankingRun.frozen_version).is_not(None))
        .order_by(col(RankingRun.frozen_version))
        .options(defer(RankingRun.bundle), defer(RankingRun.report))  # type: ignore[arg-type]  # mapped attributes
    ).all()
    backs = _taken_back(session, [run.id for run in runs])
    people = {one for run in runs for one in (run.proposed_by, run.frozen_by)} | {
        one for back in backs.values() for one in (back.proposed_by, back.confirmed_by)
    }
    names = _names(session, people)
    return tuple(_version(run, backs.get(run.id), names) for run in runs)


def _taken_back(session: Session, run_ids: list[str]) -> dict[str, Unfreezing]:
    confirmed = col(Unfreezing.confirmed_at).is_not(None)
    found = session.exec(select(Unfreezing).where(col(Unfreezing.run_id).in_(run_ids), confirmed))
    return {one.run_id: one for one in found}


def _names(session: Session, people: set[str | None]) -> dict[str, str]:
    ids = [one for one in people if one]
    return dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(ids))).all())


def _version(run: RankingRun, back: Unfreezing | None, names: dict[str, str]) -> Version:
    return Version(
        number=run.frozen_version or 0,
        run=run.number,
        proposed_by=names.get(run.proposed_by or "", ""),
        proposed_at=run.proposed_at,
        frozen_by=names.get(run.frozen_by or "", ""),
        frozen_at=run.frozen_at,
        taken_back_at=back.confirmed_at if back else None,
        reason=back.reason if back else "",
        asked_back_by=names.get(back.proposed_by, "") if back else "",
        confirmed_back_by=names.get(back.confirmed_by or "", "") if back else "",
        minutes_sha256=back.minutes_sha256 or "" if back else "",
    )


def frozen_as(session: Session, run: RankingRun) -> Version | None:
    """What a run is a version as; None where it was never frozen, without a query. Two queries."""
    if run.frozen_version is None:
        return None
    back = _taken_back(session, [run.id]).get(run.id)
    people = {run.proposed_by, run.frozen_by}
    if back is not None:
        people |= {back.proposed_by, back.confirmed_by}
    return _version(run, back, _names(session, people))


def run_standing(session: Session, run: RankingRun) -> RunStanding:
    """What a run's papers say of where it stands: provisional, frozen, or taken back. Two queries at most."""
    version = frozen_as(session, run) or _version(run, None, _names(session, {run.proposed_by}))
    return RunStanding(
        run=run.number,
        computed_at=paris(run.created_at),
        version=run.frozen_version,
        proposed=_visa(version.proposed_by, version.proposed_at),
        confirmed=_visa(version.frozen_by, version.frozen_at),
        taken_back=_visa(
            " et ".join(filter(None, (version.asked_back_by, version.confirmed_back_by))), version.taken_back_at
        ),
        bundle_hash=bundle_hash(run) if run.frozen_version is not None else "",
    )


def _visa(name: str, at: datetime | None) -> Visa | None:
    return None if at is None else Visa(name, paris(at))
