"""Socket Mode with a watchdog: the SDK's client can repeat a rejected address for ever while it looks alive."""

import asyncio
import logging
from collections.abc import Callable

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_internals import build_async_context
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from handlers.shapes import UNREADABLE
from handlers.trouble import word_of

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
CHECK_SECONDS = 5.0


class _Handler(AsyncSocketModeHandler):
    """Bolt's, but for envelopes that Bolt cannot take apart: they are left unanswered, without a traceback each."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        try:
            build_async_context(AsyncBoltContext({}), req.payload)
        except UNREADABLE as error:
            logger.warning("An envelope cannot be read: %s", type(error).__name__, extra={"action": "unreadable"})
            return
        await super().handle(client, req)


class SocketMode:
    """One connection to Slack, replaced when it has been down for a minute."""

    def __init__(self, app: AsyncApp, app_token: str, *, clock: Callable[[], float]) -> None:
        self._app = app
        self._app_token = app_token
        self._clock = clock
        self._handler: AsyncSocketModeHandler | None = None
        self._down_since: float | None = None

    async def connect(self) -> None:
        """Opens the connection. Raises SlackApiError, aiohttp's errors or TimeoutError."""
        self._handler = _Handler(self._app, self._app_token)
        async with asyncio.timeout(PATIENCE_SECONDS):
            # Asked for here, because connect() would repeat a refusal for ever and say nothing.
            opened = await self._app.client.apps_connections_open(app_token=self._app_token)
            self._handler.client.wss_uri = str(opened["url"])
            await self._handler.connect_async()  # type: ignore[no-untyped-call]
        self._down_since = None

    async def is_connected(self) -> bool:
        """Whether Slack can reach us now."""
        return self._handler is not None and await self._handler.client.is_connected()

    async def close(self) -> None:
        """Takes no more deliveries. Slack repeats what was not acknowledged to whoever connects next."""
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]
            self._handler = None

    async def run_once(self) -> float:
        """Replaces a connection that has been down for too long; returns when to look again."""
        now = self._clock()
        if await self.is_connected():
            self._down_since = None
        elif self._down_since is None:
            self._down_since = now
        elif now - self._down_since > PATIENCE_SECONDS:
            logger.warning("The Slack connection is replaced.", extra={"action": "socket_replaced"})
            self._down_since = now
            try:
                await asyncio.wait_for(self.close(), timeout=PATIENCE_SECONDS)
            finally:
                await self._try_to_connect()
        return now + CHECK_SECONDS

    async def _try_to_connect(self) -> None:
        try:
            await self.connect()
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            why = word_of(error) if isinstance(error, SlackApiError) else type(error).__name__
            logger.warning("Slack gives no connection: %s", why, extra={"action": "socket_refused"})
