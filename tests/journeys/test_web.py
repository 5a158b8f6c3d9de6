"""The HTTP port, and a HeyGen that misbehaves: what is refused, what is forgiven, and that polling makes it certain."""

import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.config import load_settings
from storage.records import JobState
from tests.journeys.world import (
    ADMIN,
    ANA,
    BOT,
    GENERAL,
    SIGNING_SECRET,
    WEBHOOK_SECRET,
    World,
    doubles,
    in_process,
    ours,
    settings_for,
    shown,
    world,
)
from tests.ports import free_port

RARELY = "60"  # seconds between looks where only a webhook or a callback can be what made a job move
FORM = "application/x-www-form-urlencoded"


@asynccontextmanager
async def public_world(folder: Path, *, webhooks: bool, **more: str) -> AsyncIterator[World]:
    """A program that HeyGen can reach at PUBLIC_URL."""
    port = free_port()
    async with doubles(folder, port, http=False, webhooks=webhooks, media=False) as (slack, heygen):
        more = {"PUBLIC_URL": f"http://127.0.0.1:{port}", **more}
        environment = settings_for(folder, slack, heygen, port, http=False, webhooks=webhooks, **more)
        made = World(slack, heygen, load_settings(None, environment))
        async with in_process(made):
            yield made


def base(made: World) -> str:
    return f"http://127.0.0.1:{made.port}"


async def post(made: World, path: str, body: bytes | str | io.BytesIO, headers: dict[str, str] | None = None) -> int:
    """The status that the program answers with."""
    async with aiohttp.ClientSession() as http, http.post(base(made) + path, data=body, headers=headers) as answer:
        await answer.read()
        return answer.status


async def slack_post(made: World, body: bytes, kind: str, **changed: str) -> tuple[int, Any]:
    """Sends what Slack would send, signed, with some headers changed; the status and the body of the answer."""
    assert made.slack.http is not None
    headers = {"Content-Type": kind, **made.slack.http.signature(body), **changed}
    url = f"{base(made)}/slack/events"
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as answer:
        return answer.status, await answer.text()


def command_body(text: str, *, trigger: str = "T.1") -> bytes:
    """A /video as Slack posts it."""
    fields = {
        "team_id": "T0LOCAL", "channel_id": GENERAL, "channel_name": "general", "user_id": ANA, "user_name": "ana",
        "command": "/video", "text": text, "trigger_id": trigger, "api_app_id": "A0LOCAL",
    }  # fmt: skip
    return urlencode(fields).encode()


def message_body(**event: Any) -> bytes:
    """A message event as Slack posts it."""
    inner = {"type": "message", "channel": GENERAL, "channel_type": "channel", "ts": "1700000000.000100", **event}
    outer = {"type": "event_callback", "team_id": "T0LOCAL", "event_id": f"Ev{time.time_ns()}", "event": inner}
    return json.dumps(outer).encode()


async def alive(made: World) -> bool:
    async with aiohttp.ClientSession() as http, http.get(f"{base(made)}/readyz") as answer:
        return answer.status == 200


def results(made: World) -> list[dict[str, Any]]:
    """Every message that brings a video file."""
    return [
        one
        for root in ours(made.slack.messages(GENERAL))
        for one in made.slack.thread(GENERAL, root["ts"])
        if one.get("files")
    ]


