"""One stream of server-sent events of all that happens in Slack, at HeyGen and to the program."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.playground.front.orders import KeptApp
from bot.playground.keeper import first_of
from bot.playground.news import BEGIN, STILL_HERE, STILL_HERE_SECONDS, STREAM, Json, as_event

LOOK_SECONDS = 0.05  # between two looks at the program's log
EVENT = b"data: "


class Live:
    """Joins the streams of both doubles with the program's states and log lines."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        slack: str,
        heygen: str,
        *,
        app: KeptApp,
        log: Path,
        closing: asyncio.Event,
    ) -> None:
        self._session = session
        self._addresses = {"slack": f"{slack}/control/stream", "heygen": f"{heygen}/control/stream"}
        self._app = app
        self._log = log
        self._closing = closing

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Begins once all are listened to, so that whoever reads the states after that misses nothing."""
        response = web.StreamResponse(headers=STREAM)
        async with AsyncExitStack() as stack:
            try:
                streams = {name: await self._open(stack, address) for name, address in self._addresses.items()}
            except aiohttp.ClientError as error:
                return web.Response(status=503, text=f"A double does not answer ({error}).\n")
            states, lines = stack.enter_context(self._app.news.watching()), _new_lines(self._log)
            try:
                await response.prepare(request)
                await response.write(BEGIN)
                await first_of(
                    self._closing.wait(),
                    _still_here(response),
                    _tell_states(response, states),
                    _tell_log(response, lines),
                    *(_hand_on(response, name, stream) for name, stream in streams.items()),
                )
            except (aiohttp.ClientError, ConnectionError):
                return response  # a double has ended, or nobody listens any more
        return response

    async def _open(self, stack: AsyncExitStack, address: str) -> aiohttp.ClientResponse:
        """A stream whose double has begun to tell us."""
        stream = await stack.enter_async_context(self._session.get(address))
        await stream.content.readline()
        return stream


async def _hand_on(response: web.StreamResponse, name: str, stream: aiohttp.ClientResponse) -> None:
    async for line in stream.content:
        if line.startswith(EVENT):
            told: Json = json.loads(line.removeprefix(EVENT))
            await response.write(as_event({"from": name, **told}))


async def _tell_states(response: web.StreamResponse, states: asyncio.Queue[Json]) -> None:
    while True:
        await response.write(as_event({"from": "app", **await states.get()}))


async def _tell_log(response: web.StreamResponse, lines: AsyncIterator[str]) -> None:
    async for line in lines:
        await response.write(as_event({"from": "app", "kind": "log", "line": line}))


async def _still_here(response: web.StreamResponse) -> None:
    while True:
        await asyncio.sleep(STILL_HERE_SECONDS)
        await response.write(STILL_HERE)


def _new_lines(log: Path) -> AsyncIterator[str]:
    """What is written to the log from now on, line by line; processes come and go, so it is looked at, not piped."""
    return _lines_after(log, log.stat().st_size if log.exists() else 0)


async def _lines_after(log: Path, at: int) -> AsyncIterator[str]:
    rest = b""
    while True:
        new = _read(log, at)
        at += len(new)
        *whole, rest = (rest + new).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
        await asyncio.sleep(LOOK_SECONDS)


def _read(log: Path, at: int) -> bytes:
    if not log.exists() or log.stat().st_size <= at:
        return b""
    with log.open("rb") as file:
        file.seek(at)
        return file.read()
