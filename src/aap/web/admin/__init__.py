"""The administrator's space: people, roles, calls."""

from aap.web.admin.routes import blueprint

__all__ = ["blueprint"]
