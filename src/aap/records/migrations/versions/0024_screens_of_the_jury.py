"""What is before the jury, kept beside its meeting for the screens that follow.

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

_KEYS = (("screens_led_by", "person"), ("shown_application_id", "application"))


def upgrade() -> None:
    with op.batch_alter_table("meeting") as table:
        table.add_column(sa.Column("screens_led_by", sa.String(), nullable=True))
        table.add_column(sa.Column("shown_application_id", sa.String(), nullable=True))
        table.add_column(sa.Column("shown_choice", sa.String(length=20), server_default="", nullable=False))
        table.add_column(sa.Column("shown_amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        for column, other in _KEYS:
            table.create_foreign_key(table.f(f"fk_meeting_{column}_{other}"), other, [column], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("meeting") as table:
        for column, other in _KEYS:
            table.drop_constraint(table.f(f"fk_meeting_{column}_{other}"), type_="foreignkey")
        for column in ("shown_amount", "shown_choice", "shown_application_id", "screens_led_by"):
            table.drop_column(column)
