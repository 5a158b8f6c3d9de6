"""The stream of the local HeyGen: everything that happens there, as it happens, with bodies."""

from collections.abc import AsyncIterator

import pytest

from bot.playground.local_heygen.server import API_KEY, LocalHeyGen
from tests.doubles.local_heygen_caller import Caller, Receiver, calling, receiving
from tests.front.stage import Lines


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def caller(receiver: Receiver) -> AsyncIterator[Caller]:
    heygen = LocalHeyGen(speed=100, media=False, webhook_url=receiver.url)
    async with heygen, calling(heygen) as caller:
        yield caller


@pytest.fixture
async def lines(caller: Caller) -> AsyncIterator[Lines]:
    async with caller.http.get(f"{caller.heygen.url}/control/stream") as answer:
        assert await answer.content.readline() == b": listening\n"
        yield Lines(answer.content)


async def test_a_session_is_told_from_beginning_to_end(caller: Caller, lines: Lines) -> None:
    """Each status of a session, its video and the wallet arrive, looking like those of /control/state."""
    session_id = await caller.create("ask me")
    asked = await lines.until(lambda line: line.get("session", {}).get("status") == "waiting_for_input")
    assert (asked["session"]["id"], asked["running"]) == (session_id, 0)
    await caller.say(session_id, "Beach")
    ended = await lines.until(lambda line: line.get("session", {}).get("status") == "completed")
    video = (await lines.until(lambda line: line["kind"] == "video"))["video"]

    statuses = dict.fromkeys(line["session"]["status"] for line in lines.read if line["kind"] == "session")
    assert list(statuses) == ["thinking", "waiting_for_input", "generating", "completed"]
    assert (video["id"], video["status"]) == (ended["session"]["video_id"], "completed")
    assert [line for line in lines.read if line["kind"] == "settings" and line["settings"]["wallet"] < 100]
    state = (await caller.get("/control/state")).body
    assert (state["sessions"], state["videos"]) == ([ended["session"]], [video])


async def test_calls_are_told_as_they_begin_and_end(caller: Caller, lines: Lines) -> None:
    """A call comes with its body and without status, then once more with status, answer and time; never with a key."""
    await caller.create("a film about tea")
    first = await lines.until(lambda line: line["kind"] == "call")
    done = await lines.until(lambda line: line["kind"] == "call")

    assert (first["call"]["op"], first["call"]["status"], first["call"]["body"]["prompt"]) == (
        "create", None, "a film about tea",
    )  # fmt: skip
    assert (done["call"]["seq"], done["call"]["status"]) == (first["call"]["seq"], 200)
    assert done["call"]["response"]["data"]["session_id"]
    assert done["call"]["seconds"] >= 0
    assert API_KEY not in str(lines.read)


async def test_webhooks_are_told_with_both_bodies(caller: Caller, lines: Lines) -> None:
    """An event comes with the way webhooks travel, its delivery with what was sent and what was answered."""
    await caller.create()
    event = await lines.until(lambda line: line["kind"] == "event")
    sent = (await lines.until(lambda line: line["kind"] == "delivery"))["delivery"]

    assert (event["event"]["type"], event["webhooks"]["mode"]) == ("avatar_video.success", "normal")
    assert (sent["event_id"], sent["status"], sent["attempt"]) == (event["event"]["id"], 200, 1)
    assert sent["body"] == {"event_type": event["event"]["type"], "event_data": event["event"]["data"]}
    assert isinstance(sent["answer"], str)


async def test_orders_are_told_until_they_are_used_up(caller: Caller, lines: Lines) -> None:
    """A fault that was ordered stands there, and is gone after its call; a lost session and a reset are told too."""
    await caller.post("/control/next", {"on": "account", "do": "status", "status": 503})
    assert (await lines.until(lambda line: line["kind"] == "orders"))["faults"][0]["status"] == 503
    assert (await caller.get("/v3/users/me")).status == 503
    assert (await lines.until(lambda line: line["kind"] == "orders"))["faults"] == []
    session_id = await caller.create()
    await caller.post(f"/control/sessions/{session_id}/lose")
    await lines.until(lambda line: line.get("session", {}).get("is_lost"))
    await caller.post("/control/reset")
    await lines.until(lambda line: line["kind"] == "reset")


async def test_the_stream_ends_with_the_server(caller: Caller, lines: Lines) -> None:
    """Closing says so to whoever watches, and waits for nobody."""
    await caller.heygen.close()

    with pytest.raises(AssertionError, match="the stream ended"):
        await lines.until(lambda line: False)
