"""The regions that a call's candidates come from are found without reading every association.

Revision: 0007
After: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_association_department"), "association", ["department"])


def downgrade() -> None:
    op.drop_index(op.f("ix_association_department"), table_name="association")
