"""A copy made beside the running program, as docs/operate/backup-and-restore.md tells, goes on where it was made."""

import re
import sqlite3
from pathlib import Path

import pytest

from bot.jobs.heartbeat import Heartbeat
from storage import effects
from storage.records import Effect, EffectState
from storage.schema import is_current
from tests.database.postgres import PostgresServer
from tests.jobs.desk import Desk

PAGE = Path(__file__).parents[2] / "docs/operate/backup-and-restore.md"


async def held_at(url: str) -> tuple[Desk, Effect]:
    """A program in the middle of a call."""
    desk = await Desk.open_at(url)
    await heartbeat(desk, "before").join()
    return desk, await desk.ask_and_claim()


def heartbeat(desk: Desk, instance: str) -> Heartbeat:
    return Heartbeat(
        desk.database, instance=instance, release="0.2", clock=lambda: desk.now, running=lambda: (set(), set()),
        woken=lambda: None, tempo=1000.0,
    )  # fmt: skip


async def goes_on(url: str, held: Effect) -> None:
    """The copy is whole, of this release, and the call that was under way is to be read back."""
    assert is_current(url)
    desk = await Desk.open_at(url)
    beating = heartbeat(desk, "after")
    await beating.join()
    await beating.run_once()
    found = await desk.database.read(lambda tx: effects.effect(tx, held.key))
    assert found is not None
    assert (EffectState.UNKNOWN, None) == (found.state, found.claimed_by)
    await desk.database.close()


async def test_a_copy_of_the_file_goes_on(tmp_path: Path) -> None:
    """The page's line in Python, while the program has the file open and its newest rows beside it."""
    desk, held = await held_at(f"sqlite:///{tmp_path}/heygen-slack.db")
    [line] = re.findall(r'python -c "import sqlite3; (.+)"', PAGE.read_text(encoding="utf-8"))
    source, target = re.findall(r"sqlite3\.connect\('([^']+)'\)", line)
    with sqlite3.connect(tmp_path / source) as live, sqlite3.connect(tmp_path / target) as copy:
        live.backup(copy)
    live.close()
    copy.close()
    await desk.database.close()
    await goes_on(f"sqlite:///{tmp_path}/{target}", held)


@pytest.mark.slow
async def test_a_dump_goes_on(postgres_server: PostgresServer, postgres_url: str) -> None:
    """pg_dump beside a running replica, pg_restore into an empty database, with the options of the page."""
    options = {
        program: re.findall(r"--(?:format|exit-on-error|no-owner)\S*", line)
        for program, line in re.findall(r"exec -T postgres (pg_\w+) (.+)", PAGE.read_text(encoding="utf-8"))
    }
    desk, held = await held_at(postgres_url)
    restored = postgres_server.copied(postgres_url, dump=options["pg_dump"], restore=options["pg_restore"])
    await desk.database.close()
    await goes_on(restored, held)
    postgres_server.drop(restored)
