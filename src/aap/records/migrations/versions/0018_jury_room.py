"""What the jury's room notes beside its votes: who had left for a dossier.

Revision: 0018
After: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jury_vote") as table:
        table.add_column(sa.Column("away", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("jury_vote") as table:
        table.drop_column("away")
