"""Lanes: what may be tried next is found without looking at all that waits, and is nobody else's."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine

from bot.jobs.outbox import CARD, PACE, PROGRESS, RESULT
from storage import effects, jobs, threads
from storage.database import Database, Transaction
from storage.records import Effect, EffectState, Request
from storage.schema import migrate
from tests.database.test_growth import steps_of
from tests.slack.nouns import a_job, a_thread

MANY = 10_000  # effects in one lane
FEW_STEPS = 1_000  # a look at all of them takes a hundred times as many
NOW = 2_000_000.0
EDITS = "chat.update|T1"
FILL = """INSERT INTO effects (key, side, kind, order_key, lane, wider_lane, priority, workspace_id, channel_id, step,
     state, payload, evidence, wanted, attempts, due_at, created_at, patient_from)
   SELECT lower(hex(randomblob(8))), 'slack', 'edit', NULL, ?, NULL, ?, 'T1', 'C1', 'edit', 'pending', '{}', '{}', 1, 0,
     ? + n, 1, 1 FROM numbers"""


def crowded(folder: Path, *, due_at: float, priority: int = PROGRESS) -> Connection:
    """A database with 10,000 edits in one lane."""
    file = folder / "jobs.db"
    migrate(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TEMP TABLE numbers (n INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO numbers VALUES (?)", ((number,) for number in range(MANY)))
        connection.execute(FILL, (EDITS, priority, due_at))
    connection.close()
    return create_engine(f"sqlite:///{file}").connect()


def claim(tx: Transaction, *, now: float = NOW, by: str = "me", side: str = "slack", limit: int = 32) -> list[Effect]:
    return effects.claim(tx, by, now, side=side, limit=limit, pace=PACE)


def row(key: str, **more: Any) -> dict[str, Any]:
    """An effect as it is recorded."""
    return {
        "key": key, "side": "slack", "kind": "edit", "order_key": None, "lane": EDITS, "wider_lane": None,
        "priority": CARD, "workspace_id": "T1", "channel_id": "C1", "thread_id": None, "job_id": None, "step": "edit",
        "state": "pending", "payload": {}, "evidence": {}, "wanted": 1, "attempts": 0, "due_at": NOW,
        "created_at": NOW, "patient_from": NOW, **more,
    }  # fmt: skip


def post(key: str, channel: str, **more: Any) -> dict[str, Any]:
    lanes = {"lane": f"chat.postMessage|T1|{channel}", "wider_lane": "posts|T1"}
    return row(key, kind="say", step="post", **lanes, **more)


async def record(database: Database, *rows: dict[str, Any]) -> None:
    def act(tx: Transaction) -> None:
        for one in rows:
            effects.record_again(tx, one)

    await database.write(act)


async def claimed(database: Database, **how: Any) -> list[str]:
    """The keys of what can be claimed at once, in order."""
    keys: list[str] = []
    while batch := await database.write(lambda tx: claim(tx, **how)):
        keys += [item.key for item in batch]
    return keys


@pytest.mark.parametrize("due_at", [1.0, NOW + 60.0], ids=["due", "not due"])
@pytest.mark.parametrize("rests", [False, True], ids=["free", "resting"])
def test_what_waits_in_a_lane_is_not_looked_through(tmp_path: Path, due_at: float, rests: bool) -> None:
    """10,000 edits in one lane, due or not, in a lane that rests or not: the next one costs what one of one costs."""
    with crowded(tmp_path, due_at=due_at) as connection:
        if rests:
            effects.pause_lane(connection, EDITS, NOW + 30.0)
            connection.commit()
        assert (0 if rests or due_at > NOW else 1) == len(claim(connection, limit=1))
        connection.rollback()
        assert max(due_at, NOW + 30.0 if rests else 0.0) == effects.next_due(connection, side="slack")
        connection.rollback()
        assert steps_of(connection, lambda tx: claim(tx, limit=1)) < FEW_STEPS
        assert steps_of(connection, lambda tx: effects.next_due(tx, side="slack")) < FEW_STEPS


def test_what_is_due_goes_before_better_things_that_are_not(tmp_path: Path) -> None:
    """10,000 changes of state that are due in a minute do not hide the refresh that is due now."""
    with crowded(tmp_path, due_at=NOW + 60.0, priority=CARD) as connection:
        effects.record(connection, row("refresh", priority=PROGRESS))
        connection.commit()
        assert steps_of(connection, lambda tx: claim(tx, limit=1)) < FEW_STEPS
        assert ["refresh"] == [item.key for item in claim(connection)]


async def test_what_one_instance_claimed_is_no_other_ones(database: Database) -> None:
    """Neither the effect nor the lane's turn is there twice."""
    await record(database, *(row(f"edit:{number}") for number in range(30)))
    first = await claimed(database, by="one")
    assert [] == await claimed(database, by="two")
    _, burst = PACE["chat.update"]
    assert burst == len(first)
    second = await claimed(database, by="two", now=NOW + PACE["chat.update"][0])
    assert 1 == len(second)
    assert second[0] not in first


