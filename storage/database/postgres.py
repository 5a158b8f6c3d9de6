"""PostgreSQL, for several replicas of the program at once.

Transactions run side by side at READ COMMITTED: whoever changes what belongs to a thread locks the thread's row first
(`storage.threads.lock`), and what PostgreSQL gave up as a race is simply run again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.database.terms import Change, DatabaseFault, DatabaseUnusable

CONNECTIONS = 16
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
LOCK_TIMEOUT = "2s"  # people wait three
IDLE_TIMEOUT = "15s"  # a paused replica must not keep its locks
CLOSE_SECONDS = 3.0  # then connections on which nobody answers end with the process
PATIENCE_SECONDS = 2.0  # an outage that is over by then is seen by nobody; people wait three seconds
AGAIN_SECONDS = 0.1
RACES = 8
OLDEST_SERVER = 130_000  # PostgreSQL 13

# https://www.postgresql.org/docs/current/errcodes-appendix.html
RACE = frozenset({"40001", "40P01", "23505"})  # serialization failure, deadlock, the same key twice at once
# Connection, a password that was changed below us, resources, shutdown, disk, corruption.
OUTAGE_CLASSES = frozenset({"08", "28", "53", "57", "58", "XX"})
CURES = {"42501": "make the role of DATABASE_URL its owner", "25006": "name a server that takes writes"}
NO_ADDRESS: tuple[type[Exception], ...] = (UnicodeError, OverflowError)  # what cannot be a host's name, or a port
OUTAGE = frozenset({"55P03", "25006"})  # a lock that is held for too long, a server that only reads

T = TypeVar("T")


class PostgresDatabase:
    """`write` for transactions that change something, `read` for the rest."""

    is_shared = True

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._is_refusing = False

    @property
    def is_refusing(self) -> bool:
        """Whether the newest commit failed. Only another one can show that it would work again."""
        return self._is_refusing

    async def write(self, change: Change[T]) -> T:
        """Runs a transaction and returns its value once it is durable; an exception undoes all of it and is raised."""
        try:
            value = await _patiently(lambda: self._write(change))
        except DatabaseFault:
            self._is_refusing = True
            raise
        self._is_refusing = False
        return value

    async def read(self, look: Change[T]) -> T:
        """Runs a function that only reads, on what is committed."""
        return await _patiently(lambda: self._read(look))

    async def close(self) -> None:
        """Ends all connections. A server that says nothing is not waited for, which would be half a minute for each."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._engine.dispose()

    async def _write(self, change: Change[T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(change)

    async def _read(self, look: Change[T]) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(look)


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Runs it again after a race, and for a while after an outage. Raises DatabaseFault when that goes on."""
    loop = asyncio.get_running_loop()
    until, races = loop.time() + PATIENCE_SECONDS, 0
    while True:
        try:
            return await work()
        except troubles() as error:
            if _is_race(error):
                races += 1
                if races >= RACES:
                    raise error if isinstance(error, IntegrityError) else _fault(error) from error
            elif not _is_outage(error):
                raise
            elif loop.time() >= until:
                raise _fault(error) from error
            else:
                await asyncio.sleep(AGAIN_SECONDS)


def troubles() -> tuple[type[Exception], ...]:
    """What may go wrong; before SQLAlchemy has a connection to speak of, the driver raises errors of its own."""
    import asyncpg

    known = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)  # the last: cut off in a call
    return DBAPIError, PoolTimeout, OSError, *known


def _state(error: BaseException) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(original, "sqlstate", None) or "")


def _is_race(error: Exception) -> bool:
    return _state(error) in RACE


def _is_outage(error: Exception) -> bool:
    state = _state(error)
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return is_lost or not state or state in OUTAGE or state[:2] in OUTAGE_CLASSES


def _fault(error: Exception) -> DatabaseFault:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return DatabaseFault(None, None, cause or error)


async def open_postgres(url: URL) -> PostgresDatabase:
    """Connects. Raises DatabaseUnusable."""
    engine = engine_of(url)
    try:
        async with reported(url), engine.connect() as connection:
            if await connection.run_sync(_version) < OLDEST_SERVER:
                raise DatabaseUnusable("The PostgreSQL server is older than version 13; use a newer one.")
    except DatabaseUnusable:
        await engine.dispose()
        raise
    return PostgresDatabase(engine)


def engine_of(url: URL, *, statement_seconds: float | None = STATEMENT_SECONDS) -> AsyncEngine:
    """A pool of connections; the driver reads the rest of the URL as every PostgreSQL tool does (sslmode, host, …)."""
    try:
        import asyncpg  # noqa: F401
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(
            "DATABASE_URL names PostgreSQL, whose driver is not installed; install heygen-slack[postgres]."
        ) from error
    address = url.render_as_string(hide_password=False)
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect(address, statement_seconds), pool_size=CONNECTIONS,
        max_overflow=0, pool_timeout=CONNECT_SECONDS, isolation_level="READ COMMITTED", hide_parameters=True,
    )  # fmt: skip


async def connect(address: str, statement_seconds: float | None = STATEMENT_SECONDS) -> Any:
    """A connection of the driver's own. Raises one of `troubles()`."""
    import asyncpg

    settings = {
        "application_name": "heygen-slack",
        "lock_timeout": LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
        "statement_timeout": f"{statement_seconds or 0:.0f}s",  # the same for one that stood still amid a statement
        "tcp_keepalives_idle": "5",  # a machine that is gone is noticed by the server within fifteen seconds
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "2",
        "tcp_user_timeout": "15s",  # the same while the server has something to tell it: keepalives rest then
    }
    return await asyncpg.connect(
        address, timeout=CONNECT_SECONDS, command_timeout=statement_seconds, server_settings=settings
    )


@asynccontextmanager
async def reported(url: URL) -> AsyncIterator[None]:
    """Turns whatever the server has against us into DatabaseUnusable."""
    try:
        yield
    except troubles() + NO_ADDRESS as error:
        raise _unusable(url, error) from error


def _unusable(url: URL, error: Exception) -> DatabaseUnusable:
    """One sentence for a server that does not let us in."""
    where = f"{url.host or 'its socket'}:{url.port or 5432}"
    match _state(error):
        case "28P01" | "28000":
            return DatabaseUnusable(
                f"PostgreSQL at {where} does not take the user or password of DATABASE_URL; mend them, and write signs "
                "such as @ as %40."
            )
        case "3D000":
            return DatabaseUnusable(f"PostgreSQL at {where} has no database {url.database}; create it first.")
        case "":
            return DatabaseUnusable(f"PostgreSQL at {where} cannot be reached ({_why(error)}); check DATABASE_URL.")
        case state:
            cause = error.orig if isinstance(error, DBAPIError) else error
            said, _, _ = str(cause).partition("\n")  # the rest are details
            cure = CURES.get(state, "docs/operate/trouble.md says what to do")
            return DatabaseUnusable(f"The database at {where} cannot be used ({said}); {cure}.")


def _why(error: Exception) -> str:
    """The driver's words for an option that it does not take, for they name it; else the system's."""
    match error:
        case InterfaceError():
            said, _, _ = str(error.orig).partition("\n")  # the rest are details
            return said
        case ConnectionError(errno=None):  # no error of the system, but of the driver while TLS is agreed on
            return "it did not agree to TLS, see sslmode"
        case _:
            return getattr(error, "strerror", None) or type(error).__name__


def _version(connection: Connection) -> int:
    return int(connection.execute(text("SHOW server_version_num")).scalar_one())
