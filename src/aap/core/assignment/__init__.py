"""Who reads what: dossiers to reviewers by min-cost flow, with a floor under the worst fit and a connected graph."""

from aap.core.assignment.changes import Changes, Effect, changes, effect
from aap.core.assignment.connection import AssumedVariances, Connection
from aap.core.assignment.distribution import Mode, Options, Proposal, assign
from aap.core.assignment.model import Bar, Demand, Dossier, Pair, Reviewer, grid_of
from aap.core.assignment.report import BAR_WORDS, Unmet, assignment_table, figures, load_table, unmet

__all__ = [
    "BAR_WORDS",
    "AssumedVariances",
    "Bar",
    "Changes",
    "Connection",
    "Demand",
    "Dossier",
    "Effect",
    "Mode",
    "Options",
    "Pair",
    "Proposal",
    "Reviewer",
    "Unmet",
    "assign",
    "assignment_table",
    "changes",
    "effect",
    "figures",
    "grid_of",
    "load_table",
    "unmet",
]
