"""The program between the two doubles, each a process of its own, and ways to ask after them."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bench import signed
from bench.processes import LOCAL, Failed, begin, begin_server, ready
from bot.playground.local_heygen.server import API_KEY, WEBHOOK_SECRET
from bot.playground.local_slack.server import BOT_TOKEN, SIGNING_SECRET
from tests.ports import free_port

POLL_SECONDS = 10.0  # HEYGEN_POLL_SECONDS as it is by default
LOOK_AGAIN_SECONDS = 0.05
DONE = "SELECT count(*) FROM jobs WHERE result_ts IS NOT NULL"  # videos that are in their threads
OPEN = "SELECT count(*) FROM effects WHERE state IN ('pending', 'trying', 'unknown')"

T = TypeVar("T")


class Control:
    """A double's control API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def get(self, path: str, **query: str) -> Any:
        """What the double shows at the path."""
        async with self._session.get(f"{self.url}/control/{path}", params=query) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def post(self, path: str, **order: Any) -> Any:
        """Gives an order."""
        async with self._session.post(f"{self.url}/control/{path}", json=order) as answer:
            answer.raise_for_status()
            return await answer.json()


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything that runs, and where."""

    slack: Control
    heygen: Control
    session: aiohttp.ClientSession
    port: int
    pid: int
    ready_seconds: float  # from the start of its process
    database: Path

    async def video(self, text: str, *, channel: str, person: str, trigger: str) -> None:
        """Types /video; it must be acknowledged without a word."""
        await type_video(self.session, self.port, signed.body(trigger, channel, person, text))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the program's database answers, read beside it."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def count(self, query: str) -> int:
        """One number of it."""
        return int(self.rows(query)[0][0])

    async def until(self, look: Callable[[], T], *, seconds: float) -> T:
        """The first true value."""
        async with asyncio.timeout(seconds):
            while not (value := look()):  # noqa: ASYNC110 -- what is waited for happens in other processes
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            return value


async def type_video(session: aiohttp.ClientSession, port: int, raw: bytes) -> None:
    """Sends a /video to the program there; it must be acknowledged without a word."""
    address = f"http://{LOCAL}:{port}{signed.PATH}"
    async with session.post(address, data=raw, headers=signed.headers(raw, SIGNING_SECRET)) as answer:
        said = await answer.text()
        if answer.status != 200 or said:
            raise Failed(f"/video was answered {answer.status}: {said}")


@dataclass(frozen=True)
class Flight:
    """Jobs that are in the program's database before it starts: so many videos and cards the doubles know of."""

    videos: int


@asynccontextmanager
async def stage(
    folder: Path,
    *,
    speed: float = 1.0,
    webhooks: bool = True,
    concurrency: int = 8,
    channels: int = 0,
    flight: Flight | None = None,
) -> AsyncIterator[Stage]:
    """Starts doubles and program. At `speed` 30 a minute of HeyGen's, and of the program's own, takes two seconds."""
    port = free_port()
    app = f"http://{LOCAL}:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    hook = ["--webhook-url", f"{app}/heygen/webhooks", "--webhook-secret", WEBHOOK_SECRET] if webhooks else []
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        slack = await begin_server(
            stack, "bench.wide_slack", "--request-url", f"{app}{signed.PATH}", "--channels", str(channels),
            "--cards", str(flight.videos if flight else 0),
        )  # fmt: skip
        usual = ["bot.playground.local_heygen", "--speed", str(speed), "--no-media", "--concurrency", str(concurrency)]
        wide = ["bench.wide_heygen", "--videos", str(flight.videos)] if flight else [*usual, *hook]
        heygen = await begin_server(stack, *wide)
        environment = environment_of(
            f"sqlite:///{folder}/jobs.db", slack, heygen, port, speed=speed, webhooks=webhooks, concurrency=concurrency
        )
        log = folder / "program.log"
        began = time.perf_counter()
        process = await begin(stack, "bench.program", "--tempo", str(speed), environment=environment, log=log)
        await ready(f"{app}/readyz", process, log=log)
        yield Stage(
            slack=Control(session, slack), heygen=Control(session, heygen), session=session, port=port,
            pid=process.pid, database=folder / "jobs.db", ready_seconds=time.perf_counter() - began,
        )  # fmt: skip


def environment_of(
    database_url: str,
    slack: str,
    heygen: str,
    port: int,
    *,
    speed: float = 1.0,
    webhooks: bool = True,
    concurrency: int = 8,
) -> dict[str, str]:
    """The program's settings; the doubles by their addresses."""
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{slack}/api/",
        "HEYGEN_API_KEY": API_KEY,
        "HEYGEN_API_URL": heygen,
        "HEYGEN_POLL_SECONDS": str(POLL_SECONDS / speed),
        "HEYGEN_CONCURRENCY": str(concurrency),
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "LOG_LEVEL": "INFO",
        **({"HEYGEN_WEBHOOK_SECRET": WEBHOOK_SECRET} if webhooks else {}),
    }
