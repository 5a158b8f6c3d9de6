"""What the local HeyGen does on the wire: keys, envelopes, strict bodies, limits, idempotency, faults."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.playground.local_heygen.server import LocalHeyGen
from tests.doubles.local_heygen_caller import Caller, calling

ENDPOINT = "/v3/webhooks/endpoints"


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with LocalHeyGen(speed=100, media=False) as heygen, calling(heygen) as caller:
        yield caller


@pytest.mark.parametrize("headers", [{"X-Api-Key": "wrong"}, {"X-Api-Key": "", "Authorization": "Bearer wrong"}])
async def test_a_wrong_key_is_unauthorized(caller: Caller, headers: dict[str, str]) -> None:
    """Missing and wrong credentials answer the same 401, and do nothing."""
    refused = await caller.post("/v3/video-agents", {"prompt": "x"}, headers=headers)
    assert refused.error == (401, "unauthorized")
    assert caller.heygen.sessions == {}


async def test_a_bearer_token_is_as_good_as_a_key(caller: Caller) -> None:
    """Either header lets a caller in."""
    headers = {"X-Api-Key": "", "Authorization": "Bearer local-heygen-key"}
    assert (await caller.get("/v3/users/me", headers=headers)).data["wallet"]["remaining_balance"] == 100


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 10_001}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": "x", "auto_proceed": True}, "auto_proceed"),
        ({"prompt": "x", "mode": None}, "mode"),
        ({"prompt": "x", "mode": "video"}, "mode"),
        ({"prompt": "x", "orientation": "square"}, "orientation"),
        ({"prompt": "x", "incognito_mode": "yes"}, "incognito_mode"),
        ({"prompt": "x", "files": [{"type": "asset_id", "asset_id": "a", "name": "b"}]}, "files"),
        ({"prompt": "x", "files": [{"type": "base64", "media_type": "text/html", "data": ""}]}, "files"),
        ({"prompt": "x", "files": [{"type": "asset_id", "asset_id": "a"}] * 21}, "files"),
        ({"prompt": "x", "callback_url": "http://example.com/hook"}, "callback_url"),
    ],
)
async def test_bodies_are_strict(caller: Caller, body: dict[str, Any], param: str) -> None:
    """A field that is unknown, missing, too long or of the wrong type is refused by its name."""
    refused = await caller.post("/v3/video-agents", body)
    assert (refused.error, refused.body["error"]["param"]) == ((400, "invalid_parameter"), param)


async def test_unknown_fields_are_called_extra_inputs(caller: Caller) -> None:
    """The words are HeyGen's, for they are what a developer sees."""
    refused = await caller.post("/v3/video-agents", {"prompt": "x", "visibility": "public"})
    assert "Extra inputs are not permitted" in refused.body["error"]["message"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"avatar_id": "nobody"}, (404, "avatar_not_found")),
        ({"voice_id": "nobody"}, (404, "voice_not_found")),
        ({"style_id": "nothing"}, (404, "resource_not_found")),
        ({"files": [{"type": "asset_id", "asset_id": "none"}]}, (404, "asset_not_found")),
        ({"files": [{"type": "url", "url": "https://files.slack.com/x.png"}]}, (400, "download_failed")),
    ],
)
async def test_unknown_things_are_not_found(caller: Caller, asked: dict[str, Any], error: tuple[int, str]) -> None:
    """Ids that do not exist, and files that cannot be fetched, are refused before anything is made."""
    assert (await caller.post("/v3/video-agents", {"prompt": "x", **asked})).error == error
    assert caller.heygen.sessions == {}


@pytest.mark.parametrize("raw", [b"", b"{", b"[]"])
async def test_garbage_is_refused(caller: Caller, raw: bytes) -> None:
    """A body that is no JSON object is a 400 in the envelope."""
    headers = {"Content-Type": "application/json"}
    assert (await caller.post("/v3/video-agents", data=raw, headers=headers)).error == (400, "invalid_parameter")


async def test_unknown_paths_are_not_found(caller: Caller) -> None:
    """A path or method HeyGen does not have answers 404 in the envelope."""
    assert (await caller.get("/v3/video-agents/sessions/x/messages")).error == (404, "not_found")
    assert (await caller.call("PUT", "/v3/video-agents", {})).error == (404, "not_found")


