"""How much a run may be asked for: apart, so that a command says it before numpy is loaded."""

from __future__ import annotations

DEFAULT_DRAWS = 400
MAX_DRAWS = 100_000
MAX_WORK = 1_000_000
"""How many times the usual work of the solver."""
