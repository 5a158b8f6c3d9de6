"""Several replicas that look at jobs on one PostgreSQL: together they ask HeyGen no more than one would."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import make_url

from bot.jobs.loop import HELD_SECONDS
from bot.jobs.observer import BURST, CALLS_PER_SECOND, LOOKS_LANE, Observer
from bot.jobs.sight import Sight
from storage import pace
from storage.database import Database, open_database
from storage.database.postgres import engine_of
from storage.records import Job
from tests.jobs.desk import Desk
from tests.jobs.test_bulk import HeyGen, rendering

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


class Replicas:
    """Observers on connections of their own, and which jobs they have asked about."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.asked: list[str] = []
        self._observers: list[Observer] = []
        self._opened: list[Database] = []

    async def open(self, url: str, count: int) -> None:
        for number in range(count):
            database = await open_database(url)
            self._opened.append(database)
            self._observers.append(
                Observer(
                    database, self.desk.engine, instance=f"replica-{number}", clock=lambda: self.desk.now,
                    observe=self._observe, bulks={},
                )
            )  # fmt: skip

    async def _observe(self, job: Job) -> Sight:
        self.asked.append(job.id)
        return Sight(phase="thinking")

    async def round(self) -> list[float | None]:
        """All of them at once; returns when each wants to come again."""
        due = await asyncio.gather(*(observer.run_once() for observer in self._observers))
        for observer in self._observers:
            await observer.loop.drain(5.0)
        return due

    async def close(self) -> None:
        for database in self._opened:
            await database.close()


@pytest.fixture
async def replicas(desk: Desk) -> AsyncIterator[Replicas]:
    made = Replicas(desk)
    yield made
    await made.close()


async def test_replicas_share_one_burst(desk: Desk, url: str, replicas: Replicas) -> None:
    """Each used to have one of its own when they claimed in the same moment."""
    await rendering(desk, HeyGen(), 300, with_video=False)
    await replicas.open(url, 5)
    for seconds in range(5):
        for _ in range(3):
            await replicas.round()
        assert BURST + seconds * CALLS_PER_SECOND >= len(replicas.asked) >= (BURST - 1) * (seconds + 1)
        desk.now += 1.0
    assert len(replicas.asked) == len(set(replicas.asked))


async def test_who_comes_while_another_claims_comes_again_a_moment_later(
    desk: Desk, url: str, replicas: Replicas
) -> None:
    """It may stand still in the middle: nobody waits for it, or takes the database to be in trouble."""
    await rendering(desk, HeyGen(), 3, with_video=False)
    await replicas.open(url, 1)
    await desk.database.write(lambda tx: pace.hold(tx, LOOKS_LANE))
    engine = engine_of(make_url(url))
    async with engine.begin() as connection:
        assert await connection.run_sync(lambda tx: pace.hold(tx, LOOKS_LANE))
        assert [desk.now + HELD_SECONDS] == await replicas.round()
        assert [] == replicas.asked
    await engine.dispose()
    await replicas.round()
    assert 3 == len(replicas.asked)
