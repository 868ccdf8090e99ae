"""Associations: described once for all calls, by one owner first; `services.members` lets others in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from aap.records.associations import Association
from aap.records.people import Membership, MembershipRole
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.association.identity_fields import REQUIRED, TO_BEGIN, check_identity
from aap.services.association.register_answers import take_answers
from aap.services.audit import record
from aap.services.errors import InvalidInput, NotFound, Objection, StaleVersion
from aap.services.permissions import Permission, Target, ensure

_PERSONAL = frozenset(
    {"iban", "officers", "representative_email", "representative_name"}
)  # kept out of the audit's values


SIRET_HELD = Objection("association.siret_held")


class SiretHeld(InvalidInput):
    """The SIRET belongs to an association that another account described: an official arbitrates, if asked."""

    def __init__(self, siret: str) -> None:
        super().__init__({"siret": SIRET_HELD})
        self.siret = siret


def association_target(association_id: str) -> Target:
    """The association as the object of a permission."""
    return Target(association_id=association_id)


def get_association(
    session: Session, *, actor: Actor, association_id: str, permission: Permission = Permission.ASSOCIATION_READ
) -> Association:
    """An association that the actor belongs to. Raises NotFound."""
    ensure(actor, permission, association_target(association_id), kind="association", id=association_id)
    association = session.get(Association, association_id)
    if association is None:
        raise NotFound("association", association_id)
    return association


def with_the_same_iban(session: Session, association: Association) -> tuple[str, ...]:
    """Names of the other associations that gave the same IBAN, found by its keyed digest. None where none is given."""
    if not association.iban_digest:
        return ()
    found = select(Association.name).where(
        Association.iban_digest == association.iban_digest, Association.id != association.id
    )
    return tuple(session.exec(found.order_by(col(Association.name), col(Association.id))))


def associations_of(session: Session, actor: Actor) -> tuple[Association, ...]:
    """The actor's associations, by name."""
    found = session.exec(
        select(Association)
        .where(col(Association.id).in_(actor.memberships))
        .order_by(col(Association.name), col(Association.id))
    )
    return tuple(found)


def create_association(session: Session, *, actor: Actor, typed: Mapping[str, str], now: datetime) -> Association:
    """Says what an association is known by; the actor becomes its owner. The rest of the description may follow.

    Raises InvalidInput (every problem), SiretHeld.
    """
    ensure(actor, Permission.ASSOCIATION_CREATE, Target())
    values = _checked(session, typed, now, own_id=None, required=TO_BEGIN)
    association = Association(**values, created_at=now, updated_at=now)
    session.add(association)
    _flush(session, values)
    # It has no dossier yet from which to keep its owner; who comes later, comes by `members.add_member`.
    session.add(
        Membership(person_id=actor.person_id, association_id=association.id, role=MembershipRole.OWNER, created_at=now)
    )
    take_answers(session, association)
    record(session, actor, "association.created", association, now=now, after=_audited(values))
    return association


def describe_association(
    session: Session, *, actor: Actor, association_id: str, typed: Mapping[str, str], version: int, now: datetime
) -> Association:
    """Changes the description. Raises InvalidInput, SiretHeld, StaleVersion (somebody saved in between)."""
    association = get_association(
        session, actor=actor, association_id=association_id, permission=Permission.ASSOCIATION_EDIT
    )
    # Who has no SIRET yet goes on describing: it is asked again before the deposit.
    required = REQUIRED if association.siret else REQUIRED.keys() - {"siret"}
    values = _checked(session, typed, now, own_id=association_id, required=required)
    if association.version != version:
        raise StaleVersion(association.version, {name: getattr(association, name) for name in values})
    before = _audited({name: getattr(association, name) for name in values})
    for name, value in values.items():
        setattr(association, name, value)
    association.version += 1
    association.updated_at = now
    session.add(association)
    _flush(session, values)
    take_answers(session, association)
    record(session, actor, "association.described", association, now=now, before=before, after=_audited(values))
    return association


def siret_holder(session: Session, siret: str | None) -> str | None:
    """The id of the association that has this SIRET. None: nobody has it, or none is given."""
    return session.exec(select(Association.id).where(Association.siret == siret)).first() if siret else None


def _checked(
    session: Session, typed: Mapping[str, str], now: datetime, *, own_id: str | None, required: Collection[str]
) -> dict[str, Any]:
    found = check_identity(typed, territories(), now=now, required=required)
    siret = found.values.get("siret")
    holder = siret_holder(session, siret)
    if holder is not None and holder != own_id:
        if own_id is None or not found.problems:  # described already: what else was typed doesn't matter any more
            raise SiretHeld(str(siret))
        found.problems["siret"] = SIRET_HELD
    if found.problems:
        raise InvalidInput(found.problems)
    return found.values


def _flush(session: Session, values: Mapping[str, Any]) -> None:
    """Writes. Raises SiretHeld where somebody described the same SIRET at the same moment (PostgreSQL lets both try)."""
    try:
        session.flush()
    except IntegrityError as error:
        raise SiretHeld(str(values.get("siret"))) from error


def _audited(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value if value is None or isinstance(value, (int, str)) else str(value)
        for name, value in values.items()
        if name not in _PERSONAL
    }
