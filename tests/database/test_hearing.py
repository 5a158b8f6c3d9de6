"""Until when Slack was heard, whose turn it is to catch up, and where to read."""

from typing import Any

import pytest
from sqlalchemy import insert

from storage import hearing, preferences
from storage.database import Database, Transaction
from storage.tables import jobs, requests, threads

DAY = 86_400.0
NOW = 100 * DAY


async def test_hearing_goes_on_without_a_gap_only(database: Database) -> None:
    """The note is moved on by who hears without a break; after a longer one only catching up moves it."""
    assert await database.read(hearing.heard_until) is None
    assert not await database.write(lambda tx: hearing.go_on_hearing(tx, NOW, since=NOW - 60))
    assert await database.write(lambda tx: hearing.take_turn(tx, "one", NOW, NOW + 120))
    await database.write(lambda tx: hearing.caught_up(tx, "one", NOW))
    assert await database.write(lambda tx: hearing.go_on_hearing(tx, NOW + 10, since=NOW - 50))
    assert not await database.write(lambda tx: hearing.go_on_hearing(tx, NOW + 100, since=NOW + 40))
    assert await database.read(hearing.heard_until) == NOW + 10


async def test_one_instance_catches_up_at_a_time(database: Database) -> None:
    """A turn is held while it is asked for again, falls free by itself, and is not ended by who has lost it."""
    assert await database.write(lambda tx: hearing.take_turn(tx, "one", NOW, NOW + 120))
    assert await database.write(lambda tx: hearing.take_turn(tx, "one", NOW + 100, NOW + 220))
    assert not await database.write(lambda tx: hearing.take_turn(tx, "two", NOW + 219, NOW + 339))
    assert await database.write(lambda tx: hearing.take_turn(tx, "two", NOW + 220, NOW + 340))
    await database.write(lambda tx: hearing.caught_up(tx, "one", NOW + 230))
    assert await database.read(hearing.heard_until) is None
    await database.write(hearing.free_turn)
    assert await database.write(lambda tx: hearing.take_turn(tx, "three", NOW + 221, NOW + 300))


def _fill(tx: Transaction, name: str, *, state: str, age: float, root: str | None = "1.1", **more: Any) -> None:
    """A thread with one job, made and perhaps ended so many seconds ago."""
    at = NOW - age
    tx.execute(
        insert(threads).values(
            id=name, workspace_id=more.get("workspace_id", "T1"), channel_id=f"C{name}", is_im=False,
            root_ts=root, hold=more.get("hold"), created_at=at,
        )
    )  # fmt: skip
    tx.execute(
        insert(requests).values(
            id=name, key=name, thread_id=name, requester_id=f"U{name}", kind="agent", created_at=at
        )
    )  # fmt: skip
    tx.execute(
        insert(jobs).values(
            id=name, request_id=name, thread_id=name, workspace_id="T1", channel_id=f"C{name}",
            requester_id=f"U{name}", kind="agent", version=1, state=state, brief={"prompt": "p"}, seen_video_ids=[],
            asked_words=[], looks=0, nudges=0, lost_looks=0, empty_looks=0, failed_looks=0, slow_told=False,
            created_at=at, finished_at=None if state == "generating" else at,
        )
    )  # fmt: skip


@pytest.fixture
async def filled(database: Database) -> Database:
    def fill(tx: Transaction) -> None:
        _fill(tx, "old", state="completed", age=3 * DAY)
        _fill(tx, "done", state="completed", age=1 * DAY)
        _fill(tx, "failed", state="failed", age=0.5 * DAY)
        _fill(tx, "open", state="generating", age=5 * DAY)
        _fill(tx, "asked", state="waiting_for_input", age=4 * DAY)
        _fill(tx, "unposted", state="queued", age=0, root=None, hold="invite")
        _fill(tx, "elsewhere", state="queued", age=0, workspace_id="T2")
        preferences.set_preference(tx, "T1", "Udone", dm_channel_id="D1")
        preferences.set_preference(tx, "T1", "Uold", dm_channel_id="D2")

    await database.write(fill)
    return database


async def test_threads_under_way_are_read_first(filled: Database) -> None:
    """Then those that ended lately; the newest first, a bounded number, and none that has no message yet."""
    read = await filled.read(lambda tx: hearing.threads_to_read(tx, "T1", ended_after=NOW - 2 * DAY, limit=10))
    assert [thread.id for thread in read] == ["asked", "open", "failed", "done"]
    few = await filled.read(lambda tx: hearing.threads_to_read(tx, "T1", ended_after=NOW - 2 * DAY, limit=3))
    assert [thread.id for thread in few] == ["asked", "open", "failed"]


async def test_dms_of_who_asked_lately_are_read(filled: Database) -> None:
    """Not everybody's who ever had one."""
    read = await filled.read(lambda tx: hearing.dms_to_read(tx, "T1", asked_after=NOW - 2 * DAY, limit=10))
    assert read == ["D1"]


async def test_channels_that_wait_for_an_invitation_are_known(filled: Database) -> None:
    """So that an invitation nobody told of is found."""
    assert await filled.read(lambda tx: hearing.channels_to_enter(tx, "T1", limit=10)) == ["Cunposted"]
