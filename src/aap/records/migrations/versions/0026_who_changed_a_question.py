"""Who changed a question last, from which opened page and when, in place of the page that saved the section.

Revision: 0026
After: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("section_answers") as table:
        table.drop_column("page")
        table.add_column(sa.Column("changes", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("section_answers") as table:
        table.alter_column("changes", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("section_answers") as table:
        table.drop_column("changes")
        table.add_column(sa.Column("page", sa.String(length=32), nullable=False, server_default=""))
    with op.batch_alter_table("section_answers") as table:
        table.alter_column("page", server_default=None)
