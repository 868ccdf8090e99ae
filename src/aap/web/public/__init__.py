"""Pages that everybody may read: calls, eligibility, results, legal notices."""

from aap.web.public import calls, eligibility, guides, health, home, legal, machines, metrics, results
from aap.web.public.blueprint import blueprint

__all__ = ["blueprint", "calls", "eligibility", "guides", "health", "home", "legal", "machines", "metrics", "results"]
