"""The calibration round, and what a consensus rests on.

Revision: 0004
After: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibration_round",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_calibration_round_author_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_calibration_round_call_id_call")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_calibration_round")),
    )
    op.create_table(
        "specimen",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("agreed", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin IN ('fictitious', 'earlier')", name=op.f("ck_specimen_origin")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_specimen_author_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_specimen_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specimen")),
        sa.UniqueConstraint("call_id", "position", name=op.f("uq_specimen_call_id_position")),
    )
    op.create_table(
        "specimen_review",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("specimen_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("comments", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_specimen_review_person_id_person")),
        sa.ForeignKeyConstraint(["specimen_id"], ["specimen.id"], name=op.f("fk_specimen_review_specimen_id_specimen")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specimen_review")),
        sa.UniqueConstraint("specimen_id", "person_id", name=op.f("uq_specimen_review_specimen_id_person_id")),
    )
    op.create_index(op.f("ix_specimen_review_person_id"), "specimen_review", ["person_id"])
    with op.batch_alter_table("consensus") as table:
        table.add_column(sa.Column("cause", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("frozen", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("held_on", sa.Date(), nullable=True))
    with op.batch_alter_table("consensus") as table:
        table.alter_column("cause", server_default=None)
        table.alter_column("frozen", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("consensus") as table:
        table.drop_column("held_on")
        table.drop_column("frozen")
        table.drop_column("cause")
    op.drop_table("specimen_review")
    op.drop_table("specimen")
    op.drop_table("calibration_round")
