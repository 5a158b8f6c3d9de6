"""What both databases mean by a transaction, a fault and a refusal."""

from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT is SQLite's as well
from sqlalchemy.exc import OperationalError

__all__ = [
    "Change",
    "Database",
    "DatabaseFault",
    "DatabaseUnusable",
    "Transaction",
    "connected_of",
    "earlier_of",
    "hold_rows",
    "hold_rows_if_free",
    "later_of",
    "time_of",
    "upsert",
]

ALIVE = 4_280  # class of the advisory locks that instances hold while they are connected
_CONNECTED = text(
    """
    SELECT name FROM unnest(CAST(:names AS text[])) AS name
    WHERE extract(epoch FROM pg_postmaster_start_time()) > :started_before OR EXISTS (
        SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND datname = current_database() AND granted
          AND classid::bigint = :class AND objid::bigint = (hashtext(name)::bigint & 4294967295)
    )
    """
)

Transaction = Connection
DatabaseFault = OperationalError  # full, locked, gone or starting; what was to be written is not, as far as is known

T = TypeVar("T")
Change = Callable[[Transaction], T]


class DatabaseUnusable(Exception):
    """The database cannot be used as it is. The message is one sentence with the cure."""


class Database(Protocol):
    """`write` for transactions that change something, `read` for the rest.

    A transaction is one plain function of a connection, so that nothing slow can be awaited inside it. It may be run
    again, also after it was committed and the answer lost: it changes nothing but the database, and meeting its own
    work again is harmless.
    """

    is_shared: bool  # other programs of ours may run on it

    @property
    def is_refusing(self) -> bool:
        """Whether the newest commit failed. Only another one can show that it would work again."""

    async def write(self, change: Change[T]) -> T:
        """Runs a transaction and returns its value once it is durable; an exception undoes all of it and is raised."""

    async def read(self, look: Change[T]) -> T:
        """Runs a function that only reads, on what is committed."""

    async def close(self) -> None:
        """Finishes what is under way and ends all connections."""


def hold_rows(tx: Transaction, rows: Select[Any], **values: Any) -> None:
    """Until the transaction ends nobody else changes these rows. SQLite has one writer, and needs no locks.

    Rows that refer to these may be written meanwhile (FOR NO KEY UPDATE): PostgreSQL looks at what a row refers to when
    it is changed twice in a transaction, and a claim of calls would wait for a thread that waits for the claim.
    """
    if tx.dialect.name != "sqlite":
        tx.execute(rows.with_for_update(key_share=True), values)


def hold_rows_if_free(tx: Transaction, rows: Select[Any], **values: Any) -> bool:
    """`hold_rows` without waiting; False when another transaction holds them."""
    return (
        tx.dialect.name == "sqlite"
        or tx.execute(rows.with_for_update(key_share=True, skip_locked=True), values).first() is not None
    )


def time_of(tx: Transaction, now: float) -> float:
    """PostgreSQL's own clock, which all replicas share; beside SQLite there is one program, and `now` is its time."""
    if tx.dialect.name == "sqlite":
        return now
    return float(tx.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())


def connected_of(tx: Transaction, names: Collection[str], *, started_before: float) -> set[str]:
    """Those of the named instances whose connection to PostgreSQL is open; beside SQLite nobody's is.

    A server that was started after `started_before` (unix seconds) cannot tell yet: then all are taken to be.
    """
    if tx.dialect.name == "sqlite":
        return set()
    found = tx.execute(_CONNECTED, {"class": ALIVE, "started_before": started_before, "names": [*names]})
    return set(found.scalars())


def later_of(left: ColumnElement[float], right: ColumnElement[float] | float) -> ColumnElement[float]:
    """The greater of two times."""
    return case((left >= right, left), else_=right)


def earlier_of(left: ColumnElement[float], right: ColumnElement[float] | float) -> ColumnElement[float]:
    """The smaller of two times."""
    return case((left <= right, left), else_=right)