async def test_posts_of_a_workspace_share_a_rate_and_the_best_have_it(database: Database) -> None:
    """Forty channels at once: no more posts than the workspace may have, and results are the first."""
    results = [post(f"result:{number}", f"C{number}", priority=RESULT, due_at=NOW) for number in range(10)]
    cards = [post(f"card:{number}", f"A{number}", priority=CARD, due_at=NOW - 9.0) for number in range(30)]
    await record(database, *cards, *results)
    keys = await claimed(database, limit=50)
    assert PACE["posts"][1] == len(keys)
    assert {one["key"] for one in results} == set(keys[: len(results)])
    assert 1 == len(await claimed(database, limit=50, now=NOW + PACE["posts"][0]))


async def test_a_channel_has_its_own_pace_within_the_workspaces(database: Database) -> None:
    """Three posts at once in one channel, then one a second, though the workspace would have room."""
    await record(database, *(post(f"say:{number}", "C1") for number in range(9)))
    assert PACE["chat.postMessage"][1] == len(await claimed(database))
    assert 1 == len(await claimed(database, now=NOW + 1.0))


@pytest.mark.parametrize(
    ("side", "wider", "lanes"),
    [
        ("slack", "posts|T1", ["chat.postMessage|T1|C1", "chat.postMessage|T1|C2"]),
        ("heygen", "heygen", ["heygen|t1", "heygen|t2"]),
    ],
)
async def test_a_wider_lane_that_rests_rests_all_within_it(
    database: Database, side: str, wider: str, lanes: list[str]
) -> None:
    """Slack's Retry-After is about a method in a workspace; HeyGen's about the account: nothing of it is tried."""
    await record(database, *(row(lane, side=side, lane=lane, wider_lane=wider) for lane in lanes))
    await database.write(lambda tx: effects.pause_lane(tx, wider, NOW + 30.0))
    assert [] == await claimed(database, side=side)
    assert NOW + 30.0 == await database.read(lambda tx: effects.next_due(tx, side=side))
    keys = [
        key for wait in (30.0, 30.0 + PACE["posts"][0]) for key in await claimed(database, side=side, now=NOW + wait)
    ]
    assert lanes == sorted(keys)


async def test_a_lane_that_is_full_is_left_alone(database: Database) -> None:
    """No lane has more calls under way than it may, those counted that it had; and nothing is said to be due there."""
    await record(database, *(row(f"edit:{number}") for number in range(9)), post("say:1", "C1", due_at=NOW - 1.0))
    found = await database.write(
        lambda tx: effects.claim(tx, "me", NOW, side="slack", limit=32, pace=PACE, under_way={EDITS: 7}, lane_limit=10)
    )
    assert ["say:1", "edit:0", "edit:1", "edit:2"] == [item.key for item in found]
    assert NOW == await database.read(lambda tx: effects.next_due(tx, side="slack"))
    assert await database.read(lambda tx: effects.next_due(tx, side="slack", full=[EDITS])) is None


async def test_one_claim_takes_all_that_lanes_have_to_give(database: Database) -> None:
    """The best of each lane first, then the next ones: a burst is one transaction, not one for each call."""
    await record(database, *(row(f"edit:{number}") for number in range(30)), post("say:1", "C1"), post("say:2", "C2"))
    found = await database.write(claim)
    assert 2 + PACE["chat.update"][1] == len(found)
    assert {"edit:0", "say:1", "say:2"} == {item.key for item in found[:3]}


async def test_two_wishes_for_one_card_are_one_edit_of_the_better_priority(database: Database) -> None:
    """A refresh waits, then the job is done: the one edit goes before everybody else's refreshes."""
    await record(database, *(row(f"other:{number}", priority=PROGRESS) for number in range(5)))
    await record(database, row("mine", priority=PROGRESS))
    await record(database, row("mine", priority=CARD, due_at=NOW + 1.0))
    await record(database, row("mine", priority=PROGRESS))
    keys = await claimed(database)
    assert "mine" == keys[0]
    assert 1 == keys.count("mine")


async def test_the_next_wish_after_a_done_one_has_its_own_priority(database: Database) -> None:
    """What was urgent once is not so for ever."""
    await record(database, row("mine", priority=CARD))
    [item] = await database.write(claim)
    await database.write(lambda tx: effects.settle(tx, item, "me", NOW, state="done", attempts=0))
    await record(database, row("mine", priority=PROGRESS))
    again = await database.read(lambda tx: effects.effect(tx, "mine"))
    assert again is not None
    assert PROGRESS == again.priority


async def test_a_claim_counts_the_attempt_it_is_for(database: Database) -> None:
    """The first try is attempt 1; what reads a lost answer back is none."""
    await record(database, row("edit:1"))
    [item] = await database.write(claim)
    stored = await database.read(lambda tx: effects.effect(tx, "edit:1"))
    assert stored is not None
    assert (1, 1, NOW) == (item.attempts, item.tries, item.attempted_at)
    assert (1, 1, NOW, "me") == (stored.attempts, stored.tries, stored.first_tried_at, stored.claimed_by)
    await database.write(lambda tx: effects.settle(tx, item, "me", NOW, state="unknown"))
    [again] = await database.write(lambda tx: claim(tx, now=NOW + 5.0))
    assert (1, 1, NOW) == (again.attempts, again.tries, again.attempted_at)


