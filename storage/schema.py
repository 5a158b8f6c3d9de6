"""Brings a database to this release's schema, and says whether one fits."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from storage.database import DatabaseUnusable, url_of

RELEASE = (0, 2)  # compared with the oldest release that a newer schema says it still works with


def migrate(url: str) -> bool:
    """Applies what is missing; True when something was. A newer schema is left alone while it still fits us.

    Raises DatabaseUnusable.
    """
    engine = create_engine(url_of(url))
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            if _is_newer(connection):
                return False
            before = MigrationContext.configure(connection).get_current_revision()
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return before != ScriptDirectory.from_config(config).get_current_head()
    except DatabaseError as error:
        raise _unusable(engine, error) from error
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Whether the schema is this release's, or a newer one that fits. Makes no file. Raises DatabaseUnusable."""
    engine = create_engine(url_of(url))
    try:
        if not Path(engine.url.database or "").exists():
            return False
        with engine.connect() as connection:
            head = ScriptDirectory.from_config(_config()).get_current_head()
            return _is_newer(connection) or MigrationContext.configure(connection).get_current_revision() == head
    except DatabaseError as error:
        raise _unusable(engine, error) from error
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    """Otherwise the driver commits before each CREATE TABLE, and a start that dies half-way leaves half a schema."""
    connection.isolation_level = None


def _unusable(engine: Engine, error: DatabaseError) -> DatabaseUnusable:
    return DatabaseUnusable(f"The database file {engine.url.database} cannot be used ({error.orig}).")


def _is_newer(connection: Connection) -> bool:
    """Whether a later release made this schema; raises when it says that we are too old for it."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None or knows(revision):
        return False
    if not inspect(connection).has_table("schema_notes"):
        raise DatabaseUnusable("The database belongs to another program; set DATABASE_URL to another file.")
    refuse_too_new(str(connection.execute(text("SELECT oldest_release FROM schema_notes")).scalar_one()))
    return True


def knows(revision: str) -> bool:
    """Whether the revision of a schema is one of this release or of those before it."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def refuse_too_new(oldest: str) -> None:
    """Raises DatabaseUnusable when the oldest release that a schema says it works with is newer than this one."""
    if tuple(int(part) for part in oldest.split(".")) > RELEASE:
        raise DatabaseUnusable(f"The database was made for heygen-slack {oldest} or newer; install that release.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
