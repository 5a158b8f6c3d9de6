"""Replicas that are killed, a database that is restarted, services in a bad mood, and people who go on asking."""

import asyncio
import contextlib
import itertools
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.server import LocalSlack
from storage.database import Database, open_database
from storage.schema import migrate
from tests.chaos.audit import Findings, examine, has_caught_up, is_gathering, open_effects, open_jobs, rows
from tests.chaos.balancer import Balancer
from tests.chaos.moods import Mood, calm, keep_speech, spoil_heygen, spoil_slack
from tests.chaos.people import People
from tests.chaos.replies import follow
from tests.chaos.words import Words
from tests.database.postgres import PostgresServer
from tests.journeys.world import ADMIN, SIGNING_SECRET, WEBHOOK_SECRET
from tests.ports import free_port

SPEED = 20.0  # HeyGen's
TEMPO = 100.0  # the program's pauses and the limits of Slack, by the same factor
POLL_SECONDS = 0.5
CONCURRENCY = 400
WALLET_USD = 1e6  # an empty one would pause everything
QUIET_SECONDS = 300.0  # what is open when the people have stopped asking gets so long to end
READY_SECONDS = 60.0
CALLS_OF_A_JOB = 5  # that may be left to do, for each job that may be open
BACK_SECONDS = (0.5, 2.0)  # a killed replica is away for so long


@dataclass(kw_only=True)
class Plan:
    """What is to happen."""

    jobs: int
    replicas: int
    seed: int
    channels: int = 24
    at_once: int = 120  # open jobs
    kill_every: tuple[float, float] = (3.0, 7.0)
    restart_every: tuple[float, float] = (20.0, 40.0)  # of PostgreSQL, where there is one
    kills: int = 0  # people ask for more than `jobs` until so many have happened, however quick the machine
    restarts: int = 0
    mood: Mood = field(default_factory=Mood)


@dataclass(kw_only=True)
class Outcome:
    """What has happened."""

    findings: Findings
    asked: Counter[str]  # by the way it was asked
    fates: Counter[str]  # of the replies
    events: dict[str, int]  # what befell Slack's
    acknowledged: int
    errors: dict[str, int]
    states: dict[str, int]
    in_doubt: int  # how often a person had to be asked
    kills: int
    restarts: int
    suffered: dict[str, dict[str, int]]
    seconds: float


class Replica:
    """One process of the program, started again whenever it ends."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Begins, unless it runs; it need not be ready."""
        async with self._starting:
            if self.runs:
                return
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tests.chaos.program", env=self._environment, stderr=log, stdout=log
                )

    async def kill(self) -> bool:
        """SIGKILL; False when it did not run."""
        if self._process is None or self._process.returncode is not None:
            return False
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        return True

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None


