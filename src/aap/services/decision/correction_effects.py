"""What a correction would do to the others, told before it is decided: money, rules of the frozen run, who is served next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from aap.core.ranking.later_list import as_granted
from aap.core.selection.problem import Candidate, Rules
from aap.core.selection.replacement import broken_rules
from aap.core.selection.rules import rules_of
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.rankings import Decision, Outcome
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.decision.in_force import current_list
from aap.services.decision.letter_contents import decision_letter, letter_sources
from aap.services.decision.list_versions import departures
from aap.services.decision.whom_next import whom_next
from aap.services.dossier.access import ensure_impartial
from aap.services.ranking.runs import frozen_run
from aap.services.ranking.trials import ranked_candidates, run_content


@dataclass(frozen=True)
class Served:
    """Whom the rules would raise, or call from the waiting list. `grant` in cents: what it would then have."""

    reference: str
    association: str
    grant: int


@dataclass(frozen=True)
class CorrectionEffect:
    """The list before and after. Amounts in cents; `limit`: what may be granted in all, None for no limit.

    `breaks`: rules that hold now and would not hold any more (`budget`, `laureates`, `quota_min:…`); `ranked` False: the
    dossier isn't among those that the run ranked, and can't become a laureate of its list. Where something is freed:
    `raised`, whose reduced grant would be raised before anybody is called; `places`, that would then be free; `called`, who
    would enter (None: no place, a grant to raise first, or nobody's entry keeps every rule).
    """

    laureates: tuple[int, int]
    granted: tuple[int, int]
    limit: int | None
    breaks: tuple[str, ...]
    ranked: bool
    raised: Served | None = None
    places: int = 0
    called: Served | None = None

    @property
    def freed(self) -> int:
        """Cents that are free again."""
        return max(0, self.granted[0] - self.granted[1])


def effect_of(
    session: Session, *, actor: Actor, call: OpenedCall, application: Application, outcome: Outcome, amount: int | None
) -> CorrectionEffect:
    """What the list in force becomes where this dossier is decided anew. Raises RecusedFromActs. Seven queries."""
    ensure_impartial(session, actor, call.id)
    run = frozen_run(session, call.id)
    candidates, rules = ranked_candidates(run), rules_of(run_content(run).given.call)
    current, since = current_list(session, call.id), departures(session, call.id)
    named = {
        id: (reference, name)
        for id, reference, name in session.exec(
            select(Application.id, Application.reference, Association.name)
            .join(Association, col(Association.id) == col(Application.association_id))
            .where(Decision.application_id == Application.id, Decision.call_id == call.id)
        )
    }
    own = application.reference
    before = {named[id][0]: cents for id, cents in current.granted.items()}
    gone = {named[id][0] for id in since.gone}
    after = {name: cents for name, cents in before.items() if name != own}
    if outcome is Outcome.LAUREATE:
        after[own] = amount or 0
    gone_after = (gone | ({own} & before.keys())) - after.keys()
    ranked = own in {one.id for one in candidates}
    held = _broken(candidates, rules, before, gone)
    breaks = [rule for rule in _broken(candidates, rules, after, gone_after) if rule not in held]
    if not ranked:
        breaks += _not_ranked(rules, before, after)
    effect = CorrectionEffect(
        laureates=(len(before), len(after)),
        granted=(sum(before.values()), sum(after.values())),
        limit=rules.limit,
        breaks=tuple(dict.fromkeys(breaks)),
        ranked=ranked,
    )
    if not effect.freed:
        return effect
    waiting = [named[id][0] for id in current.waiting if named[id][0] != own]
    places = since.places + len(before) - len(after)
    following = whom_next(run, granted=after, waiting=waiting, gone=gone_after, places=places)
    names = dict(named.values())

    def served(name: str, grant: int) -> Served:
        return Served(name, names[name], grant)

    raises, called = following.raises, following.called
    return replace(
        effect,
        raised=None if raises is None else served(raises.reference, raises.to),
        places=places,
        called=None if called is None else served(called, following.grants[called]),
    )


def _broken(
    candidates: Sequence[Candidate], rules: Rules, granted: Mapping[str, int], gone: Collection[str]
) -> tuple[str, ...]:
    """The rules that a list doesn't keep; who left is no candidate any more."""
    return tuple(map(str, broken_rules(as_granted(candidates, granted), rules, granted, gone)))


def _not_ranked(rules: Rules, before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """The rules that count everybody, ranked or not."""
    found = []
    if rules.limit is not None and sum(before.values()) <= rules.limit < sum(after.values()):
        found.append("budget")
    if rules.laureates is not None and len(before) <= rules.laureates < len(after):
        found.append("laureates")
    return found


def stated_conditions(
    session: Session, call: OpenedCall, application: Application, association: Association, decision: Decision
) -> tuple[str, ...]:
    """The conditions that the letter of a granted decision stated, each as a sentence's end; none without a grant."""
    if decision.outcome != Outcome.LAUREATE:
        return ()
    sources = letter_sources(session, call, [decision], application_ids=[application.id])
    terms = sources.terms(decision.letter_settings_id)
    view, _ = decision_letter(sources, decision, application, association, terms=terms)
    return tuple(one.strip().rstrip(";.,").strip() for one in view.conditions)
