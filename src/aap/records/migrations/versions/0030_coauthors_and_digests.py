"""Comments beside a question, links to let a dossier be read, and mails that wait for the one of the day.

Revision: 0030
After: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question_comment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("section", sa.String(length=64), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("answers_id", sa.String(), nullable=True),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_question_comment_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["answers_id"],
            ["question_comment.id"],
            name=op.f("fk_question_comment_answers_id_question_comment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_question_comment_author_id_person")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_question_comment_settled_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_comment")),
    )
    op.create_index("ix_question_comment_application_section", "question_comment", ["application_id", "section"])
    op.create_index(op.f("ix_question_comment_answers_id"), "question_comment", ["answers_id"])
    op.create_index(op.f("ix_question_comment_author_id"), "question_comment", ["author_id"])
    op.create_table(
        "reading_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("withheld", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("openings >= 0", name=op.f("ck_reading_link_openings")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_reading_link_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_reading_link_created_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_reading_link_token_hash")),
    )
    op.create_index(op.f("ix_reading_link_application_id"), "reading_link", ["application_id"])
    op.create_index(op.f("ix_reading_link_created_by"), "reading_link", ["created_by"])
    with op.batch_alter_table("outbox_mail") as table:
        table.add_column(sa.Column("waits_for_digest", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("digest_id", sa.String(length=36), nullable=True))
        table.create_index(op.f("ix_outbox_mail_waits_for_digest"), ["waits_for_digest"])


def downgrade() -> None:
    with op.batch_alter_table("outbox_mail") as table:
        table.drop_index(op.f("ix_outbox_mail_waits_for_digest"))
        table.drop_column("digest_id")
        table.drop_column("waits_for_digest")
    op.drop_table("reading_link")
    op.drop_table("question_comment")
