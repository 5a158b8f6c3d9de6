"""The composition root: open everything, wire it, run it in one TaskGroup, close it in reverse order."""

import asyncio
import gc
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import aiohttp
import httpx
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import points
from bot.config import Settings
from bot.heygen.catalog import Catalog
from bot.heygen.client import HeyGenClient, open_http
from bot.heygen.downloads import Downloads
from bot.heygen.rest import REST_LANE, Rest
from bot.jobs.calls import HeyGenCalls
from bot.jobs.clock import ClockWatch
from bot.jobs.effects import Effects, Perform
from bot.jobs.engine import Engine
from bot.jobs.heartbeat import Heartbeat, SharedClock
from bot.jobs.history import History
from bot.jobs.kinds import kinds_of
from bot.jobs.loop import Loop
from bot.jobs.moment import Rules
from bot.jobs.observer import Observer
from bot.jobs.replica import Replica
from bot.jobs.storing import stored
from bot.points import Passing
from bot.seeing.metrics import CONTENT_TYPE
from bot.seeing.pulse import Pulse
from bot.seeing.stock import Stock
from bot.seeing.witness import Witness, open_witness
from bot.web import HeyGenEvents, make_web
from handlers import Collaborators, make_bolt
from handlers.catching_up import CatchingUp
from handlers.client import SlackClient, Timed
from handlers.deliver import SlackCalls
from handlers.events import Events
from handlers.files import SlackFiles
from handlers.http_mode import HttpDelivery
from handlers.identity import Identity, identify
from handlers.membership import Membership
from handlers.missed import Missed
from handlers.people import People
from handlers.render import Renderer
from handlers.response_urls import ResponseUrls
from handlers.socket_line import open_line
from handlers.socket_mode import SocketMode
from handlers.standing import Standings
from handlers.uploads import Uploads
from storage import arrivals, effects, jobs
from storage.database import Database, DatabaseFault, Transaction, open_database, time_of
from storage.database.notices import Notices
from storage.figures import figures
from storage.fitness import refuse_unfit
from storage.schema import RELEASE, migrate

logger = logging.getLogger(__name__)

