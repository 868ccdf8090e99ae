"""Column types and the common base of every table."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel
from uuid6 import uuid7

from aap.records.keys import dialect_keys

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING

MARK_UNITS = 10_000  # marks and scores are stored as integers of four decimals


def new_id() -> str:
    """A random, time-ordered public identifier (UUIDv7)."""
    return str(uuid7())


def one_of(column: str, values: type[StrEnum]) -> str:
    """SQL text of a CHECK that `column` holds one of the enum's values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC. A naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive time refused: times are aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FileHash(TypeDecorator[str]):
    """SHA-256 of a file in the store. A backup looks for the files of every column of this type."""

    impl = String(64)
    cache_ok = True


class FourDecimals(TypeDecorator[Decimal]):
    """A Decimal of at most four decimals, stored as an integer (SQLite has no decimal)."""

    impl = BigInteger().with_variant(Integer, "sqlite")
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        units = Decimal(value) * MARK_UNITS
        if units != units.to_integral_value():
            raise ValueError(f"{value} has more than four decimals")
        return int(units)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else _of_units(int(value))


@lru_cache(maxsize=20_000)  # a ranking has a thousand scores, and marks have few values
def _of_units(units: int) -> Decimal:
    return Decimal(units) / MARK_UNITS


class Secret(TypeDecorator[str]):
    """A text that is encrypted in the database: `totp: str | None = Field(default=None, sa_type=Secret)`.

    An empty text stays empty. Nothing can be searched in such a column: what equal values are wanted for keeps the
    keys' digest beside it (`Association.iban_digest`). `aap keys rotate` finds the columns by this type.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return dialect_keys(dialect).encrypt(value) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Raises KeyFault where no key of the instance opens it."""
        return dialect_keys(dialect).decrypt(value) if value else value


Cents = BigInteger().with_variant(Integer, "sqlite")
"""Money: integer cents."""
