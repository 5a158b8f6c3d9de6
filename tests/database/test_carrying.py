"""From a SQLite file to a new database: all or nothing, and nothing from where something still runs."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest

from bot.cli import main
from storage import effects, hearing
from storage.carrying import carry
from storage.database import Database, DatabaseUnusable, open_database
from storage.instances import join
from storage.records import EffectState
from storage.schema import is_current, migrate
from tests.jobs.desk import Desk


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The URL of the file that is left behind."""
    return f"sqlite:///{tmp_path}/old.db"


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
        ("old.db", "--from is not a database URL"),
        ("mysql://one", "--from must begin with sqlite:/// or postgresql://"),
        ("sqlite:////nowhere/old.db", "The folder /nowhere of --from does not exist"),
        ("postgresql://u:p@127.0.0.1:1/d", "cannot be reached (Connect call failed ('127.0.0.1', 1)); check --from"),
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


async def test_what_was_under_way_is_read_back_though_others_run_already(old: str, url: str) -> None:
    """The claim of a program that was killed stayed for ever: who runs on the target frees what its own dead held."""
    desk = await Desk.open_at(old)
    held = await desk.ask_and_claim()
    migrate(url)
    new = await open_database(url)
    await new.write(lambda tx: join(tx, "early", release="0.2", now=desk.now, dead_after=20.0, apart=0.1, together=100))
    await carry(desk.database, new)
    found = await new.read(lambda tx: effects.effect(tx, held.key))
    assert found is not None
    assert (EffectState.UNKNOWN, None) == (found.state, found.claimed_by)
    await desk.database.close()
    await new.close()


async def test_who_was_killed_while_catching_up_keeps_nobody_from_carrying(old: str, url: str) -> None:
    """The turn that it had is nobody's on the new database; it used to end the carrying in a traceback."""
    migrate(old)
    migrate(url)
    source, target = await open_database(old), await open_database(url)
    assert await source.write(lambda tx: hearing.take_turn(tx, "killed", 1_000.0, until=1_120.0))
    await carry(source, target)
    assert await target.write(lambda tx: hearing.take_turn(tx, "next", 1_001.0, until=1_121.0))
    await source.close()
    await target.close()


async def test_a_target_with_jobs_of_its_own_is_refused_and_stays(old: str, url: str) -> None:
    """As when it is carried twice."""
    desk = await Desk.open_at(old)
    job = await desk.ask()
    migrate(url)
    new = await open_database(url)
    assert 1 == (await carry(desk.database, new))["jobs"]
    with pytest.raises(DatabaseUnusable, match="has jobs of its own already"):
        await carry(desk.database, new)
    assert [job.id] == await job_ids(new)
    await desk.database.close()
    await new.close()


async def job_ids(database: Database) -> Collection[str]:
    return await database.read(lambda tx: list(tx.exec_driver_sql("SELECT id FROM jobs").scalars()))
