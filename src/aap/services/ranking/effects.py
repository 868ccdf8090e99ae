"""What other decisions after the marks would do to a kept run's list: who enters, who leaves, whose amount changes.

The run's scores stay; its rules select again with the decisions given. Nothing is stored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aap.core.inputs import JuryDecision as CoreDecision
from aap.core.ranking.bundle import rankings_of
from aap.core.ranking.ranking import ImposedNotCandidate
from aap.core.selection.rules import rules_of
from aap.records.rankings import RankingRun
from aap.services.errors import InvalidInput, Objection
from aap.services.ranking.trials import bundle_content, retained, run_content


@dataclass(frozen=True)
class ListEffect:
    """From one list to another: references in the order of the ranking, amounts in cents.

    `amounts`: of those on both, before and after, where they differ. `granted_before`, `granted`: to all; None where that
    would tell the amount of a dossier of which who reads is recused.
    """

    enters: tuple[str, ...]
    leaves: tuple[str, ...]
    amounts: tuple[tuple[str, int, int], ...]
    granted_before: int | None
    granted: int | None

    @property
    def changes_nothing(self) -> bool:
        return not (self.enters or self.leaves or self.amounts)


@dataclass(frozen=True)
class GrantedList:
    """Whom a selection retains: reference → cents, in the order of the ranking. `places`: reference → rank, of all."""

    grants: Mapping[str, int]
    places: Mapping[str, int]


def decided_in(run: RankingRun) -> tuple[CoreDecision, ...]:
    """What the jury had decided in a kept run: its decisions without the authority's."""
    return tuple(one for one in run_content(run).given.decisions if not one.is_authoritys)


def list_with(run: RankingRun, decisions: Sequence[CoreDecision]) -> GrantedList:
    """The list by these decisions in place of the run's.

    Raises RulesConflict, and InvalidInput where a decision retains who is no candidate, or with the work of a trial
    nothing is found.
    """
    return _list(run.bundle, tuple(decisions))


@lru_cache(maxsize=64)
def _list(bundle: str, decisions: tuple[CoreDecision, ...]) -> GrantedList:
    content = bundle_content(bundle)
    given = dataclasses.replace(content.given, decisions=decisions)
    try:
        [(_, ranking)] = rankings_of(dataclasses.replace(content, given=given))
    except ImposedNotCandidate as error:
        raise InvalidInput({"decision": Objection("ranking.imposed_no_candidate")}) from error
    kept = {one.id: one.grant for one in retained(ranking, rules_of(content.given.call))}
    places = {one.id: one.rank for one in ranking.standings if one.rank is not None}
    return GrantedList({name: kept[name] for name in places if name in kept}, places)


def effect_between(first: GrantedList, second: GrantedList) -> ListEffect:
    """What changes from one list to the other."""
    before, after = first.grants, second.grants
    return ListEffect(
        enters=tuple(name for name in after if name not in before),
        leaves=tuple(name for name in before if name not in after),
        amounts=tuple(
            (name, before[name], grant) for name, grant in after.items() if name in before and before[name] != grant
        ),
        granted_before=sum(before.values()),
        granted=sum(after.values()),
    )
