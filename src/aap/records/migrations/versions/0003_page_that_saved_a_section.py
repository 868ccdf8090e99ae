"""page that saved a section

Revision: 0003
After: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("section_answers") as table:
        table.add_column(sa.Column("page", sa.String(length=32), nullable=False, server_default=""))
    with op.batch_alter_table("section_answers") as table:
        table.alter_column("page", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("section_answers") as table:
        table.drop_column("page")
