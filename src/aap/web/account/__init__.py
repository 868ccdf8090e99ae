"""One's own account, whatever one's role."""

from aap.web.account import factors, home, interests, links
from aap.web.account.blueprint import blueprint

__all__ = ["blueprint", "factors", "home", "interests", "links"]