SLACK_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
ROUND_SECONDS = 2.0
DRAIN_SECONDS = 20.0
SITE_CLOSE_SECONDS = 5.0
QUEUE_SECONDS = 0.05  # between two looks at the queue: most of what wakes it has nothing to do with it
READINESS_SECONDS = 3.0
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
    passing: Passing | None = None,
) -> None:
    """Runs until `stopping` is set, then closes: doors first, calls under way, then the database.

    Our own pauses are divided by `tempo`, which the tests use to live faster. `passing` is told the name of each point
    between two changes of the world, in our database or outside, so that they can end the process there.

    Raises CannotTrace, DatabaseUnusable, SlackApiError, aiohttp's errors or OSError when it cannot begin.
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
            aiohttp.ClientSession(timeout=SLACK_TIMEOUT, trace_configs=points.of_session(passing))
        )
        http = await stack.enter_async_context(open_http())
        http.event_hooks = points.of_client(passing)
        client = slack_client(settings, session, timed=witness.metrics.slack_call)
        ground = _Ground(
            settings=settings, database=database, slack=client, session=session, http=http,
            identity=await identify(client), witness=witness, clock=clock, tempo=tempo,
        )  # fmt: skip
        await _Program(ground).run(stopping, started)


def slack_client(
    settings: Settings,
    session: aiohttp.ClientSession,
    *,
    timed: Timed = lambda _method, _outcome, _seconds: None,
) -> AsyncWebClient:
    """The one client of the program for calls as the app."""
    token = settings.slack_bot_token.get_secret_value()
    return SlackClient(token=token, base_url=settings.slack_api_url, session=session, timed=timed)


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """What is open before anything is wired."""

    settings: Settings
    database: Database
    slack: AsyncWebClient
    session: aiohttp.ClientSession
    http: httpx.AsyncClient
    identity: Identity
    witness: Witness
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
            clock=clock, timed=ground.witness.metrics.heygen_call, rest=Rest(self._rest),
        )  # fmt: skip
        self._catalog = Catalog(self._heygen, clock=clock)
        self._kinds = kinds_of(self._heygen, ground.database, rules=self._rules, clock=clock)
        self.engine = Engine(
            ground.database, rules=self._rules, clock=clock, new_id=lambda: secrets.token_hex(8), wake=self._wake,
            begun=ground.witness.began,
        )  # fmt: skip
        self._stock = Stock(
            lambda: ground.database.read(lambda tx: figures(tx, clock())), places=settings.heygen_concurrency,
            steady=time.monotonic,
        )  # fmt: skip
        ground.witness.metrics.registry.register(self._stock)
        self._clock_watch = ClockWatch(self.engine, clock=clock, steady=time.monotonic)
        self._response_urls = ResponseUrls(ground.session, clock=clock)
        self._instance = secrets.token_hex(8)
        self._outboxes: list[Effects] = []
        self._observer = self._wire_observer()
        self._work = self._wire_work()
        self._replica = self._wire_replica()
        with_ = self._wire_slack_words()
        app = self._wire_bolt(with_)
        token = settings.slack_app_token
        self._socket = self._wire_socket(app, token.get_secret_value()) if token else None
        self._catching_up = self._wire_catching_up(with_)
        self._web = self._wire_web(None if self._socket else HttpDelivery(app))

    def _wire_observer(self) -> Observer:
        return Observer(
            self._ground.database, self.engine, instance=self._instance, clock=self._ground.clock,
            observe=lambda job: self._kinds[job.kind].observe(job), looked=self._ground.witness.looked,
            bulks={name: kind.bulk for name, kind in self._kinds.items() if kind.bulk}, tempo=self._ground.tempo,
        )  # fmt: skip

    def _wire_replica(self) -> Replica:
        """Where other replicas may run on the database, they are told of work, and tell us."""
        ground, notices = self._ground, None
        heartbeat = Heartbeat(
            ground.database, instance=self._instance, release=".".join(map(str, RELEASE)), clock=ground.clock,
            running=self._running, woken=self._wake, tempo=ground.tempo,
            told_time=ground.clock.set if isinstance(ground.clock, SharedClock) else _ignore,
        )  # fmt: skip
        if ground.database.is_shared:
            address = ground.settings.database_url
            notices = Notices(address, instance=self._instance, heard=self._wake_here, clock=ground.clock)
        return Replica(heartbeat, notices, clock=ground.clock)

    def _running(self) -> tuple[set[int], set[str]]:
        """What this instance is at: the ids of effects and jobs."""
        return set().union(*(outbox.running for outbox in self._outboxes)), set(self._observer.running)

    def _wire_work(self) -> list[Loop]:
        """The loops that serve the engine: calls to both sides, looks, and what is due by the clock alone."""
        clock = self._ground.clock
        files = SlackFiles(self._ground.slack, self._ground.session, clock=clock)
        heygen = HeyGenCalls(
            self._ground.database, self._heygen, self._catalog, self._kinds, rules=self._rules, clock=clock,
            open_file=files.open_file,
        )  # fmt: skip
        return [
            self._wire_effects("slack", self._wire_slack(files).perform),
            self._wire_effects("heygen", heygen.perform),
            self._observer.loop,
            Loop("engine", run_once=self._do_due, clock=clock),
            Loop("queue", run_once=self.engine.serve_queue, clock=clock, least_seconds=QUEUE_SECONDS),
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

    def _wire_effects(self, side: str, perform: Perform) -> Loop:
        outbox = Effects(
            self._ground.database, side=side, instance=self._instance, clock=self._ground.clock, perform=perform,
            settled=self.engine.settled, woken=self._wake, tried=self._ground.witness.tried,
            tempo=self._ground.tempo,
        )  # fmt: skip
        self._outboxes.append(outbox)
        return outbox.loop

    def _wire_slack_words(self) -> Collaborators:
        """What turns Slack's words into the engine's."""
        ground = self._ground
        people = People(
            ground.slack, workspace_id=ground.identity.workspace_id, admins=ground.settings.admin_users,
            clock=ground.clock,
        )  # fmt: skip
        return Collaborators(
            engine=self.engine, database=ground.database, catalog=self._catalog, people=people, client=ground.slack,
            membership=Membership(ground.database, ground.slack, clock=ground.clock), identity=ground.identity,
            standings=Standings(ground.database, ground.identity), response_urls=self._response_urls,
            clock=ground.clock,
        )  # fmt: skip

    def _wire_bolt(self, with_: Collaborators) -> AsyncApp:
        secret = self._ground.settings.slack_signing_secret
        return make_bolt(with_, signing_secret=secret.get_secret_value() if secret else None)

    def _wire_catching_up(self, with_: Collaborators) -> CatchingUp:
        """What was missed while Slack, or HeyGen's webhooks, could not reach us."""
        ground = self._ground
        history = History(self._heygen, self.engine)
        return CatchingUp(
            ground.database, Missed(ground.database, ground.slack, Events(with_), identity=ground.identity),
            also=history.read if self._rules.webhooks else _nothing, hears=self._hears, instance=self._instance,
            clock=ground.clock, tempo=ground.tempo,
        )  # fmt: skip

    def _wire_socket(self, app: AsyncApp, app_token: str) -> SocketMode:
        ground = self._ground
        return SocketMode(
            partial(open_line, app, app_token, ground.session, clock=ground.clock),
            connections=ground.settings.slack_connections, clock=ground.clock, tempo=ground.tempo,
            gap=lambda: self._catching_up.gap(),
        )  # fmt: skip

    def _hears(self) -> bool:
        """Whether Slack can reach us now; over HTTP it can as long as we are there."""
        return self._socket is None or self._socket.is_connected()

    def _wire_web(self, delivery: HttpDelivery | None) -> web.AppRunner:
        """The one port: health, HeyGen's events, and Slack's deliveries where they come over HTTP."""
        keys = [item.get_secret_value() for item in self._ground.settings.heygen_webhook_secret]
        answered = self._ground.witness.metrics.webhook
        events = HeyGenEvents(self.engine, secrets=keys, clock=self._ground.clock, answered=answered)
        routes = make_web(
            events, slack=delivery.deliver if delivery else None, readiness=self._missing, metrics=self._metrics
        )
        return web.AppRunner(routes, access_log=None, shutdown_timeout=SITE_CLOSE_SECONDS)

    async def _rest(self, seconds: float) -> None:
        """All calls to HeyGen rest, those of other replicas too."""
        until = self._ground.clock() + seconds
        await stored(lambda: self._ground.database.write(lambda tx: effects.pause_lane(tx, REST_LANE, until)))

    def _wake(self) -> None:
        self._wake_here()
        self._replica.tell()

    def _wake_here(self) -> None:
        for loop in self._work:
            loop.wake()

    async def _missing(self) -> list[str]:
        missing = []
        if not self._hears():
            missing.append("slack connection")
        if not await _works(self._ground.database):
            missing.append("database")
        return missing

    async def _metrics(self) -> tuple[bytes, str]:
        await self._stock.refresh()
        return self._ground.witness.metrics.text(), CONTENT_TYPE

    async def run(self, stopping: asyncio.Event, started: Callable[[Started], None]) -> None:
        """Opens the doors, runs the loops, and closes the doors first."""
        loops = [*self._work, *self._replica.loops, *self._chores()]
        await self._replica.join()
        try:
            port = await self._open_doors()
            async with asyncio.TaskGroup() as tasks:
                rounds = [tasks.create_task(loop.run(stopping)) for loop in loops]
                started(Started(port, self.engine, self._ground.database))
                await stopping.wait()
                await self._close_doors()
                await _wind_down(rounds, loops)
                await self._give_back()
        finally:
            await self._close_doors()
            await self._stock.close()
            await self._replica.leave()

    async def _give_back(self) -> None:
        """Frees the claims; where that cannot be stored, the next start or another instance finds that we are gone."""

        def act(tx: Transaction) -> None:
            for outbox in self._outboxes:
                outbox.give_back(tx)
            jobs.give_back(tx, self._instance)

        try:
            await self._ground.database.write(act)
        except DatabaseFault as fault:
            logger.warning("The claims were not given back: %s", fault.orig, extra={"action": "claims"})

    def _chores(self) -> list[Loop]:
        clock = self._ground.clock
        chores = [
            Loop("tidy", run_once=self._tidy, clock=clock, longest_seconds=TIDY_SECONDS),
            Loop("catalog", run_once=self._warm_catalog, clock=clock, longest_seconds=CATALOG_SECONDS),
            Pulse(clock=clock, steady=time.monotonic, lagged=self._ground.witness.metrics.lagged).loop,
            self._catching_up.loop,
        ]
        if self._socket is not None:
            chores += self._socket.loops
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


async def _works(database: Database) -> bool:
    """Whether rows can be read and, where the newest commit failed, written again."""
    try:
        async with asyncio.timeout(READINESS_SECONDS):
            await database.read(jobs.next_look)
            if database.is_refusing:
                await database.write(arrivals.try_to_write)
    except (DatabaseFault, TimeoutError):
        return False
    return True


async def _wind_down(rounds: list[asyncio.Task[None]], loops: list[Loop]) -> None:
    """Lets what is under way end within a limit: first the rounds, for they may still start calls, then the calls."""
    _, late = await asyncio.wait(rounds, timeout=ROUND_SECONDS)
    for one in late:
        one.cancel()
    await asyncio.gather(*(loop.drain(DRAIN_SECONDS) for loop in loops))


def _ignore(_time: float) -> None:
    """On a file of our own the system's clock is the time."""


async def _nothing(_since: float) -> None:
    """Without webhooks HeyGen has no history of them."""


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
