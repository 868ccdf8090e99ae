"""One's own account, whatever one's role."""

from aap.web.account.routes import blueprint

__all__ = ["blueprint"]
