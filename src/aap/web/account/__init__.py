"""One's own account, whatever one's role."""

from aap.web.account import home, links
from aap.web.account.blueprint import blueprint

__all__ = ["blueprint", "home", "links"]
