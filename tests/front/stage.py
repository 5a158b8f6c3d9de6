"""A page server between two doubles, with a program that only notes its orders."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.playground.front.server import Front
from bot.playground.keeper import Mode
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.server import LocalSlack
from bot.playground.news import News

ANA, GENERAL = "U0ANA", "C0GENERAL"
SECONDS = 5.0


class NotedApp:
    """Takes the place of the program's process."""

    def __init__(self) -> None:
        self.news = News()
        self.orders: list[str] = []

    def as_json(self) -> dict[str, Any]:
        return {"pid": 1, "state": "running", "mode": "socket", "since": 0.0, "restarts": 0}

    def crash(self) -> None:
        self.orders.append("crash")

    def restart(self) -> None:
        self.orders.append("restart")

    def stop(self) -> None:
        self.orders.append("stop")

    def start(self) -> None:
        self.orders.append("start")

    def switch(self, mode: Mode) -> None:
        self.orders.append(f"switch to {mode}")


class Stage:
    """The page server with all it stands before, and a browser's requests to it."""

    def __init__(
        self, front: Front, slack: LocalSlack, heygen: LocalHeyGen, app: NotedApp, http: aiohttp.ClientSession
    ) -> None:
        self.front, self.slack, self.heygen, self.app, self.http = front, slack, heygen, app, http

    async def ask(self, method: str, path: str, **with_: Any) -> tuple[int, bytes, dict[str, str]]:
        async with self.http.request(method, f"{self.front.url}{path}", **with_) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    @asynccontextmanager
    async def live(self) -> AsyncIterator["Lines"]:
        """The live stream, once it has begun."""
        async with self.http.get(f"{self.front.url}/live") as answer:
            assert await answer.content.readline() == b": listening\n"
            yield Lines(answer.content)


class Lines:
    """Reads a stream of server-sent events."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content
        self.read: list[dict[str, Any]] = []

    async def until(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The next line that is wanted."""
        async with asyncio.timeout(SECONDS):
            while True:
                line = await self._content.readline()
                assert line, f"the stream ended after {[one['kind'] for one in self.read]}"
                if line.startswith(b"data: "):
                    self.read.append(json.loads(line.removeprefix(b"data: ")))
                    if wanted(self.read[-1]):
                        return self.read[-1]


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Everything open; the page is built into `folder`, the program's log lies beside it."""
    app = NotedApp()
    async with (
        LocalSlack() as slack,
        LocalHeyGen(speed=50, media=False) as heygen,
        Front(slack=slack.url, heygen=heygen.url, app=app, log=folder / "app.log", built=folder / "built") as front,
        aiohttp.ClientSession(read_bufsize=2**24) as http,
    ):
        yield Stage(front, slack, heygen, app, http)
