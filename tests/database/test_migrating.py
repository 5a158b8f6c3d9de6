"""Bringing the schema up to date is all or nothing, however it ends."""

import sqlite3
from pathlib import Path

import pytest

from storage.database import DatabaseUnusable
from storage.schema import is_current, migrate


def tables(file: Path) -> set[str]:
    with sqlite3.connect(file) as connection:
        found = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return found


def test_a_migration_that_is_cut_off_leaves_nothing_behind(tmp_path: Path) -> None:
    """The first start dies half-way through the tables: the next one finds a clean file, not a half-made schema."""
    file = tmp_path / "jobs.db"
    url = f"sqlite:///{file}"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE lanes (obstacle INTEGER)")  # a late table of the schema
    connection.close()
    with pytest.raises(DatabaseUnusable):
        migrate(url)
    assert tables(file) == {"lanes"}
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE lanes")
    connection.close()
    assert migrate(url)
    assert is_current(url)
