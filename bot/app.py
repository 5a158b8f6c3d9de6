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
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.heygen.catalog import Catalog
from bot.heygen.client import HeyGenClient, open_http
from bot.heygen.downloads import Downloads
from bot.jobs.calls import HeyGenCalls
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
        identity = await identify(client)
        program = _Program(settings, database, client, session, http, identity, clock=clock, tempo=tempo)
        await program.run(stopping, started)


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


class _Program:
    """Everything that runs, wired once."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        http: httpx.AsyncClient,
        identity: Identity,
        *,
        clock: Callable[[], float],
        tempo: float,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._tempo = tempo
        instance = secrets.token_hex(8)
        rules = _rules(settings, identity, tempo)
        heygen = HeyGenClient(
            http, api_key=settings.heygen_api_key.get_secret_value(), base_url=settings.heygen_api_url, clock=clock
        )
        self._catalog = Catalog(heygen, clock=clock)
        self.engine = Engine(database, rules=rules, clock=clock, new_id=lambda: secrets.token_hex(8), wake=self._wake)
        kinds = kinds_of(heygen, database, rules=rules, clock=clock)
        files = SlackFiles(client, session, clock=clock)
        people = People(client, workspace_id=identity.workspace_id, admins=settings.admin_users, clock=clock)
        renderer = Renderer(database, heygen, kinds, identity=identity, clock=clock)
        downloads = Downloads(session)
        uploads = Uploads(database, client, heygen, downloads, kinds, files, renderer, clock=clock, tempo=tempo)
        response_urls = ResponseUrls(session, clock=clock)
        slack_calls = SlackCalls(database, client, renderer, uploads, response_urls, clock=clock, tempo=tempo)
        heygen_calls = HeyGenCalls(
            database, heygen, self._catalog, kinds, rules=rules, clock=clock, open_file=files.open_file
        )
        self._slack = self._effects("slack", instance, slack_calls.perform)
        self._heygen = self._effects("heygen", instance, heygen_calls.perform)
        self._observer = Observer(
            database, self.engine, instance=instance, clock=clock, observe=lambda job: kinds[job.kind].observe(job)
        )
        self._due = Loop("engine", run_once=self.engine.run_once, clock=clock)
        app = make_bolt(
            Collaborators(
                engine=self.engine, database=database, catalog=self._catalog, people=people, client=client,
                membership=Membership(database, client, clock=clock), identity=identity,
                standings=Standings(database, identity), response_urls=response_urls, clock=clock,
            ),
            signing_secret=settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else None,
        )  # fmt: skip
        app_token = settings.slack_app_token
        self._socket = SocketMode(app, app_token.get_secret_value(), clock=clock) if app_token else None
        events = HeyGenEvents(
            self.engine, secrets=[item.get_secret_value() for item in settings.heygen_webhook_secret], clock=clock
        )
        delivery = None if self._socket else HttpDelivery(app).deliver
        self._web = web.AppRunner(
            make_web(events, slack=delivery, readiness=self._missing),
            access_log=None,
            shutdown_timeout=SITE_CLOSE_SECONDS,
        )

    def _effects(self, side: str, instance: str, perform: Perform) -> Effects:
        return Effects(
            self._database, side=side, instance=instance, clock=self._clock, perform=perform,
            settled=self.engine.settled, woken=self._wake, tempo=self._tempo,
        )  # fmt: skip

    def _wake(self) -> None:
        for loop in (self._slack.loop, self._heygen.loop, self._observer.loop, self._due):
            loop.wake()

    async def _missing(self) -> list[str]:
        missing = []
        if self._socket is not None and not await self._socket.is_connected():
            missing.append("slack connection")
        await self._database.read(jobs.next_look)
        return missing

    async def run(self, stopping: asyncio.Event, started: Callable[[Started], None]) -> None:
        """Opens the doors, runs the loops, and closes the doors first."""
        loops = [self._slack.loop, self._heygen.loop, self._observer.loop, self._due, *self._chores()]
        try:
            port = await self._open_doors()
            async with asyncio.TaskGroup() as tasks:
                rounds = [tasks.create_task(loop.run(stopping)) for loop in loops]
                started(Started(port, self.engine, self._database))
                await stopping.wait()
                await self._close_doors()
                await _wind_down(rounds, loops)
        finally:
            await self._close_doors()

    def _chores(self) -> list[Loop]:
        chores = [
            Loop("tidy", run_once=self._tidy, clock=self._clock),
            Loop("catalog", run_once=self._warm_catalog, clock=self._clock),
        ]
        if self._socket is not None:
            chores.append(Loop("slack connection", run_once=self._socket.run_once, clock=self._clock))
        return chores

    async def _tidy(self) -> float:
        await self.engine.tidy()
        return self._clock() + TIDY_SECONDS

    async def _warm_catalog(self) -> float:
        complete = await self._catalog.refresh_all()
        return self._clock() + (CATALOG_SECONDS if complete else CATALOG_AGAIN_SECONDS)

    async def _open_doors(self) -> int:
        await self._web.setup()
        site = web.TCPSite(self._web, self._settings.host, self._settings.port)
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
