"""The local Slack tells a real Bolt app what people do, by Socket Mode and over HTTP."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from bot.playground.local_slack.records import CannotDo
from bot.playground.local_slack.server import LocalSlack
from tests.doubles.local_slack_apps import ANA, GENERAL, client_of, connected, http_app, socket_app

Json = dict[str, Any]

ways_in = pytest.mark.parametrize("served", [socket_app, http_app], ids=["socket", "http"])


def echoing(app: AsyncApp) -> None:
    """An app that answers commands and mentions."""

    @app.command("/video")
    async def video(ack: Any, command: Json, client: Any) -> None:
        await client.chat_postMessage(channel=command["channel_id"], text=f"card: {command['text']}")
        await ack(f"started {command['text']}")

    @app.event("app_mention")
    async def mention(event: Json, client: Any) -> None:
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="yes?")

    @app.event("message")
    async def message(event: Json, client: Any) -> None:
        if event.get("channel_type") == "im" and "subtype" not in event:
            await client.chat_postMessage(channel=event["channel"], text=f"you said {event['text']}")


@ways_in
async def test_a_command_reaches_the_app_and_its_answer_the_person(served: Any) -> None:
    """A slash command is delivered, its ack shown to the one who typed it and to nobody else."""
    async with served(echoing) as slack:
        ack = await slack.command(ANA, GENERAL, "/video", "a cat & <dog>")

        assert ack.ok
        assert ack.status == 200
        assert [m["text"] for m in slack.messages(GENERAL)] == ["card: a cat & <dog>"]
        assert [m["text"] for m in slack.ephemerals(ANA)] == ["started a cat & <dog>"]
        assert slack.ephemerals("U0BEN") == []


@ways_in
async def test_a_mention_comes_as_two_events_with_ids_of_their_own(served: Any) -> None:
    """A mention in a channel is told as message and as app_mention, and the reply lands in its thread."""
    async with served(echoing) as slack:
        ts = slack.post(ANA, GENERAL, "<@U0BOT> hello")

        thread = await slack.wait_for(lambda s: len(s.thread(GENERAL, ts)) == 2 and s.thread(GENERAL, ts))
        await slack.idle()

        told = [d.payload for d in slack.deliveries("events_api") if d.payload["event"].get("user") == ANA]
        assert thread[1]["text"] == "yes?"
        assert [p["event"]["type"] for p in told] == ["message", "app_mention"]
        assert len({p["event_id"] for p in told}) == 2


@ways_in
async def test_a_direct_message_reaches_the_app(served: Any) -> None:
    """What somebody writes to the app directly arrives as a message of channel type im."""
    async with served(echoing) as slack:
        dm = slack.dm(ANA)
        slack.post(ANA, dm, "hi")

        await slack.wait_for(lambda s: [m["text"] for m in s.messages(dm)] == ["hi", "you said hi"])


async def test_events_an_app_may_not_hear_are_not_sent() -> None:
    """Nothing is told from channels without the app, nor without the scope."""
    async with socket_app(echoing) as slack:
        slack.post(ANA, "C0OPEN", "<@U0BOT> here?")
        slack.post(ANA, "D0OTHERS", "psst")
        slack.set(scopes="chat:write,app_mentions:read")
        slack.post(ANA, GENERAL, "no scope for this")

        assert slack.deliveries() == []


async def test_an_event_that_was_not_acknowledged_comes_again() -> None:
    """A failing listener gets the same event again, with the attempt counted."""
    attempts: list[str] = []

    def failing_once(app: AsyncApp) -> None:
        @app.event("app_mention")
        async def mention(body: Json, request: Any) -> None:
            attempts.append(f"{body['event_id']} {request.headers['x-slack-retry-num'][0]}")
            if len(attempts) == 1:
                raise RuntimeError("first time")

        @app.event("message")
        async def message() -> None:
            pass

    async with socket_app(failing_once) as slack:
        slack.set(ack_seconds=0.3)
        slack.post(ANA, GENERAL, "<@U0BOT> hello")

        await slack.wait_for(lambda s: len(attempts) == 2)
        await slack.idle()

    (event_id, first), (again, second) = (attempt.split() for attempt in attempts)
    assert event_id == again
    assert (first, second) == ("0", "1")


async def test_http_retries_carry_number_and_reason() -> None:
    """Over HTTP the repetition says which it is and why."""
    seen: list[Any] = []

    def failing_once(app: AsyncApp) -> None:
        @app.event("reaction_added")
        async def reaction(request: Any) -> None:
            seen.append((request.headers.get("x-slack-retry-num"), request.headers.get("x-slack-retry-reason")))
            if len(seen) == 1:
                raise RuntimeError("first time")

        @app.event("message")
        async def message() -> None:
            pass

    async with http_app(failing_once) as slack:
        ts = slack.post(ANA, GENERAL, "look")
        slack.react(ANA, GENERAL, ts, "octagonal_sign")

        await slack.wait_for(lambda s: len(seen) == 2)

    assert seen == [(None, None), (["1"], ["http_error"])]


async def test_an_event_nobody_takes_is_lost_after_three_repetitions() -> None:
    """Slack tries four times and gives up."""

    def deaf(app: AsyncApp) -> None:
        """Listens to nothing: Bolt answers 404."""

    async with http_app(deaf) as slack:
        slack.set(retry_pace=10_000)
        slack.post(ANA, GENERAL, "anybody?")

        await slack.idle()

        (entry,) = slack.deliveries()
        assert (entry.attempts, entry.outcome, entry.status) == (4, "lost", 404)


@ways_in
async def test_a_duplicate_storm_sends_the_same_event_again_and_again(served: Any) -> None:
    """Copies carry the same event id, so that an app can tell."""
    ids: list[str] = []

    def counting(app: AsyncApp) -> None:
        @app.event("message")
        async def message(body: Json) -> None:
            ids.append(body["event_id"])

    async with served(counting) as slack:
        slack.set(duplicate_deliveries=4)
        slack.post(ANA, GENERAL, "hello")

        await slack.wait_for(lambda s: len(ids) == 5)

    assert len(set(ids)) == 1


async def test_a_duplicated_command_keeps_its_trigger() -> None:
    """A command that comes several times carries one trigger id."""
    triggers: list[str] = []

    def counting(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack: Any, body: Json) -> None:
            triggers.append(body["trigger_id"])
            await ack()

    async with http_app(counting) as slack:
        slack.set(duplicate_deliveries=2)
        assert (await slack.command(ANA, GENERAL, "/video", "x")).ok
        await slack.wait_for(lambda s: len(triggers) == 3)

    assert len(set(triggers)) == 1


async def test_events_can_arrive_out_of_order_or_not_at_all() -> None:
    """Order is not promised: reordered events come last first, dropped ones never."""
    texts: list[str] = []

    def noting(app: AsyncApp) -> None:
        @app.event("message")
        async def message(event: Json) -> None:
            texts.append(event["text"])

    async with socket_app(noting) as slack:
        slack.set(reorder=True, drop_next=1)
        for text in ("dropped", "one", "two"):
            slack.post(ANA, GENERAL, text)

        await slack.wait_for(lambda s: len(texts) == 2)

    assert texts == ["two", "one"]


async def test_one_event_can_be_late_and_another_never_come() -> None:
    """Ordered for the next events, one by one; those after them come as always."""
    texts: list[str] = []

    def noting(app: AsyncApp) -> None:
        @app.event("message")
        async def message(event: Json) -> None:
            texts.append(event["text"])

    async with http_app(noting) as slack:
        slack.next("event", "late", hold_seconds=0.3)
        slack.next("event", "drop", times=2)
        for text in ("late", "dropped", "dropped too", "prompt"):
            slack.post(ANA, GENERAL, text)

        await slack.wait_for(lambda s: len(texts) == 2)
        await slack.idle()

        outcomes = [entry.outcome for entry in slack.deliveries("events_api")]

    assert texts == ["prompt", "late"]
    assert outcomes == ["acked", "dropped", "dropped", "acked"]


async def test_events_and_calls_have_troubles_of_their_own() -> None:
    """A call cannot be dropped, nor an event be refused."""
    async with LocalSlack() as slack:
        with pytest.raises(CannotDo):
            slack.next("chat.postMessage", "drop")
        with pytest.raises(CannotDo):
            slack.next("event", "429")


@ways_in
async def test_a_command_without_answer_times_out_and_is_not_repeated(served: Any) -> None:
    """After its seconds are over the person reads operation_timeout; Slack does not send commands again."""
    asked: list[int] = []

    def sleepy(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack: Any) -> None:
            asked.append(1)
            await asyncio.sleep(0.6)
            await ack()

    async with served(sleepy) as slack:
        slack.set(ack_seconds=0.3)
        ack = await slack.command(ANA, GENERAL, "/video", "x")

        assert (ack.status, ack.error) == (0, "operation_timeout")
        assert asked == [1]


async def test_envelopes_go_to_the_connections_in_turn() -> None:
    """Two connections share the events, each event going to one of them."""
    heard: dict[str, int] = {"one": 0, "two": 0}

    def counting(name: str) -> Any:
        def register(app: AsyncApp) -> None:
            @app.event("message")
            async def message() -> None:
                heard[name] += 1

        return register

    async with socket_app(counting("one")) as slack, connected(slack, counting("two")):
        for number in range(6):
            slack.post(ANA, GENERAL, f"message {number}")

        await slack.wait_for(lambda s: sum(heard.values()) == 6)

    assert heard == {"one": 3, "two": 3}


async def test_a_refreshed_connection_loses_no_event() -> None:
    """After Slack's disconnect the SDK connects anew, and what was posted meanwhile arrives."""
    texts: list[str] = []

    def noting(app: AsyncApp) -> None:
        @app.event("message")
        async def message(event: Json) -> None:
            texts.append(event["text"])

    async with socket_app(noting) as slack:
        await slack.disconnect("refresh_requested")
        slack.post(ANA, GENERAL, "in between")

        await slack.wait_for(lambda s: texts == ["in between"] and s.connections == 1)


