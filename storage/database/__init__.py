"""Opens the database and runs transactions. The only place that knows which of the two it is."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.database.postgres import open_postgres
from storage.database.sqlite import file_of, held_file, open_sqlite
from storage.database.terms import (
    Database,
    DatabaseFault,
    DatabaseUnusable,
    Transaction,
    connected_of,
    earlier_of,
    hold_rows,
    hold_rows_if_free,
    later_of,
    time_of,
    upsert,
)

__all__ = [
    "Database",
    "DatabaseFault",
    "DatabaseUnusable",
    "Transaction",
    "connected_of",
    "earlier_of",
    "held_file",
    "hold_rows",
    "hold_rows_if_free",
    "is_file",
    "later_of",
    "open_database",
    "parsed",
    "time_of",
    "upsert",
]

SQLITE, POSTGRES = "sqlite", "postgresql"


async def open_database(url: str, *, alone: bool = True) -> Database:
    """Opens `sqlite:///PATH` or `postgresql://…`; with `alone`, refuses when another process runs on the same file.

    Raises DatabaseUnusable with one sentence that names the cure.
    """
    which = parsed(url)
    if which.get_backend_name() == SQLITE:
        return await open_sqlite(which, alone=alone)
    return await open_postgres(which)


def is_file(url: str) -> bool:
    """Whether the URL means a SQLite file, rightly written or not."""
    return url.startswith(SQLITE)


def parsed(url: str) -> URL:
    """The URL of a database that we can use, the path of a file in full. Raises DatabaseUnusable."""
    if not is_file(url) and url.count("@") > 1:  # what follows the first one would pass for a host
        raise DatabaseUnusable(
            "DATABASE_URL has more than one @; write those of its password as %40, and / as %2F and % as %25."
        )
    try:
        found = make_url(url)
    except (ArgumentError, ValueError) as error:  # a port that is no number
        raise DatabaseUnusable("DATABASE_URL is not a database URL; write sqlite:///heygen-slack.db.") from error
    scheme = found.drivername.split("+", 1)[0]
    if scheme == SQLITE:
        if found.query:  # other parts of the program would not obey it, and take another file
            raise DatabaseUnusable("DATABASE_URL of a file takes nothing after a question mark; leave that out.")
        return found.set(drivername=SQLITE, database=str(file_of(found)))
    if scheme in (POSTGRES, "postgres"):
        return found.set(drivername=POSTGRES)
    raise DatabaseUnusable("DATABASE_URL must begin with sqlite:/// or postgresql://.")
