"""Past grants of associations, from the tables that authorities publish: read in once, found by SIREN."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.problems import BadInput
from aap.documents.tables.subventions_in import read_subventions
from aap.documents.tables.table_files import TableFile
from aap.records.past_grants import PastGrant
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.errors import InvalidInput, Objection, said_by_core
from aap.services.permissions import Permission, Target, ensure

_AT_ONCE = 500


@dataclass(frozen=True)
class ReadGrants:
    """What became of a table: lines kept, lines that were there already, and what could not be read, by row."""

    kept: int
    known: int
    refused: tuple[Objection, ...]


def import_grants(session: Session, *, actor: Actor, file: TableFile, now: datetime) -> ReadGrants:
    """Keeps the lines of a table that aren't kept yet. Raises InvalidInput on `file` for what is no such table."""
    ensure(actor, Permission.PAST_GRANTS_IMPORT, Target())
    try:
        grants, problems = read_subventions(file)
    except BadInput as bad:
        raise InvalidInput({"file": tuple(said_by_core(str(problem)) for problem in bad.problems)}) from bad
    known: set[str] = set()
    digests = [one.digest for one in grants]
    for start in range(0, len(digests), _AT_ONCE):
        part = digests[start : start + _AT_ONCE]
        known.update(session.exec(select(PastGrant.digest).where(col(PastGrant.digest).in_(part))))
    fresh = [one for one in grants if one.digest not in known]
    session.add_all(
        PastGrant(
            siren=one.siren, authority=one.authority, granted_on=one.granted_on,
            year=one.granted_on.year if one.granted_on else 0, reference=one.reference, purpose=one.purpose,
            amount=one.amount, source=file.name, digest=one.digest, created_by=actor.row_id, created_at=now,
        )
        for one in fresh
    )  # fmt: skip
    after = {"file": file.name, "kept": len(fresh), "refused": len(problems)}
    record(session, actor, "past_grants.imported", Subject("past_grants", "scdl"), now=now, after=after)
    return ReadGrants(len(fresh), len(known), tuple(said_by_core(str(problem)) for problem in problems))


def grants_by_siren(session: Session, sirens: Collection[str]) -> Mapping[str, tuple[PastGrant, ...]]:
    """SIREN → its past grants, the latest first. One query for any number of associations."""
    found: dict[str, list[PastGrant]] = defaultdict(list)
    wanted: Sequence[str] = sorted({one for one in sirens if one})
    if wanted:
        asked = (
            select(PastGrant)
            .where(col(PastGrant.siren).in_(wanted))
            .order_by(col(PastGrant.year).desc(), col(PastGrant.amount).desc(), col(PastGrant.id))
        )
        for one in session.exec(asked):
            found[one.siren].append(one)
    return {siren: tuple(grants) for siren, grants in found.items()}
