"""Pages that everybody may read: open calls, a call, its results."""

from aap.web.public.routes import blueprint

__all__ = ["blueprint"]
