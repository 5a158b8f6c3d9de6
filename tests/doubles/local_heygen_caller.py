"""A caller of the local HeyGen, and a receiver of its webhooks, for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.playground.local_heygen.server import API_KEY, LocalHeyGen


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    raw: bytes
    body: Any

    @property
    def data(self) -> Any:
        assert self.status == 200, self.body
        return self.body["data"]

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.body["error"]["code"]


class Caller:
    """Calls the API with a key."""

    def __init__(self, heygen: LocalHeyGen, http: aiohttp.ClientSession) -> None:
        self.heygen = heygen
        self.http = http

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        headers = {"X-Api-Key": API_KEY, **options.pop("headers", {})}
        url = path if path.startswith("http") else f"{self.heygen.url}{path}"
        sent = {} if body is None else {"json": body}
        async with self.http.request(method, url, headers=headers, **sent, **options) as answer:
            raw = await answer.read()
            parsed = await answer.json() if answer.content_type == "application/json" else None
            return Reply(answer.status, dict(answer.headers), raw, parsed)

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        return await self.call("POST", path, body, **options)

    async def create(self, prompt: str = "A short film about tea", **asked: Any) -> str:
        """A new session in chat mode; its id."""
        made = await self.post("/v3/video-agents", {"prompt": prompt, "mode": "chat", **asked})
        session_id: str = made.data["session_id"]
        return session_id

    async def session(self, session_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = (await self.get(f"/v3/video-agents/{session_id}")).data
        return shown

    async def say(self, session_id: str, message: str, **asked: Any) -> Reply:
        return await self.post(f"/v3/video-agents/{session_id}", {"message": message, **asked})

    async def until(self, session_id: str, status: str, timeout: float = 10.0) -> dict[str, Any]:
        """The session once it has this status."""
        await self.heygen.wait_for(lambda heygen: heygen.sessions[session_id].status == status, timeout)
        return await self.session(session_id)

    async def finished_video(self, session_id: str) -> dict[str, Any]:
        shown = await self.until(session_id, "completed")
        video: dict[str, Any] = (await self.get(f"/v3/videos/{shown['video_id']}")).data
        return video


@asynccontextmanager
async def calling(heygen: LocalHeyGen) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
        yield Caller(heygen, http)


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    raw: bytes
    body: Any


@dataclass
class Receiver:
    """Where webhooks arrive. `statuses` are answered first, 200 after them."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = await request.json() if raw.startswith(b"{") else None
        self.received.append(Received(request.path, dict(request.headers), raw, body))
        self._news.set()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def wait_for(self, count: int) -> list[Received]:
        async with asyncio.timeout(10):
            while len(self.received) < count:
                self._news.clear()
                await self._news.wait()
        return self.received

    def types(self, path: str = "/hook") -> list[str]:
        return [one.body["event_type"] for one in self.received if one.path == path]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()
