"""What corrections and appeals keep besides.

Why an appeal is late, and one a decision of each kind; what an appeal that is upheld becomes, the paper of observations,
why a correction is decided against a rule or dropped. Appeals of before get their call, their number and their day.

Revision: 0023
After: 0022
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_UNDER_WAY = sa.text("state IN ('intent', 'observing')")


def upgrade() -> None:
    with op.batch_alter_table("contest") as table:
        table.add_column(sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.create_unique_constraint(table.f("uq_contest_decision_id_kind"), ["decision_id", "kind"])
    with op.batch_alter_table("correction") as table:
        table.add_column(sa.Column("contest_result", sa.String(), nullable=True))
        table.add_column(sa.Column("observations_sha256", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("breaks_reason", sa.String(), server_default="", nullable=False))
        table.add_column(sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("dropped_by", sa.String(), nullable=True))
        table.add_column(sa.Column("dropped_reason", sa.String(), server_default="", nullable=False))
        table.create_foreign_key(table.f("fk_correction_dropped_by_person"), "person", ["dropped_by"], ["id"])
    op.create_index(
        "uq_correction_under_way", "correction", ["decision_id"], unique=True, sqlite_where=_UNDER_WAY,
        postgresql_where=_UNDER_WAY,
    )  # fmt: skip
    _number_appeals()


def _number_appeals() -> None:
    contest = sa.table("contest", *map(sa.column, ("id", "decision_id", "call_id", "number")),
                       sa.column("created_at", sa.DateTime(timezone=True)), sa.column("received_on", sa.Date()))  # fmt: skip
    decision = sa.table("decision", sa.column("id"), sa.column("call_id"))
    connection = op.get_bind()
    found = connection.execute(
        sa.select(contest.c.id, decision.c.call_id, contest.c.created_at)
        .where(contest.c.decision_id == decision.c.id, contest.c.number.is_(None))
        .order_by(decision.c.call_id, contest.c.created_at, contest.c.id)
    ).all()
    numbers: dict[str, int] = {}
    for id, call_id, created_at in found:
        numbers[call_id] = numbers.get(call_id, 0) + 1
        connection.execute(
            contest.update()
            .where(contest.c.id == id)
            .values(call_id=call_id, number=numbers[call_id], received_on=_day(created_at))
        )


def _day(moment: datetime) -> object:
    """In Paris; SQLite keeps moments in UTC without saying so."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("UTC"))
    return aware.astimezone(ZoneInfo("Europe/Paris")).date()


def downgrade() -> None:
    op.drop_index("uq_correction_under_way", table_name="correction")
    with op.batch_alter_table("correction") as table:
        table.drop_constraint(table.f("fk_correction_dropped_by_person"), type_="foreignkey")
        for name in ("dropped_reason", "dropped_by", "dropped_at", "breaks_reason", "observations_sha256",
                     "contest_result"):  # fmt: skip
            table.drop_column(name)
    with op.batch_alter_table("contest") as table:
        table.drop_constraint(table.f("uq_contest_decision_id_kind"), type_="unique")
        table.drop_column("late")
