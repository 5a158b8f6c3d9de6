"""Carries an installation from its SQLite file to PostgreSQL: every row, in one transaction, a page at a time."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.exc import DatabaseError

from storage import arrivals
from storage.database import Database, DatabaseFault, DatabaseUnusable, Transaction
from storage.records import EffectState
from storage.tables import metadata

ROWS_AT_ONCE = 1_000
MADE_BY_MIGRATIONS = frozenset({"accounts", "hearing", "schema_notes"})
OF_THE_MACHINE = frozenset({"instances"})  # those who ran on the file do not run here
NOT_EMPTY = "The new database has jobs of its own already; carry into an empty one."


async def carry(source: Connection, target: Database, *, run: str, now: float) -> dict[str, int]:
    """Copies all rows into an empty database of this release's schema; returns how many there are of each table.

    Nothing runs on the source. `run` is a name that no other carrying has: the target keeps it for a while, so that
    what was done is known again when the answer to its commit was lost. Raises DatabaseUnusable when the target is not
    empty, or the source cannot be read; then, and when it is cut off, nothing of it is there.
    """
    counted = {table.name: _count(source, table) for table in _tables()}
    mark = f"carried:{run}"
    try:
        await target.write(lambda tx: _fill(tx, source, mark, now))
    except DatabaseFault:  # perhaps of the answer alone: it took longer than `write` tries again for
        if not await target.read(lambda tx: arrivals.has_arrived(tx, mark)):
            raise
    return counted


def _tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in OF_THE_MACHINE | {"schema_notes"}]


def _fill(tx: Transaction, source: Connection, mark: str, now: float) -> None:
    if arrivals.has_arrived(tx, mark):
        return
    if any(_is_used(tx, table) for table in _tables() if table.name not in MADE_BY_MIGRATIONS):
        raise DatabaseUnusable(NOT_EMPTY)
    for table in _tables():
        if table.name in MADE_BY_MIGRATIONS:
            tx.execute(table.delete())
        for page in _pages(source, table):
            tx.execute(insert(table), page)
    _go_on_counting(tx)
    arrivals.first_time(tx, mark, now)


def _is_used(connection: Connection, table: Table) -> bool:
    return connection.execute(select(table).limit(1)).first() is not None


def _count(source: Connection, table: Table) -> int:
    try:
        return int(source.execute(select(func.count()).select_from(table)).scalar_one())
    except DatabaseError as error:
        raise _unreadable(error) from error


def _pages(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The rows as they are to be written; no more of them are held at a time than one page."""
    try:
        found = source.execute(select(table).execution_options(yield_per=ROWS_AT_ONCE))
        for page in found.mappings().partitions():
            yield [_free(dict(row)) for row in page]
    except DatabaseError as error:
        raise _unreadable(error) from error


def _unreadable(error: DatabaseError) -> DatabaseUnusable:
    """Not the target's trouble, which might pass."""
    return DatabaseUnusable(
        f"The old database cannot be read ({error.orig}); docs/operate/backup-and-restore.md tells how to restore the "
        "backup."
    )


def _free(row: dict[str, Any]) -> dict[str, Any]:
    """Nothing runs on what is left behind: a call that was under way is read back, though others run on the new one."""
    if row.get("claimed_by") is None:
        return row
    doubt = {"state": EffectState.UNKNOWN.value} if row.get("state") == EffectState.TRYING.value else {}
    return {**row, "claimed_by": None, **doubt}


def _go_on_counting(tx: Transaction) -> None:
    """The next effect gets a number after those that were carried: their order is the order of their numbers."""
    effects = metadata.tables["effects"]
    last = tx.execute(select(func.max(effects.c.id))).scalar_one()
    if last is not None and tx.dialect.name != "sqlite":
        tx.execute(text("SELECT setval(pg_get_serial_sequence('effects', 'id'), :last)"), {"last": last})
