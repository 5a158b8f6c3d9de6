"""Carries an installation from its SQLite file to PostgreSQL: every row, in one transaction."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from storage.database import Database, DatabaseUnusable, Transaction
from storage.records import EffectState
from storage.tables import metadata

ROWS_AT_ONCE = 1_000
MADE_BY_MIGRATIONS = frozenset({"accounts", "hearing", "schema_notes"})
OF_THE_MACHINE = frozenset({"instances"})  # those who ran on the file do not run here
NOT_EMPTY = "The new database has jobs of its own already; carry into an empty one."


async def carry(source: Database, target: Database) -> dict[str, int]:
    """Copies all rows into an empty database of this release's schema; returns how many there are of each table.

    Both are open, and nothing runs on the source. Raises DatabaseUnusable when the target is not empty; then, and when
    it is cut off, nothing of it is there.
    """
    pages = {table.name: await source.read(lambda tx, table=table: _rows(tx, table)) for table in _tables()}  # type: ignore[misc]
    return await target.write(lambda tx: _fill(tx, pages))


def _tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in OF_THE_MACHINE | {"schema_notes"}]


def _rows(tx: Transaction, table: Table) -> list[dict[str, Any]]:
    return [_free(dict(row)) for row in tx.execute(select(table)).mappings()]


def _free(row: dict[str, Any]) -> dict[str, Any]:
    """Nothing runs on what is left behind: a call that was under way is read back, though others run on the new one."""
    if row.get("claimed_by") is None:
        return row
    doubt = {"state": EffectState.UNKNOWN.value} if row.get("state") == EffectState.TRYING.value else {}
    return {**row, "claimed_by": None, **doubt}


def _fill(tx: Transaction, pages: dict[str, list[dict[str, Any]]]) -> dict[str, int]:
    if any(_is_used(tx, table) for table in _tables() if table.name not in MADE_BY_MIGRATIONS):
        raise DatabaseUnusable(NOT_EMPTY)
    for table in _tables():
        if table.name in MADE_BY_MIGRATIONS:
            tx.execute(table.delete())
        for page in _pages(pages[table.name]):
            tx.execute(insert(table), page)
    _go_on_counting(tx)
    return {name: len(rows) for name, rows in pages.items()}


def _is_used(connection: Connection, table: Table) -> bool:
    return connection.execute(select(table).limit(1)).first() is not None


def _pages(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


def _go_on_counting(tx: Transaction) -> None:
    """The next effect gets a number after those that were carried: their order is the order of their numbers."""
    effects = metadata.tables["effects"]
    last = tx.execute(select(func.max(effects.c.id))).scalar_one()
    if last is not None and tx.dialect.name != "sqlite":
        tx.execute(text("SELECT setval(pg_get_serial_sequence('effects', 'id'), :last)"), {"last": last})
