"""The administrator's space: people and roles, calls, the audit log, the state of the machine."""

from aap.web.admin import calls, home, journal, people, recusals, system
from aap.web.admin.blueprint import blueprint

__all__ = ["blueprint", "calls", "home", "journal", "people", "recusals", "system"]
