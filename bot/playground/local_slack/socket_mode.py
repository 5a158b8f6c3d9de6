"""Delivery by Socket Mode: WebSockets that the app opens, envelopes that it acknowledges."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from bot.playground.local_slack.courier import Answer
from bot.playground.local_slack.journal import Delivery, Journal
from bot.playground.local_slack.records import APP, CannotDo, Json
from bot.playground.local_slack.temper import Orders, Temper

CONNECTIONS_ALLOWED = 10
CLOSING_SECONDS = 2.0  # what the app gets to answer a close frame
DISCONNECT_REASONS = ("warning", "refresh_requested", "link_disabled", "too_many_websockets")


class SocketMode:
    """Holds the app's connections and gives each envelope to one of them, in turn."""

    def __init__(self, *, temper: Temper, orders: Orders, journal: Journal, new_id: Callable[[str], str]) -> None:
        self._temper = temper
        self._orders = orders
        self._journal = journal
        self._new_id = new_id
        self._tickets: set[str] = set()
        self._turn = 0
        self._unacked: dict[str, asyncio.Future[Any]] = {}
        self._connected = asyncio.Event()
        self._frozen: set[web.WebSocketResponse] = set()
        self.connections: list[web.WebSocketResponse] = []

    def issue_ticket(self) -> str:
        """A ticket that opens one connection."""
        ticket = self._new_id("ws").lower()
        self._tickets.add(ticket)
        return ticket

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until either side closes it; a used ticket is refused."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="this address was used before or never issued")
        self._tickets.remove(ticket)
        order = self._orders.take("socket")
        if order is not None:
            return web.Response(status=order.status, text="not now")
        socket = web.WebSocketResponse(timeout=CLOSING_SECONDS, autoping=False)
        await socket.prepare(request)
        if len(self.connections) >= CONNECTIONS_ALLOWED:
            await self._say_goodbye(socket, "too_many_websockets")
            return socket
        await self._serve(socket)
        return socket

    async def send(self, entry: Delivery, attempt: int, reason: str) -> Answer:
        """Hand the envelope to a connection, waiting for one when there is none, and wait for its ack."""
        envelope_id = f"envelope-{entry.seq}"
        try:
            async with asyncio.timeout(self._temper.ack_seconds):
                acked = await self._post(envelope_id, self._envelope(envelope_id, entry, attempt, reason))
                return Answer(200, await asyncio.shield(acked))
        except TimeoutError:
            self._unacked.pop(envelope_id, None)
            return Answer(failure="timeout")

    async def disconnect(self, reason: str = "refresh_requested", count: int | None = None) -> None:
        """Tell the oldest so many connections, or all, to go; all but a `warning` also close them."""
        if reason not in DISCONNECT_REASONS:
            raise CannotDo(f"{reason!r} is not one of {DISCONNECT_REASONS}")
        for socket in self.connections[:count]:
            if reason == "warning":
                await socket.send_json(_goodbye(reason))
            else:
                await self._say_goodbye(socket, reason)

    def freeze(self) -> None:
        """Let every connection go dead without a word: what is sent is lost, and pings are not answered."""
        self._frozen.update(self.connections)

    async def say(self, frame: str) -> None:
        """Send every connection these very words, whatever the app makes of them."""
        for socket in list(self.connections):
            await socket.send_str(frame)

    async def close(self) -> None:
        for socket in list(self.connections):
            await socket.close()

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        self.connections.append(socket)
        try:
            await socket.send_json(self._hello())
            self._connected.set()
            self._journal.tell("connection", {"connections": len(self.connections)})
            async for frame in socket:
                if socket in self._frozen:
                    continue
                if frame.type is WSMsgType.PING:
                    await socket.pong(frame.data)
                elif frame.type is WSMsgType.TEXT:
                    self._acked(frame.data)
        finally:
            self._forget(socket)

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self._frozen.discard(socket)
        if socket in self.connections:
            self.connections.remove(socket)
            self._journal.tell("connection", {"connections": len(self.connections)})
        if not self.connections:
            self._connected.clear()

    async def _post(self, envelope_id: str, envelope: Json) -> asyncio.Future[Any]:
        while True:
            await self._connected.wait()
            self._turn += 1
            socket = self.connections[self._turn % len(self.connections)]
            acked = self._unacked.get(envelope_id)
            if acked is None or acked.done():
                acked = self._unacked[envelope_id] = asyncio.get_running_loop().create_future()
            try:
                if socket not in self._frozen:
                    await socket.send_json(envelope)
            except ConnectionError:
                self._forget(socket)  # it went away just now: the next one gets the envelope
            else:
                return acked

    def _acked(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return  # Slack ignores frames it cannot read
        acked = self._unacked.pop(str(frame.get("envelope_id")), None)
        if acked is not None and not acked.done():
            acked.set_result(frame.get("payload"))

    def _envelope(self, envelope_id: str, entry: Delivery, attempt: int, reason: str) -> Json:
        envelope: Json = {
            "type": entry.kind,
            "envelope_id": envelope_id,
            "payload": entry.payload,
            "accepts_response_payload": entry.kind != "events_api",
        }
        if entry.kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        return envelope

    def _hello(self) -> Json:
        debug = {"host": "local-slack", "build_number": 1, "approximate_connection_time": 3600}
        app = {"app_id": APP}
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": debug,
            "connection_info": app,
        }

    async def _say_goodbye(self, socket: web.WebSocketResponse, reason: str) -> None:
        self._forget(socket)
        await socket.send_json(_goodbye(reason))
        await socket.close()


def _goodbye(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "local-slack"}}
