"""Jobs of somebody whom no payload names: one waits for an answer, one is rendered; both must not notice anything."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from bot.playground.local_slack.records import TEAM
from storage import jobs, threads
from storage.records import Job, JobState
from tests.journeys.world import BEN, World, button, elements, shown

PATIENCE_SECONDS = 30.0
ASKED, RENDERED = "Ben's first film", "Ben's second film"


@dataclass(frozen=True)
class Bystanders:
    """Ben's two jobs as they were before."""

    jobs: tuple[Job, ...]
    question: dict[str, Any]
    card: dict[str, Any]


async def bystanders(made: World) -> Bystanders:
    """Begins both in Ben's DM."""
    dm = made.slack.dm(BEN)
    made.heygen.plan_next(ask=["Which colour?\n- Red\n- Blue"])
    await made.video(ASKED, by=BEN, channel=dm)
    question = await _message(made, "Which colour")
    made.heygen.plan_next(stuck="generating", generating_seconds=4000)
    await made.video(RENDERED, by=BEN, channel=dm)
    card = await _message(made, RENDERED)
    await made.card_shows(card, "Rendering", channel=dm)
    return Bystanders(await _of_ben(made), question, card)


async def unharmed(made: World, before: Bystanders) -> None:
    """Nothing of theirs has moved meanwhile, and both go on to their end."""
    assert [*_changes(before.jobs, await _of_ben(made))] == []
    dm = made.slack.dm(BEN)
    asked = before.question
    await _click(made, asked["ts"], elements(asked)[0]["action_id"])
    stop = button(made.slack.message(dm, before.card["ts"]) or {}, "stop")
    await _click(made, before.card["ts"], stop["action_id"])
    await _message(made, "your video is ready")
    await _message(made, "Stopped by")
    states = {job.brief.prompt: job.state for job in await _his(made)}
    assert states == {ASKED: JobState.COMPLETED, RENDERED: JobState.CANCELLED}


def _changes(before: tuple[Job, ...], now: tuple[Job, ...]) -> Iterator[str]:
    for was, is_now in zip(before, now, strict=True):
        for field in fields(Job):
            one, other = getattr(was, field.name), getattr(is_now, field.name)
            if one != other:
                yield f"{was.brief.prompt}: {field.name} was {one!r} and is {other!r}"


async def _click(made: World, ts: str, action_id: str) -> None:
    """Until it is heard, as people do: on a busy machine the flood before it may take longer than Slack waits."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await made.slack.click(BEN, made.slack.dm(BEN), ts, action_id)).ok:
            pass


async def _message(made: World, words: str) -> dict[str, Any]:
    """What stands in Ben's DM, or in a thread of it, with these words."""
    dm = made.slack.dm(BEN)

    def look(_: World) -> list[dict[str, Any]]:
        every = [one for root in made.slack.messages(dm) for one in made.slack.thread(dm, root["ts"])]
        return [one for one in every if words in shown(one)]

    return (await made.until(look, timeout=PATIENCE_SECONDS))[0]


async def _of_ben(made: World) -> tuple[Job, ...]:
    """His jobs without what every look at HeyGen counts."""
    every = await _his(made)
    asked = await made.database.read(lambda tx: [threads.open_question(tx, job.id) for job in every])
    assert [one is not None for one in asked] == [job.state is JobState.WAITING_FOR_INPUT for job in every]
    return tuple(
        replace(job, progress=None, claimed_by=None, look_alone=False, looks=0, look_at=None, nudges=0, slow_told=False)
        for job in every
    )


async def _his(made: World) -> list[Job]:
    return await made.database.read(lambda tx: jobs.recent_jobs(tx, TEAM, requester_id=BEN, channel_id=None, limit=10))
