"""One's own account, whatever one's role."""

from aap.web.account import confirming, connections, home, interests, links, own_factors
from aap.web.account.blueprint import blueprint

__all__ = ["blueprint", "confirming", "connections", "home", "interests", "links", "own_factors"]
