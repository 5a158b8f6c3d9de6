"""This release, started on what an earlier one left, between doubles that know what they knew then."""

import asyncio
import copy
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.config import load_settings
from bot.playground.local_slack.records import Message, View
from storage.records import OPEN_STATES, EffectState, Job
from tests.journeys.world import ANA, World, doubles, in_process, settings_for, shown
from tests.ports import free_port
from tests.upgrade import story
from tests.upgrade.kept import Kept, clickable, restore

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "tests" / "data" / "release-0.1"
OPEN_EFFECTS = frozenset({EffectState.PENDING, EffectState.TRYING, EffectState.UNKNOWN})


class Upgraded(World):
    """The world after the upgrade; `buttons` and `forms` are what people had before them when it began."""

    buttons: list[tuple[Message, dict[str, Any]]]
    forms: dict[str, View]

    async def job(self, prompt: str) -> Job:
        """The first job that was asked for with these words."""
        return [job for job in await self.jobs() if job.brief.prompt == prompt][-1]

    async def ended(self, *, besides: Collection[str] = (), timeout: float = 50) -> None:
        """Waits until every other job has ended, and all that follows from its end was done."""
        async with asyncio.timeout(timeout):
            while await self._is_busy(besides):
                self._hurry()
                await asyncio.sleep(0.05)
        await self.settled()

    async def _is_busy(self, besides: Collection[str]) -> bool:
        wanted = [job for job in await self.jobs() if job.brief.prompt not in besides]
        if any(job.state in OPEN_STATES for job in wanted):
            return True
        left = [effect.state for job in wanted for effect in await self.effects(job)]
        return not OPEN_EFFECTS.isdisjoint(left)

    def _hurry(self) -> None:
        """What would take HeyGen half an hour is done."""
        for session in list(self.heygen.world.open.values()):
            if session.plan.slower > 1 and session.is_working:
                session.due_at = time.time()
        self.heygen.advance()


@asynccontextmanager
async def upgraded(folder: Path, url: str) -> AsyncIterator[Upgraded]:
    """Starts on the old file, or on what of it was carried over to another database."""
    port = free_port()
    async with doubles(folder, port, http=False, webhooks=True, media=False) as (slack, heygen):
        restore(Kept.read(RELEASE), folder / "jobs.db", slack, heygen, now=time.time())
        if url != f"sqlite:///{folder}/jobs.db":
            await carry_over(f"sqlite:///{folder}/jobs.db", url)
        environment = settings_for(
            folder, slack, heygen, port, http=False, webhooks=True, DATABASE_URL=url,
            HEYGEN_CONCURRENCY=str(story.CEILING),
        )  # fmt: skip
        made = Upgraded(slack, heygen, load_settings(None, environment))
        every = [
            *slack.world.ephemerals,
            *(one for place in slack.world.channels.values() for one in place.messages.values()),
        ]
        made.buttons = copy.deepcopy(clickable(every))
        made.forms = {user: copy.deepcopy(view) for user, [view] in slack.world.stacks.items()}
        async with in_process(made):
            yield made


async def carry_over(old: str, new: str) -> None:
    """`heygen-slack migrate`, then the same with --from."""
    for url, flags in ((old, ()), (new, ("--from", old))):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "migrate", *flags, env={"DATABASE_URL": url}, cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await process.wait() == 0


def posted_twice(made: World) -> list[str]:
    """What the app has said more than once, by the effect behind each message, and videos by their name."""
    counted: Counter[str] = Counter()
    for channel in made.slack.world.channels.values():
        for message in channel.messages.values():
            if message.from_app and message.metadata:
                counted[message.metadata["event_payload"]["effect"]] += 1
            names = [made.slack.files[one].name for one in message.files]
            counted.update(f"{message.thread_ts} {name}" for name in names if not name.startswith("storyboard"))
    return [key for key, count in counted.items() if count > 1]


async def click_late(made: Upgraded, message: Message, item: dict[str, Any], *, by: str) -> str:
    """Uses a button of a screen that was never refreshed; returns what the person is told, or the form they get."""
    place = made.slack.world.channels[message.channel]
    if message.ephemeral_to is None:
        place.messages[message.ts].blocks = copy.deepcopy(message.blocks)
    before = answers(made, by)
    chosen = await a_voice(made, message) if item["action_id"] == "pick_voice" else None
    assert (await made.slack.click(by, message.channel, message.ts, item["action_id"], selected_option=chosen)).ok
    return (await made.until(lambda _: [one for one in answers(made, by) if one not in before]))[0]


def answers(made: World, user: str) -> list[str]:
    """Everything that this person alone was told or shown."""
    dm = made.slack.messages(made.slack.dm(user))
    return [*map(str, made.slack.views(user)), *map(shown, dm), *map(shown, made.slack.ephemerals(user))]


async def a_voice(made: World, message: Message) -> dict[str, Any]:
    """One that the picker offers."""
    found = await made.slack.options(ANA, "pick_voice", value="Annab", channel=message.channel, ts=message.ts)
    option: dict[str, Any] = found.body["options"][0]
    return option
