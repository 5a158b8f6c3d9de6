"""Where people and HeyGen come in: Bolt over Socket Mode or HTTP, the one port, and what was missed meanwhile."""

import asyncio
import logging
import os
from functools import partial

from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.app.ground import Ground
from bot.app.work import Work
from bot.jobs.history import History
from bot.jobs.loop import Loop
from bot.jobs.outbox import reading_lane
from bot.web import HeyGenEvents, Metrics, make_web
from handlers import Collaborators, make_bolt
from handlers.catching_up import CatchingUp
from handlers.events import Events
from handlers.http_mode import HttpDelivery
from handlers.membership import Membership
from handlers.missed import Missed
from handlers.people import People
from handlers.socket_line import open_line
from handlers.socket_mode import SocketMode
from handlers.standing import Standings
from storage import arrivals, jobs
from storage.database import Database, DatabaseFault

logger = logging.getLogger(__name__)

SITE_CLOSE_SECONDS = 5.0
READINESS_SECONDS = 3.0


class CannotListen(Exception):
    """The port is not to be had. The message is one sentence with the cure."""


class Doors:
    """All ways in, wired once. `loops` keep them open."""

    def __init__(self, ground: Ground, work: Work, metrics: Metrics) -> None:
        self._ground = ground
        self._work = work
        self._metrics = metrics
        with_ = self._wire_slack_words()
        app = self._wire_bolt(with_)
        token = ground.settings.slack_app_token
        self._socket = self._wire_socket(app, token.get_secret_value()) if token else None
        self._catching_up = self._wire_catching_up(with_)
        self._web = self._wire_web(None if self._socket else HttpDelivery(app))

    @property
    def loops(self) -> list[Loop]:
        """What keeps the connections to Slack, and reads what was missed."""
        return [self._catching_up.loop, *(self._socket.loops if self._socket is not None else [])]

    def _wire_slack_words(self) -> Collaborators:
        """What turns Slack's words into the engine's."""
        ground = self._ground
        people = People(
            ground.slack, workspace_id=ground.identity.workspace_id, admins=ground.settings.admin_users,
            clock=ground.clock,
        )  # fmt: skip
        return Collaborators(
            engine=self._work.engine, database=ground.database, catalog=self._work.catalog, people=people,
            client=ground.slack, membership=Membership(ground.database, ground.slack, clock=ground.clock),
            identity=ground.identity, standings=Standings(ground.database, ground.identity, self._work.places),
            response_urls=self._work.response_urls, clock=ground.clock,
        )  # fmt: skip

    def _wire_bolt(self, with_: Collaborators) -> AsyncApp:
        secret = self._ground.settings.slack_signing_secret
        return make_bolt(with_, signing_secret=secret.get_secret_value() if secret else None)

    def _wire_catching_up(self, with_: Collaborators) -> CatchingUp:
        """What was missed while Slack, or HeyGen's webhooks, could not reach us."""
        ground = self._ground
        history = History(self._work.heygen, self._work.engine)
        return CatchingUp(
            ground.database, Missed(ground.database, ground.slack, Events(with_), identity=ground.identity),
            also=history.read if self._work.rules.webhooks else _nothing, hears=self._hears,
            instance=self._work.instance, lane=reading_lane(ground.identity.workspace_id), clock=ground.clock,
            tempo=ground.tempo,
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
        events = HeyGenEvents(self._work.engine, secrets=keys, clock=self._ground.clock, answered=answered)
        routes = make_web(
            events, slack=delivery.deliver if delivery else None, readiness=self._missing, metrics=self._metrics
        )
        return web.AppRunner(routes, access_log=None, shutdown_timeout=SITE_CLOSE_SECONDS)

    async def _missing(self) -> list[str]:
        missing = []
        if not self._hears():
            missing.append("slack connection")
        if not await _works(self._ground.database):
            missing.append("database")
        return missing

    async def open(self) -> int:
        """Returns the port. Raises CannotListen, SlackApiError or aiohttp's errors."""
        await self._listen(self._ground.settings.host, self._ground.settings.port)
        if self._socket is not None:
            await self._socket.connect()
        port: int = self._web.addresses[0][1]
        logger.info("Listening on port %s.", port, extra={"action": "started"})
        return port

    async def _listen(self, host: str, port: int) -> None:
        await self._web.setup()
        try:
            await web.TCPSite(self._web, host, port).start()
        except (OSError, UnicodeError) as error:  # the latter for what can be no host's name
            number = getattr(error, "errno", None) or 0
            why = os.strerror(number) if number > 0 else getattr(error, "strerror", None) or "no name of a host"
            raise CannotListen(
                f"Port {port} of {host} cannot be opened ({why}); end what uses it, or change HOST or PORT."
            ) from error

    async def close(self) -> None:
        """Nothing comes in any more."""
        sockets = [self._socket.close()] if self._socket is not None else []
        await asyncio.gather(self._web.cleanup(), *sockets)  # at once, for a stop must end within its limit


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


async def _nothing(_since: float) -> None:
    """Without webhooks HeyGen has no history of them."""
