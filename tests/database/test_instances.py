"""Replicas: who is there, who is dead, and what becomes of what the dead held."""

import asyncio
import time

import pytest

from bot.jobs.heartbeat import BEAT_SECONDS, DEAD_SECONDS, Heartbeat, SharedClock
from storage import effects, instances, jobs, keys
from storage.database import Database, connected_of, open_database, time_of
from storage.database.notices import Notices
from storage.records import EffectState
from storage.schema import migrate
from tests.database.postgres import postgres
from tests.jobs.desk import Desk

TEMPO = 20.0
RUNNING: tuple[set[int], set[str]] = (set(), set())


def heartbeat(desk: Desk, instance: str, *, running: tuple[set[int], set[str]] = RUNNING) -> Heartbeat:
    return Heartbeat(
        desk.database, instance=instance, release="0.2", clock=lambda: desk.now, running=lambda: running,
        woken=lambda: None, tempo=TEMPO,
    )  # fmt: skip


async def test_the_first_to_come_finds_everything_free(url: str) -> None:
    """What a dead program held is due at once: calls are read back, and HeyGen is asked how things are."""
    desk = await Desk.open_at(url)
    job = await desk.submitted(await desk.ask())
    held = await desk.ask_and_claim()
    await desk.database.write(lambda tx: jobs.claim_looks(tx, "dead", desk.now + 3600, 5))
    assert await heartbeat(desk, "new").join() is None
    found = await desk.database.read(lambda tx: effects.effect(tx, held.key))
    assert found is not None
    assert (EffectState.UNKNOWN, None) == (found.state, found.claimed_by)
    looked = await desk.job(job)
    assert (None, True) == (looked.claimed_by, (looked.look_at or 0) <= desk.now)
    await desk.database.close()


@pytest.mark.parametrize("is_start", [True, False])
async def test_a_start_and_the_tidying_let_through_what_an_older_release_ended(desk: Desk, is_start: bool) -> None:
    """0.1 knows no turns: what it ended let nothing after it go."""
    job = await desk.ask()
    await desk.database.write(lambda tx: effects.change_effect(tx, keys.enter(job.thread_id), state="done"))
    assert [] == await desk.due()
    await (heartbeat(desk, "new").join() if is_start else desk.engine.tidy())
    assert [keys.card(job.thread_id)] == [tried.key for tried in await desk.due()]


@pytest.mark.slow
async def test_who_comes_second_takes_nothing_from_the_first(postgres_url: str) -> None:
    """Another replica joins: the claims of the one that runs stay its own."""
    desk = await Desk.open_at(postgres_url)
    await heartbeat(desk, "desk").join()
    held = await desk.ask_and_claim()
    await heartbeat(desk, "second").join()
    assert await desk.database.read(lambda tx: effects.still_ours(tx, held, "desk"))
    await desk.database.close()


@pytest.mark.slow
async def test_a_silent_instance_that_is_still_connected_keeps_its_claims(postgres_url: str) -> None:
    """Slow is not dead: it may be in the middle of a post, and whoever took that over would post a second time."""
    desk = await Desk.open_at(postgres_url)
    slow, other = await _joined(desk, "desk"), await _joined(desk, "other")
    notices = Notices(postgres_url, instance="desk", heard=lambda: None, clock=lambda: desk.now)
    await notices.run_once()
    held = await desk.ask_and_claim()
    await _silence(desk, "desk", 2 * DEAD_SECONDS / TEMPO)
    await other.run_once()
    assert await desk.database.read(lambda tx: effects.still_ours(tx, held, "desk"))
    await notices.close()
    async with asyncio.timeout(10):
        while await desk.database.read(lambda tx: effects.still_ours(tx, held, "desk")):
            await other.run_once()
    found = await desk.database.read(lambda tx: effects.effect(tx, held.key))
    assert found is not None
    assert EffectState.UNKNOWN is found.state, "a call that nobody finished is read back"
    await slow.run_once()
    await desk.database.close()


@pytest.mark.slow
async def test_an_instance_that_hangs_is_dead_in_the_end(postgres_url: str) -> None:
    """Connected and silent for longer than any call may take: its work goes on elsewhere."""
    desk = await Desk.open_at(postgres_url)
    await _joined(desk, "desk")
    other = await _joined(desk, "other")
    notices = Notices(postgres_url, instance="desk", heard=lambda: None, clock=lambda: desk.now)
    await notices.run_once()
    held = await desk.ask_and_claim()
    await _silence(desk, "desk", 34 * DEAD_SECONDS / TEMPO)
    await other.run_once()
    assert not await desk.database.read(lambda tx: effects.still_ours(tx, held, "desk"))
    await notices.close()
    await desk.database.close()


