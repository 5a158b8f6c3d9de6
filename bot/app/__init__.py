"""The composition root: open everything, wire it, run it in one TaskGroup, close it in reverse order."""

import asyncio
import gc
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from bot import points
from bot.app.doors import CannotListen, Doors
from bot.app.ground import Ground, slack_client
from bot.app.work import Work
from bot.config import Settings
from bot.heygen.client import open_http
from bot.jobs import lease
from bot.jobs.engine import Engine
from bot.jobs.heartbeat import SharedClock
from bot.jobs.loop import Loop
from bot.points import Passing
from bot.seeing.metrics import CONTENT_TYPE
from bot.seeing.pulse import Pulse
from bot.seeing.stock import Stock
from bot.seeing.witness import open_witness
from handlers.identity import identify
from storage.database import Database, open_database, time_of
from storage.figures import figures
from storage.fitness import refuse_unfit
from storage.schema import migrate

__all__ = ["CannotListen", "Started", "rest_collector", "run", "slack_client"]

logger = logging.getLogger(__name__)

SLACK_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
ROUND_SECONDS = 2.0
DRAIN_SECONDS = 20.0
TIDY_SECONDS = 3600.0
CATALOG_SECONDS = 1800.0
CATALOG_AGAIN_SECONDS = 60.0
YOUNG_OBJECTS = 20_000  # between two rounds of the garbage collector; its default of 700 costs a tenth of the time


def rest_collector() -> None:
    """For a process that is this program alone: what has been imported stays, and is not walked again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


@dataclass(frozen=True)
class Started:
    """The program once its doors are open."""

    port: int
    engine: Engine
    database: Database


async def run(
    settings: Settings,
    stopping: asyncio.Event,
    *,
    started: Callable[[Started], None] = lambda _: None,
    clock: Callable[[], float] = time.time,
    tempo: float = 1.0,
    passing: Passing | None = None,
) -> None:
    """Runs until `stopping` is set, then closes: doors first, calls under way, then the database.

    Our own pauses are divided by `tempo`, which the tests use to live faster. `passing` is told the name of each point
    between two changes of the world, in our database or outside, so that they can end the process there.

    Raises CannotListen, CannotTrace, DatabaseUnusable, SlackApiError or aiohttp's errors when it cannot begin.
    """
    witness = open_witness(settings.otel_exporter_otlp_endpoint, clock=clock)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(witness.close)
        await asyncio.to_thread(refuse_unfit, settings.database_url)
        database = points.of_commits(await open_database(settings.database_url), passing)
        stack.push_async_callback(database.close)
        if await asyncio.to_thread(migrate, settings.database_url):  # now that no other program runs on it
            logger.info("The database's schema was brought up to date.", extra={"action": "migrated"})
        if database.is_shared:  # replicas agree on the time of their database
            clock = SharedClock(await database.read(lambda tx: time_of(tx, 0.0)))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=SLACK_TIMEOUT, trace_configs=[lease.of_session(), *points.of_session(passing)]
            )
        )
        http = await stack.enter_async_context(open_http())
        hooks = points.of_client(passing)
        http.event_hooks = {**hooks, "request": [lease.of_request, *hooks["request"]]}
        client = slack_client(settings, session, timed=witness.metrics.slack_call)
        ground = Ground(
            settings=settings, database=database, slack=client, session=session, http=http,
            identity=await identify(client), witness=witness, clock=clock, tempo=tempo,
        )  # fmt: skip
        await _Program(ground).run(stopping, started)


class _Program:
    """Everything that runs: the work, the doors that people come by, and chores."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._work = Work(ground)
        self._stock = Stock(
            lambda: ground.database.read(lambda tx: figures(tx, ground.clock())),
            places=ground.settings.heygen_concurrency, steady=time.monotonic,
        )  # fmt: skip
        ground.witness.metrics.registry.register(self._stock)
        self._doors = Doors(ground, self._work, self._metrics)

    async def _metrics(self) -> tuple[bytes, str]:
        await self._stock.refresh()
        return self._ground.witness.metrics.text(), CONTENT_TYPE

    async def run(self, stopping: asyncio.Event, started: Callable[[Started], None]) -> None:
        """Opens the doors, runs the loops, and closes the doors first."""
        loops = [*self._work.loops, *self._chores(), *self._doors.loops]
        await self._work.begin()
        try:
            port = await self._doors.open()
            async with asyncio.TaskGroup() as tasks:
                rounds = [tasks.create_task(loop.run(stopping)) for loop in loops]
                started(Started(port, self._work.engine, self._ground.database))
                await stopping.wait()
                await self._doors.close()
                await _wind_down(rounds, loops)
                await self._work.give_back()
        finally:
            await self._doors.close()
            await self._stock.close()
            await self._work.end()

    def _chores(self) -> list[Loop]:
        clock = self._ground.clock
        return [
            Loop("tidy", run_once=self._tidy, clock=clock, longest_seconds=TIDY_SECONDS),
            Loop("catalog", run_once=self._warm_catalog, clock=clock, longest_seconds=CATALOG_SECONDS),
            Pulse(clock=clock, steady=time.monotonic, lagged=self._ground.witness.metrics.lagged).loop,
        ]

    async def _tidy(self) -> float:
        await self._work.engine.tidy()
        return self._ground.clock() + TIDY_SECONDS

    async def _warm_catalog(self) -> float:
        complete = await self._work.catalog.refresh_all()
        return self._ground.clock() + (CATALOG_SECONDS if complete else CATALOG_AGAIN_SECONDS)


async def _wind_down(rounds: list[asyncio.Task[None]], loops: list[Loop]) -> None:
    """Lets what is under way end within a limit: first the rounds, for they may still start calls, then the calls."""
    _, late = await asyncio.wait(rounds, timeout=ROUND_SECONDS)
    for one in late:
        one.cancel()
    await asyncio.gather(*(loop.drain(DRAIN_SECONDS) for loop in loops))
