"""The program was away, or could not be reached: what people said meanwhile is heard when it is back, and once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.config import load_settings
from storage import arrivals, hearing, threads
from tests.journeys.once import asked, delivered, said, told
from tests.journeys.world import (
    ANA,
    BEN,
    BOT,
    GENERAL,
    GUEST,
    PRIVATE,
    Program,
    World,
    doubles,
    in_process,
    settings_for,
)
from tests.ports import free_port

BACKGROUND = "Which background?\n- Office\n- Beach"


class Away(World):
    """A world whose program runs now and then."""

    environment: dict[str, str]


@asynccontextmanager
async def away(folder: Path, *, http: bool = False, webhooks: bool = False, **more: str) -> AsyncIterator[Away]:
    """Both doubles; the program runs only within `in_process`."""
    port = free_port()
    async with doubles(folder, port, http=http, webhooks=webhooks, media=False) as (slack, heygen):
        environment = settings_for(folder, slack, heygen, port, http=http, webhooks=webhooks, **more)
        made = Away(slack, heygen, load_settings(None, environment))
        made.environment = environment
        yield made


@asynccontextmanager
async def unheard(made: World) -> AsyncIterator[None]:
    """What is said within never arrives as an event."""
    made.slack.set(drop_next=1000)
    yield
    made.slack.set(drop_next=0)


@asynccontextmanager
async def back(made: World) -> AsyncIterator[None]:
    """Runs the program; what was missed has been read when this begins."""
    began_at = time.time()
    async with in_process(made):
        async with asyncio.timeout(15):
            while (await made.database.read(hearing.heard_until) or 0.0) < began_at:
                await asyncio.sleep(0.02)
        yield


async def first_video(made: World) -> dict[str, Any]:
    """Its card, once everything about it is done and the program has ended."""
    async with in_process(made):
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
    return card


@pytest.mark.parametrize("http", [False, True], ids=["socket", "http"])
async def test_replies_said_meanwhile_are_the_next_version(tmp_path: Path, http: bool) -> None:
    """They used to be lost in Socket Mode. Heard once: neither a late event nor another start makes a third version."""
    async with away(tmp_path, http=http) as made:
        card = await first_video(made)
        made.slack.set(retry_pace=600.0, ack_seconds=0.3)
        made.slack.post(BEN, GENERAL, "Shorter", thread_ts=card["ts"])
        async with unheard(made):
            made.slack.post(ANA, GENERAL, f"<@{BOT}> and &lt;louder&gt;", thread_ts=card["ts"])
        async with back(made):
            await delivered(made, card, 2)
        async with back(made):
            await made.settled()
        assert told(made) == ["An intro", "Shorter\nand <louder>"]
        assert said(made.slack) == {"card": 1, "video-v1.mp4": 1, "video-v2.mp4": 1, "result": 2, "dm": 2}


async def test_an_answer_given_meanwhile_answers_the_question(tmp_path: Path) -> None:
    """Said after the question, so it is meant for it."""
    async with away(tmp_path) as made:
        made.heygen.plan_next(ask=BACKGROUND)
        async with in_process(made):
            await made.video("An intro")
            card = await made.card()
            await asked(made, card, "Which background")
        async with unheard(made):
            made.slack.post(BEN, GENERAL, "A meadow", thread_ts=card["ts"])
        async with back(made):
            await delivered(made, card)
        assert told(made) == ["An intro", "A meadow"]
        assert len(made.heygen.sessions) == 1


async def test_requests_made_meanwhile_where_the_app_is_used(tmp_path: Path) -> None:
    """A mention in a channel and a message in a DM are requests; what people say to each other is not."""
    async with away(tmp_path) as made:
        await first_video(made)
        dm = made.slack.dm(ANA)
        async with unheard(made):
            made.slack.post(BEN, GENERAL, f"<@{BOT}> A film about tea")
            made.slack.post(ANA, GENERAL, "Shall we have some tea?")
            made.slack.post(ANA, dm, "A film about milk")
        async with back(made):
            await made.slack.wait_for(lambda slack: said(slack).get("result") == 3, timeout=20)
        assert sorted(told(made)) == ["A film about milk", "A film about tea", "An intro"]


async def test_who_may_not_ask_is_told_so_once(tmp_path: Path) -> None:
    """A missed word goes through the same checks, and what was refused before the stop is not refused again."""
    async with away(tmp_path) as made:
        async with in_process(made):
            await made.video("An intro")
            card = await made.card()
            await delivered(made, card)
            made.slack.post(GUEST, GENERAL, "Before", thread_ts=card["ts"])
            await made.until(lambda world: len(world.slack.ephemerals(GUEST)) == 1)
        async with unheard(made):
            made.slack.post(GUEST, GENERAL, "Meanwhile", thread_ts=card["ts"])
        async with back(made):
            await made.until(lambda world: len(world.slack.ephemerals(GUEST)) == 2)
            await made.settled()
        assert told(made) == ["An intro"]
        assert len(made.slack.ephemerals(GUEST)) == 2


@pytest.mark.slow
async def test_kept_replies_are_as_the_thread_shows_them(tmp_path: Path) -> None:
    """Edited or deleted while nobody could hear of it: the old words must not be made."""
    async with away(tmp_path) as made:
        made.heygen.plan_next(stuck="generating", generating_seconds=4000)
        async with in_process(made):
            await made.video("An intro")
            card = await made.card()
            await made.card_shows(card, "Rendering")
            edited, deleted, _ = (
                made.slack.post(BEN, GENERAL, text, thread_ts=card["ts"]) for text in ("Red", "No", "Go")
            )
            await made.card_shows(card, "3 replies are kept")
        async with unheard(made):
            made.slack.edit(BEN, GENERAL, edited, "Blue &amp; green")
            made.slack.delete_message(BEN, GENERAL, deleted)
        async with back(made):
            await made.card_shows(card, "2 replies are kept")
            [job] = await made.jobs()
            kept = await made.database.read(lambda tx: threads.waiting_replies(tx, job.thread_id))
            assert [reply.text for reply in kept] == ["Blue & green", "Go"]


async def test_an_invitation_given_meanwhile_is_found(tmp_path: Path) -> None:
    """A request that waits for it goes on, although nobody told us."""
    async with away(tmp_path) as made:
        async with in_process(made):
            await made.slack.command(ANA, PRIVATE, "/video", "An intro")
            await made.until(lambda world: world.slack.ephemerals(ANA) or world.slack.deliveries("slash_commands"))
            await made.settled()
        async with unheard(made):
            made.slack.invite(PRIVATE)
        async with back(made):
            card = await made.card(PRIVATE)
            await made.replies(card, lambda text: "video-v1.mp4" in text, channel=PRIVATE)
        assert told(made) == ["An intro"]


@pytest.mark.slow
async def test_slack_gives_little_at_a_time(tmp_path: Path) -> None:
    """Some apps get fifteen messages at a time, and are told to wait: everything is read all the same."""
    async with away(tmp_path) as made:
        card = await first_video(made)
        made.slack.set(messages_at_once=15)
        async with unheard(made):
            for number in range(40):
                made.slack.post(BEN, GENERAL, f"Change {number}", thread_ts=card["ts"])
        made.slack.next("conversations.replies", "429", retry_after=1)
        made.slack.next("conversations.replies", "status")
        async with back(made):
            await delivered(made, card, 2)
        assert told(made)[1] == "\n".join(f"Change {number}" for number in range(40))
        errors = [call.error for call in made.slack.calls("conversations.replies")]
        assert errors == ["ratelimited", "status 503", None, None, None]


@pytest.mark.slow
async def test_killed_while_catching_up(tmp_path: Path) -> None:
    """The next start begins it again; what had been heard already is not heard twice."""
    async with away(tmp_path) as made:
        card = await first_video(made)
        made.slack.set(messages_at_once=1)
        async with unheard(made):
            for text in ("Shorter", "Louder"):
                made.slack.post(BEN, GENERAL, text, thread_ts=card["ts"])
        program = Program(made.environment, made.port)
        before = len(made.slack.calls("conversations.replies"))
        made.slack.next("conversations.replies", "429", retry_after=0)
        await program.start()
        await made.slack.wait_for(lambda slack: len(slack.calls("conversations.replies")) >= before + 2)
        await program.kill()
        async with back(made):
            await delivered(made, card, 2)
        words = [word for message in told(made)[1:] for word in message.split("\n")]
        assert words == ["Shorter", "Louder"]


async def history(made: World) -> list[str]:
    """The ids of HeyGen's past events."""
    async with httpx.AsyncClient(headers={"X-Api-Key": "local-heygen-key"}) as http:
        answer = await http.get(f"{made.heygen.url}/v3/webhooks/events")
    return [event["event_id"] for event in answer.json()["data"]]