async def test_who_claims_after_it_was_taken_for_dead_and_dies_is_taken_over_all_the_same(desk: Desk) -> None:
    """Paused, removed, awake for a moment and killed before its next beat: its claims used to be nobody's for good."""
    await desk.database.write(lambda tx: instances.beat(tx, "other", release="0.2", now=desk.now))
    held = await desk.ask_and_claim()
    assert 0 == await desk.database.write(lambda tx: instances.remove_dead(tx, now=desk.now, dead_after=DEAD_SECONDS))
    found = await desk.database.read(lambda tx: effects.effect(tx, held.key))
    assert found is not None
    assert (EffectState.UNKNOWN, None) == (found.state, found.claimed_by)


async def _joined(desk: Desk, instance: str) -> Heartbeat:
    made = heartbeat(desk, instance)
    await made.join()
    return made


async def _silence(desk: Desk, instance: str, seconds: float) -> None:
    """As if the instance had not been heard of for so long."""
    await desk.database.write(
        lambda tx: tx.exec_driver_sql(f"UPDATE instances SET seen_at = seen_at - {seconds} WHERE id = '{instance}'")
    )


async def test_who_leaves_frees_what_it_held_and_is_remembered(desk: Desk) -> None:
    """An end in order: nobody waits for what was cut off, and the next start knows since when nobody was there."""
    leaving = await _joined(desk, "desk")
    held = await desk.ask_and_claim()
    before = await desk.database.read(lambda tx: time_of(tx, desk.now))
    await leaving.leave()
    assert not await desk.database.read(lambda tx: effects.still_ours(tx, held, "desk"))
    last = await heartbeat(desk, "next").join()
    assert last is not None
    assert abs(last - before) < BEAT_SECONDS


async def test_a_claim_whose_answer_was_lost_is_found_again(desk: Desk) -> None:
    """The claim was committed and nobody knows of it: at the second beat it is free, and not before."""
    beating = await _joined(desk, "desk")
    held = await desk.ask_and_claim()
    await beating.run_once()
    assert await desk.database.read(lambda tx: effects.still_ours(tx, held, "desk")), "it may be on its way"
    await beating.run_once()
    found = await desk.database.read(lambda tx: effects.effect(tx, held.key))
    assert found is not None
    assert EffectState.UNKNOWN is found.state


async def test_a_claim_that_is_worked_on_is_not_freed(desk: Desk) -> None:
    """A call may take ten minutes."""
    running: tuple[set[int], set[str]] = (set(), set())
    beating = heartbeat(desk, "desk", running=running)
    await beating.join()
    held = await desk.ask_and_claim()
    running[0].add(held.id)
    for _ in range(3):
        await beating.run_once()
    assert await desk.database.read(lambda tx: effects.still_ours(tx, held, "desk"))


def test_the_shared_clock_goes_on_by_itself_and_is_put_right() -> None:
    """Between two beats it is carried on by a clock that nobody sets."""
    steady = 100.0
    clock = SharedClock(5_000.0, steady=lambda: steady)
    steady = 110.0
    assert 5_010.0 == clock()
    clock.set(6_000.0)
    steady = 111.0
    assert 6_001.0 == clock()


@pytest.mark.slow
async def test_a_notice_is_heard_by_the_others_also_after_the_server_was_away() -> None:
    """LISTEN and NOTIFY: told once, heard at once, by everybody but the one who told."""
    with postgres() as server:
        url = server.new_database()
        heard = {"a": asyncio.Event(), "b": asyncio.Event()}
        both = {name: Notices(url, instance=name, heard=event.set, clock=lambda: 0.0) for name, event in heard.items()}
        for restarts in (False, True):
            if restarts:
                await asyncio.to_thread(server.restart)
            for notices in both.values():
                await notices.run_once()
                await notices.run_once()  # after an outage the first one finds that the connection is gone
            for event in heard.values():
                event.clear()
            both["a"].tell()
            await both["a"].run_once()
            async with asyncio.timeout(5):
                await heard["b"].wait()
            assert not heard["a"].is_set()
        for notices in both.values():
            await notices.close()


@pytest.mark.slow
async def test_whichever_way_the_url_is_written_the_instance_counts_as_connected(postgres_url: str) -> None:
    """SQLAlchemy's spelling of the URL, with the driver in it: the lock that says "alive" is held all the same."""
    migrate(postgres_url)
    database = await open_database(postgres_url)
    spelling = postgres_url.replace("postgresql://", "postgresql+asyncpg://")
    notices = Notices(spelling, instance="here", heard=lambda: None, clock=lambda: 0.0)
    await notices.run_once()
    assert {"here"} == await database.read(lambda tx: connected_of(tx, ["here"], started_before=time.time()))
    await notices.close()
    await database.close()


async def test_a_database_opened_beside_another_knows_of_no_instance(url: str) -> None:
    """A fresh database."""
    migrate(url)
    opened: Database = await open_database(url)
    assert await opened.read(instances.last_seen) is None
    await opened.close()
