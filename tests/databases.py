"""`on_both_databases`: run a test on SQLite and on PostgreSQL."""

import pytest

on_both_databases = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
