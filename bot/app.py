"""The composition root: open everything, wire it, run it in one TaskGroup, close it in reverse order."""

import asyncio
import gc
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import httpx
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.heygen.catalog import Catalog
from bot.heygen.client import HeyGenClient, open_http
from bot.heygen.downloads import Downloads
from bot.jobs.calls import HeyGenCalls
from bot.jobs.clock import ClockWatch
from bot.jobs.effects import Effects, Perform
from bot.jobs.engine import Engine
from bot.jobs.kinds import kinds_of
from bot.jobs.loop import Loop
from bot.jobs.moment import Rules
from bot.jobs.observer import Observer
from bot.web import HeyGenEvents, make_web
from handlers import Collaborators, make_bolt
from handlers.deliver import SlackCalls
from handlers.files import SlackFiles
from handlers.http_mode import HttpDelivery
from handlers.identity import Identity, identify
from handlers.membership import Membership
from handlers.people import People
from handlers.render import Renderer
from handlers.response_urls import ResponseUrls
from handlers.socket_mode import SocketMode
from handlers.standing import Standings
from handlers.uploads import Uploads
from storage import effects, jobs
from storage.database import Database, Transaction, open_database
from storage.schema import migrate

logger = logging.getLogger(__name__)

SLACK_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
ROUND_SECONDS = 2.0
DRAIN_SECONDS = 20.0
SITE_CLOSE_SECONDS = 5.0
TIDY_SECONDS = 3600.0
CATALOG_SECONDS = 1800.0
CATALOG_AGAIN_SECONDS = 60.0
CALLBACKS = "/heygen/callbacks"
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
) -> None:
    """Runs until `stopping` is set, then closes: doors first, calls under way, then the database.

    Our own pauses are divided by `tempo`, which the tests use to live faster.

    Raises DatabaseUnusable, SlackApiError, aiohttp's errors or OSError when it cannot begin.
    """
    async with AsyncExitStack() as stack:
        database = await open_database(settings.database_url)
        stack.push_async_callback(database.close)
        if await asyncio.to_thread(migrate, settings.database_url):  # now that no other program runs on it
            logger.info("The database's schema was brought up to date.", extra={"action": "migrated"})
        await database.write(lambda tx: _free_claims(tx, clock()))
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=SLACK_TIMEOUT))
        http = await stack.enter_async_context(open_http())
        client = slack_client(settings, session)
        ground = _Ground(
            settings=settings, database=database, slack=client, session=session, http=http,
            identity=await identify(client), clock=clock, tempo=tempo,
        )  # fmt: skip
        await _Program(ground).run(stopping, started)


def slack_client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that repeats nothing by itself: what may be repeated is the outbox's decision."""
    return AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=[],
    )


def _free_claims(tx: Transaction, now: float) -> None:
    effects.free_claims(tx, now)
    jobs.free_claims(tx, now)


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """What is open before anything is wired."""

    settings: Settings
    database: Database
    slack: AsyncWebClient
    session: aiohttp.ClientSession
    http: httpx.AsyncClient
    identity: Identity
    clock: Callable[[], float]
    tempo: float


