"""What both databases mean by a transaction, a fault and a refusal."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, case
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT is SQLite's as well
from sqlalchemy.exc import OperationalError

__all__ = [
    "Change",
    "Database",
    "DatabaseFault",
    "DatabaseUnusable",
    "Transaction",
    "earlier_of",
    "hold_rows",
    "hold_rows_if_free",
    "later_of",
    "upsert",
]

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

    async def write(self, change: Change[T]) -> T:
        """Runs a transaction and returns its value once it is durable; an exception undoes all of it and is raised."""

    async def read(self, look: Change[T]) -> T:
        """Runs a function that only reads, on what is committed."""

    async def close(self) -> None:
        """Finishes what is under way and ends all connections."""


def hold_rows(tx: Transaction, rows: Select[Any]) -> None:
    """Until the transaction ends nobody else changes these rows. SQLite has one writer, and needs no locks."""
    if tx.dialect.name != "sqlite":
        tx.execute(rows.with_for_update())


def hold_rows_if_free(tx: Transaction, rows: Select[Any]) -> bool:
    """`hold_rows` without waiting; False when another transaction holds them."""
    return tx.dialect.name == "sqlite" or tx.execute(rows.with_for_update(skip_locked=True)).first() is not None


def later_of(left: ColumnElement[float], right: ColumnElement[float] | float) -> ColumnElement[float]:
    """The greater of two times."""
    return case((left >= right, left), else_=right)


def earlier_of(left: ColumnElement[float], right: ColumnElement[float] | float) -> ColumnElement[float]:
    """The smaller of two times."""
    return case((left <= right, left), else_=right)
