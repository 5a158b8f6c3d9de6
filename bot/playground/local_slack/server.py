"""The local Slack: opens its port, wires its parts, closes them again."""

import asyncio
import dataclasses
import socket
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from bot.playground.local_slack.background import Background
from bot.playground.local_slack.control import add_control
from bot.playground.local_slack.courier import Courier
from bot.playground.local_slack.events import Events
from bot.playground.local_slack.file_routes import FileRoutes
from bot.playground.local_slack.file_store import FileStore
from bot.playground.local_slack.hands import Hands
from bot.playground.local_slack.http_delivery import HttpDelivery
from bot.playground.local_slack.journal import Journal
from bot.playground.local_slack.people import People
from bot.playground.local_slack.rates import Rates
from bot.playground.local_slack.readings import Readings
from bot.playground.local_slack.records import CannotDo
from bot.playground.local_slack.response_urls import ResponseUrls
from bot.playground.local_slack.responses import receive_response
from bot.playground.local_slack.socket_mode import SocketMode
from bot.playground.local_slack.temper import SCOPES, Deed, Order, Orders, Temper
from bot.playground.local_slack.triggers import Triggers
from bot.playground.local_slack.web_api import WebApi
from bot.playground.local_slack.workspace import Workspace
from bot.playground.local_slack.world import World
from bot.playground.news import CLOSING
from bot.playground.own_pages import for_own_pages

BOT_TOKEN = "xoxb-local"
APP_TOKEN = "xapp-local"
SIGNING_SECRET = "local-signing-secret"
BODY_BYTES = 4 * 1024 * 1024  # of a Web API call; uploads are streamed and not counted
CLOSING_SECONDS = 1.0  # what open connections get before they are cut
# Turns of the loop that asyncio needs from accepting a connection to owning it. A server closed in between drops the
# connection unclosed, so those that came last, from an app that reconnected as it stopped, get these turns first.
ACCEPT_TURNS = 5

T = TypeVar("T")


