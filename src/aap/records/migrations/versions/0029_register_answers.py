"""What the public registers said of an association, and when.

Revision: 0029
After: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aap.records.types import UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_answer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("said_by", sa.String(length=20), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("association_id", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("said_by IN ('business', 'associations')", name="ck_register_answer_said_by"),
        sa.CheckConstraint("outcome IN ('found', 'unknown', 'silent')", name="ck_register_answer_outcome"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_register_answer_asked_by_person")),
        sa.ForeignKeyConstraint(
            ["association_id"], ["association.id"], name=op.f("fk_register_answer_association_id_association")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_answer")),
    )
    for column in ("siret", "association_id", "asked_at"):
        op.create_index(f"ix_register_answer_{column}", "register_answer", [column])


def downgrade() -> None:
    op.drop_table("register_answer")