async def test_what_moved_at_heygen_meanwhile_is_asked_for(tmp_path: Path) -> None:
    """HeyGen's history is read at the start, under the keys of the webhooks that never came."""
    async with away(tmp_path, webhooks=True) as made:
        made.heygen.plan_next(generating_seconds=60)
        made.heygen.set(webhooks={"mode": "drop"})
        async with in_process(made):
            await made.video("An intro")
            card = await made.card()
            await made.card_shows(card, "Rendering")
        await made.heygen.wait_for(lambda heygen: [one for one in heygen.videos.values() if one.status == "completed"])
        async with back(made):
            await delivered(made, card)
            keys = [f"webhook:{event_id}" for event_id in await history(made)]
            assert await made.database.read(lambda tx: [arrivals.has_arrived(tx, key) for key in keys]) == [True, True]
        assert made.creates() == 1


async def test_what_was_said_while_slack_was_lost_is_read_at_the_reconnect(tmp_path: Path) -> None:
    """The program ran all the while; Slack ended the connections, and nobody told of the reply."""
    async with away(tmp_path, SLACK_CONNECTIONS="1") as made, in_process(made):
        await made.video("An intro")
        card = await made.card()
        await delivered(made, card)
        made.slack.next("apps.connections.open", "error", times=2)
        await made.slack.disconnect()
        async with unheard(made):
            made.slack.post(BEN, GENERAL, "Shorter", thread_ts=card["ts"])
        await delivered(made, card, 2)
        assert told(made) == ["An intro", "Shorter"]
