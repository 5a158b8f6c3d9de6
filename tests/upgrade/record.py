"""Runs this release until a job of each kind is under way, kills it, and keeps what is left for the releases to come.

`python -m tests.upgrade.record tests/data/release-0.2`
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bot.config import load_settings
from bot.playground.local_slack.server import LocalSlack
from bot.playground.local_slack.temper import Deed
from storage.database import open_database
from storage.records import JobState
from tests.journeys.once import calls, said
from tests.journeys.world import (
    ADMIN,
    ANA,
    BEN,
    GENERAL,
    OPEN,
    OTHERS,
    PRIVATE,
    Program,
    World,
    doubles,
    ours,
    settings_for,
    shown,
)
from tests.ports import free_port
from tests.upgrade import story
from tests.upgrade.kept import Kept, clickable, keep

HELD = {"hold_seconds": 60.0}  # longer than the program lives
LONG = {"slower": 4000.0}  # half an hour at the doubles' speed
BEFORE: Deed = "timeout_before_commit"
AFTER: Deed = "timeout_after_commit"


async def record() -> Kept:
    """The whole story, and its sudden end."""
    with tempfile.TemporaryDirectory() as name:
        async with running(Path(name)) as (made, program):
            await made.heygen.wait_for(lambda heygen: any(call.op == "styles" for call in heygen.calls))
            for chapter in (ends, questions, doubts, holds, forms, under_way, last_moments):
                await chapter(made)
            await program.kill()
            return keep(Path(name) / "jobs.db", made.slack, made.heygen, now=time.time())


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[World, Program]]:
    """The program as a process of its own between the doubles."""
    port = free_port()
    async with doubles(folder, port, http=False, webhooks=True, media=False) as (slack, heygen):
        environment = settings_for(
            folder, slack, heygen, port, http=False, webhooks=True, HEYGEN_CONCURRENCY=str(story.CEILING)
        )
        made, program = World(slack, heygen, load_settings(None, environment)), Program(environment, port)
        await program.start()
        made.database = await open_database(made.settings.database_url, alone=False)
        try:
            yield made, program
        finally:
            await made.database.close()
            await program.kill()


async def ends(made: World) -> None:
    """Ready, failed, and stopped."""
    await made.video(story.DONE)
    await is_in(made, story.DONE, JobState.COMPLETED)
    made.slack.set(uploads="file_uploads_disabled")
    await made.video(story.LINKED)
    await is_in(made, story.LINKED, JobState.COMPLETED)
    made.slack.set(uploads="ok")
    await made.video(story.REPLIED, by=BEN)
    await is_in(made, story.REPLIED, JobState.COMPLETED)
    made.heygen.plan_next(fail={"code": "rendering_failed", "message": "Avatar rendering timed out"})
    await made.video(story.FAILED)
    await is_in(made, story.FAILED, JobState.FAILED)
    made.heygen.plan_next(finish_after_stop=True, generating_seconds=40)
    await made.video(story.STOPPED)
    await made.card_shows(await card_of(made, story.STOPPED), "Rendering")
    await press(made, story.STOPPED, "stop")
    await made.slack.wait_for(partial(has, action="bring_back"))
    await made.settled()


async def questions(made: World) -> None:
    """Of the agent, and storyboards."""
    for prompt, plan, flags in (
        (story.ASKED, {"ask": story.QUESTION}, ""),
        (story.REVIEWED, {"review": True}, " --review"),
        (story.CHANGED, {"review": True}, " --review"),
    ):
        made.heygen.plan_next(**plan)
        await made.video(prompt + flags)
        await is_in(made, prompt, JobState.WAITING_FOR_INPUT)
    await made.slack.wait_for(lambda slack: said(slack).get("question") == 3)
    await made.settled()


async def doubts(made: World) -> None:
    """Calls whose answers were lost, and that nothing settled: the question is there."""
    made.heygen.fail_next("create", "disconnect_before_commit")
    await made.video(story.DOUBTED)
    await is_in(made, story.DOUBTED, JobState.UNCONFIRMED)
    made.heygen.fail_next("speech", "disconnect_after_commit")
    assert (await made.slack.command(ANA, GENERAL, "/speak", f"{story.SPOKEN} --voice Annabelle")).ok
    await is_in(made, story.SPOKEN, JobState.UNCONFIRMED)
    await made.slack.wait_for(lambda slack: said(slack).get("question") == 5)


async def holds(made: World) -> None:
    """What may not begin yet: no invitation, nobody's place to be, no voice."""
    assert (await made.slack.command(ANA, PRIVATE, "/video", story.UNINVITED)).ok
    assert (await made.slack.command(ANA, OTHERS, "/video", story.ELSEWHERE)).ok
    assert (await made.slack.command(ANA, GENERAL, "/speak", story.VOICELESS)).ok
    await made.slack.wait_for(lambda slack: len(slack.ephemerals(ANA)) == 3)
    assert (await made.slack.command(BEN, GENERAL, "/heygen", "settings voice Annie")).ok
    made.slack.world.ephemerals = [one for one in made.slack.world.ephemerals if one.ephemeral_to == ANA]


