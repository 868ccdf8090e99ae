"""IBANs and the secrets of authenticators are encrypted, the audit log is keyed and refuses to be changed, and what stands is noted beside its lines.

The lines of before stay as they are: one more line, the first keyed one, closes their chain.

Revision: 0013
After: 0012
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from aap.records.audit import AuditLine
from aap.records.chain import CLOSED, keyed_hash, values_digest
from aap.records.keys import KeyRing, dialect_keys

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ASSOCIATION = sa.table("association", sa.column("id"), sa.column("iban"), sa.column("iban_digest"))
FACTORS = ("tf_totp_secret", "totp_proposed")
PERSON = sa.table("person", sa.column("id"), *(sa.column(name) for name in FACTORS))
LINE = sa.table("audit_line", *(sa.column(name) for name in AuditLine.model_fields))
VALUES = sa.table("audit_values", sa.column("sequence"), sa.column("salt"), sa.column("content", sa.JSON()))

MAIL = sa.table(
    "outbox_mail", *(sa.column(name) for name in ("body", "sent_at", "given_up_at", "attempts")),
    sa.column("erased_when_done", sa.Boolean()),
)  # fmt: skip
MOST_ATTEMPTS = 12
PAGES_WITH_TOKEN = (
    "connexion/lien", "association/invitation", "association/signature", "association/rattachement", "confirmation",
    "mot-de-passe-oublie", "compte/adresse",
)  # fmt: skip
"""What the addresses of 0.1.0 began with, where a token follows."""

REFUSED = "the audit log is only added to"
ERASED = "NEW.sequence = OLD.sequence AND NEW.salt = OLD.salt AND (NEW.content IS NULL OR {content} = 'null')"
KEPT = ("audit_line", "audit_values", "audit_standing")


def upgrade() -> None:
    op.create_table(
        "audit_standing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_standing")),
    )
    op.create_index(op.f("ix_audit_standing_sequence"), "audit_standing", ["sequence"])
    with op.batch_alter_table("association") as table:
        table.alter_column("iban", existing_type=sa.String(length=34), type_=sa.Text(), existing_nullable=False)
        table.add_column(sa.Column("iban_digest", sa.String(length=64), nullable=False, server_default=""))
        table.create_index(op.f("ix_association_iban_digest"), ["iban_digest"])
    with op.batch_alter_table("association") as table:
        table.alter_column("iban_digest", server_default=None)
    with op.batch_alter_table("person") as table:
        for name in FACTORS:
            table.alter_column(name, existing_type=sa.String(length=255), type_=sa.Text(), existing_nullable=True)
    with op.batch_alter_table("outbox_mail") as table:
        table.add_column(sa.Column("erased_when_done", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("outbox_mail") as table:
        table.alter_column("erased_when_done", server_default=None)
    with op.batch_alter_table("ranking_run") as table:
        table.add_column(sa.Column("audit_lines", sa.Integer(), nullable=True))
        table.add_column(sa.Column("audit_head", sa.String(length=64), nullable=True))
    connection = op.get_bind()
    _encrypt(connection)
    _erase_links(connection)
    _close_chain(connection)
    for statement in _guards(connection.dialect.name):
        op.execute(statement)


def downgrade() -> None:
    connection = op.get_bind()
    for statement in _without_guards(connection.dialect.name):
        op.execute(statement)
    keys: KeyRing | None = None
    for one, iban in connection.execute(sa.select(ASSOCIATION.c.id, ASSOCIATION.c.iban)).all():
        if iban:
            keys = keys or dialect_keys(connection.dialect)
            plain = keys.decrypt(iban)
            connection.execute(sa.update(ASSOCIATION).where(ASSOCIATION.c.id == one).values(iban=plain))
    for one, *secrets_ in connection.execute(sa.select(PERSON)).all():
        for name, secret in zip(FACTORS, secrets_, strict=True):
            if secret:
                keys = keys or dialect_keys(connection.dialect)
                values = {name: keys.decrypt(secret)}
                connection.execute(sa.update(PERSON).where(PERSON.c.id == one).values(**values))
    with op.batch_alter_table("person") as table:
        for name in FACTORS:
            table.alter_column(name, existing_type=sa.Text(), type_=sa.String(length=255), existing_nullable=True)
    with op.batch_alter_table("association") as table:
        table.drop_index(op.f("ix_association_iban_digest"))
        table.drop_column("iban_digest")
        table.alter_column("iban", existing_type=sa.Text(), type_=sa.String(length=34), existing_nullable=False)
    with op.batch_alter_table("ranking_run") as table:
        table.drop_column("audit_head")
        table.drop_column("audit_lines")
    with op.batch_alter_table("outbox_mail") as table:
        table.drop_column("erased_when_done")
    op.drop_index(op.f("ix_audit_standing_sequence"), table_name="audit_standing")
    op.drop_table("audit_standing")


def _encrypt(connection: sa.Connection) -> None:
    held = connection.execute(sa.select(ASSOCIATION.c.id, ASSOCIATION.c.iban).where(ASSOCIATION.c.iban != "")).all()
    keys: KeyRing | None = dialect_keys(connection.dialect) if held else None
    for one, iban in held:
        assert keys is not None
        values = {"iban": keys.encrypt(iban), "iban_digest": keys.digest(iban)}
        connection.execute(sa.update(ASSOCIATION).where(ASSOCIATION.c.id == one).values(**values))
    for one, *secrets_ in connection.execute(sa.select(PERSON)).all():
        for name, secret in zip(FACTORS, secrets_, strict=True):
            if secret:
                keys = keys or dialect_keys(connection.dialect)
                values = {name: keys.encrypt(secret)}
                connection.execute(sa.update(PERSON).where(PERSON.c.id == one).values(**values))


def _erase_links(connection: sa.Connection) -> None:
    """Mails whose text holds a link that lets its reader in: those that left or were given up lose it."""
    held = sa.or_(*(MAIL.c.body.like(f"%/{page}/%") for page in PAGES_WITH_TOKEN))
    connection.execute(sa.update(MAIL).where(held).values(erased_when_done=True))
    done = sa.or_(MAIL.c.sent_at.is_not(None), MAIL.c.given_up_at.is_not(None), MAIL.c.attempts >= MOST_ATTEMPTS)
    connection.execute(sa.update(MAIL).where(held, done).values(body=""))


def _close_chain(connection: sa.Connection) -> None:
    """The first keyed line says how many plain ones there were, and the hash of the last."""
    last = connection.execute(sa.select(LINE.c.sequence, LINE.c.hash).order_by(LINE.c.sequence.desc()).limit(1)).first()
    if last is None:
        return
    salt = secrets.token_hex(16)
    content = {"before": {}, "after": {"lines": last.sequence, "head": last.hash}}
    line = AuditLine(
        sequence=last.sequence + 1, at=datetime.now(UTC), actor_id="system", action=CLOSED, object_kind="audit",
        values_digest=values_digest(salt, content), previous_hash=last.hash, hash="",
    )  # fmt: skip
    line.hash = keyed_hash(dialect_keys(connection.dialect), line)
    connection.execute(sa.insert(AuditLine.__table__).values(**line.model_dump()))  # type: ignore[attr-defined]
    connection.execute(sa.insert(VALUES).values(sequence=line.sequence, salt=salt, content=content))


def _guards(dialect: str) -> list[str]:
    """Triggers that refuse to change or remove what was logged; values may be erased (set to NULL)."""
    if dialect == "sqlite":
        refused = f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        erased = ERASED.format(content="NEW.content")
        return [
            *(f"CREATE TRIGGER {table}_keeps BEFORE DELETE ON {table} {refused}" for table in KEPT),
            *(f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} {refused}" for table in KEPT if table != KEPT[1]),
            f"CREATE TRIGGER audit_values_stays BEFORE UPDATE ON audit_values WHEN NOT ({erased}) {refused}",
        ]
    erased = ERASED.format(content="NEW.content::text")
    refused = f"RAISE EXCEPTION '{REFUSED}'"
    return [
        f"CREATE FUNCTION audit_keeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refused}; END $$",
        "CREATE FUNCTION audit_values_stays() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT ({erased}) THEN {refused}; END IF; RETURN NEW; END $$",
        *(
            f"CREATE TRIGGER {table}_keeps BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_keeps()"
            for table in KEPT
        ),
        *(
            f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_keeps()"
            for table in KEPT
        ),
        *(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_keeps()"
            for table in KEPT
            if table != KEPT[1]
        ),
        "CREATE TRIGGER audit_values_stays BEFORE UPDATE ON audit_values FOR EACH ROW "
        "EXECUTE FUNCTION audit_values_stays()",
    ]


def _without_guards(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [f"DROP TRIGGER {table}_{kind}" for table in KEPT for kind in ("keeps", "stays")]
    triggers = [f"DROP TRIGGER {table}_{kind} ON {table}" for table in KEPT for kind in ("keeps", "stays", "whole")]
    return [*triggers, "DROP FUNCTION audit_keeps()", "DROP FUNCTION audit_values_stays()"]
