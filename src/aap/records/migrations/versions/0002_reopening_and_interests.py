"""Reviewers ask to reopen a review, and declare their interests.

Revision: 0002
After: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("review") as batch_op:
        batch_op.add_column(sa.Column("reopen_request", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("review") as batch_op:
        batch_op.alter_column("reopen_request", server_default=None)
    with op.batch_alter_table("reviewer") as batch_op:
        batch_op.add_column(sa.Column("interests_declared_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("reviewer") as batch_op:
        batch_op.drop_column("interests_declared_at")
    with op.batch_alter_table("review") as batch_op:
        batch_op.drop_column("reopen_request")
