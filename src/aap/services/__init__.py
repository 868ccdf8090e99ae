"""Use cases, one file a family: the only place that writes.

Each takes `(session, *, actor, …, now)`, checks its permission on the object, leaves an audit line and never commits.
"""
