"""What was done to many dossiers at once, one line a dossier.

Revision: 0033
After: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "many_line",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done_version", sa.Integer(), nullable=True),
        sa.Column("objection", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'done', 'left', 'undone')", name=op.f("ck_many_line_state")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_many_line_job_id_job"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_many_line_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_many_line")),
        sa.UniqueConstraint("job_id", "application_id", name=op.f("uq_many_line_job_id_application_id")),
    )
    op.create_index(op.f("ix_many_line_application_id"), "many_line", ["application_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_many_line_application_id"), "many_line")
    op.drop_table("many_line")
