"""Mails and jobs have an owner, a lease, a reason; jobs have tries and pieces; workers and periodic work have rows.

Revision: 0011
After: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATES = "'waiting', 'running', 'done', 'failed', 'cancelled'"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    with op.batch_alter_table("outbox_mail") as table:
        table.add_column(sa.Column("kind", sa.String(length=40), nullable=False, server_default=""))
        table.add_column(sa.Column("application_id", sa.String(length=36), nullable=True))
        table.add_column(sa.Column("given_up_at", time, nullable=True))
        table.add_column(sa.Column("message_id", sa.String(length=320), nullable=False, server_default=""))
        table.add_column(sa.Column("owner", sa.String(length=80), nullable=True))
        table.add_column(sa.Column("lease_until", time, nullable=True))
        table.create_index(op.f("ix_outbox_mail_application_id"), ["application_id"])
        table.create_index(op.f("ix_outbox_mail_owner"), ["owner"])
    with op.batch_alter_table("outbox_mail") as table:
        table.alter_column("kind", server_default=None)
        table.alter_column("message_id", server_default=None)
    # Until now twelve attempts were all; what was tried until then had this identifier.
    op.execute("UPDATE outbox_mail SET given_up_at = not_before WHERE sent_at IS NULL AND attempts >= 12")
    op.execute("UPDATE outbox_mail SET message_id = '<' || id || '@aap>' WHERE attempts > 0")
    with op.batch_alter_table("job") as table:
        table.drop_constraint(op.f("ck_job_state"), type_="check")
        table.create_check_constraint(op.f("ck_job_state"), f"state IN ({STATES})")
        table.add_column(sa.Column("not_before", time, nullable=True))
        table.add_column(sa.Column("owner", sa.String(length=80), nullable=True))
        table.add_column(sa.Column("lease_until", time, nullable=True))
        table.add_column(sa.Column("heartbeat_at", time, nullable=True))
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("deaths", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("reason", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("parent_id", sa.String(), nullable=True))
        table.add_column(sa.Column("pieces_left", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_job_parent_id_job"), "job", ["parent_id"], ["id"])
        table.create_index(op.f("ix_job_owner"), ["owner"])
        table.create_index(op.f("ix_job_parent_id"), ["parent_id"])
    with op.batch_alter_table("job") as table:
        table.alter_column("tries", server_default=None)
        table.alter_column("deaths", server_default=None)
        table.alter_column("reason", server_default=None)
    # A receipt that failed is owed; from now on its row says itself when it is tried again.
    op.execute("UPDATE job SET state = 'waiting', done = 0 WHERE kind = 'receipt' AND state = 'failed'")
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("started_at", time, nullable=False),
        sa.Column("seen_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "periodic_run",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("slot", time, nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=op.f("pk_periodic_run")),
    )
