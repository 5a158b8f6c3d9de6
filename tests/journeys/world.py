"""The real program between the two doubles, in one process or as a process of its own that can be killed."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bot.app import Started, run
from bot.config import Settings, load_settings
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.server import LocalSlack
from storage import effects, jobs
from storage.database import Database
from storage.records import Effect, Job
from tests.ports import free_port

ANA, BEN, ADMIN, GUEST, OUTSIDER = "U0ANA", "U0BEN", "U0ADMIN", "U0GUEST", "U0EXT"
GENERAL, OPEN, PRIVATE, ARCHIVE, OTHERS = "C0GENERAL", "C0OPEN", "C0PRIVATE", "C0ARCHIVE", "D0OTHERS"
BOT = "U0BOT"
WEBHOOK_SECRET = "whsec_local"
SIGNING_SECRET = "local-signing-secret"
SPEED, POLL_SECONDS, TEMPO = 40.0, 0.15, 20.0
READY_SECONDS = 20.0

T = TypeVar("T")


class World:
    """Both doubles, the program, and ways to ask after them."""

    def __init__(self, slack: LocalSlack, heygen: LocalHeyGen, settings: Settings) -> None:
        self.slack = slack
        self.heygen = heygen
        self.settings = settings
        self.database: Database
        self.port = settings.port

    async def video(self, text: str, *, by: str = ANA, channel: str = GENERAL) -> None:
        """Types /video; it must be acknowledged without a word."""
        ack = await self.slack.command(by, channel, "/video", text)
        assert ack.ok, ack
        assert not ack.body, ack.body

    async def card(self, channel: str = GENERAL, *, at: int = -1) -> dict[str, Any]:
        """Our newest root message once it is there."""
        found: list[dict[str, Any]] = await self.slack.wait_for(lambda slack: ours(slack.messages(channel)))
        return found[at]

    async def replies(
        self, card: dict[str, Any], fits: Callable[[str], bool], *, channel: str = GENERAL, timeout: float = 15
    ) -> list[dict[str, Any]]:
        """Our replies below the card whose text fits, once there are any."""

        def look(slack: LocalSlack) -> list[dict[str, Any]]:
            thread = slack.thread(channel, card.get("thread_ts") or card["ts"])
            below = [message for message in ours(thread) if message["ts"] != card["ts"]]
            return [message for message in below if fits(shown(message))]

        found: list[dict[str, Any]] = await self.slack.wait_for(look, timeout=timeout)
        return found

    async def until(self, look: Callable[["World"], T], *, timeout: float = 15) -> T:
        """Waits for something of the doubles' or the program's own making."""
        async with asyncio.timeout(timeout):
            while not (value := look(self)):
                await asyncio.sleep(0.02)
        return value

    async def card_shows(self, card: dict[str, Any], words: str, *, channel: str = GENERAL, timeout: float = 15) -> str:
        """Waits until the card says the words; returns all it says."""

        def look(slack: LocalSlack) -> str:
            message = slack.message(channel, card["ts"])
            text = shown(message) if message else ""
            return text if words.casefold() in text.casefold() else ""

        found: str = await self.slack.wait_for(look, timeout=timeout)
        return found

    async def jobs(self) -> list[Job]:
        return await self.database.read(lambda tx: jobs.all_jobs(tx, limit=1000))

    async def effects(self, job: Job) -> list[Effect]:
        return await self.database.read(lambda tx: effects.effects_of_job(tx, job.id))

    def creates(self) -> int:
        """How often HeyGen was asked for a session."""
        return len([call for call in self.heygen.calls if call.op == "create"])

    async def settled(self, *, quiet: float = 0.3) -> None:
        """Waits until nothing has moved for a little while."""
        seen = -1
        while seen != (seen := len(self.slack.calls()) + len(self.heygen.calls)):
            await asyncio.sleep(quiet)


def ours(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The app's own messages."""
    return [message for message in messages if message.get("bot_id")]


def shown(message: dict[str, Any]) -> str:
    """Everything a person can read in a message."""
    return json.dumps([message.get("text"), message.get("blocks"), message.get("files")], ensure_ascii=False)


def button(message: dict[str, Any], action: str) -> dict[str, Any]:
    """The element with this action id; fails when the message has none."""
    return next(item for item in elements(message) if item["action_id"] == action)


def elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that can be clicked in a message."""
    found = []
    for block in message.get("blocks") or []:
        found += [item for item in block.get("elements") or [] if "action_id" in item]
        if "action_id" in (block.get("accessory") or {}):
            found.append(block["accessory"])
    return found


def settings_for(
    folder: Path, slack: LocalSlack, heygen: LocalHeyGen, port: int, *, http: bool, webhooks: bool, **more: str
) -> dict[str, str]:
    """The program's environment: production's, but for the addresses."""
    environment = {
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_API_URL": slack.api_url,
        "HEYGEN_API_KEY": "local-heygen-key",
        "HEYGEN_API_URL": heygen.url,
        "HEYGEN_POLL_SECONDS": str(POLL_SECONDS),
        "ADMIN_USERS": ADMIN,
        "DATABASE_URL": f"sqlite:///{folder}/jobs.db",
        "PORT": str(port),
    }
    environment |= {"SLACK_SIGNING_SECRET": SIGNING_SECRET} if http else {"SLACK_APP_TOKEN": "xapp-local"}
    environment |= {"HEYGEN_WEBHOOK_SECRET": WEBHOOK_SECRET} if webhooks else {}
    return environment | more


@asynccontextmanager
async def doubles(folder: Path, port: int, *, http: bool, webhooks: bool, media: bool) -> AsyncIterator[Any]:
    """A local Slack and a local HeyGen that know where the program will listen."""
    request_url = f"http://127.0.0.1:{port}/slack/events" if http else None
    slack = LocalSlack(request_url=request_url, signing_secret=SIGNING_SECRET)
    heygen = LocalHeyGen(
        speed=SPEED,
        media=media,
        state_dir=folder / "heygen",
        webhook_url=f"http://127.0.0.1:{port}/heygen/webhooks" if webhooks else None,
        webhook_secret=WEBHOOK_SECRET,
    )
    async with slack, heygen:
        slack.set(share_delay=0.05)
        yield slack, heygen


@asynccontextmanager
async def world(
    folder: Path,
    *,
    http: bool = False,
    webhooks: bool = False,
    media: bool = False,
    clock: Callable[[], float] = time.time,
    **more: str,
) -> AsyncIterator[World]:
    """The program runs in this process, by this clock of its machine's."""
    port = free_port()
    async with doubles(folder, port, http=http, webhooks=webhooks, media=media) as (slack, heygen):
        environment = settings_for(folder, slack, heygen, port, http=http, webhooks=webhooks, **more)
        made = World(slack, heygen, load_settings(None, environment))
        async with in_process(made, clock=clock):
            yield made


@asynccontextmanager
async def in_process(
    made: World, *, tempo: float = TEMPO, clock: Callable[[], float] = time.time
) -> AsyncIterator[None]:
    """Runs the program until the block is left, then stops it in order."""
    stopping, started = asyncio.Event(), asyncio.get_running_loop().create_future()

    def on_start(program: Started) -> None:
        made.database = program.database
        started.set_result(None)

    task = asyncio.create_task(run(made.settings, stopping, started=on_start, tempo=tempo, clock=clock))
    await asyncio.wait([task, started], timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        yield
    except (AssertionError, TimeoutError) as error:
        error.add_note(await _how_it_stood(made))
        raise
    finally:
        stopping.set()
        await asyncio.wait_for(task, 30)


async def _how_it_stood(made: World) -> str:
    """What a failed test wants to know of the program: its jobs with their calls, and what HeyGen was asked last."""
    now = time.time()
    lines = []
    for job in await made.jobs():
        look = "none" if job.look_at is None else f"{job.look_at - now:+.1f} s"
        lines.append(f"job {job.id}: {job.state}, {job.phase}, look {look} by {job.claimed_by}, looks {job.looks}")
        lines += [
            f"  {effect.key}: {effect.state}, due {effect.due_at - now:+.1f} s, attempts {effect.attempts}"
            for effect in await made.effects(job)
        ]
    lines.append(f"HeyGen's last calls: {[call.op for call in made.heygen.calls][-10:]}")
    return "\n".join(lines)


class Program:
    """The program as a process of its own, to be killed and started again."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        self._environment = environment
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns once it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.journeys.program", env={**bare(), **self._environment}, cwd=root()
        )
        await self._ready()

    async def _ready(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_SECONDS):
            while True:
                assert self._process is not None
                assert self._process.returncode is None, "the program ended by itself"
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{self._port}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL: no goodbye. One that has ended already stays so."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Within, it stands still as on a machine that sleeps, and goes on afterwards as if nothing had been."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        return await asyncio.wait_for(self._process.wait(), 30)


def bare() -> dict[str, str]:
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "LOG_LEVEL": "WARNING"}


def root() -> Path:
    return Path(__file__).resolve().parents[2]
