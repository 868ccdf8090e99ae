"""The exact selection: values in, values out."""

from aap.core.selection.outcome import (
    Certificate,
    InfeasibleRules,
    QuotaOutcome,
    Reason,
    SelectionError,
    SelectionOutcome,
)
from aap.core.selection.problem import Candidate, QuotaRule, RuleRef, Rules
from aap.core.selection.replacement import replacement
from aap.core.selection.rules import rules_of
from aap.core.selection.select import select

__all__ = [
    "Candidate",
    "Certificate",
    "InfeasibleRules",
    "QuotaOutcome",
    "QuotaRule",
    "Reason",
    "RuleRef",
    "Rules",
    "SelectionError",
    "SelectionOutcome",
    "replacement",
    "rules_of",
    "select",
]
