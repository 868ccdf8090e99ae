"""A review that was asked for because the others differ is known as such; amounts were closed by the first ranking.

Until now the first computation of a ranking closed the proposed amounts, silently: its date is the date of that act.

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
    op.add_column("assignment", sa.Column("further", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(
        'UPDATE "call" SET amounts_closed_at = '
        '(SELECT MIN(created_at) FROM ranking_run WHERE ranking_run.call_id = "call".id) '
        "WHERE amounts_closed_at IS NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("assignment") as table:
        table.drop_column("further")