async def test_the_ceiling_refuses_one_job_more(caller: Caller) -> None:
    """At the ceiling a create and a revision get 429 with Retry-After; a job that ends makes room."""
    finished = await caller.create()
    await caller.until(finished, "completed")
    caller.heygen.set(concurrency=1)
    caller.heygen.plan_next(stuck=True)
    busy = await caller.create()
    refused = await caller.post("/v3/video-agents", {"prompt": "x"})
    assert refused.error == (429, "rate_limit_exceeded")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (await caller.say(finished, "Again")).error == (429, "rate_limit_exceeded")
    await caller.post(f"/v3/video-agents/{busy}/stop", {})
    await caller.until(busy, "completed")
    assert (await caller.say(finished, "Again")).status == 200


async def test_an_empty_wallet_pays_for_nothing(caller: Caller) -> None:
    """Without money creates, revisions and speech are 402; reading goes on."""
    session_id = await caller.create()
    await caller.until(session_id, "completed")
    caller.heygen.set(wallet=0)
    voice_id = (await caller.get("/v3/voices")).data[0]["voice_id"]
    refused = [
        await caller.post("/v3/video-agents", {"prompt": "x"}),
        await caller.say(session_id, "Again"),
        await caller.post("/v3/voices/speech", {"text": "Hello", "voice_id": voice_id}),
    ]
    assert [one.error for one in refused] == [(402, "insufficient_credit")] * 3
    assert (await caller.get("/v3/users/me")).data["wallet"]["remaining_balance"] == 0


async def test_finished_seconds_are_charged(caller: Caller) -> None:
    """A video costs its seconds, and nothing before it is finished."""
    session_id = await caller.create()
    assert caller.heygen.settings.wallet == 100
    seconds = (await caller.finished_video(session_id))["duration"]
    assert caller.heygen.settings.wallet == pytest.approx(100 - 0.0333 * seconds)


async def test_an_idempotency_key_replays_the_answer(caller: Caller) -> None:
    """The same key on the same path answers the same, even for another body, and does nothing twice."""
    headers = {"Idempotency-Key": "one"}
    first = await caller.post(ENDPOINT, {"url": "https://example.com/a"}, headers=headers)
    again = await caller.post(ENDPOINT, {"url": "https://example.com/b"}, headers=headers)
    assert first.data == again.data
    assert len((await caller.get(ENDPOINT)).data) == 1
    assert caller.heygen.calls[1].replayed


async def test_a_failure_is_not_replayed(caller: Caller) -> None:
    """A key whose first call failed may be used again."""
    headers = {"Idempotency-Key": "one"}
    assert (await caller.post(ENDPOINT, {"url": "http://example.com/"}, headers=headers)).status == 400
    assert (await caller.post(ENDPOINT, {"url": "https://example.com/"}, headers=headers)).status == 200


async def test_a_malformed_key_is_refused(caller: Caller) -> None:
    """Keys have their own alphabet."""
    refused = await caller.post(ENDPOINT, {"url": "https://example.com/"}, headers={"Idempotency-Key": "a b"})
    assert refused.error == (400, "invalid_parameter")


async def test_sessions_messages_and_speech_know_no_idempotency(caller: Caller) -> None:
    """A key on a create protects from nothing: two calls are two sessions."""
    for _ in range(2):
        await caller.post("/v3/video-agents", {"prompt": "x"}, headers={"Idempotency-Key": "one"})
    assert len(caller.heygen.sessions) == 2


async def test_a_status_by_order(caller: Caller) -> None:
    """An ordered status comes once for its operation, with its code and Retry-After, and does nothing."""
    caller.heygen.fail_next("create", "status", status=429, retry_after=3)
    assert (await caller.get("/v3/video-agents")).status == 200
    refused = await caller.post("/v3/video-agents", {"prompt": "x"})
    assert (refused.error, refused.headers["Retry-After"]) == ((429, "rate_limit_exceeded"), "3")
    assert caller.heygen.sessions == {}
    assert (await caller.post("/v3/video-agents", {"prompt": "x"})).status == 200


async def test_a_fault_may_hold_for_several_calls(caller: Caller) -> None:
    """`times` says how often, and "any" means every operation."""
    caller.heygen.fail_next("any", "status", status=503, times=2)
    statuses = [(await caller.get("/v3/users/me")).status for _ in range(3)]
    assert statuses == [503, 503, 200]


