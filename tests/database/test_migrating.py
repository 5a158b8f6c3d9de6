"""Bringing the schema up to date is all or nothing, however it ends."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import DatabaseUnusable, open_database
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
        connection.execute("CREATE TABLE obstacle (lane INTEGER)")
        connection.execute("CREATE INDEX ix_effects_lane ON obstacle (lane)")  # a late name of the schema
    connection.close()
    with pytest.raises(DatabaseUnusable):
        migrate(url)
    assert tables(file) == {"obstacle"}
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE obstacle")
    connection.close()
    assert migrate(url)
    assert is_current(url)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["CREATE TABLE jobs (id INTEGER)"], "belongs to another program"),
        (["CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('abc')"], "another"),
        (["CREATE TABLE alembic_version (version_num TEXT)", "CREATE TABLE schema_notes (id INTEGER)"], "does not say"),
    ],
)
@pytest.mark.slow
async def test_a_database_of_another_program_is_left_alone(
    postgres_url: str, statements: list[str], words: str
) -> None:
    """Asked whether it fits, and told to bring it up to date: the same sentence, and nothing is changed."""
    database = await open_database(postgres_url)
    for statement in statements:
        await database.write(lambda tx, statement=statement: tx.execute(text(statement)))  # type: ignore[misc]
    for act in (is_current, migrate):
        with pytest.raises(DatabaseUnusable, match=words):
            act(postgres_url)
    names = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    made = sum("CREATE" in statement for statement in statements)
    assert made == await database.read(lambda tx: tx.execute(names).scalar_one())
    await database.close()


@pytest.mark.slow
async def test_tables_of_others_that_are_in_nobodys_way_may_stay(postgres_url: str) -> None:
    """A database shared with other programs is no fault."""
    database = await open_database(postgres_url)
    await database.write(lambda tx: tx.execute(text("CREATE TABLE invoices (id INTEGER)")))
    assert migrate(postgres_url)
    assert is_current(postgres_url)
    await database.close()
