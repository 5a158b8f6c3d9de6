"""What another transaction holds, as that of a replica that stands still: nothing else waits for it, no loop spins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection, Select, make_url, select

from bot.jobs.effects import Effects
from bot.jobs.engine import STUCK_SECONDS, TURNS_AT_ONCE
from bot.jobs.observer import Observer
from bot.jobs.outcomes import Done, Outcome
from bot.jobs.sight import Sight
from storage import arrivals, tables
from storage.database.postgres import engine_of
from storage.records import Effect, Job
from tests.jobs.desk import Desk
from tests.jobs.test_due import finished, prompts

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@asynccontextmanager
async def holding(url: str, rows: Select[tuple[object]]) -> AsyncIterator[None]:
    """Another connection has locked these rows."""
    engine = engine_of(make_url(url))

    def hold(connection: Connection) -> None:
        assert connection.execute(rows.with_for_update(key_share=True)).all()

    async with engine.begin() as connection:
        await connection.run_sync(hold)
        yield
    await engine.dispose()


def thread_rows(jobs: list[Job]) -> Select[tuple[object]]:
    return select(tables.threads.c.id).where(tables.threads.c.id.in_([job.thread_id for job in jobs]))


async def test_threads_that_are_held_keep_no_other_waiting(desk: Desk, url: str) -> None:
    """More of them than a round takes, and due for longer: they have their turn once they are free."""
    held = [await finished(desk, number) for number in range(TURNS_AT_ONCE + 1)]
    free = await finished(desk, 99)
    for job in (*held, free):
        await desk.say(job, "shorter")
    desk.now += 5.0
    async with holding(url, thread_rows(held)):
        await desk.engine.run_once()
        assert ["An intro", "shorter"] == await prompts(desk, free)
    for _ in range(2):
        await desk.engine.run_once()
    assert [["An intro", "shorter"]] * len(held) == [await prompts(desk, job) for job in held]


async def test_the_engine_waits_a_moment_for_a_thread_that_is_held(desk: Desk, url: str) -> None:
    """It came again at once, thousands of times a second; and it wakes nobody, itself included, for nothing."""
    job = await finished(desk, 1)
    await desk.say(job, "shorter")
    desk.now += 5.0
    async with holding(url, thread_rows([job])):
        wakes = desk.wakes
        due = await desk.engine.run_once()
        assert due is not None
        assert desk.now < due < desk.now + 1.0
        assert wakes == desk.wakes
    await desk.engine.run_once()
    assert ["An intro", "shorter"] == await prompts(desk, job)


async def test_a_lock_below_a_thread_puts_off_that_thread_alone(desk: Desk, url: str) -> None:
    """A row it needs stays locked for longer than is waited: that was a fault of the round, and so of everybody."""
    stuck, well = await finished(desk, 1), await finished(desk, 2)
    for job in (stuck, well):
        await desk.say(job, "shorter")
    desk.now += 5.0
    effects = tables.effects.c
    card = select(effects.id).where(effects.thread_id == stuck.thread_id, effects.kind == "edit")
    waiting = select(tables.replies.c.id).where(tables.replies.c.thread_id == stuck.thread_id)
    async with holding(url, card), holding(url, waiting):
        due = await desk.engine.run_once()
        assert due == desk.now + STUCK_SECONDS
        assert ["An intro", "shorter"] == await prompts(desk, well)
    desk.now += STUCK_SECONDS
    await desk.engine.run_once()
    assert ["An intro", "shorter"] == await prompts(desk, stuck)


async def test_an_outbox_waits_a_moment_for_calls_that_are_held(desk: Desk, url: str) -> None:
    """They are free again, or another's, within milliseconds; or a replica stands still with them."""

    async def perform(_: Effect) -> Outcome:
        return Done({"ts": "1.1"})

    await desk.ask()
    await desk.database.write(lambda tx: arrivals.note_member(tx, "T1", "C1", desk.now))
    outbox = Effects(
        desk.database, side="slack", instance="desk", clock=lambda: desk.now, perform=perform,
        settled=desk.engine.settled, woken=lambda: None,
    )  # fmt: skip
    async with holding(url, select(tables.effects.c.id)):
        due = await outbox.run_once()
        assert due is not None
        assert desk.now < due < desk.now + 1.0
    assert desk.now == await outbox.run_once()
    await outbox.loop.drain(5.0)


async def test_the_observer_waits_a_moment_for_jobs_that_are_held(desk: Desk, url: str) -> None:
    """The same for looks."""

    async def observe(_: Job) -> Sight:
        return Sight(phase="thinking")

    job = await desk.submitted(await desk.ask())
    desk.now += 60.0
    observer = Observer(desk.database, desk.engine, instance="desk", clock=lambda: desk.now, observe=observe, bulks={})
    async with holding(url, select(tables.jobs.c.id).where(tables.jobs.c.id == job.id)):
        due = await observer.run_once()
        assert due is not None
        assert desk.now < due < desk.now + 1.0
    assert desk.now == await observer.run_once()
    await observer.loop.drain(5.0)
