"""What is known of an association beside its dossier: grants that it had, here and elsewhere, and its dossiers in other calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.past_grants import PastGrant
from aap.records.people import Role
from aap.services.actor import Actor
from aap.services.association.past_grants import grants_by_siren
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.in_force import current_list
from aap.services.dossier.access import recused_anywhere


@dataclass(frozen=True)
class OtherDossier:
    """A dossier of the association in another call that the reader follows. `granted`: cents of the list in force, None where it
    is not retained or nothing is decided."""

    call: OpenedCall
    reference: str
    title: str
    state: ApplicationState
    requested: int
    granted: int | None


@dataclass(frozen=True)
class KnownAssociation:
    """`elsewhere`: imported grants, the latest first; `here`: its dossiers in the other calls that the reader follows."""

    elsewhere: tuple[PastGrant, ...]
    here: tuple[OtherDossier, ...]

    @property
    def by_year(self) -> Mapping[int, int]:
        """Year → cents, the latest first: imported grants, and those of our calls by the year of their closing. 0: a year that
        a line doesn't say."""
        sums: Counter[int] = Counter()
        for one in self.elsewhere:
            sums[one.year] += one.amount
        for dossier in self.here:
            if dossier.granted:
                sums[dossier.call.record.closes_at.year] += dossier.granted
        return dict(sorted(sums.items(), reverse=True))

    @property
    def total(self) -> int:
        """Cents."""
        return sum(self.by_year.values())


def known_of(session: Session, *, actor: Actor, association: Association, call_id: str) -> KnownAssociation:
    """What this official may know of an association, but for this call: nothing of a call that they don't follow, nor of a
    dossier that they are recused of. Three queries, and two a call in which it has a dossier."""
    siren = (association.siret or "")[:9]
    elsewhere = grants_by_siren(session, [siren]).get(siren, ())
    found = session.exec(
        select(Application)
        .where(
            Application.association_id == association.id,
            Application.call_id != call_id,
            col(Application.submitted_at).is_not(None),
        )
        .order_by(col(Application.submitted_at).desc(), col(Application.id))
    ).all()
    hidden = recused_anywhere(session, actor) if found else {}
    here = []
    for application in found:
        if application.id in hidden or not actor.has_role(Role.OFFICIAL, application.call_id):
            continue
        granted = current_list(session, application.call_id).granted.get(application.id)
        here.append(
            OtherDossier(
                get_call(session, application.call_id), application.reference, application.title,
                ApplicationState(application.state), application.requested_amount, granted,
            )
        )  # fmt: skip
    return KnownAssociation(elsewhere, tuple(here))