class _Program:
    """Everything that runs, wired once: HeyGen, the engine, the loops that serve it, and the doors people come by."""

    def __init__(self, ground: _Ground) -> None:
        settings, clock = ground.settings, ground.clock
        self._ground = ground
        self._rules = _rules(settings, ground.identity, ground.tempo)
        self._heygen = HeyGenClient(
            ground.http, api_key=settings.heygen_api_key.get_secret_value(), base_url=settings.heygen_api_url,
            clock=clock,
        )  # fmt: skip
        self._catalog = Catalog(self._heygen, clock=clock)
        self._kinds = kinds_of(self._heygen, ground.database, rules=self._rules, clock=clock)
        self.engine = Engine(
            ground.database, rules=self._rules, clock=clock, new_id=lambda: secrets.token_hex(8), wake=self._wake
        )
        self._clock_watch = ClockWatch(self.engine, clock=clock, steady=time.monotonic)
        self._response_urls = ResponseUrls(ground.session, clock=clock)
        self._work = self._wire_work(secrets.token_hex(8))
        app = self._wire_bolt()
        token = settings.slack_app_token
        self._socket = SocketMode(app, token.get_secret_value(), clock=clock) if token else None
        self._web = self._wire_web(None if self._socket else HttpDelivery(app))

    def _wire_work(self, instance: str) -> list[Loop]:
        """The loops that serve the engine: calls to both sides, looks, and what is due by the clock alone."""
        clock = self._ground.clock
        files = SlackFiles(self._ground.slack, self._ground.session, clock=clock)
        heygen = HeyGenCalls(
            self._ground.database, self._heygen, self._catalog, self._kinds, rules=self._rules, clock=clock,
            open_file=files.open_file,
        )  # fmt: skip
        observer = Observer(
            self._ground.database, self.engine, instance=instance, clock=clock,
            observe=lambda job: self._kinds[job.kind].observe(job),
        )  # fmt: skip
        return [
            self._wire_effects("slack", instance, self._wire_slack(files).perform),
            self._wire_effects("heygen", instance, heygen.perform),
            observer.loop,
            Loop("engine", run_once=self._do_due, clock=clock),
        ]

    async def _do_due(self) -> float | None:
        """A jump of the clock is noticed before anything is done, or closed, because of the time."""
        await self._clock_watch.run_once()
        return await self.engine.run_once()

    def _wire_slack(self, files: SlackFiles) -> SlackCalls:
        ground = self._ground
        renderer = Renderer(ground.database, self._heygen, self._kinds, identity=ground.identity, clock=ground.clock)
        uploads = Uploads(
            ground.database, ground.slack, self._heygen, Downloads(ground.session), self._kinds, files, renderer,
            clock=ground.clock, tempo=ground.tempo,
        )  # fmt: skip
        return SlackCalls(
            ground.database, ground.slack, renderer, uploads, self._response_urls, clock=ground.clock,
            tempo=ground.tempo,
        )  # fmt: skip

    def _wire_effects(self, side: str, instance: str, perform: Perform) -> Loop:
        return Effects(
            self._ground.database, side=side, instance=instance, clock=self._ground.clock, perform=perform,
            settled=self.engine.settled, woken=self._wake, tempo=self._ground.tempo,
        ).loop  # fmt: skip

    def _wire_bolt(self) -> AsyncApp:
        """Slack's words for the engine's."""
        ground = self._ground
        secret = ground.settings.slack_signing_secret
        people = People(
            ground.slack, workspace_id=ground.identity.workspace_id, admins=ground.settings.admin_users,
            clock=ground.clock,
        )  # fmt: skip
        with_ = Collaborators(
            engine=self.engine, database=ground.database, catalog=self._catalog, people=people, client=ground.slack,
            membership=Membership(ground.database, ground.slack, clock=ground.clock), identity=ground.identity,
            standings=Standings(ground.database, ground.identity), response_urls=self._response_urls,
            clock=ground.clock,
        )  # fmt: skip
        return make_bolt(with_, signing_secret=secret.get_secret_value() if secret else None)

    def _wire_web(self, delivery: HttpDelivery | None) -> web.AppRunner:
        """The one port: health, HeyGen's events, and Slack's deliveries where they come over HTTP."""
        keys = [item.get_secret_value() for item in self._ground.settings.heygen_webhook_secret]
        events = HeyGenEvents(self.engine, secrets=keys, clock=self._ground.clock)
        routes = make_web(events, slack=delivery.deliver if delivery else None, readiness=self._missing)
        return web.AppRunner(routes, access_log=None, shutdown_timeout=SITE_CLOSE_SECONDS)

    def _wake(self) -> None:
        for loop in self._work:
            loop.wake()

    async def _missing(self) -> list[str]:
        missing = []
        if self._socket is not None and not await self._socket.is_connected():
            missing.append("slack connection")
        await self._ground.database.read(jobs.next_look)
        return missing

    async def run(self, stopping: asyncio.Event, started: Callable[[Started], None]) -> None:
        """Opens the doors, runs the loops, and closes the doors first."""
        loops = [*self._work, *self._chores()]
        try:
            port = await self._open_doors()
            async with asyncio.TaskGroup() as tasks:
                rounds = [tasks.create_task(loop.run(stopping)) for loop in loops]
                started(Started(port, self.engine, self._ground.database))
                await stopping.wait()
                await self._close_doors()
                await _wind_down(rounds, loops)
        finally:
            await self._close_doors()

    def _chores(self) -> list[Loop]:
        clock = self._ground.clock
        chores = [
            Loop("tidy", run_once=self._tidy, clock=clock, longest_seconds=TIDY_SECONDS),
            Loop("catalog", run_once=self._warm_catalog, clock=clock, longest_seconds=CATALOG_SECONDS),
        ]
        if self._socket is not None:
            chores.append(Loop("slack connection", run_once=self._socket.run_once, clock=clock))
        return chores

    async def _tidy(self) -> float:
        await self.engine.tidy()
        return self._ground.clock() + TIDY_SECONDS

    async def _warm_catalog(self) -> float:
        complete = await self._catalog.refresh_all()
        return self._ground.clock() + (CATALOG_SECONDS if complete else CATALOG_AGAIN_SECONDS)

    async def _open_doors(self) -> int:
        await self._web.setup()
        site = web.TCPSite(self._web, self._ground.settings.host, self._ground.settings.port)
        await site.start()
        if self._socket is not None:
            await self._socket.connect()
        port: int = self._web.addresses[0][1]
        logger.info("Listening on port %s.", port, extra={"action": "started"})
        return port

    async def _close_doors(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self._web.cleanup()


async def _wind_down(rounds: list[asyncio.Task[None]], loops: list[Loop]) -> None:
    """Lets what is under way end within a limit: first the rounds, for they may still start calls, then the calls."""
    _, late = await asyncio.wait(rounds, timeout=ROUND_SECONDS)
    for one in late:
        one.cancel()
    await asyncio.gather(*(loop.drain(DRAIN_SECONDS) for loop in loops))


def _rules(settings: Settings, identity: Identity, tempo: float) -> Rules:
    base = f"{settings.public_url.rstrip('/')}{CALLBACKS}" if settings.public_url else None
    return Rules(
        concurrency=settings.heygen_concurrency,
        poll_seconds=settings.heygen_poll_seconds,
        webhooks=bool(settings.heygen_webhook_secret) or base is not None,
        admins=tuple((identity.workspace_id, user) for user in settings.admin_users),
        callback_base=base if settings.jobs_carry_callback_url else None,
        tempo=tempo,
    )
