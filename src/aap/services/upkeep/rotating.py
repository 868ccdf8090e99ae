"""A new key for the instance: everything secret is encrypted anew; the older keys go on reading the log and backups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, Text, literal, type_coerce, update
from sqlmodel import Session, SQLModel, select

from aap.records.keys import KeyRing, new_key
from aap.records.types import Secret
from aap.services.actor import SYSTEM
from aap.services.audit import Subject, record
from aap.services.platform import Platform


@dataclass(frozen=True)
class Rotation:
    """`key`: the name of the key in use; `made`: whether it was made now; `secrets`: how many were encrypted anew."""

    key: str
    made: bool
    secrets: int


def rotate_keys(platform: Platform) -> Rotation:
    """Makes a new key in the file of keys and encrypts every secret anew with it, all in one transaction.

    Killed in between, nothing is lost: every key of the file reads. Done again, it first ends what was interrupted, and
    makes no other key then. Where the keys come from the setting, its first one is the new one: nothing is made.
    """
    keys = platform.keys
    with platform.database.reading() as session:
        interrupted = any(not keys.is_current(token) for *_rest, token in stored_secrets(session))
    made = keys.file is not None and not interrupted
    if made:
        keys.add(new_key())
    with platform.database.writing() as session:
        count = _encrypt_anew(session, keys)
        if made or count:
            after = {"key": keys.name, "secrets": count}
            record(session, SYSTEM, "keys.rotated", Subject("instance"), now=platform.clock(), after=after)
    return Rotation(keys.name, made, count)


def _columns() -> Iterator[tuple[Table, Column[Any]]]:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Secret):
                yield table, column


def stored_secrets(session: Session) -> Iterator[tuple[Table, Column[Any], Any, str]]:
    """Table, column, id of the row and what is stored, of everything encrypted."""
    for table, column in _columns():
        (key,) = table.primary_key.columns
        stored = type_coerce(column, Text)
        for one, token in session.execute(select(key, stored).where(stored.is_not(None), stored != "")).all():
            yield table, column, one, token


def _encrypt_anew(session: Session, keys: KeyRing) -> int:
    """The digest beside a secret (`iban_digest`) is made anew with it, so that equal ones are found all along."""
    count = 0
    for table, column, one, token in list(stored_secrets(session)):
        if keys.is_current(token):
            continue
        (key,) = table.primary_key.columns
        plain = keys.decrypt(token)
        values: dict[Any, Any] = {column: literal(keys.encrypt(plain), Text)}
        beside = table.columns.get(f"{column.name}_digest")
        if beside is not None:
            values[beside] = keys.digest(plain)
        session.execute(update(table).where(key == one).values(values))
        count += 1
    return count
