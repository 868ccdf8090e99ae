"""Reviews that count for nothing, by two persons with a reason.

Revision: 0014
After: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ONE, ALL = (sa.text(f"application_id IS {word}") for word in ("NOT NULL", "NULL"))


def upgrade() -> None:
    op.create_table(
        "set_aside",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=True),
        sa.Column("ground", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ground IN ('rule', 'conflict')", name=op.f("ck_set_aside_ground")),
        sa.CheckConstraint("(ground = 'rule') = (application_id IS NULL)", name=op.f("ck_set_aside_one_or_all")),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_set_aside_two_persons")
        ),
        sa.CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_set_aside_confirmed")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_set_aside_call_id_call")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_set_aside_person_id_person")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_set_aside_application_id_application")
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_set_aside_proposed_by_person")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_set_aside_confirmed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
    )
    op.create_index(op.f("ix_set_aside_person_id"), "set_aside", ["person_id"])
    op.create_index(op.f("ix_set_aside_application_id"), "set_aside", ["application_id"])
    op.create_index(
        "uq_set_aside_one", "set_aside", ["call_id", "person_id", "application_id"], unique=True,
        sqlite_where=ONE, postgresql_where=ONE,
    )  # fmt: skip
    op.create_index(
        "uq_set_aside_all", "set_aside", ["call_id", "person_id"], unique=True, sqlite_where=ALL, postgresql_where=ALL
    )


def downgrade() -> None:
    op.drop_table("set_aside")
