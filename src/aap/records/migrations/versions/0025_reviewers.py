"""What reviewers say besides marks: interests are declared once for all calls, not once a role.

The latest date of a person's roles is kept. A dossier may be given back for lack of time, a list of preferences be made before
the assignment, and a review says how well its author knows the subject, and what only the service reads.

Revision: 0025
After: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_HELD = ("reviewer", "role_grant")


def _declared() -> sa.Column[object]:
    return sa.Column("interests_declared_at", sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    op.add_column("person", _declared())
    for table in _HELD:
        latest = f"(SELECT max({table}.interests_declared_at) FROM {table} WHERE {table}.person_id = person.id)"  # noqa: S608
        op.execute(
            f"UPDATE person SET interests_declared_at = {latest} WHERE {latest} IS NOT NULL"  # noqa: S608
            f" AND (interests_declared_at IS NULL OR interests_declared_at < {latest})"
        )
        with op.batch_alter_table(table) as batch:
            batch.drop_column("interests_declared_at")
    op.add_column("assignment", sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("review") as batch:
        batch.add_column(sa.Column("for_service", sa.String(), server_default="", nullable=False))
        batch.add_column(sa.Column("confidence", sa.String(length=20), server_default="", nullable=False))
        batch.create_check_constraint(op.f("ck_review_confidence"), "confidence IN ('', 'low', 'medium', 'high')")
    op.create_table(
        "preference",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_preference_rank")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_preference_call_id_call")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_preference_person_id_person")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_preference_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preference")),
        sa.UniqueConstraint("application_id", "person_id", name=op.f("uq_preference_application_id_person_id")),
        sa.UniqueConstraint("call_id", "person_id", "rank", name=op.f("uq_preference_call_id_person_id_rank")),
    )
    op.create_index(op.f("ix_preference_person_id"), "preference", ["person_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_preference_person_id"), table_name="preference")
    op.drop_table("preference")
    with op.batch_alter_table("review") as batch:
        batch.drop_constraint(op.f("ck_review_confidence"), type_="check")
        batch.drop_column("confidence")
        batch.drop_column("for_service")
    with op.batch_alter_table("assignment") as batch:
        batch.drop_column("declined_at")
    for table in _HELD:
        with op.batch_alter_table(table) as batch:
            batch.add_column(_declared())
        op.execute(
            f"UPDATE {table} SET interests_declared_at ="  # noqa: S608
            f" (SELECT person.interests_declared_at FROM person WHERE person.id = {table}.person_id)"
        )
    with op.batch_alter_table("person") as batch:
        batch.drop_column("interests_declared_at")
