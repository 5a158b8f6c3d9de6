"""One SQLite file, with nothing else installed.

SQLite has one writer: the functions that arrive together share one commit (and so one fsync), each inside a savepoint
so that one that fails does not take the others with it. `synchronous=FULL` makes what was acknowledged survive a power
cut. Reads go through aiosqlite on connections of their own.
"""

import asyncio
import errno
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from storage.database.terms import Change, DatabaseFault, DatabaseUnusable

# Who waits for an acknowledgement waits for the batch before theirs as well: both must fit into Slack's three seconds.
BUSY_TIMEOUT_MS = 1_000
BATCH_LIMIT = 128  # transactions in one commit; more would make the first of them wait too long
READ_CONNECTIONS = 4
WRITER_CACHE_KIB = 16_384  # of pages; SQLite's own two megabytes read most index pages anew for each batch
LOG_PAGES = 4_000  # written (16 MB) before they are brought into the file, a page that changed often only once

# What SQLite has against a statement or its values, not against its disk; both are kinds of DatabaseError.
OUR_FAULTS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.NotSupportedError)

HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN})  # what a lock says that another program has

T = TypeVar("T")


@dataclass(frozen=True)
class _Turn:
    """One transaction that waits for the writer."""

    change: Change[Any]
    done: "asyncio.Future[Any]"


class SqliteDatabase:
    """`write` for transactions that change something, `read` for the rest."""

    is_shared = False

    def __init__(self, reader: AsyncEngine, writer: Engine, lock: int | None) -> None:
        self._reader = reader
        self._writer = writer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-writer")
        self._turns: list[_Turn] = []
        self._pump: asyncio.Task[None] | None = None
        self._lock_file = lock
        self._is_refusing = False

    async def write(self, change: Change[T]) -> T:
        """Runs a transaction and returns its value once it is durable; an exception undoes all of it and is raised."""
        loop = asyncio.get_running_loop()
        turn = _Turn(change, loop.create_future())
        self._turns.append(turn)
        if self._pump is None:
            self._pump = loop.create_task(self._write_turns(), name="sqlite writer")
        value: T = await turn.done
        return value

    async def read(self, look: Change[T]) -> T:
        """Runs a function that only reads, on what is committed. Raises DatabaseFault when the disk is in trouble."""
        try:
            async with self._reader.connect() as connection:
                return await connection.run_sync(look)
        except DatabaseError as error:
            raise _told(error) from error

    @property
    def is_refusing(self) -> bool:
        """Whether the newest commit failed. Only another one can show that it would work again."""
        return self._is_refusing

    async def close(self) -> None:
        """Finishes the writes under way and ends all connections; another process can open the file afterwards."""
        while self._pump is not None:
            await asyncio.wait([self._pump])
        self._writer.dispose()
        self._thread.shutdown()
        await self._reader.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)

    async def _write_turns(self) -> None:
        while self._turns:
            batch, self._turns = self._turns[:BATCH_LIMIT], self._turns[BATCH_LIMIT:]
            outcomes = await self._run_batch(batch)
            for turn, (value, error) in zip(batch, outcomes, strict=True):
                if turn.done.cancelled():
                    continue  # nobody waits any more; the change itself is committed
                if error is not None:
                    turn.done.set_exception(error)
                else:
                    turn.done.set_result(value)
        self._pump = None

    async def _run_batch(self, batch: list[_Turn]) -> list[tuple[Any, Exception | None]]:
        """Runs the turns in one transaction. A commit that fails fails them all.

        What waits, for the disk or for another process, waits on the writer's thread. The changes run here: on a
        thread of their own they and the loop would take Python's lock from each other at every statement.
        """
        try:
            with self._writer.connect() as connection:
                outcomes = await self._commit(connection, batch)
        except (DBAPIError, sqlite3.Error) as error:  # savepoints speak to the driver, the rest through SQLAlchemy
            self._is_refusing = True
            return [(None, _fault(error))] * len(batch)
        except Exception as error:  # noqa: BLE001 -- handed to those who asked: they and all after them would wait for ever
            self._is_refusing = True
            return [(None, error)] * len(batch)
        self._is_refusing = any(isinstance(error, DatabaseFault) for _, error in outcomes)
        return outcomes

    async def _commit(self, connection: Connection, batch: list[_Turn]) -> list[tuple[Any, Exception | None]]:
        try:
            await self._aside(connection.exec_driver_sql, "BEGIN IMMEDIATE")
            savepoints = connection.connection.cursor()  # the driver's own: two statements more for each turn
            outcomes = [_run_turn(connection, savepoints, turn) for turn in batch]
            await self._aside(connection.exec_driver_sql, "COMMIT")
        except Exception:
            await self._aside(_undo, connection)
            raise
        return outcomes

    async def _aside(self, wait: Callable[..., object], *arguments: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, wait, *arguments)


