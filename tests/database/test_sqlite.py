"""What one file with one writer promises beyond what every database does."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from storage import arrivals
from storage.database import Database, DatabaseFault, DatabaseUnusable, Transaction, open_database
from storage.fitness import refuse_unfit
from storage.schema import migrate


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


async def test_a_change_is_on_disk_once_written(database: Database, tmp_path: Path) -> None:
    """Another process sees an acknowledged row at once."""
    await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0))
    with sqlite3.connect(tmp_path / "jobs.db") as other:
        assert [("a",)] == other.execute("SELECT key FROM arrivals").fetchall()
    other.close()


async def test_a_transaction_that_sqlite_gave_up_fails_alone(database: Database) -> None:
    """On a full disk SQLite may undo everything by itself: that commit fails, and writing goes on.

    It used to end the writer for good: no write was ever answered again.
    """

    def given_up(tx: Transaction) -> None:
        for _ in range(2):
            tx.exec_driver_sql("INSERT OR ROLLBACK INTO arrivals (key, received_at) VALUES ('twice', 1.0)")

    outcomes = await asyncio.gather(
        database.write(lambda tx: arrivals.first_time(tx, "a", 1.0)), database.write(given_up), return_exceptions=True
    )
    assert all(isinstance(outcome, DatabaseFault) for outcome in outcomes), outcomes
    async with asyncio.timeout(5):
        assert await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0)), "nothing of it was kept"


async def test_a_fault_of_ours_in_the_writer_is_told(database: Database) -> None:
    """Something nobody thought of fails those who wait, rather than leave them and all later ones without an answer."""

    def closed(tx: Transaction) -> None:
        tx.close()

    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(
            database.write(lambda tx: arrivals.first_time(tx, "a", 1.0)), database.write(closed), return_exceptions=True
        )
        assert all(isinstance(outcome, Exception) for outcome in outcomes), outcomes
        assert await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0)), "nothing of it was kept"


async def test_a_commit_that_is_refused_is_told_to_all_of_it(database: Database) -> None:
    """Whatever SQLite has against a commit, those who wait for it hear of it, and writing goes on.

    What was not a fault of the disk used to end the writer for good, with nobody told.
    """

    def owed(tx: Transaction) -> None:
        tx.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        arrivals.note_activity(tx, "nowhere", "U1", 1.0)

    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(
            database.write(lambda tx: arrivals.first_time(tx, "a", 1.0)), database.write(owed), return_exceptions=True
        )
        assert all(isinstance(outcome, DatabaseFault) for outcome in outcomes), outcomes
        assert await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0)), "nothing of it was kept"


async def test_a_caller_who_gave_up_does_not_stop_the_others(database: Database) -> None:
    """A cancelled waiter leaves the batch intact."""
    gone = asyncio.create_task(database.write(lambda tx: arrivals.first_time(tx, "gone", 1.0)))
    kept = asyncio.create_task(database.write(lambda tx: arrivals.first_time(tx, "kept", 1.0)))
    await asyncio.sleep(0)
    gone.cancel()
    assert await kept
    assert gone.cancelled() or gone.done()


async def test_a_second_program_on_the_same_file_is_refused(database: Database, url: str) -> None:
    """Two programs would do everything twice; the second is told so in a sentence."""
    with pytest.raises(DatabaseUnusable, match="Another heygen-slack runs"):
        await open_database(url)


async def test_the_driver_in_the_url_is_ours_to_choose(tmp_path: Path) -> None:
    """Another one than ours used to end in a traceback."""
    url = f"sqlite+aiosqlite:///{tmp_path}/jobs.db"
    assert migrate(url)
    database = await open_database(url)
    assert await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0))
    await database.close()


async def test_a_link_to_the_file_lets_no_second_program_in(database: Database, tmp_path: Path) -> None:
    """By another name the second one found no lock, freed the first one's calls, and made them again."""
    (tmp_path / "link.db").symlink_to(tmp_path / "jobs.db")
    url = f"sqlite:///{tmp_path}/link.db"
    with pytest.raises(DatabaseUnusable, match="Another heygen-slack runs"):
        await open_database(url)
    with pytest.raises(DatabaseUnusable, match="Another heygen-slack runs"):
        refuse_unfit(url)
    assert {"jobs.db", "jobs.db-shm", "jobs.db-wal", "jobs.db.lock", "link.db"} == {
        one.name for one in tmp_path.iterdir()
    }


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Somebody's other file is not touched."""
    path = tmp_path / "notes.txt"
    path.write_text("These are no rows at all, but a long enough text to be read as a header. " * 20)
    with pytest.raises(DatabaseUnusable, match="cannot be used"):
        await open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("These are no rows")


async def test_what_the_disk_has_against_a_reading_is_a_fault_of_the_database(tmp_path: Path) -> None:
    """A damaged page was an error of another name, which counted as a fault of ours and gave up the job after five."""
    url = f"sqlite:///{tmp_path}/jobs.db"
    migrate(url)
    with sqlite3.connect(tmp_path / "jobs.db") as other:
        pages = other.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = 'channels'").fetchall()
    other.close()
    with (tmp_path / "jobs.db").open("r+b") as file:
        for (page,) in pages:
            file.seek(4096 * (page - 1))
            file.write(b"\xa5" * 4096)
    opened = await open_database(url)
    with pytest.raises(DatabaseFault):
        await opened.read(lambda tx: arrivals.is_member(tx, "T1", "C1"))
    with pytest.raises(DatabaseFault):
        await opened.write(lambda tx: arrivals.note_member(tx, "T1", "C1", 1.0))
    assert opened.is_refusing
    await opened.close()


async def test_whoever_holds_the_database_is_not_waited_for_longer_than_slack_waits(
    database: Database, tmp_path: Path
) -> None:
    """A refusal must come within three seconds, also behind a batch that waits itself; it used to take five or ten."""
    other = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    first = asyncio.create_task(database.write(lambda tx: arrivals.first_time(tx, "a", 1.0)))
    await asyncio.sleep(0)
    async with asyncio.timeout(3.0):
        outcomes = await asyncio.gather(
            first, database.write(lambda tx: arrivals.first_time(tx, "b", 1.0)), return_exceptions=True
        )
    assert all(isinstance(outcome, DatabaseFault) for outcome in outcomes)
    assert database.is_refusing
    other.execute("ROLLBACK")
    other.close()
    await database.write(arrivals.try_to_write)
    assert not database.is_refusing


async def test_a_trial_leaves_nothing_and_is_really_written(database: Database, tmp_path: Path) -> None:
    """A row that stays as it is would not be written at all, and show nothing of the disk."""
    log = tmp_path / "jobs.db-wal"
    before = log.stat().st_size
    await database.write(arrivals.try_to_write)
    assert log.stat().st_size > before
    with sqlite3.connect(tmp_path / "jobs.db") as other:
        assert [] == other.execute("SELECT key FROM arrivals").fetchall()
    other.close()
