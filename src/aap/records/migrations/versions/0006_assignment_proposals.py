"""Distributions are proposed before they are applied, and a recusal that is lifted keeps why.

Revision: 0006
After: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignment_proposal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'applied', 'discarded')", name=op.f("ck_assignment_proposal_state")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_assignment_proposal_author_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_assignment_proposal_call_id_call")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_assignment_proposal_decided_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_proposal")),
    )
    op.create_index(op.f("ix_assignment_proposal_call_id"), "assignment_proposal", ["call_id"])
    with op.batch_alter_table("recusal") as table:
        table.add_column(sa.Column("dismissal_reason", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("recusal") as table:
        table.alter_column("dismissal_reason", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("recusal") as table:
        table.drop_column("dismissal_reason")
    op.drop_index(op.f("ix_assignment_proposal_call_id"), table_name="assignment_proposal")
    op.drop_table("assignment_proposal")