def _fault(error: DBAPIError | sqlite3.Error) -> DatabaseFault:
    """Whatever SQLite had against the whole transaction; it may give one up by itself, as on a full or broken disk."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return DatabaseFault(None, None, cause or error)


def _told(error: Exception) -> Exception:
    """A fault of the database by that name, whatever statement it came to light in; all else as it is."""
    if isinstance(error, DatabaseError) and not isinstance(error.orig, OUR_FAULTS):
        return _fault(error)
    return error


def _undo(connection: Connection) -> None:
    if connection.closed:  # which has undone it
        return
    driver = connection.connection.driver_connection
    if driver is not None and driver.in_transaction:
        connection.exec_driver_sql("ROLLBACK")


def _run_turn(connection: Connection, savepoints: DBAPICursor, turn: _Turn) -> tuple[Any, Exception | None]:
    savepoints.execute("SAVEPOINT turn")
    try:
        value = turn.change(connection)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is handed to the one who asked
        savepoints.execute("ROLLBACK TO turn")
        savepoints.execute("RELEASE turn")
        return None, _told(error)
    savepoints.execute("RELEASE turn")
    return value, None


async def open_sqlite(url: URL, *, alone: bool) -> SqliteDatabase:
    """Opens the file; with `alone`, refuses when another process runs on it. Raises DatabaseUnusable."""
    path = file_of(url)
    lock = _lock(path) if alone else None
    writer = create_engine(
        f"sqlite:///{path}", isolation_level="AUTOCOMMIT", poolclass=StaticPool,
        connect_args={"check_same_thread": False}, hide_parameters=True,
    )  # fmt: skip
    reader = create_async_engine(
        f"sqlite+aiosqlite:///{path}", pool_size=READ_CONNECTIONS, max_overflow=0, hide_parameters=True
    )
    for engine in (writer, reader.sync_engine):
        event.listen(engine, "connect", _prepare)
    event.listen(writer, "connect", _prepare_to_write)
    database = SqliteDatabase(reader, writer, lock)
    try:
        await database.read(lambda tx: tx.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one())
    except Exception as error:
        await database.close()
        raise cannot_be_used(path, _cause(error)) from error
    return database


@contextmanager
def held_file(url: URL) -> Iterator[Connection]:
    """A file for one who only reads it, and on which nothing of ours runs meanwhile. Raises DatabaseUnusable."""
    path = file_of(url)
    lock = _lock(path)
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
        os.close(lock)


def file_of(url: URL) -> Path:
    """The file that the URL names, by its one true path: a lock beside a link would keep nobody out.

    Raises DatabaseUnusable.
    """
    if not url.database or url.database == ":memory:":
        raise DatabaseUnusable("DATABASE_URL must name a file, for example sqlite:///heygen-slack.db.")
    path = Path(url.database)
    try:
        path = path.resolve()
        has_folder, is_something_else = path.parent.is_dir(), path.exists() and not path.is_file()
    except (OSError, RuntimeError) as error:  # nobody lets us in, the name is too long, the links go round
        why = getattr(error, "strerror", None) or "its links lead round in a ring"
        raise DatabaseUnusable(
            f"The file {path} of DATABASE_URL cannot be reached ({why}); mend its path, or the rights to its folders."
        ) from error
    if not has_folder:
        raise DatabaseUnusable(f"The folder {path.parent} of DATABASE_URL does not exist; create it first.")
    if is_something_else:
        raise DatabaseUnusable(f"{path} of DATABASE_URL is no file; name one, for example sqlite:///heygen-slack.db.")
    return path


def cannot_be_used(path: Path, why: object) -> DatabaseUnusable:
    """SQLite's own words, and what helps against most of what it may mean by them."""
    return DatabaseUnusable(
        f"The database file {path} cannot be used ({why}); make room on its disk, make it and its folder writable, or "
        "set DATABASE_URL to another."
    )


def _lock(path: Path) -> int:
    """Takes the lock beside the file; the kernel frees it however this process ends."""
    try:
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseUnusable(
            f"The lock {path}.lock cannot be opened ({error.strerror}); make it and its folder writable, or set "
            "DATABASE_URL to another file."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if error.errno not in HELD:
            raise DatabaseUnusable(
                f"The lock {path}.lock cannot be taken ({error.strerror}); keep the database on a disk of this machine."
            ) from error
        raise DatabaseUnusable(
            f"Another heygen-slack runs on {path}; stop it first, or set DATABASE_URL to another file."
        ) from error
    return handle


def _prepare(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_to_write(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (f"cache_size=-{WRITER_CACHE_KIB}", f"wal_autocheckpoint={LOG_PAGES}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _cause(error: Exception) -> str:
    original = getattr(error, "orig", error)
    return str(original) if isinstance(original, sqlite3.DatabaseError) else type(original).__name__
