"""One's own account, whatever one's role."""

from aap.web.account import links, routes
from aap.web.account.blueprint import blueprint

__all__ = ["blueprint", "links", "routes"]