async def test_a_socket_address_opens_one_connection() -> None:
    """A WebSocket address is spent once it was used."""
    async with socket_app(echoing) as slack:
        url = (await client_of(slack).apps_connections_open(app_token="xapp-local"))["url"]
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url) as socket:
                assert (await socket.receive_json())["type"] == "hello"
            async with session.get(url.replace("ws", "http", 1)) as refused:
                assert refused.status == 403


async def test_the_request_url_is_verified_with_a_signed_challenge() -> None:
    """A Bolt app echoes the challenge; a request signed with another secret is refused."""
    async with http_app(echoing) as slack:
        assert slack.http is not None
        assert await slack.http.verify_request_url()

        slack.http._signing_secret = "forged"
        assert not await slack.http.verify_request_url()


def request_url(slack: LocalSlack) -> str | None:
    return slack.http.request_url if slack.http else None


async def test_the_way_of_delivery_changes_while_it_runs() -> None:
    """What is posted after a change goes the new way; what nobody took the old way is repeated the new way."""
    texts: list[str] = []

    def noting(app: AsyncApp) -> None:
        @app.event("message")
        async def message(event: dict[str, Any]) -> None:
            texts.append(event["text"])

    async with http_app(noting) as slack:
        address = request_url(slack)
        slack.set(ack_seconds=0.05)
        await slack.deliver()
        slack.post(ANA, GENERAL, "nobody is connected")
        await slack.wait_for(lambda s: s.deliveries()[-1].trace)
        await slack.deliver(address)
        await slack.wait_for(lambda s: texts == ["nobody is connected"])

        slack.set(ack_seconds=3.0)
        await slack.deliver()
        async with connected(slack, noting):
            slack.post(ANA, GENERAL, "by socket")
            await slack.wait_for(lambda s: texts[1:] == ["by socket"])
            assert request_url(slack) is None
        assert [entry.outcome for entry in slack.deliveries()] == ["acked", "acked"]


async def test_only_an_http_address_can_be_delivered_to() -> None:
    """Anything else is refused, and delivery stays as it was."""
    async with LocalSlack() as slack:
        with pytest.raises(CannotDo, match="no http address"):
            await slack.deliver("ftp://127.0.0.1")
        assert request_url(slack) is None
