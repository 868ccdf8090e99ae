"""The discussion between the reviewers of a dossier, what they wrote, and the marks that they changed after it.

Revision: 0028
After: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discussion",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closing_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_discussion_application_id_application")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name=op.f("fk_discussion_closed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion")),
        sa.UniqueConstraint("application_id", name=op.f("uq_discussion_application_id")),
    )
    op.create_table(
        "discussion_post",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("discussion_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussion_id"], ["discussion.id"], name=op.f("fk_discussion_post_discussion_id_discussion")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_discussion_post_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion_post")),
    )
    op.create_index(op.f("ix_discussion_post_discussion_id"), "discussion_post", ["discussion_id"])
    op.create_index(op.f("ix_discussion_post_person_id"), "discussion_post", ["person_id"])
    op.create_table(
        "mark_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("review_id", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("comments", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_mark_change_review_id_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_change")),
    )
    op.create_index(op.f("ix_mark_change_review_id"), "mark_change", ["review_id"])


def downgrade() -> None:
    op.drop_table("mark_change")
    op.drop_table("discussion_post")
    op.drop_table("discussion")
