"""What an official finds around the list of candidates: the call's labels, what they have picked out, the views they keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import false, literal, or_, union_all
from sqlalchemy import select as sql_select
from sqlmodel import Session, col

from aap.records.candidate_lists import CandidateLabel, CandidateView, PickedDossier
from aap.records.people import Person
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.permissions import Permission, ensure


@dataclass(frozen=True)
class KeptView:
    """`query`: of the list's address. `mine`: who asks has made it, and may take it away; else `author` has shared it."""

    id: str
    name: str
    query: str
    shared: bool
    mine: bool
    author: str


@dataclass(frozen=True)
class Desk:
    """`labels`: application id → its labels, in their order; `picked`: ids of what this person has picked, recused or not;
    `views`: one's own and those that are shared, by name."""

    labels: Mapping[str, tuple[str, ...]]
    picked: frozenset[str]
    views: tuple[KeptView, ...]


def desk_of(session: Session, *, actor: Actor, call: OpenedCall) -> Desk:
    """One query."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    nothing, no = literal(""), false()
    mine = col(CandidateView.person_id) == actor.person_id
    found = session.execute(
        union_all(
            sql_select(
                literal("label").label("kind"), col(CandidateLabel.application_id).label("id"),
                col(CandidateLabel.name).label("name"), nothing.label("query"), nothing.label("author"),
                no.label("shared"), no.label("mine"),
            ).where(col(CandidateLabel.call_id) == call.id),
            sql_select(literal("pick"), col(PickedDossier.application_id), nothing, nothing, nothing, no, no).where(
                col(PickedDossier.call_id) == call.id, col(PickedDossier.person_id) == actor.person_id
            ),
            sql_select(
                literal("view"), col(CandidateView.id), col(CandidateView.name), col(CandidateView.query),
                col(Person.name), col(CandidateView.shared), mine,
            )
            .join(Person, col(Person.id) == col(CandidateView.person_id))
            .where(col(CandidateView.call_id) == call.id, or_(mine, col(CandidateView.shared))),
        )
    ).all()  # fmt: skip
    labels: dict[str, list[str]] = defaultdict(list)
    for row in found:
        if row.kind == "label":
            labels[row.id].append(row.name)
    views = [
        KeptView(row.id, row.name, row.query, bool(row.shared), bool(row.mine), row.author)
        for row in found
        if row.kind == "view"
    ]
    return Desk(
        labels={application_id: tuple(sorted(names)) for application_id, names in labels.items()},
        picked=frozenset(row.id for row in found if row.kind == "pick"),
        views=tuple(sorted(views, key=lambda one: (one.name, one.id))),
    )