def behind_uploads(folder: Path) -> Connection:
    """A database with 3,000 results, each to be said in its thread once a file is there."""
    file = folder / "jobs.db"
    migrate(f"sqlite:///{file}")
    connection = create_engine(f"sqlite:///{file}").connect()
    for number in range(3_000):
        order = f"thread:{number}"
        upload = {"kind": "upload", "step": "upload", "lane": "files.getUploadURLExternal|T1", "due_at": NOW + 60.0}
        effects.record(connection, row(f"upload:{number}", order_key=order, **upload))
        effects.record(connection, post(f"result:{number}", "C1", order_key=order, due_at=1.0, priority=RESULT))
    connection.commit()
    return connection


def test_what_waits_for_something_before_it_is_not_looked_through(tmp_path: Path) -> None:
    """3,000 results behind their files, all due for long: what is said elsewhere costs what it always costs."""
    with behind_uploads(tmp_path) as connection:
        effects.record(connection, post("card", "C1", due_at=NOW))
        connection.commit()
        assert ["card"] == [item.key for item in claim(connection)]
        connection.rollback()
        assert NOW == effects.next_due(connection, side="slack")
        assert NOW == effects.oldest_due(connection, NOW, side="slack")
        connection.rollback()
        assert steps_of(connection, lambda tx: claim(tx, limit=1)) < FEW_STEPS
        assert steps_of(connection, lambda tx: effects.next_due(tx, side="slack")) < FEW_STEPS
        assert steps_of(connection, lambda tx: effects.oldest_due(tx, NOW, side="slack")) < FEW_STEPS


ORDER = {"order_key": "thread:t1"}


async def in_order(database: Database, *keys: str) -> None:
    await record(database, *(row(key, **ORDER) for key in keys))


async def ends(database: Database, key: str, state: EffectState = EffectState.DONE) -> None:
    """Claims the only thing that may be tried, and says what became of it."""
    (item,) = await database.write(claim)
    assert key == item.key
    assert await database.write(lambda tx: effects.settle(tx, item, "me", NOW, state=state.value))


async def test_what_comes_next_goes_when_its_turn_comes(database: Database) -> None:
    """Done or refused; one that may or may not have happened, or is tried again, holds up the rest."""
    await in_order(database, "first", "second", "third")
    await ends(database, "first", EffectState.UNKNOWN)
    await ends(database, "first", EffectState.PENDING)
    await ends(database, "first")
    await ends(database, "second", EffectState.REFUSED)
    await ends(database, "third")
    assert await database.read(lambda tx: effects.next_due(tx, side="slack")) is None


@pytest.mark.parametrize("how", ["drop", "drop_key", "drop_tried", "give_up", "redirect"])
async def test_what_is_wanted_no_more_lets_the_next_one_go(database: Database, how: str) -> None:
    """However it ends."""
    thread, job = a_thread(), a_job()
    request = Request(id=job.request_id, key="r", thread_id=thread.id, requester_id="U1", kind="agent", created_at=NOW)

    def begin(tx: Transaction) -> None:
        threads.add_thread(tx, thread)
        threads.add_request(tx, request)
        jobs.add_job(tx, job)

    await database.write(begin)
    mine = {"kind": "enter", "lane": "conversations.info|T1", "thread_id": thread.id, "job_id": job.id}
    await record(database, row("first", **ORDER, **mine), row("second", **ORDER))
    if how in ("drop_tried", "give_up"):
        (first,) = await database.write(claim)
        assert await database.write(lambda tx: effects.settle(tx, first, "me", NOW, state="unknown"))
    ways: dict[str, Callable[[Transaction], object]] = {
        "drop": lambda tx: effects.drop(tx, job.id, {"enter"}, NOW),
        "drop_key": lambda tx: effects.drop_key(tx, "first", NOW),
        "drop_tried": lambda tx: effects.drop_tried(tx, first, NOW, in_doubt=False),
        "give_up": lambda tx: effects.give_up(tx, job.id, "enter", NOW),
        "redirect": lambda tx: effects.redirect(tx, thread, NOW, lane="x"),
    }
    await database.write(ways[how])
    assert ["second"] == await claimed(database)


async def test_what_an_older_release_ended_holds_nothing_up(database: Database) -> None:
    """It lets nothing through, for it knows no turns; a start and the hourly tidying do."""
    await in_order(database, "first", "second", "third")
    await database.write(lambda tx: effects.change_effect(tx, "first", state="done"))
    assert [] == await claimed(database)
    await database.write(effects.let_through)
    await ends(database, "second")
    await ends(database, "third")


async def test_what_is_done_again_goes_before_what_was_recorded_since(database: Database) -> None:
    """A card that is posted anew stands before what is said below it, though that had its turn."""
    await in_order(database, "card", "said")
    await ends(database, "card")
    await record(database, row("card", **ORDER))
    await ends(database, "card")
    await ends(database, "said")
