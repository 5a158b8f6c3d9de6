"""Transactions: durable when answered, undone when failed, and never another's burden."""

import asyncio
import json
import logging
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from bot.log import JsonFormatter, redactor
from storage import arrivals, preferences
from storage.database import Database, DatabaseUnusable, Transaction, open_database
from storage.schema import is_current, migrate


async def test_a_change_is_visible_once_written(database: Database) -> None:
    """What write() has answered is there for every reader."""
    assert await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0))
    assert not await database.write(lambda tx: arrivals.first_time(tx, "a", 2.0))


async def test_readers_cannot_change_anything_that_lasts(database: Database) -> None:
    """A change through read() is gone when the reader leaves."""
    await database.read(lambda tx: arrivals.first_time(tx, "a", 1.0))
    assert await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0))


async def test_foreign_keys_are_kept(database: Database) -> None:
    """Activity in a thread that does not exist is refused by the schema."""
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: arrivals.note_activity(tx, "nowhere", "U1", 1.0))


async def test_what_the_database_refuses_is_not_in_the_log(database: Database) -> None:
    """The traceback of a fault of ours used to hold the whole row, people's words included."""
    words = {"dm": "loudly", "voice_name": "A secret\n\nwish"}
    with pytest.raises(IntegrityError) as refused:
        await database.write(lambda tx: preferences.set_preference(tx, "T1", "U1", **words))
    trouble = (refused.type, refused.value, refused.tb)
    line = JsonFormatter(redactor()).format(logging.makeLogRecord({"levelname": "ERROR", "exc_info": trouble}))
    traceback = json.loads(line)["traceback"]
    assert "IntegrityError" in traceback
    assert "INSERT INTO preferences" in traceback
    assert not [word for word in ("loudly", "secret", "wish") if word in traceback]


async def test_tools_may_look_beside_a_running_program(database: Database, url: str) -> None:
    """`jobs` and `check` read while the program runs."""
    other = await open_database(url, alone=False)
    await other.close()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("no url", "not a database URL"),
        ("postgresql://one:5432,two:5432/jobs", "not a database URL"),
        ("mysql://host/db", "must begin with sqlite"),
        ("sqlite://", "must name a file"),
        ("sqlite:////nowhere/at/all/jobs.db", "does not exist"),
    ],
)
async def test_a_wrong_url_is_one_sentence_with_the_cure(wrong: str, words: str) -> None:
    """Configuration mistakes are explained, not traced."""
    with pytest.raises(DatabaseUnusable, match=words):
        await open_database(wrong)


def test_the_schema_is_brought_up_to_date_once(url: str) -> None:
    """Migrating says whether anything was missing."""
    assert migrate(url)
    assert not migrate(url)
    assert is_current(url)


async def said_by_a_later_release(url: str, *statements: str) -> None:
    """What a release after this one has left in the database."""
    opened = await open_database(url)
    for statement in ("UPDATE alembic_version SET version_num = '9999'", *statements):
        await opened.write(partial(_execute, statement))
    await opened.close()


def _execute(statement: str, tx: Transaction) -> None:
    tx.exec_driver_sql(statement)


async def test_a_schema_that_says_we_are_too_old_is_refused(url: str) -> None:
    """A newer schema decides which releases still fit it."""
    migrate(url)
    await said_by_a_later_release(url, "UPDATE schema_notes SET oldest_release = '7.2'")
    with pytest.raises(DatabaseUnusable, match=r"heygen-slack 7\.2 or newer"):
        migrate(url)


async def test_a_newer_schema_that_still_fits_is_left_alone(url: str) -> None:
    """An old replica that restarts in the middle of an upgrade still works."""
    migrate(url)
    await said_by_a_later_release(url)
    assert not migrate(url)
    assert is_current(url)


async def test_one_failing_change_does_not_undo_the_others(database: Database) -> None:
    """Changes that come together fail alone."""

    def fail(tx: Transaction) -> None:
        arrivals.first_time(tx, "lost", 1.0)
        raise LookupError("on purpose")

    outcomes = await asyncio.gather(
        database.write(lambda tx: arrivals.first_time(tx, "a", 1.0)),
        database.write(fail),
        database.write(lambda tx: arrivals.first_time(tx, "b", 1.0)),
        return_exceptions=True,
    )
    assert [True, True] == [outcomes[0], outcomes[2]]
    assert isinstance(outcomes[1], LookupError)
    assert await database.write(lambda tx: arrivals.first_time(tx, "lost", 1.0)), "its own change was undone"
