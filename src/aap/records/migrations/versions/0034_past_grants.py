"""Grants that associations had elsewhere, by SIREN.

Revision: 0034
After: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_grant",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_past_grant_amount")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_past_grant_created_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_grant")),
        sa.UniqueConstraint("digest", name=op.f("uq_past_grant_digest")),
    )
    op.create_index(op.f("ix_past_grant_siren"), "past_grant", ["siren"])


def downgrade() -> None:
    op.drop_index(op.f("ix_past_grant_siren"), "past_grant")
    op.drop_table("past_grant")
