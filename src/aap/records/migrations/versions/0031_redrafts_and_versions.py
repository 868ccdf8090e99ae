"""What is written in a deposited dossier apart from its deposit, and the versions of a section.

Revision: 0031
After: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_ID = sa.String(length=36)
_MOMENT = sa.DateTime(timezone=True)
_FILE = "redraft IN ('', 'added', 'dropped')"


def _typed() -> list[sa.Column[object]]:
    return [
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("section", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("raw", sa.JSON(), nullable=False),
    ]


def upgrade() -> None:
    with op.batch_alter_table("section_answers") as table:
        table.add_column(sa.Column("began_at", _MOMENT, nullable=True))
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("redraft", sa.String(length=10), nullable=False, server_default=""))
        table.create_check_constraint(op.f("ck_document_redraft"), _FILE)
    with op.batch_alter_table("document") as table:
        table.alter_column("redraft", server_default=None)
    op.create_table(
        "redraft",
        sa.Column("id", _ID, nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("eligibility", sa.JSON(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=True),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("lapsed_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_redraft_application_id_application")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_redraft_opened_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redraft")),
        sa.UniqueConstraint("application_id", name=op.f("uq_redraft_application_id")),
    )
    op.create_table(
        "redrafted_section",
        sa.Column("id", _ID, nullable=False),
        *_typed(),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=True),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("began_at", _MOMENT, nullable=True),
        sa.CheckConstraint("version > 0", name=op.f("ck_redrafted_section_version")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_redrafted_section_application_id_application")
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["person.id"], name=op.f("fk_redrafted_section_updated_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redrafted_section")),
        sa.UniqueConstraint("application_id", "section", name=op.f("uq_redrafted_section_application_id_section")),
    )
    op.create_table(
        "section_version",
        sa.Column("id", _ID, nullable=False),
        *_typed(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ending", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=False),
        sa.Column("kept_at", _MOMENT, nullable=False),
        sa.CheckConstraint("ending IN ('changed', 'restored', 'given_up')", name=op.f("ck_section_version_ending")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_section_version_application_id_application")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_section_version_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section_version")),
    )
    op.create_index("ix_section_version_section", "section_version", ["application_id", "section"])


def downgrade() -> None:
    op.drop_table("section_version")
    op.drop_table("redrafted_section")
    op.drop_table("redraft")
    with op.batch_alter_table("document") as table:
        table.drop_constraint(op.f("ck_document_redraft"), type_="check")
        table.drop_column("redraft")
    with op.batch_alter_table("section_answers") as table:
        table.drop_column("began_at")
