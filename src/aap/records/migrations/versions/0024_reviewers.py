"""What reviewers say besides marks: interests are declared once for all calls, not once a role.

The latest date of a person's roles is kept.

Revision: 0024
After: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_HELD = ("reviewer", "role_grant")


def _declared() -> sa.Column[object]:
    return sa.Column("interests_declared_at", sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    op.add_column("person", _declared())
    for table in _HELD:
        latest = f"(SELECT max({table}.interests_declared_at) FROM {table} WHERE {table}.person_id = person.id)"  # noqa: S608
        op.execute(
            f"UPDATE person SET interests_declared_at = {latest} WHERE {latest} IS NOT NULL"  # noqa: S608
            f" AND (interests_declared_at IS NULL OR interests_declared_at < {latest})"
        )
        with op.batch_alter_table(table) as batch:
            batch.drop_column("interests_declared_at")


def downgrade() -> None:
    for table in _HELD:
        with op.batch_alter_table(table) as batch:
            batch.add_column(_declared())
        op.execute(
            f"UPDATE {table} SET interests_declared_at ="  # noqa: S608
            f" (SELECT person.interests_declared_at FROM person WHERE person.id = {table}.person_id)"
        )
    with op.batch_alter_table("person") as batch:
        batch.drop_column("interests_declared_at")
