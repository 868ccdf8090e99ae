"""A version of the ranking that is taken back keeps its minutes; what was frozen before versions were counted is the first.

Revision: 0019
After: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("unfreezing", sa.Column("minutes_sha256", sa.String(length=64), nullable=True))
    op.execute("UPDATE ranking_run SET frozen_version = 1 WHERE state = 'frozen' AND frozen_version IS NULL")


def downgrade() -> None:
    op.drop_column("unfreezing", "minutes_sha256")
