"""From a SQLite file to a new database: all or nothing, and nothing from where something still runs."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, create_engine, event, select

from bot.cli import main
from storage import effects, hearing
from storage.carrying import ROWS_AT_ONCE, carry
from storage.database import Database, DatabaseFault, DatabaseUnusable, Transaction, held_file, open_database, parsed
from storage.database.terms import Change
from storage.instances import join
from storage.records import EffectState
from storage.schema import is_current, migrate
from storage.tables import effects as effects_table
from tests.database.test_lanes import record, row
from tests.jobs.desk import Desk

T = TypeVar("T")


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The URL of the file that is left behind."""
    return f"sqlite:///{tmp_path}/old.db"


@pytest.fixture
async def new(url: str) -> AsyncIterator[Database]:
    """The database that is carried into."""
    migrate(url)
    opened = await open_database(url)
    yield opened
    await opened.close()


async def filled(old: str, *keys: str) -> None:
    """Effects with these keys in the old file."""
    migrate(old)
    source = await open_database(old)
    await record(source, *(row(key) for key in keys))
    await source.close()


async def carry_from(old: str, target: Database, *, run: str = "first") -> dict[str, int]:
    with held_file(parsed(old)) as source:
        return await carry(source, target, run=run, now=1.0)


def carried(old: str, new: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code of `heygen-slack migrate --from`, and its one sentence."""
    monkeypatch.setenv("DATABASE_URL", new)
    code = main(["migrate", "--from", old])
    return code, capsys.readouterr().err


def test_a_source_that_is_not_there_leaves_the_target_as_it_was(
    old: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its tables used to be made first."""
    code, said = carried(old, url, monkeypatch, capsys)
    assert (1, True) == (code, "The database of --from is not there" in said)
    assert not is_current(url)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("old.db", "--from takes a SQLite file alone, for example sqlite:///heygen-slack.db"),
        ("postgresql://u:p@127.0.0.1:1/d", "--from takes a SQLite file alone"),
        ("sqlite:one", "--from is not a database URL"),
        ("sqlite:////nowhere/old.db", "The folder /nowhere of --from does not exist"),
    ],
)
def test_a_source_that_cannot_be_is_told_by_its_own_name(
    tmp_path: Path, source: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was DATABASE_URL that was to be mended, though that was right."""
    new = f"sqlite:///{tmp_path}/new.db"
    code, said = carried(source, new, monkeypatch, capsys)
    assert (1, True) == (code, words in said), said
    assert "DATABASE_URL" not in said
    assert not is_current(new)


def test_a_file_is_not_carried_into_itself(
    tmp_path: Path, old: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever way its path is written."""
    migrate(old)
    monkeypatch.chdir(tmp_path)
    code, said = carried("sqlite:///old.db", old, monkeypatch, capsys)
    assert (1, True) == (code, "--from names the database of DATABASE_URL itself" in said)


async def test_a_source_that_something_runs_on_is_refused(
    old: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it does meanwhile would be missing; here, too, the target was touched first."""
    migrate(old)
    running = await open_database(old)
    code, said = await asyncio.to_thread(carried, old, url, monkeypatch, capsys)
    assert (1, True) == (code, "Another heygen-slack runs on" in said)
    assert not is_current(url)
    await running.close()


async def test_what_was_under_way_is_read_back_though_others_run_already(old: str, new: Database) -> None:
    """The claim of a program that was killed stayed for ever: who runs on the target frees what its own dead held."""
    desk = await Desk.open_at(old)
    held = await desk.ask_and_claim()
    await desk.database.close()
    await new.write(lambda tx: join(tx, "early", release="0.2", now=desk.now, dead_after=20.0, apart=0.1, together=100))
    await carry_from(old, new)
    found = await new.read(lambda tx: effects.effect(tx, held.key))
    assert found is not None
    assert (EffectState.UNKNOWN, None) == (found.state, found.claimed_by)


async def test_who_was_killed_while_catching_up_keeps_nobody_from_carrying(old: str, new: Database) -> None:
    """The turn that it had is nobody's on the new database; it used to end the carrying in a traceback."""
    migrate(old)
    source = await open_database(old)
    assert await source.write(lambda tx: hearing.take_turn(tx, "killed", 1_000.0, until=1_120.0))
    await source.close()
    await carry_from(old, new)
    assert await new.write(lambda tx: hearing.take_turn(tx, "next", 1_001.0, until=1_121.0))


async def test_a_target_with_jobs_of_its_own_is_refused_and_stays(old: str, new: Database) -> None:
    """As when it is carried twice."""
    desk = await Desk.open_at(old)
    job = await desk.ask()
    await desk.database.close()
    assert 1 == (await carry_from(old, new))["jobs"]
    with pytest.raises(DatabaseUnusable, match="has jobs of its own already"):
        await carry_from(old, new, run="second")
    assert [job.id] == await job_ids(new)


async def job_ids(database: Database) -> Collection[str]:
    return await database.read(lambda tx: list(tx.exec_driver_sql("SELECT id FROM jobs").scalars()))


async def test_effects_keep_their_numbers_and_the_next_one_comes_after_them(old: str, new: Database) -> None:
    """Their order is the order of their numbers; PostgreSQL would begin again at 1."""
    await filled(old, "first", "second", "third")
    with sqlite3.connect(parsed(old).database or "") as file:
        file.execute("UPDATE effects SET id = 70 WHERE key = 'second'")
    file.close()
    await carry_from(old, new)
    await record(new, row("fourth"))
    assert [(1, "first"), (3, "third"), (70, "second"), (71, "fourth")] == await numbers(new)


async def numbers(database: Database) -> list[tuple[int, str]]:
    """The number and key of each effect."""
    found = select(effects_table.c.id, effects_table.c.key).order_by(effects_table.c.id)
    return await database.read(lambda tx: [(number, key) for number, key in tx.execute(found)])


class Played:
    """A target on which something goes wrong after the first commit."""

    is_shared = False
    is_refusing = False

    def __init__(self, real: Database) -> None:
        self.real = real

    async def read(self, look: Change[T]) -> T:
        return await self.real.read(look)

    async def write(self, change: Change[T]) -> T:
        return await self.real.write(change)

    async def close(self) -> None:
        await self.real.close()


class RunsAgain(Played):
    """The answer to the commit was lost, and PostgreSQL was there again at once."""

    async def write(self, change: Change[T]) -> T:
        await self.real.write(change)
        return await self.real.write(change)


class GivesUp(Played):
    """The same after minutes, when no patience is left."""

    async def write(self, change: Change[T]) -> T:
        await self.real.write(change)
        raise DatabaseFault(None, None, OSError("the connection was closed"))


class Full(Played):
    """Nothing can be written."""

    async def write(self, change: Change[T]) -> T:
        raise DatabaseFault(None, None, OSError("no space left"))


@pytest.mark.parametrize("way", [RunsAgain, GivesUp])
async def test_what_was_done_is_known_again_when_the_answer_was_lost(
    old: str, new: Database, way: type[Played]
) -> None:
    """It was told that the new database has jobs of its own, or that it failed, though all was there."""
    await filled(old, "first", "second")
    assert 2 == (await carry_from(old, way(new)))["effects"]
    assert [(1, "first"), (2, "second")] == await numbers(new)


async def test_what_was_not_done_is_told(old: str, new: Database) -> None:
    """The disk of the target is full, say."""
    await filled(old, "first")
    with pytest.raises(DatabaseFault):
        await carry_from(old, Full(new))
    assert [] == await numbers(new)


class InHand(Played):
    """Counts the rows that were read from the source and are not yet written."""

    now = most = 0

    async def write(self, change: Change[T]) -> T:
        return await self.real.write(lambda tx: self._listening(tx, change))

    def _listening(self, tx: Transaction, change: Change[T]) -> T:
        event.listen(tx, "after_cursor_execute", self._written)
        return change(tx)

    def _written(
        self, _tx: Connection, _cursor: object, statement: str, rows: Any, _context: object, is_many: bool
    ) -> None:
        if statement.startswith("INSERT"):
            self.now -= len(rows) if is_many else 1

    def read_from(self, file: str) -> sqlite3.Connection:
        """A connection whose rows are counted."""
        hand = self

        class Counting(sqlite3.Cursor):
            def fetchmany(self, size: int | None = 1) -> list[Any]:
                return hand.taken(super().fetchmany(size))

            def fetchall(self) -> list[Any]:
                return hand.taken(super().fetchall())

        class Counted(sqlite3.Connection):
            def cursor(self, factory: Any = Counting) -> Any:
                return super().cursor(factory)

        return sqlite3.connect(file, factory=Counted)

    def taken(self, rows: list[Any]) -> list[Any]:
        self.now += len(rows)
        self.most = max(self.most, self.now)
        return rows


async def test_no_more_than_a_page_is_held_at_a_time(old: str, new: Database) -> None:
    """All rows used to be: 300,000 effects took more than a gigabyte."""
    count = 2 * ROWS_AT_ONCE + 500
    await filled(old, *(f"edit:{number}" for number in range(count)))
    hand = InHand(new)
    engine = create_engine("sqlite://", creator=lambda: hand.read_from(parsed(old).database or ""))
    with engine.connect() as source:
        assert count == (await carry(source, hand, run="first", now=1.0))["effects"]
    engine.dispose()
    assert ROWS_AT_ONCE == hand.most
    assert count == len(await numbers(new))


async def test_a_damaged_source_is_told_as_such(
    old: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no trouble of the new one, which stays empty."""
    await filled(old, *(f"edit:{number}" for number in range(500)))
    spoil(Path(parsed(old).database or ""))
    code, said = await asyncio.to_thread(carried, old, url, monkeypatch, capsys)
    assert (1, True) == (code, "The old database cannot be read (" in said), said
    target = await open_database(url)
    assert [] == await numbers(target)
    await target.close()


def spoil(path: Path) -> None:
    """Its first pages, where it is told what tables there are, can be read."""
    with path.open("r+b") as file:
        file.seek(-100_000, 2)
        file.write(b"\xff" * 100_000)
