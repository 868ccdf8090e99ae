"""What other decisions after the marks would do to a kept run's list: who enters, who leaves, whose amount changes.

The run's scores stay; its rules select again with the decisions given. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aap.core.inputs import JuryDecision as CoreDecision
from aap.core.ranking.effect import Selected, StoredRun
from aap.core.ranking.ranking import ImposedNotCandidate
from aap.core.selection.outcome import InfeasibleRules
from aap.core.selection.work import OutOfWork, allowance
from aap.records.rankings import RankingRun
from aap.services.errors import InvalidInput, Objection, RulesConflict
from aap.services.ranking.trials import WORK_OF_A_TRIAL, bundle_content, run_content


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


@lru_cache(maxsize=4)
def _stored(bundle: str) -> StoredRun:
    return StoredRun(bundle_content(bundle))


@lru_cache(maxsize=64)
def _selected(bundle: str, decisions: tuple[CoreDecision, ...]) -> Selected:
    return _stored(bundle).selected(decisions)


def stored_run(run: RankingRun) -> StoredRun:
    """A kept run, of which other decisions are asked: ranked once."""
    return _stored(run.bundle)


def selected_with(run: RankingRun, decisions: Sequence[CoreDecision]) -> Selected:
    """The selection of a kept run under these decisions, made once. Raises what `StoredRun.selected` raises."""
    return _selected(run.bundle, tuple(decisions))


def decided_in(run: RankingRun) -> tuple[CoreDecision, ...]:
    """What the jury had decided in a kept run: its decisions without the authority's."""
    return tuple(one for one in run_content(run).given.decisions if not one.is_authoritys)


def list_with(run: RankingRun, decisions: Sequence[CoreDecision]) -> Mapping[str, int]:
    """Whom these decisions in place of the run's retain: reference → cents, in the order of the ranking, lot by lot.

    Raises RulesConflict, and InvalidInput where a decision retains who is no candidate, or with the work of a trial
    nothing is found.
    """
    try:
        with allowance(WORK_OF_A_TRIAL):
            return selected_with(run, decisions).granted
    except ImposedNotCandidate as error:
        raise InvalidInput({"decision": Objection("ranking.imposed_no_candidate")}) from error
    except InfeasibleRules as error:
        raise RulesConflict(error.names) from error
    except OutOfWork as error:
        raise InvalidInput({"": Objection("ranking.nothing_found")}) from error


def effect_between(before: Mapping[str, int], after: Mapping[str, int]) -> ListEffect:
    """What changes from one list to the other."""
    return ListEffect(
        enters=tuple(name for name in after if name not in before),
        leaves=tuple(name for name in before if name not in after),
        amounts=tuple(
            (name, before[name], grant) for name, grant in after.items() if name in before and before[name] != grant
        ),
        granted_before=sum(before.values()),
        granted=sum(after.values()),
    )
