"""Each reminder is switched by itself, and a request for completion may lapse.

Revision: 0005
After: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

REMINDERS = ("remind_7_days", "remind_2_days", "remind_4_hours")


def upgrade() -> None:
    with op.batch_alter_table("person") as table:
        for name in REMINDERS:
            table.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
    person = sa.table("person", sa.column("reminders", sa.Boolean), *(sa.column(one, sa.Boolean) for one in REMINDERS))
    op.execute(person.update().values(dict.fromkeys(REMINDERS, person.c.reminders)))
    with op.batch_alter_table("person") as table:
        for name in REMINDERS:
            table.alter_column(name, server_default=None)
        table.drop_column("reminders")
    with op.batch_alter_table("completion_request") as table:
        table.add_column(sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("completion_request") as table:
        table.drop_column("lapsed_at")
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("reminders", sa.Boolean(), nullable=False, server_default=sa.true()))
    person = sa.table("person", sa.column("reminders", sa.Boolean), *(sa.column(one, sa.Boolean) for one in REMINDERS))
    op.execute(person.update().values(reminders=sa.or_(*(person.c[name] for name in REMINDERS))))
    with op.batch_alter_table("person") as table:
        table.alter_column("reminders", server_default=None)
        for name in REMINDERS:
            table.drop_column(name)
