"""Alembic migrations: the database's shape, step by step. `upgrade` brings any database to the newest step."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def configuration(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Brings the database to `revision`, in one transaction."""
    config = configuration(engine.url.render_as_string(hide_password=False))
    with engine.execution_options(aap_writing=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