def two(messages: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The messages once there are two."""
    return messages if len(messages) == 2 else None


# HeyGen's webhooks


async def test_only_heygens_own_webhooks_are_taken(tmp_path: Path) -> None:
    """Forged, unsigned, stale and garbled deliveries are refused, move nothing and stop nothing."""
    async with world(tmp_path, webhooks=True) as made:
        event = {"session_id": "sess", "video_id": "vid"}
        send = made.heygen.send_webhook
        assert await send("video_agent.success", event) == 200
        assert await send("video_agent.success", event, sign="forged") == 401
        assert await send("video_agent.success", event, sign="none") == 401
        assert await send("video_agent.success", event, seconds_ago=3_600) == 401
        assert await send("something.new", {"a": 1}) == 200
        for raw in ("", "not JSON", "[]", '"text"', "[" * 100_000):
            assert 400 <= await send(raw=raw) < 500
        assert await alive(made)
        assert await made.jobs() == []


async def test_a_stamp_that_is_no_number_is_refused(tmp_path: Path) -> None:
    """A rightly signed body with a timestamp of words gets 401."""
    async with world(tmp_path, webhooks=True) as made:
        raw = b'{"event_type": "video_agent.success", "event_data": {}}'
        digest = hmac.new(WEBHOOK_SECRET.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"Heygen-Signature": digest, "Heygen-Timestamp": "yesterday"}
        assert await post(made, "/heygen/webhooks", raw, headers) == 401


async def test_a_body_of_eleven_megabytes_is_refused(tmp_path: Path) -> None:
    """Wherever it is sent it gets 413, or the connection is cut, and the program goes on."""
    stamped = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=0"}
    async with world(tmp_path, http=True, webhooks=True) as made:
        for path in ("/heygen/webhooks", "/heygen/callbacks/guess", "/slack/events"):
            try:
                status = await post(made, path, io.BytesIO(b"x" * 11_000_000), stamped)
            except aiohttp.ClientError:
                status = 413  # cut while we were still sending
            assert status == 413, path
        assert await alive(made)


async def test_heygen_may_try_the_address(tmp_path: Path) -> None:
    """Whatever HeyGen tries an address with before it registers it, it gets 200."""
    async with world(tmp_path, webhooks=True) as made, aiohttp.ClientSession() as http:
        for path in ("/heygen/webhooks", "/heygen/callbacks/any"):
            for method in ("OPTIONS", "GET", "HEAD"):
                async with http.request(method, base(made) + path) as answer:
                    assert answer.status == 200, (method, path)


@pytest.mark.parametrize("style", ["documented", "observed"])
async def test_a_webhook_brings_the_video(tmp_path: Path, style: str) -> None:
    """In both styles of signature a webhook makes the job due; looks alone would come far too late."""
    async with world(tmp_path, webhooks=True, HEYGEN_POLL_SECONDS=RARELY) as made:
        made.heygen.set(signature_style=style)
        await made.video("A film")
        await made.card_shows(await made.card(), "done")
        assert {delivery.status for delivery in made.heygen.deliveries} == {200}
        assert len(results(made)) == 1


@pytest.mark.parametrize("mode", ["drop", "double", "reorder", "late", "forge"])
@pytest.mark.slow
async def test_webhooks_that_misbehave_do_no_harm(tmp_path: Path, mode: str) -> None:
    """Dropped, doubled, reordered, late or forged: polling finishes every job, and each has one outcome."""
    async with world(tmp_path, webhooks=True) as made:
        made.heygen.set(webhooks={"mode": mode, "delay": 20.0})
        await made.video("First film")
        await made.video("Second film")
        for card in await made.slack.wait_for(lambda slack: two(ours(slack.messages(GENERAL)))):
            await made.card_shows(card, "done", timeout=20)
        await made.settled()
        assert len(results(made)) == 2
        assert made.creates() == 2
        if mode == "forge":
            assert {delivery.status for delivery in made.heygen.deliveries} == {401}


async def test_a_webhook_that_lies_moves_nothing(tmp_path: Path) -> None:
    """A signed event that says success while HeyGen still renders only makes the program look."""
    async with world(tmp_path, webhooks=True, HEYGEN_POLL_SECONDS=RARELY) as made:
        made.heygen.plan_next(stuck="generating")
        await made.video("A film")
        card = await made.card()
        [session_id] = await made.until(lambda made: list(made.heygen.sessions))
        event = {"session_id": session_id, "video_id": "invented"}
        assert await made.heygen.send_webhook("video_agent.success", event) == 200
        await made.heygen.wait_for(lambda heygen: any(call.op == "session" for call in heygen.calls))
        await made.settled()
        [job] = await made.jobs()
        assert job.state is JobState.GENERATING
        assert "Done" not in await made.card_shows(card, "A film")


# Callbacks


async def test_without_a_secret_jobs_carry_a_callback_url(tmp_path: Path) -> None:
    """PUBLIC_URL without a webhook secret: an unguessable address, which is what brings the video."""
    async with public_world(tmp_path, webhooks=False, HEYGEN_POLL_SECONDS=RARELY) as made:
        await made.video("A film")
        await made.card_shows(await made.card(), "done")
        [call] = [call for call in made.heygen.calls if call.op == "create"]
        address, _, token = call.body["callback_url"].rpartition("/")
        assert address == f"{base(made)}/heygen/callbacks"
        assert len(token) >= 16
        assert [delivery.url for delivery in made.heygen.deliveries] == [call.body["callback_url"]]
        told = json.dumps([one.arguments for one in made.slack.calls()])
        assert token not in told


async def test_with_a_secret_jobs_carry_only_a_callback_id(tmp_path: Path) -> None:
    """A webhook secret and a public address: never a callback URL besides."""
    async with public_world(tmp_path, webhooks=True) as made:
        await made.video("A film")
        await made.card_shows(await made.card(), "done")
        [call] = [call for call in made.heygen.calls if call.op == "create"]
        assert "callback_url" not in call.body
        assert call.body["callback_id"]


async def test_a_guessed_callback_moves_nothing(tmp_path: Path) -> None:
    """A callback to an address nobody gave out is answered like any other and leads nowhere."""
    async with public_world(tmp_path, webhooks=False, HEYGEN_POLL_SECONDS=RARELY) as made:
        made.heygen.plan_next(stuck=True)
        await made.video("A film")
        await made.until(lambda made: made.creates() == 1)
        await made.settled()
        made.heygen.forget_calls()
        for raw in ("{}", "garbage"):
            assert await post(made, "/heygen/callbacks/0123456789abcdef", raw) == 200
        await made.settled()
        assert [call.op for call in made.heygen.calls] == []


# Slack's deliveries over HTTP


async def test_only_slacks_own_requests_are_taken(tmp_path: Path) -> None:
    """A wrong signature, a stale or senseless timestamp, or none: 401, and nothing is stored."""
    async with world(tmp_path, http=True) as made:
        body = command_body("A film")
        bad: list[dict[str, str]] = [
            {"X-Slack-Signature": "v0=" + "0" * 64},
            {"X-Slack-Signature": ""},
            {"X-Slack-Request-Timestamp": "yesterday"},
            {"X-Slack-Request-Timestamp": ""},
            {"X-Slack-Request-Timestamp": "١٧٠٠٠٠٠٠٠٠"},
            {"X-Slack-Request-Timestamp": "²"},
            {"X-Slack-Request-Timestamp": str(int(time.time()) - 3_600)},
        ]
        for headers in bad:
            status, _ = await slack_post(made, body, FORM, **headers)
            assert status == 401, headers
        stale = str(int(time.time()) - 3_600)
        signed = hmac.new(SIGNING_SECRET.encode(), f"v0:{stale}:".encode() + body, hashlib.sha256).hexdigest()
        status, _ = await slack_post(
            made, body, FORM, **{"X-Slack-Request-Timestamp": stale, "X-Slack-Signature": f"v0={signed}"}
        )
        assert status == 401
        assert await made.jobs() == []
        assert await alive(made)


GARBAGE = (
    ("application/json", b"{not json"),
    ("application/json", b"[]"),
    ("application/json", b"null"),
    ("application/json", b'{"authorizations": 5}'),
    ("application/json", b"[" * 100_000),
    (FORM, b"payload=%7Bbroken"),
    (FORM, b"payload=[]"),
    (FORM, b"\xff\xfe\x00"),
    ("text/plain", b""),
)


async def test_garbage_is_no_crash(tmp_path: Path) -> None:
    """Whatever stands in a body, well signed or not, the answer is in the hundreds of four and the program goes on."""
    async with world(tmp_path, http=True) as made:
        for kind, body in GARBAGE:
            for headers in ({}, {"X-Slack-Signature": "v0=0"}):
                status, _ = await slack_post(made, body, kind, **headers)
                assert 400 <= status < 500, (kind, body[:30], headers)
        assert await alive(made)
        assert await made.jobs() == []


async def test_the_word_payload_in_a_command(tmp_path: Path) -> None:
    """Bolt takes a form with that word for a click; here it is a wish like any other."""
    texts = ("A film about our payload", "payload=%7B%7D", "payload={}", "payload")
    async with world(tmp_path, http=True) as made:
        for text in texts:
            await made.video(text)
        await made.until(lambda made: made.creates() == len(texts))
        assert {call.body["prompt"] for call in made.heygen.calls if call.op == "create"} == set(texts)


@pytest.mark.slow
async def test_the_words_of_other_bots_are_ignored(tmp_path: Path) -> None:
    """A message with a bot's id, in a thread of ours, in any disguise, is no revision; a person's is."""
    async with world(tmp_path, http=True) as made:
        await made.video("A film")
        card = await made.card()
        await made.card_shows(card, "done")
        root = {"thread_ts": card["ts"], "text": f"<@{BOT}> make it longer"}
        disguises: list[dict[str, Any]] = [
            {"bot_id": "B0ELSE", "user": "U0ELSE"},
            {"bot_id": "B0ELSE", "subtype": "bot_message"},
            {"subtype": "message_changed", "message": {"user": ANA, "text": "x"}, "user": ANA},
            {"subtype": "channel_join", "user": ANA},
            {"user": BOT},
        ]
        for number, disguise in enumerate(disguises):
            body = message_body(**{**root, "ts": f"1700000000.00020{number}", **disguise})
            status, _ = await slack_post(made, body, "application/json")
            assert status == 200
        await made.settled(quiet=0.5)
        assert len(await made.jobs()) == 1
        made.slack.post(ANA, GENERAL, "make it longer", thread_ts=card["ts"])
        await made.until(lambda made: len(results(made)) == 2)


# A HeyGen that misbehaves


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "html"},
        {"do": "html", "status": 200},
        {"do": "empty"},
        {"do": "ok_with_error"},
        {"do": "unknown_status"},
        {"do": "status", "status": 429, "retry_after": 1},
        {"do": "status", "status": 500},
        {"do": "disconnect_before_commit"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
async def test_a_look_that_shows_nothing_is_made_again(tmp_path: Path, fault: dict[str, Any]) -> None:
    """HTML, nothing, an error in a 200, a status nobody knows: the job goes on, and nothing is lost or made twice."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("session", **fault)
        made.heygen.fail_next("video", **fault)
        await made.video("A film")
        card = await made.card()
        await made.card_shows(card, "done", timeout=20)
        assert made.creates() == 1
        assert len(results(made)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "html", "commit": True},
        {"do": "empty", "commit": True},
        {"do": "ok_with_error", "commit": True},
        {"do": "status", "status": 500},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
async def test_a_create_with_a_senseless_answer_is_not_sent_again(tmp_path: Path, fault: dict[str, Any]) -> None:
    """The session is looked for; it is never made a second time unasked."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", **fault)
        await made.video("A film")
        card = await made.card()
        if fault.get("commit"):
            await made.card_shows(card, "done", timeout=20)
            assert len(results(made)) == 1
        else:
            await made.card_shows(card, "Checking whether HeyGen got it")
        assert made.creates() == 1


async def test_a_create_with_an_unknown_status_goes_on(tmp_path: Path) -> None:
    """A word nobody knows in place of the status does no harm."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "unknown_status")
        made.heygen.fail_next("session", "unknown_status", times=3)
        await made.video("A film")
        await made.card_shows(await made.card(), "done")
        assert made.creates() == 1


async def test_a_ceiling_is_waited_out(tmp_path: Path) -> None:
    """429 with Retry-After: nothing was begun, so it is tried again after that time and not before."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "status", status=429, retry_after=1)
        await made.video("A film")
        await made.card_shows(await made.card(), "done")
        first, second = [call.at for call in made.heygen.calls if call.op == "create"]
        assert second - first >= 1.0
        assert len(results(made)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("status", "words"), [(402, "out of credit"), (401, "no longer accepts our key")])
async def test_account_trouble_pauses_the_queue(tmp_path: Path, status: int, words: str) -> None:
    """The card says why it waits, the admins are told once, and all goes on by itself."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("create", "status", status=status, times=2)
        await made.video("A film")
        await made.video("Another film")
        cards = await made.slack.wait_for(lambda slack: two(ours(slack.messages(GENERAL))))
        dm = made.slack.dm(ADMIN)
        await made.slack.wait_for(lambda slack: slack.messages(dm))
        assert words in shown(made.slack.messages(dm)[0])
        await made.card_shows(cards[0], words)
        for card in cards:
            await made.card_shows(card, "done", timeout=20)
        await made.settled()
        assert len(made.slack.messages(dm)) == 1
        assert len(results(made)) == 2
