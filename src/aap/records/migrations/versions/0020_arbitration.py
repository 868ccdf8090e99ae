"""The authority's decision stands beside the jury's on the same dossier; the event that gave the draw's seed is kept.

Revision: 0020
After: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jury_decision") as table:
        table.drop_constraint(table.f("uq_jury_decision_application_id_decision"), type_="unique")
        table.create_unique_constraint(
            table.f("uq_jury_decision_application_id_decision_stage"), ["application_id", "decision", "stage"]
        )
    with op.batch_alter_table("call") as table:
        table.add_column(sa.Column("draw_source", sa.String(), server_default="", nullable=False))
        table.add_column(sa.Column("draw_seed_at", sa.DateTime(timezone=True), nullable=True))
    _take_sources_from_the_log()


def _take_sources_from_the_log() -> None:
    """Until now the event was in the log only."""
    line = sa.table("audit_line", *(sa.column(name) for name in ("sequence", "action", "call_id")),
                    sa.column("at", sa.DateTime(timezone=True)))  # fmt: skip
    values = sa.table("audit_values", sa.column("sequence"), sa.column("content", sa.JSON()))
    call = sa.table("call", sa.column("id"), sa.column("draw_source"),
                    sa.column("draw_seed_at", sa.DateTime(timezone=True)))  # fmt: skip
    connection = op.get_bind()
    found = connection.execute(
        sa.select(line.c.call_id, line.c.at, values.c.content)
        .where(line.c.sequence == values.c.sequence, line.c.action == "call.draw_seed")
        .order_by(line.c.sequence)
    ).all()
    for call_id, at, content in found:  # the last one stays
        source = (content or {}).get("after", {}).get("source", "")
        connection.execute(sa.update(call).where(call.c.id == call_id).values(draw_source=source, draw_seed_at=at))


def downgrade() -> None:
    with op.batch_alter_table("call") as table:
        table.drop_column("draw_seed_at")
        table.drop_column("draw_source")
    with op.batch_alter_table("jury_decision") as table:
        table.drop_constraint(table.f("uq_jury_decision_application_id_decision_stage"), type_="unique")
        table.create_unique_constraint(
            table.f("uq_jury_decision_application_id_decision"), ["application_id", "decision"]
        )
