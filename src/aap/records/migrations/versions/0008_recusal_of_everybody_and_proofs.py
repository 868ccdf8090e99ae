"""Whoever works on a call can be recused and declares interests; a claim to a SIRET is proved, and its holder answers.

Revision: 0008
After: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLES = "'reviewer', 'official', 'admin', 'consulted'"
ORIGINS = "'reviewer', 'official', 'match'"


def _one_of(table: str, column: str, values: str) -> None:
    """The CHECK that a column holds one of these values, in the place of the one before."""
    name = op.f(f"ck_{table}_{column}")
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"{column} IN ({values})")


def upgrade() -> None:
    _one_of("role_grant", "role", f"{ROLES}, 'jury'")
    _one_of("recusal", "origin", f"{ORIGINS}, 'membership'")
    with op.batch_alter_table("role_grant") as table:
        table.add_column(sa.Column("interests_declared_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("recusal") as table:
        table.add_column(sa.Column("membership_lifted_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("siret_claim") as table:
        table.add_column(sa.Column("holder_answer", sa.String(), nullable=True))
        table.add_column(sa.Column("holder_remark", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("holder_id", sa.String(), nullable=True))
        table.add_column(sa.Column("holder_answered_at", sa.DateTime(timezone=True), nullable=True))
        table.create_check_constraint(op.f("ck_siret_claim_holder_answer"), "holder_answer IN ('supports', 'objects')")
        table.create_foreign_key(op.f("fk_siret_claim_holder_id_person"), "person", ["holder_id"], ["id"])
    with op.batch_alter_table("siret_claim") as table:
        table.alter_column("holder_remark", server_default=None)
    op.create_table(
        "claim_proof",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('document', 'association_mail', 'representative_mail')", name=op.f("ck_claim_proof_kind")
        ),
        sa.CheckConstraint("(kind = 'document') = (sha256 IS NOT NULL)", name=op.f("ck_claim_proof_document")),
        sa.CheckConstraint("(kind = 'document') = (token_hash IS NULL)", name=op.f("ck_claim_proof_mail")),
        sa.CheckConstraint("(answered_at IS NULL) = (confirmed IS NULL)", name=op.f("ck_claim_proof_answer")),
        sa.ForeignKeyConstraint(["claim_id"], ["siret_claim.id"], name=op.f("fk_claim_proof_claim_id_siret_claim")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_proof")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_claim_proof_token_hash")),
    )
    op.create_index(op.f("ix_claim_proof_claim_id"), "claim_proof", ["claim_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_claim_proof_claim_id"), table_name="claim_proof")
    op.drop_table("claim_proof")
    with op.batch_alter_table("siret_claim") as table:
        table.drop_constraint(op.f("ck_siret_claim_holder_answer"), type_="check")
        table.drop_constraint(op.f("fk_siret_claim_holder_id_person"), type_="foreignkey")
        for name in ("holder_answer", "holder_remark", "holder_id", "holder_answered_at"):
            table.drop_column(name)
    with op.batch_alter_table("recusal") as table:
        table.drop_column("membership_lifted_at")
    with op.batch_alter_table("role_grant") as table:
        table.drop_column("interests_declared_at")
    op.execute("DELETE FROM role_grant WHERE role = 'jury'")
    op.execute("UPDATE recusal SET origin = 'official' WHERE origin = 'membership'")
    _one_of("recusal", "origin", ORIGINS)
    _one_of("role_grant", "role", ROLES)
