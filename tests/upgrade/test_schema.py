"""A schema only expands from one release to the next, so that both can run on it."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Inspector, create_engine, inspect

from storage.schema import migrate
from tests.upgrade.kept import Kept

RECORDS = sorted(path for path in (Path(__file__).parents[1] / "data").glob("release-*"))

Found = dict[str, dict[str, Any]]


def schema(file: Path) -> Found:
    """Each table with its columns, and with what its rows must obey."""
    engine = create_engine(f"sqlite:///{file}")
    try:
        looked = inspect(engine)
        return {name: _table(looked, name) for name in looked.get_table_names()}
    finally:
        engine.dispose()


def _table(looked: Inspector, name: str) -> dict[str, Any]:
    rules = [
        looked.get_pk_constraint(name), *looked.get_unique_constraints(name), *looked.get_check_constraints(name),
        *looked.get_foreign_keys(name), *(_unique(index) for index in looked.get_indexes(name) if index["unique"]),
    ]  # fmt: skip
    columns = {column["name"]: column for column in looked.get_columns(name)}
    return {"columns": columns, "rules": sorted(map(str, rules))}


def _unique(index: Any) -> str:
    """With the rows it is about: only some, where it says so."""
    return f"{index['name']} {index['column_names']} {index.get('dialect_options', {}).get('sqlite_where')}"


def obstacles(before: Found, after: Found) -> list[str]:
    """What a program that was made for the schema before would stumble over in the one after."""
    gone = [f"{name} is gone" for name in before if name not in after]
    return gone + [
        f"{name}: {what}" for name in before if name in after for what in _of_table(before[name], after[name])
    ]


def _of_table(before: dict[str, Any], after: dict[str, Any]) -> Iterable[str]:
    if before["rules"] != after["rules"]:
        yield "its rows must obey other rules"
    for name, column in before["columns"].items():
        if str(column) != str(after["columns"].get(name)):
            yield f"{name} is not what it was"
    for name, column in after["columns"].items():
        if name not in before["columns"] and not column["nullable"] and column["default"] is None:
            yield f"{name} must be given, and nobody knew of it"


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_a_migration_only_adds_what_an_older_program_need_not_know(record: Path, tmp_path: Path) -> None:
    """Tables, indexes, and columns that may be left out; then `oldest_release` still lets that program run."""
    file = tmp_path / "jobs.db"
    restore(record, file)
    before = schema(file)
    migrate(f"sqlite:///{file}")
    assert [] == obstacles(before, schema(file))
    with closing(sqlite3.connect(file)) as connection:
        [(oldest,)] = connection.execute("SELECT oldest_release FROM schema_notes").fetchall()
    assert version(oldest) <= version(record.name.removeprefix("release-"))


def restore(record: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(Kept.read(record).database)


def version(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE jobs DROP COLUMN slow_told",
        "ALTER TABLE jobs RENAME COLUMN phase TO stage",
        "CREATE UNIQUE INDEX one ON effects (thread_id, kind, key)",
        "ALTER TABLE lanes RENAME TO rates",
        "DROP INDEX uq_jobs_video",
        "DROP TABLE lanes; CREATE TABLE lanes (key VARCHAR(120) NOT NULL, next_at FLOAT NOT NULL, pace FLOAT NOT NULL)",
    ],
)
def test_what_an_older_program_would_stumble_over_is_found(change: str, tmp_path: Path) -> None:
    """The comparison above can fail."""
    file = tmp_path / "jobs.db"
    restore(RECORDS[0], file)
    before = schema(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(change)
    assert obstacles(before, schema(file))
