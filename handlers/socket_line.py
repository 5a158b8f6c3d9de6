"""One WebSocket of Socket Mode: opened once, read until it ends, never mended.

Slack's own client repeats a rejected address for ever while it looks alive; here whoever opened a line opens another.
https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import WSMsgType
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from handlers.shapes import UNREADABLE

logger = logging.getLogger(__name__)

OPEN_SECONDS = 30.0
PING_SECONDS = 10.0  # a peer that is silent for half as long after a ping is gone
ANSWER_SECONDS = 3.0  # Slack waits no longer for an acknowledgement
CLOSE_SECONDS = 2.0
OVERDUE_SECONDS = 600.0

Frame = dict[str, Any]


class NoHello(aiohttp.ClientConnectionError):
    """Slack opened a WebSocket and did not greet; the message is Slack's word for why."""


class Line:
    """A WebSocket that Slack has greeted."""

    def __init__(
        self, app: AsyncApp, socket: aiohttp.ClientWebSocketResponse, hello: Frame, *, clock: Callable[[], float]
    ) -> None:
        self._app = app
        self._socket = socket
        self._clock = clock
        self._answering: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self.opened_at = clock()
        self.overdue_at = _overdue(hello, self.opened_at)
        self.goodbye_at: float | None = None  # when Slack asked us to go, if it did
        self.reading = asyncio.create_task(self._read(), name="slack connection")

    @property
    def is_live(self) -> bool:
        """Whether Slack can reach us by it. One that outlives by far what Slack gave it is dead, though it answers."""
        return not self.reading.done() and not self._is_closing and self._clock() < self.overdue_at

    async def close(self) -> None:
        """Takes no more envelopes; those that are being answered still are."""
        self._is_closing = True
        if self._answering:
            await asyncio.wait(self._answering, timeout=ANSWER_SECONDS)
        await self._socket.close()
        await asyncio.wait([self.reading])
        for late in self._answering:
            late.cancel()

    async def _read(self) -> None:
        async for frame in self._socket:
            if frame.type is WSMsgType.TEXT and not self._take(_parsed(frame.data)):
                break

    def _take(self, frame: Frame) -> bool:
        """Deals with a frame; False when it was the last one."""
        match frame:
            case {"type": "disconnect", "reason": "warning"}:
                pass  # it goes on for some seconds, and says so again
            case {"type": "disconnect"}:
                self.goodbye_at = self._clock()
                logger.info("Slack ends a connection: %s", frame.get("reason"), extra={"action": "socket_ended"})
                return False
            case {"envelope_id": str(envelope_id), "payload": dict(payload)} if not self._is_closing:
                task = asyncio.create_task(self._answer(envelope_id, payload), name=f"delivery {envelope_id}")
                self._answering.add(task)
                task.add_done_callback(self._answered)
        return True

    async def _answer(self, envelope_id: str, payload: Frame) -> None:
        """Acknowledges what was taken; what was not, Slack sends again."""
        try:
            request = AsyncBoltRequest(mode="socket_mode", body=payload)
        except UNREADABLE as error:
            logger.warning("An envelope cannot be read: %s", type(error).__name__, extra={"action": "unreadable"})
            return
        response = await self._app.async_dispatch(request)
        if response.status == 200:
            with contextlib.suppress(ConnectionError):  # the line ended meanwhile: Slack sends it by another
                await self._socket.send_json({"envelope_id": envelope_id, **_answer_of(response)})

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("A delivery failed.", exc_info=task.exception(), extra={"action": "delivery_fault"})


async def open_line(
    app: AsyncApp,
    app_token: str,
    session: aiohttp.ClientSession,
    *,
    clock: Callable[[], float],
    ping_seconds: float = PING_SECONDS,
) -> Line:
    """Asks Slack for an address and opens it, once. Raises SlackApiError, aiohttp's errors or TimeoutError."""
    async with asyncio.timeout(OPEN_SECONDS):
        opened = await app.client.apps_connections_open(app_token=app_token)
        socket = await session.ws_connect(
            str(opened["url"]), heartbeat=ping_seconds, proxy=app.client.proxy,
            ssl=True if app.client.ssl is None else app.client.ssl,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
        )  # fmt: skip
        try:
            first = await socket.receive()
            hello = _parsed(first.data) if first.type is WSMsgType.TEXT else {}
            if hello.get("type") != "hello":
                raise NoHello(str(hello.get("reason") or "no hello"))
        except BaseException:
            await socket.close()
            raise
    return Line(app, socket, hello, clock=clock)


def _parsed(text: str) -> Frame:
    try:
        frame = json.loads(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


def _overdue(hello: Frame, now: float) -> float:
    """When a connection has outlived by far what its hello announced."""
    match hello:
        case {"debug_info": {"approximate_connection_time": int() | float() as told}}:
            return now + told + OVERDUE_SECONDS
        case _:
            return float("inf")


def _answer_of(response: BoltResponse) -> Frame:
    """The part of an acknowledgement that Slack shows or obeys."""
    if not response.body:
        return {}
    is_json = response.first_headers().get("content-type", "").startswith("application/json")
    return {"payload": json.loads(response.body) if is_json else {"text": response.body}}
