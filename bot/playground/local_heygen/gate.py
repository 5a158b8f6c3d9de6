"""Every call passes here: key, faults ordered, idempotency, the envelope, and the journal."""

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from bot.playground.local_heygen.errors import ApiError, invalid
from bot.playground.local_heygen.journal import shown
from bot.playground.local_heygen.orders import Fault
from bot.playground.local_heygen.records import Call
from bot.playground.local_heygen.world import World

KEY_SHAPE = re.compile(r"[A-Za-z0-9_\-:.]{1,255}")
KEY_SECONDS = 24 * 3600.0
GONE_SECONDS = 0.05  # between two looks whether a caller who is kept waiting has hung up
EDGE_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
CODES = {
    400: "invalid_parameter", 401: "unauthorized", 402: "insufficient_credit", 403: "forbidden", 404: "not_found",
    409: "conflict", 413: "payload_too_large", 429: "rate_limit_exceeded", 500: "internal_error",
    502: "service_unavailable", 503: "service_unavailable", 504: "gateway_timeout",
}  # fmt: skip

Json = dict[str, Any]
Answer = Callable[[web.Request], Awaitable[Json]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Keyed:
    """A call under an idempotency key; no body while it is still running."""

    at: float
    body: Json | None = None


class Gate:
    """Wraps the answer to one operation into what happens on the wire."""

    def __init__(
        self, world: World, *, api_keys: Collection[str], advance: Callable[[], None], closing: asyncio.Event
    ) -> None:
        self._world = world
        self._api_keys = api_keys
        self._advance = advance
        self._closing = closing
        self._keyed: dict[tuple[str, str, str], Keyed] = {}

    def clear(self) -> None:
        self._keyed.clear()

    def guard(self, op: str, answer: Answer, *, keyed: bool = False) -> Handler:
        """The handler of an operation; a keyed one honours Idempotency-Key, as HeyGen declares for it."""
        return partial(self._pass, op, answer, keyed)

    async def _pass(self, op: str, answer: Answer, keyed: bool, request: web.Request) -> web.StreamResponse:
        body = await _json_of(request)
        call = self._world.journal.note(op, request, body)
        if self._world.settings.slow:
            await asyncio.sleep(self._world.settings.slow)
        try:
            self._authorize(request)
            self._advance()
            fault = self._world.take_fault(op)
            call.fault = fault.do if fault else None
            given = await self._faulty(fault, call, answer, keyed, request) if fault else None
            response = given or await self._plainly(call, answer, keyed, request)
        except ApiError as error:
            call.response = error.envelope()
            response = error.response()
        dropped = request.transport is None or request.transport.is_closing()
        self._world.journal.ended(call, None if dropped else response.status)
        return response

    async def _plainly(self, call: Call, answer: Answer, keyed: bool, request: web.Request) -> web.Response:
        body = await self._once(call, answer, keyed, request)
        call.response = shown(body)
        return web.json_response(body)

    async def _faulty(
        self, fault: Fault, call: Call, answer: Answer, keyed: bool, request: web.Request
    ) -> web.Response | None:
        if fault.commit or fault.do in ("timeout_after_commit", "disconnect_after_commit", "unknown_status"):
            body = await self._once(call, answer, keyed, request)
            call.response = shown(body)
        match fault.do:
            case "status":
                status = fault.status or 500
                code = fault.code or CODES.get(status, "internal_error")
                raise ApiError(status, code, fault.message, retry_after=fault.retry_after)
            case "timeout_after_commit" | "timeout_before_commit":
                await self._hold(request, fault.hold_seconds)
                return _dropped(request)
            case "disconnect_after_commit" | "disconnect_before_commit":
                return _dropped(request)
            case "html":
                return web.Response(status=fault.status or 502, text=EDGE_PAGE, content_type="text/html")
            case "empty":
                return web.Response(status=fault.status or 200)
            case "ok_with_error":
                error = {"code": fault.code or "internal_error", "message": fault.message}
                return web.json_response({"data": None, "error": error}, status=200)
            case "unknown_status":
                return web.json_response(_with_status(body, fault.word))
            case _:
                return None

    async def _once(self, call: Call, answer: Answer, keyed: bool, request: web.Request) -> Json:
        """The answer, or the one given before under the same key; a failure is not kept."""
        key = request.headers.get("Idempotency-Key")
        if not keyed or key is None:
            return await answer(request)
        if not KEY_SHAPE.fullmatch(key):
            raise invalid("Idempotency-Key must have 1 to 255 characters of A-Z a-z 0-9 _ - : .", "Idempotency-Key")
        place, now = (request.method, request.path, key), self._world.clock()
        before = self._keyed.get(place)
        if before is not None and now < before.at + KEY_SECONDS:
            call.replayed = True
            if before.body is None:
                raise ApiError(409, "request_in_progress", "A request with this Idempotency-Key is still running")
            return before.body
        running = self._keyed[place] = Keyed(now)
        try:
            running.body = await answer(request)
        finally:
            if running.body is None:
                del self._keyed[place]
        return running.body

    def _authorize(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = request.headers.get("X-Api-Key") or (token if scheme.lower() == "bearer" else "")
        if given not in self._api_keys:
            raise ApiError(401, "unauthorized", "The API key is missing or not valid")

    async def _hold(self, request: web.Request, seconds: float) -> None:
        """Keep the caller waiting until the time is over, it hangs up, or we close."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while request.transport is not None and not self._closing.is_set():
                    await _soon(self._closing, GONE_SECONDS)


async def _json_of(request: web.Request) -> Any:
    """What the journal shows of a body; uploads are read by those who store them."""
    if request.content_type != "application/json" or not request.body_exists:
        return None
    try:
        return json.loads(await request.read())
    except ValueError:
        return "(no valid JSON)"


async def _soon(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _with_status(body: Json, word: str) -> Json:
    shown_now = body.get("data")
    rows = shown_now if isinstance(shown_now, list) else [shown_now]
    changed = [{**row, "status": word} if isinstance(row, dict) and "status" in row else row for row in rows]
    return {**body, "data": changed if isinstance(shown_now, list) else changed[0]}
