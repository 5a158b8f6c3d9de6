"""A world whose program dies where it is told to and is started again at once, and what people do in it meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import select

from bot.config import Settings, load_settings
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.journal import Delivery
from bot.playground.local_slack.records import Message
from bot.playground.local_slack.server import LocalSlack
from storage import tables
from storage.database import Transaction, open_database
from storage.records import OPEN_STATES
from tests.crash.mortal import KILLED, Death, begin
from tests.journeys.world import ANA, BEN, World, doubles, elements, settings_for, shown
from tests.ports import free_port

HEYGEN_SPEED = 80.0
POLL_SECONDS = "0.1"
PATIENCE_SECONDS = 40.0  # a loaded machine must not look like a fault
QUIET_SECONDS = 0.15
FOREVER_SECONDS = 3600.0
ANSWER_SECONDS = 1.0  # what Slack gives the program to acknowledge, of its three


class Life(World):
    """Dies at each of `deaths` in turn; after the last it lives."""

    def __init__(
        self, slack: LocalSlack, heygen: LocalHeyGen, settings: Settings, environment: dict[str, str], folder: Path
    ) -> None:
        super().__init__(slack, heygen, settings)
        self.folder = folder
        self.died = 0
        self._environment = environment
        self._process: ForkServerProcess

    async def live(self, deaths: Sequence[Death]) -> None:
        """Runs the program; ends only by a fault: a death that nobody ordered."""
        waiting = list(deaths)
        while True:
            ordered = waiting.pop(0) if waiting else None
            self._process = begin(self._environment, self.folder, ordered)
            code = await _end_of(self._process)
            assert (code, ordered is None) == (KILLED, False), f"the program ended by itself: {code}"
            self.died += 1

    async def ready(self) -> None:
        """Waits until the program answers."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """Ends what still runs."""
        self._process.kill()
        self._process.join()

    def said(self) -> Iterator[Message]:
        """The app's messages everywhere, those for one person alone left out."""
        for channel in self.slack.world.channels.values():
            yield from (one for one in channel.messages.values() if one.from_app and one.ephemeral_to is None)

    def says(self, words: str) -> Message | None:
        """The first message of the app with these words."""
        return next((one for one in self.said() if words in shown(vars(one)) or words in self._files(one)), None)

    def _files(self, message: Message) -> str:
        return " ".join(self.slack.files[file_id].name for file_id in message.files)

    async def until_said(self, words: str) -> Message:
        found: Message = await self.slack.wait_for(lambda _: self.says(words), timeout=PATIENCE_SECONDS)
        return found

    def button(self, label: str) -> tuple[Message, dict[str, Any]] | None:
        """The first button with these words, with its message."""
        for message in self.said():
            for element in elements(vars(message)):
                if element.get("text", {}).get("text") == label:
                    return message, element
        return None

    async def press(self, label: str) -> None:
        """Who is asked clicks the button once it is there; again where Slack showed an error and it is there still."""
        await self.slack.wait_for(lambda _: self.button(label), timeout=PATIENCE_SECONDS)
        while (found := self.button(label)) is not None:
            message, element = found
            by = BEN if f"<@{BEN}>" in message.text else ANA
            if (await self.slack.click(by, message.channel, message.ts, element["action_id"])).ok:
                return
            await self.ready()

    async def send_again(self) -> None:
        """A person who, whenever asked whether to send something again, says yes."""
        while True:
            await self.slack.wait_for(lambda _: self.button("Send it again"), timeout=FOREVER_SECONDS)
            await self.press("Send it again")
            await self.slack.wait_for(lambda _: not self.button("Send it again"), timeout=FOREVER_SECONDS)

    async def at_rest(self) -> None:
        """Waits until nothing is left to do: no job, effect, reply or delivery is open, twice in a row."""
        quiet, until = 0, asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while quiet < 2:
            left = [*await self.database.read(open_work), *self._under_way()]
            assert not left or asyncio.get_running_loop().time() < until, f"left to do: {left}"
            quiet = 0 if left else quiet + 1
            await asyncio.sleep(QUIET_SECONDS if quiet else 0.03)

    def _under_way(self) -> list[str]:
        """What is on its way to the program, apart from what it does not subscribe to, and what HeyGen is at."""
        deliveries = [entry for entry in self.slack.deliveries() if entry.is_open and _type(entry) != "file_shared"]
        return [entry.kind for entry in deliveries] + ([] if self.heygen.is_idle else ["HeyGen"])


def open_work(tx: Transaction) -> list[str]:
    """What is not done."""
    effects, jobs, threads = tables.effects, tables.jobs, tables.threads
    is_open = effects.c.state.in_([state.value for state in tables.OPEN_EFFECTS])
    found = [
        *tx.execute(select(effects.c.key, effects.c.step, effects.c.state, effects.c.reason).where(is_open)),
        *tx.execute(select(jobs.c.id, jobs.c.state).where(jobs.c.state.in_([state.value for state in OPEN_STATES]))),
        *tx.execute(select(threads.c.id, threads.c.hold).where(threads.c.gather_at.is_not(None))),
    ]
    return [" ".join(str(part) for part in row) for row in found]


def _type(entry: Delivery) -> str | None:
    event: dict[str, str] = entry.payload.get("event", {})
    return event.get("type")


async def _end_of(process: ForkServerProcess) -> int | None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()
    return process.exitcode


@asynccontextmanager
async def life(
    folder: Path, deaths: Sequence[Death], settings: Mapping[str, str], *, url: str, http: bool, webhooks: bool
) -> AsyncIterator[Life]:
    """The doubles in this process, the program in its own; it is ready, if need be after its first death."""
    port = free_port()
    async with doubles(folder, port, http=http, webhooks=webhooks, media=False) as (slack, heygen):
        slack.set(ack_seconds=ANSWER_SECONDS, share_delay=0.02)
        heygen.set(speed=HEYGEN_SPEED)
        environment = settings_for(
            folder, slack, heygen, port, http=http, webhooks=webhooks, HEYGEN_POLL_SECONDS=POLL_SECONDS,
            LOG_LEVEL="WARNING", DATABASE_URL=url, **settings,
        )  # fmt: skip
        made = Life(slack, heygen, load_settings(None, environment), environment, folder)
        living = asyncio.create_task(made.live(deaths), name="the program's lives")
        try:
            await made.ready()
            async with _looking(made):
                yield made
        finally:
            living.cancel()
            [fault] = await asyncio.gather(living, return_exceptions=True)
            made.kill()
            if isinstance(fault, AssertionError):
                raise fault  # whatever people waited for since then: this is why


@asynccontextmanager
async def _looking(made: Life) -> AsyncIterator[None]:
    made.database = await open_database(made.settings.database_url, alone=False)
    try:
        yield
    finally:
        await made.database.close()
