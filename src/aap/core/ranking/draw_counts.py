"""How many draws a run makes: apart, so that a command says it before numpy is loaded."""

from __future__ import annotations

DEFAULT_DRAWS = 400
MAX_DRAWS = 100_000
