"""What somebody switched otherwise than it stands by itself is a list: a further reminder needs no column.

Revision: 0009
After: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NAMES = ("7_days", "2_days", "4_hours")


def _person() -> sa.TableClause:
    return sa.table("person", sa.column("id", sa.String), *(sa.column(f"remind_{one}", sa.Boolean) for one in NAMES))


def upgrade() -> None:
    op.create_table(
        "turned_switch",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_turned_switch_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "name", name=op.f("pk_turned_switch")),
    )
    off = sa.table("turned_switch", sa.column("person_id", sa.String), sa.column("name", sa.String))
    person = _person()
    for name in NAMES:
        unwanted = sa.select(person.c.id, sa.literal(name)).where(person.c[f"remind_{name}"].is_(sa.false()))
        op.execute(off.insert().from_select(["person_id", "name"], unwanted))
    with op.batch_alter_table("person") as table:
        for name in NAMES:
            table.drop_column(f"remind_{name}")


def downgrade() -> None:
    with op.batch_alter_table("person") as table:
        for name in NAMES:
            table.add_column(sa.Column(f"remind_{name}", sa.Boolean(), nullable=False, server_default=sa.true()))
    off = sa.table("turned_switch", sa.column("person_id", sa.String), sa.column("name", sa.String))
    person = _person()
    for name in NAMES:
        unwanted = sa.select(off.c.person_id).where(off.c.name == name)
        op.execute(person.update().where(person.c.id.in_(unwanted)).values({f"remind_{name}": sa.false()}))
    with op.batch_alter_table("person") as table:
        for name in NAMES:
            table.alter_column(f"remind_{name}", server_default=None)
    op.drop_table("turned_switch")
