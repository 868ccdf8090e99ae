"""Whoever proposes to freeze a selection that is not proven to be the best writes down why.

Revision: 0015
After: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ranking_run", sa.Column("unproven_reason", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("ranking_run", "unproven_reason")