@pytest.mark.parametrize(
    ("deed", "made"),
    [
        ("disconnect_after_commit", 1),
        ("disconnect_before_commit", 0),
        ("timeout_after_commit", 1),
        ("timeout_before_commit", 0),
    ],
)
async def test_a_lost_answer(caller: Caller, deed: str, made: int) -> None:
    """The caller sees the connection end; whether the session exists depends on when it was lost."""
    caller.heygen.fail_next("create", deed, hold_seconds=0.05)
    with pytest.raises(aiohttp.ClientError):
        await caller.create()
    assert len(caller.heygen.sessions) == made
    assert (caller.heygen.calls[0].status, caller.heygen.calls[0].fault) == (None, deed)


async def test_a_held_call_ends_with_its_caller(caller: Caller) -> None:
    """A call that is never answered is let go when the caller gives up, and does not keep the server from closing."""
    caller.heygen.fail_next("create", "timeout_after_commit")
    with pytest.raises(TimeoutError):
        await caller.post("/v3/video-agents", {"prompt": "x"}, timeout=aiohttp.ClientTimeout(total=0.1))
    assert len(caller.heygen.sessions) == 1


async def test_a_held_call_does_not_hold_up_closing() -> None:
    """Closing drops callers who are kept waiting."""
    async with LocalHeyGen(media=False) as heygen, calling(heygen) as caller:
        heygen.fail_next("account", "timeout_before_commit")
        waiting = asyncio.create_task(caller.get("/v3/users/me"))
        await heygen.wait_for(lambda heygen: heygen.calls)
        await heygen.close()
        with pytest.raises(aiohttp.ClientError):
            await waiting


@pytest.mark.parametrize(
    ("deed", "status", "content_type", "raw"),
    [
        ("html", 502, "text/html", b"<html>"),
        ("empty", 200, "", b""),
        ("ok_with_error", 200, "application/json", b'{"data": null, "error": {"code": "internal_error"'),
    ],
)
async def test_odd_answers(caller: Caller, deed: str, status: int, content_type: str, raw: bytes) -> None:
    """An edge's HTML, an empty 200 and a 200 with an error come by order."""
    caller.heygen.fail_next("account", deed)
    answer = await caller.get("/v3/users/me")
    assert (answer.status, answer.headers.get("Content-Type", "").partition(";")[0]) == (status, content_type)
    assert answer.raw.startswith(raw)


async def test_an_odd_answer_may_hide_an_effect(caller: Caller) -> None:
    """With `commit` the effect happens behind the odd answer."""
    caller.heygen.fail_next("create", "html", commit=True)
    assert (await caller.post("/v3/video-agents", {"prompt": "x"})).status == 502
    assert len(caller.heygen.sessions) == 1


async def test_a_status_nobody_knows(caller: Caller) -> None:
    """A session can show a word that is in no documentation."""
    session_id = await caller.create()
    caller.heygen.fail_next("session", "unknown_status", word="dreaming")
    assert (await caller.session(session_id))["status"] == "dreaming"
    assert (await caller.session(session_id))["status"] != "dreaming"


@pytest.mark.parametrize(
    ("query", "param"), [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("token=x", "token")]
)
async def test_paging_is_checked(caller: Caller, query: str, param: str) -> None:
    """A limit out of bounds, or a token of somebody else, is refused by name."""
    refused = await caller.get(f"/v3/voices?{query}")
    assert (refused.error, refused.body["error"]["param"]) == ((400, "invalid_parameter"), param)


async def test_calls_are_noted_without_secrets(caller: Caller) -> None:
    """The journal shows bodies and answers of each call, but no key and no secret."""
    await caller.post(ENDPOINT, {"url": "https://example.com/"}, headers={"Idempotency-Key": "k"})
    call = caller.heygen.calls[0]
    assert (call.op, call.status, call.idempotency_key, call.body) == (
        "webhooks", 200, "k", {"url": "https://example.com/"},
    )  # fmt: skip
    assert call.response["data"]["secret"] == "(secret)"
    assert "local-heygen-key" not in repr(call)


async def test_slowness_by_order(caller: Caller) -> None:
    """Every API call can be made slow."""
    caller.heygen.set(slow=0.2)
    with pytest.raises(TimeoutError):
        await caller.get("/v3/users/me", timeout=aiohttp.ClientTimeout(total=0.1))


async def test_it_runs_as_a_process_of_its_own() -> None:
    """The command prints where it listens, answers there, and ends cleanly when told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.playground.local_heygen", "--no-media", "--speed", "20",
        cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(20):
        url = (await process.stdout.readline()).decode().split()[-1]
        async with aiohttp.ClientSession() as http, http.get(f"{url}/control/state") as answer:
            assert (await answer.json())["settings"]["speed"] == 20
        process.terminate()
        assert await process.wait() == 0