@dataclass(kw_only=True)
class Scene:
    """Everything that takes part."""

    plan: Plan
    chance: random.Random
    slack: LocalSlack
    heygen: LocalHeyGen
    database: Database
    people: People
    replicas: list[Replica]
    words: Words
    server: PostgresServer | None
    kills: int = 0
    restarts: int = 0

    async def ask(self) -> None:
        """All wishes, and more until all that was planned has gone wrong, with no more than so many jobs open."""
        for number in itertools.count():
            if number >= self.plan.jobs and self._is_troubled:
                return
            if number % max(self.plan.at_once // 6, 1) == 0:
                await self._room()
            await self.people.ask(number)

    @property
    def _is_troubled(self) -> bool:
        return self.kills >= self.plan.kills and self.restarts >= self.plan.restarts

    async def _room(self) -> None:
        """A machine that is slower than the people would bring the last results hours after they have asked."""
        while (
            len(await open_jobs(self.database)) > self.plan.at_once
            or len(await open_effects(self.database)) > self.plan.at_once * CALLS_OF_A_JOB
        ):
            await asyncio.sleep(0.2)

    async def kill_now_and_then(self) -> None:
        """Somebody pulls a plug every few seconds."""
        while True:
            await asyncio.sleep(self.chance.uniform(*self.plan.kill_every))
            victim = self.chance.choice(self.replicas)
            is_busy = bool(await open_jobs(self.database))
            if await victim.kill() and is_busy:
                self.kills += 1
            await asyncio.sleep(self.chance.uniform(*BACK_SECONDS))
            await victim.start()

    async def keep_alive(self) -> None:
        """A supervisor starts again what ended by itself."""
        while True:
            await asyncio.sleep(1.0)
            for replica in self.replicas:
                if not replica.runs:
                    await asyncio.sleep(max(BACK_SECONDS))
                    if not replica.runs:
                        await replica.start()

    async def restart_database(self) -> None:
        """PostgreSQL is started anew, in order or as after a crash."""
        while self.server is not None:
            await asyncio.sleep(self.chance.uniform(*self.plan.restart_every))
            is_busy = bool(await open_jobs(self.database))
            await asyncio.to_thread(self.server.restart, at_once=self.chance.random() < 0.5)
            self.restarts += is_busy

    async def decide(self) -> None:
        """The people answer what they are asked."""
        while True:
            await asyncio.sleep(1.0)
            await self.people.answer_questions()

    async def settle(self) -> None:
        """Everything ends; then all replicas start anew and read what they missed, and that ends, too."""
        await self._all_ended()
        since = time.time()
        for replica in self.replicas:
            await replica.kill()
        for replica in self.replicas:
            await replica.start()
        async with asyncio.timeout(QUIET_SECONDS):
            while not await has_caught_up(self.database, since):
                await asyncio.sleep(0.5)
        await self._all_ended()

    async def _all_ended(self) -> None:
        """Waits until nothing is open any more; what stays open is found by the examination."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS):
                while await self._is_open():
                    await asyncio.sleep(0.5)

    async def _is_open(self) -> bool:
        is_at_work = bool(await open_jobs(self.database) or await open_effects(self.database))
        return is_at_work or self.words.are_under_way() or await is_gathering(self.database)


async def play(plan: Plan, folder: Path, *, url: str, server: PostgresServer | None) -> Outcome:
    """Plays it and examines what came of it. `server` is restarted now and then; None with SQLite."""
    began = time.monotonic()
    chance = random.Random(plan.seed)
    async with _scene(plan, chance, folder, url, server) as scene:
        slack_orders = spoil_slack(scene.slack, plan.mood, chance)
        heygen_faults = spoil_heygen(scene.heygen, plan.mood, chance)
        spoken = keep_speech(scene.heygen)
        troubles = [scene.kill_now_and_then(), scene.restart_database()]
        async with _beside(scene.keep_alive(), scene.decide()):
            async with _beside(*troubles):
                await scene.ask()
            calm(scene.slack, scene.heygen)
            await scene.settle()
        asked, where = scene.people.asked, (scene.database, scene.slack, scene.heygen)
        scene.words.acknowledge(asked)
        findings = await examine(*where, asked=asked, spoken=spoken)
        fates = await follow(*where, asked=asked, into=findings)
        states = [row.state.value for row in await rows(scene.database)]
        return Outcome(
            findings=findings, asked=Counter(wish.kind for wish in asked), fates=fates, events=slack_orders.events,
            acknowledged=sum(wish.acknowledged for wish in asked),
            errors=dict(scene.people.errors), states={state: states.count(state) for state in sorted({*states})},
            in_doubt=len(scene.people.answered), kills=scene.kills, restarts=scene.restarts,
            suffered={"Slack": slack_orders.suffered, "HeyGen": heygen_faults}, seconds=time.monotonic() - began,
        )  # fmt: skip


@asynccontextmanager
async def _scene(
    plan: Plan, chance: random.Random, folder: Path, url: str, server: PostgresServer | None
) -> AsyncIterator[Scene]:
    front, ports = free_port(), [free_port() for _ in range(plan.replicas)]
    app = f"http://127.0.0.1:{front}"
    slack = LocalSlack(request_url=f"{app}/slack/events", signing_secret=SIGNING_SECRET, rate_factor=TEMPO)
    heygen = LocalHeyGen(
        speed=SPEED, media=False, concurrency=CONCURRENCY + 10, state_dir=folder / "heygen", seed=plan.seed,
        webhook_url=f"{app}/heygen/webhooks", webhook_secret=WEBHOOK_SECRET,
    )  # fmt: skip
    await asyncio.to_thread(migrate, url)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(slack)
        await stack.enter_async_context(heygen)
        database = await open_database(url, alone=False)
        stack.push_async_callback(database.close)
        balancer = Balancer(ports, chance)
        await balancer.start(front)
        stack.push_async_callback(balancer.close)
        people = People(slack, chance)
        people.move_in(people=24, channels=plan.channels)
        slack.set(share_delay=0.05, duplicate_deliveries=1, reorder=True)
        heygen.set(wallet=WALLET_USD)
        replicas = []
        for number, port in enumerate(ports):
            replica = Replica(_environment(slack, heygen, port, url), folder / f"replica-{number}.log")
            await replica.start()
            stack.push_async_callback(replica.kill)
            replicas.append(replica)
        await asyncio.gather(*(_ready(port) for port in ports))
        yield Scene(
            plan=plan, chance=chance, slack=slack, heygen=heygen, database=database, people=people, replicas=replicas,
            words=Words(slack), server=server,
        )  # fmt: skip


async def _ready(port: int) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(READY_SECONDS):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


def _environment(slack: LocalSlack, heygen: LocalHeyGen, port: int, url: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": slack.api_url,
        "HEYGEN_API_KEY": "local-heygen-key",
        "HEYGEN_API_URL": heygen.url,
        "HEYGEN_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "HEYGEN_POLL_SECONDS": str(POLL_SECONDS),
        "HEYGEN_CONCURRENCY": str(CONCURRENCY),
        "ADMIN_USERS": ADMIN,
        "DATABASE_URL": url,
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }


@asynccontextmanager
async def _beside(*works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs these while the block runs; what fails of them ends the block, and is raised."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        yield
        for task in tasks:
            task.cancel()
