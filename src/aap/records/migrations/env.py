"""Run by Alembic. The connection comes from `aap.records.migrations.upgrade`, or from the configured URL."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import BigInteger, Connection
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import aap.records  # noqa: F401  (the metadata is complete once every table is imported)
from aap.records.session import open_engine
from aap.records.types import FourDecimals, Secret, UtcDateTime


def plain_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Migrations name SQLAlchemy's own types: they stand when our classes move."""
    if kind != "type":
        return False
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Secret):
        return "sa.Text()"
    if isinstance(item, FourDecimals | BigInteger):
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=plain_type,
    )
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    run(connection)
else:
    with open_engine(context.config.get_main_option("sqlalchemy.url", "")).begin() as opened:
        run(opened)
