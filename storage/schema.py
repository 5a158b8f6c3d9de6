"""Brings a database to this release's schema, and says whether one fits."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from storage.database import DatabaseUnusable, parsed
from storage.database.postgres import engine_of, reported
from storage.database.sqlite import cannot_be_used, file_of
from storage.tables import metadata

RELEASE = (0, 2)  # compared with the oldest release that a newer schema says it still works with
MIGRATING = 4_279  # PostgreSQL's advisory lock: of several replicas that start, one migrates and the others wait
UNCLEAR = "The database does not say of which release it is; docs/operate/backup-and-restore.md tells what to do."
FOREIGN = "The database belongs to another program; set DATABASE_URL to another one."
TABLES_TIMEOUT = "5s"  # what runs on the tables meanwhile must not stand still for longer

T = TypeVar("T")


def migrate(url: str) -> bool:
    """Applies what is missing; True when something was. A newer schema is left alone while it still fits us.

    Raises DatabaseUnusable.
    """
    return _with_connection(parsed(url), _upgrade)


def is_current(url: str) -> bool:
    """Whether the schema is this release's, or a newer one that fits. Makes no file. Raises DatabaseUnusable."""
    which = parsed(url)
    if which.get_backend_name() == "sqlite" and not file_of(which).exists():
        return False
    return _with_connection(which, _fits)


def _upgrade(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        connection.execute(text("SET LOCAL lock_timeout = 0"))  # another replica's big index takes its time
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        connection.execute(text(f"SET LOCAL lock_timeout = '{TABLES_TIMEOUT}'"))
    if _is_newer(connection):
        return False
    before = _revision(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before != ScriptDirectory.from_config(config).get_current_head()


def _fits(connection: Connection) -> bool:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return _is_newer(connection) or _revision(connection) == head


def _with_connection(url: URL, act: Callable[[Connection], T]) -> T:
    """Calls `act` in one transaction. Alembic works synchronously, and asyncpg does not."""
    if url.get_backend_name() == "sqlite":
        return _in_file(url, act)
    with ThreadPoolExecutor(max_workers=1) as thread:  # the caller may be inside a loop of its own
        return thread.submit(asyncio.run, _at_server(url, act)).result()


def _in_file(url: URL, act: Callable[[Connection], T]) -> T:
    engine = create_engine(url)
    event.listen(engine, "connect", _leave_transactions_to_us)
    if act is _upgrade:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            return act(connection)
    except DatabaseError as error:
        raise cannot_be_used(file_of(url), error.orig) from error
    finally:
        engine.dispose()


async def _at_server(url: URL, act: Callable[[Connection], T]) -> T:
    engine = engine_of(url, statement_seconds=None)  # a big index takes its time
    try:
        async with reported(url), engine.begin() as connection:
            return await connection.run_sync(act)
    finally:
        await engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    """Otherwise the driver commits before each CREATE TABLE, and a start that dies half-way leaves half a schema."""
    connection.isolation_level = None


def _is_newer(connection: Connection) -> bool:
    """Whether a later release made this schema; raises when it says that we are too old for it."""
    revision = _revision(connection)
    tables = set(inspect(connection).get_table_names())
    if revision is None and "schema_notes" in tables:
        raise DatabaseUnusable(UNCLEAR)
    if revision is None and not tables.isdisjoint(metadata.tables):
        raise DatabaseUnusable(FOREIGN)
    if revision is None or knows(revision):
        return False
    if "schema_notes" not in tables:
        raise DatabaseUnusable(FOREIGN)
    notes = connection.execute(text("SELECT oldest_release FROM schema_notes")).scalars().all()
    if len(notes) != 1:
        raise DatabaseUnusable(UNCLEAR)
    refuse_too_new(str(notes[0]))
    return True


def _revision(connection: Connection) -> str | None:
    heads = MigrationContext.configure(connection).get_current_heads()
    if len(heads) > 1:
        raise DatabaseUnusable(UNCLEAR)
    return heads[0] if heads else None


def knows(revision: str) -> bool:
    """Whether the revision of a schema is one of this release or of those before it."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def refuse_too_new(oldest: str) -> None:
    """Raises DatabaseUnusable when the oldest release that a schema says it works with is newer than this one."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", oldest):
        raise DatabaseUnusable(UNCLEAR)
    if tuple(int(part) for part in oldest.split(".")) > RELEASE:
        raise DatabaseUnusable(f"The database was made for heygen-slack {oldest} or newer; install that release.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
