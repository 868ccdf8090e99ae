"""Labels on dossiers, what officials have picked out of a list, and views of it that they keep.

Revision: 0032
After: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dossier_label",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_dossier_label_call_id_call")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_dossier_label_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_dossier_label_created_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_label")),
        sa.UniqueConstraint("application_id", "name", name=op.f("uq_dossier_label_application_id_name")),
    )
    op.create_index(op.f("ix_dossier_label_call_id"), "dossier_label", ["call_id"])
    op.create_table(
        "picked_dossier",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_picked_dossier_person_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_picked_dossier_call_id_call")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_picked_dossier_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picked_dossier")),
        sa.UniqueConstraint("person_id", "application_id", name=op.f("uq_picked_dossier_person_id_application_id")),
    )
    op.create_index(op.f("ix_picked_dossier_call_id"), "picked_dossier", ["call_id"])
    op.create_table(
        "candidate_view",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_candidate_view_call_id_call")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_candidate_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_view")),
        sa.UniqueConstraint("call_id", "person_id", "name", name=op.f("uq_candidate_view_call_id_person_id_name")),
    )
    op.create_index(op.f("ix_candidate_view_person_id"), "candidate_view", ["person_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_candidate_view_person_id"), "candidate_view")
    op.drop_table("candidate_view")
    op.drop_index(op.f("ix_picked_dossier_call_id"), "picked_dossier")
    op.drop_table("picked_dossier")
    op.drop_index(op.f("ix_dossier_label_call_id"), "dossier_label")
    op.drop_table("dossier_label")
