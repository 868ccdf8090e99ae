"""How the grants of a call are paid, as its open data tell it.

Revision: 0017
After: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call", sa.Column("open_data", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("call", "open_data")