async def forms(made: World) -> None:
    """Three people have a form open: a new video, a change to one that is ready, and one to a storyboard."""
    assert (await made.slack.command(ANA, GENERAL, "/video")).ok
    await press(made, story.DONE, "change", by=BEN)
    await press(made, story.CHANGED, "change", by=ADMIN)
    assert all(made.slack.views(user) for user in (ANA, BEN, ADMIN))


async def under_way(made: World) -> None:
    """All places are taken: by what HeyGen works on, and by what it may have been handed."""
    made.heygen.plan_next(**LONG)
    await made.video(story.UPLOADED)
    made.heygen.plan_next(**LONG)
    await made.video(story.RENDERING)
    await is_in(made, story.RENDERING, JobState.GENERATING)
    hurry(made, story.RENDERING)
    await made.card_shows(await card_of(made, story.RENDERING), "Rendering")
    made.heygen.plan_next(**LONG)
    await made.video(story.THINKING)
    await is_in(made, story.THINKING, JobState.GENERATING)
    made.slack.post(ANA, GENERAL, story.LATER, thread_ts=(await card_of(made, story.RENDERING))["ts"])
    await made.slack.wait_for(lambda slack: slack.deliveries("events_api")[-1].acked_at)


async def last_moments(made: World) -> None:
    """What was being done when it died: each call held until nobody waits for its answer."""
    made.slack.next("files.completeUploadExternal", AFTER, **HELD)
    hurry(made, story.UPLOADED, steps=2)
    await made.slack.wait_for(lambda slack: said(slack).get("video-v1.mp4") == 3)
    for prompt, deed in ((story.TAKEN, AFTER), (story.NOT_TAKEN, BEFORE)):
        made.heygen.fail_next("create", deed, **HELD)
        before = calls(made, "create")
        await made.video(prompt)
        await made.heygen.wait_for(lambda heygen, before=before: calls(made, "create") > before)  # type: ignore[misc]
    await made.video(story.QUEUED)
    await made.card_shows(await card_of(made, story.QUEUED), "Queued, next in line")
    made.slack.invite(OPEN)
    await made.settled()
    made.slack.next("chat.postMessage", AFTER, **HELD)
    await made.video(story.POSTED, channel=OPEN)
    await made.slack.wait_for(lambda slack: ours(slack.messages(OPEN)))
    made.slack.post(BEN, GENERAL, story.SOON, thread_ts=(await card_of(made, story.REPLIED))["ts"])
    await made.slack.wait_for(lambda slack: slack.deliveries("events_api")[-1].acked_at)


async def is_in(made: World, prompt: str, state: JobState) -> None:
    """Waits until the job is in this state, and all that follows from it is said."""
    async with asyncio.timeout(15):
        while not any(job.brief.prompt == prompt and job.state is state for job in await made.jobs()):
            await asyncio.sleep(0.02)
    if state is JobState.COMPLETED:
        await made.card_shows(await card_of(made, prompt), "*Done*")
        await made.settled()


async def card_of(made: World, prompt: str) -> dict[str, Any]:
    """The card with these words, in the channel everybody reads."""
    find: Callable[[LocalSlack], Any] = lambda slack: [  # noqa: E731
        one for one in ours(slack.messages(GENERAL)) if prompt in shown(one)
    ]
    [card] = await made.slack.wait_for(find)
    found: dict[str, Any] = card
    return found


async def press(made: World, prompt: str, action: str, *, by: str = ANA) -> None:
    """Clicks this button of the card or below it."""
    ts = (await card_of(made, prompt))["ts"]
    channel = made.slack.world.channels[GENERAL]
    thread = [channel.messages[ts], *channel.replies(ts)]
    message = next(message for message, item in clickable(thread) if item["action_id"] == action)
    assert (await made.slack.click(by, GENERAL, message.ts, action)).ok


def has(slack: LocalSlack, *, action: str) -> bool:
    """Whether any message in the channel has such a button."""
    every = clickable(slack.world.channels[GENERAL].messages.values())
    return any(item["action_id"] == action for _, item in every)


def hurry(made: World, prompt: str, *, steps: int = 1) -> None:
    """HeyGen is done with so many steps of the session at once."""
    [session] = [one for one in made.heygen.sessions.values() if one.prompt == prompt]
    for _ in range(steps):
        session.due_at = time.time()
        made.heygen.advance()


if __name__ == "__main__":
    asyncio.run(record()).save(Path(sys.argv[1]))
