"""`on_both_databases`: run a test on SQLite and on PostgreSQL. `unguard`: tamper with the audit log there."""

import pytest
from sqlalchemy import text
from sqlmodel import Session

on_both_databases = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def unguard(session: Session) -> None:
    """What the database's owner can do and the application can't: takes the triggers away that keep the audit log."""
    if session.get_bind().dialect.name == "sqlite":
        names = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in names:
            session.execute(text(f"DROP TRIGGER {name}"))
    else:
        for table in ("audit_line", "audit_values", "audit_standing"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
