"""What the jury's room notes beside its votes: who had left for a dossier.

Revision: 0021
After: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jury_vote") as table:
        table.add_column(sa.Column("away", sa.JSON(), nullable=False, server_default="[]"))
