"""In whose name a mail is sent, and the day that goes with it as a calendar's file.

Revision: 0027
After: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox_mail") as table:
        table.add_column(sa.Column("calendar", sa.String(), server_default="", nullable=False))
        table.add_column(sa.Column("sender", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("outbox_mail") as table:
        table.drop_column("sender")
        table.drop_column("calendar")