class LocalSlack(People, Hands, Readings):
    """A Slack workspace with one app in it: `async with LocalSlack() as slack`.

    Reached at `api_url` once started. Delivers to `request_url` when there is one, by Socket Mode otherwise. What
    people do and see is a method here; `wait_for` waits until the workspace looks as wanted.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        bot_token: str = BOT_TOKEN,
        app_token: str = APP_TOKEN,
        signing_secret: str = SIGNING_SECRET,
        request_url: str | None = None,
        scopes: str = SCOPES,
        rate_factor: float | None = None,
        retry_pace: float = Temper.retry_pace,
    ) -> None:
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.temper = Temper(scopes=scopes, rate_factor=rate_factor, retry_pace=retry_pace)
        self._first_temper = dataclasses.asdict(self.temper)
        self._folder = tempfile.TemporaryDirectory(prefix="local-slack-")
        self._clock = clock
        self.http = self._http_to(request_url)
        super().__init__(_furnish(clock, self.temper, Path(self._folder.name), self.http))

    @property
    def url(self) -> str:
        return self._world.base_url

    @property
    def api_url(self) -> str:
        """What the app takes for Slack's own API address."""
        return f"{self.url}/api/"

    async def __aenter__(self) -> "LocalSlack":
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        listener = socket.create_server((host, port))
        self._world.base_url = f"http://{host}:{listener.getsockname()[1]}"
        self._runner = web.AppRunner(self._routes(), access_log=None, shutdown_timeout=CLOSING_SECONDS)
        if self.http is not None:
            await self.http.start()
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    async def close(self) -> None:
        """Stop listening and delivering; raises what a delivery or a sharing failed with."""
        self._workspace.closing.set()
        self.journal.tell(CLOSING, {})
        try:
            await self._workspace.background.close()
        finally:
            await self._workspace.sockets.close()
            if self.http is not None:
                await self.http.close()
            for _ in range(ACCEPT_TURNS):
                await asyncio.sleep(0)
            await self._runner.cleanup()
            self._folder.cleanup()

    async def wait_for(self, condition: Callable[["LocalSlack"], T | None], timeout: float = 10.0) -> T:
        """The condition's first true value, asked again at every change; TimeoutError tells what was there instead."""
        try:
            return await self._workspace.journal.until(lambda: condition(self), timeout)
        except TimeoutError:
            raise TimeoutError(f"not so after {timeout:g} s; {self._summary()}") from None

    async def idle(self, timeout: float = 10.0) -> None:
        """Wait until nothing is on its way to the app."""
        await self.wait_for(lambda slack: not any(entry.is_open for entry in slack.deliveries()), timeout)

    def set(self, **changes: Any) -> None:
        """Change settings of the temper by name."""
        self.temper.set(changes)
        self.journal.tell("settings", {})

    def next(self, method: str, do: Deed, **details: Any) -> None:
        """Let the next call of a method, of "upload" or of "socket", fail, or the next "event" be late or never come.

        `details` are fields of an Order.
        """
        try:
            order = Order(do, **details)
        except TypeError as error:
            raise CannotDo(f"no such order: {error}") from None
        self._workspace.orders.give(method, order)

    async def deliver(self, request_url: str | None = None) -> None:
        """Deliver over HTTP to this address from now on, or by Socket Mode when there is none."""
        if request_url is not None and not request_url.startswith("http://"):
            raise CannotDo(f"{request_url!r} is no http address")
        before, self.http = self.http, self._http_to(request_url)
        if self.http is not None:
            await self.http.start()
        self._workspace.courier.transport = self.http or self._workspace.sockets
        if before is not None:
            await before.close()
        self.journal.tell("settings", {})

    async def disconnect(self, reason: str = "refresh_requested", count: int | None = None) -> None:
        """Send the oldest so many Socket Mode connections, or all, Slack's disconnect frame."""
        await self._workspace.sockets.disconnect(reason, count)

    def freeze(self) -> None:
        """Let every Socket Mode connection go dead; new ones are well."""
        self._workspace.sockets.freeze()

    async def say(self, frame: str) -> None:
        """Send every Socket Mode connection these very words, be they an envelope or not; no answer is waited for."""
        await self._workspace.sockets.say(frame)

    @property
    def connections(self) -> int:
        """Socket Mode connections the app has open."""
        return len(self._workspace.sockets.connections)

    @property
    def journal(self) -> Journal:
        return self._workspace.journal

    @property
    def world(self) -> World:
        return self._world

    def reset(self) -> None:
        """Begin anew: people, channels, journal, settings; the app's connections stay."""
        self._world.reset()
        self._workspace.journal.clear()
        self._workspace.orders.clear()
        self._workspace.rates.clear()
        self._workspace.files.clear()
        self.temper.set(self._first_temper)
        self._workspace.journal.tell("reset", {})

    def _http_to(self, request_url: str | None) -> HttpDelivery | None:
        if not request_url:
            return None
        return HttpDelivery(request_url, self.signing_secret, clock=self._clock, temper=self.temper)

    def _routes(self) -> web.Application:
        api = WebApi(self._workspace, bot_token=self.bot_token, app_token=self.app_token)
        files = FileRoutes(self._workspace, bot_token=self.bot_token)
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[for_own_pages("/control/")])
        app.router.add_route("*", "/api/{method}", api.handle)
        app.router.add_post("/upload/v1/{file_id}", files.upload)
        app.router.add_get("/files-pri/{file_id}/{tail:.+}", files.download)
        app.router.add_get("/login", files.login)
        app.router.add_post("/response/{key}", partial(receive_response, self._workspace))
        app.router.add_get("/link/", self._workspace.sockets.connect)
        add_control(app, self)
        return app

    def _summary(self) -> str:
        calls = [f"{call.method} {call.error or 'ok'}" for call in self.calls()[-8:]]
        told = [f"{entry.kind} {entry.outcome}" for entry in self.deliveries()[-5:]]
        return f"last calls: {calls}; last deliveries: {told}; connections: {self.connections}"


def _furnish(clock: Callable[[], float], temper: Temper, folder: Path, http: HttpDelivery | None) -> Workspace:
    """Make the parts of a workspace; its address is known only when it listens."""
    journal, background = Journal(clock), Background()
    world = World(clock, journal)
    orders = Orders()
    sockets = SocketMode(temper=temper, orders=orders, journal=journal, new_id=world.new_id)
    courier = Courier(
        http or sockets, clock=clock, temper=temper, orders=orders, journal=journal, background=background
    )
    return Workspace(
        clock=clock,
        world=world,
        journal=journal,
        temper=temper,
        orders=orders,
        rates=Rates(clock, temper),
        triggers=Triggers(clock, temper, world.new_id),
        files=FileStore(folder, world),
        courier=courier,
        events=Events(world, temper, courier),
        response_urls=ResponseUrls(clock, world),
        sockets=sockets,
        background=background,
        closing=asyncio.Event(),
    )
