"""The client over a real local server and through httpx's own test transport."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from bot.heygen.client import HeyGenClient
from bot.heygen.errors import (
    AccountTrouble,
    AnswerLost,
    BadRequest,
    Conflict,
    Declined,
    HeyGenError,
    KeyRejected,
    NotFound,
    NotReady,
    OutOfCredit,
    RateLimited,
    ServerTrouble,
    Unreachable,
    error_of,
)

KEY = "sk-very-secret-key"
Answer = Callable[[httpx.Request], httpx.Response]


class Slept:
    """Remembers how long the client wanted to sleep."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def client_for(answer: Answer, slept: Slept | None = None) -> HeyGenClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return HeyGenClient(
        http, api_key=KEY, base_url="https://heygen.test", clock=lambda: 0.0, random=lambda: 0.5, sleep=slept or Slept()
    )


def refuse(status: int, code: str = "", **more: object) -> Answer:
    return lambda _request: httpx.Response(status, json={"error": {"code": code, "message": "words"} | more})


def answering(body: object) -> Answer:
    """An answer of this body, half characters included."""
    return lambda _request: httpx.Response(200, content=json.dumps(body).encode())


CODES = [
    (401, "unauthorized", KeyRejected),
    (401, "authentication_failed", KeyRejected),
    (402, "insufficient_credit", OutOfCredit),
    (402, "trial_limit_exceeded", AccountTrouble),
    (403, "plan_upgrade_required", AccountTrouble),
    (403, "forbidden", AccountTrouble),
    (403, "resource_access_denied", NotFound),
    (403, "ai_vendor_access_restricted", AccountTrouble),
    (403, "voice_not_usable", Declined),
    (400, "invalid_parameter", BadRequest),
    (400, "INVALID_PARAMETER", BadRequest),
    (400, "download_failed", BadRequest),
    (400, "script_too_short", BadRequest),
    (400, "tts_text_invalid", BadRequest),
    (400, "content_policy_violation", Declined),
    (400, "avatar_consent_required", Declined),
    (400, "resource_limit_reached", AccountTrouble),
    (413, "payload_too_large", BadRequest),
    (404, "not_found", NotFound),
    (404, "AVATAR_NOT_FOUND", NotFound),
    (404, "voice_not_found", NotFound),
    (409, "conflict", Conflict),
    (409, "request_in_progress", NotReady),
    (409, "resource_not_ready", NotReady),
    (429, "rate_limit_exceeded", RateLimited),
    (429, "quota_exceeded", AccountTrouble),
    (500, "internal_error", ServerTrouble),
    (504, "gateway_timeout", ServerTrouble),
    (418, "never_heard_of_it", BadRequest),
    (404, "", NotFound),
    (400, "error", BadRequest),
    (503, "", ServerTrouble),
    (200, "insufficient_credit", OutOfCredit),
]


@pytest.mark.parametrize(("status", "code", "kind"), CODES, ids=[f"{status} {code}" for status, code, _ in CODES])
async def test_an_error_is_sorted_by_what_the_caller_can_do(status: int, code: str, kind: type[HeyGenError]) -> None:
    """The code decides, the status where there is none; also when the answer says 200."""
    with pytest.raises(kind) as caught:
        await client_for(refuse(status, code)).session("s1")
    assert type(caught.value) is kind


def test_numeric_codes_and_plain_words_are_read() -> None:
    """Older endpoints answer with numbers, and some with a bare sentence."""
    assert "40001" == error_of(400, {"error": {"code": 40001, "message": "m"}}, repeatable=True).code
    assert "no such thing" == error_of(404, {"error": "no such thing"}, repeatable=True).message


@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b"", b"[]", b'{"data": null}', b'{"nothing": 1}'], ids=repr
)
async def test_a_broken_answer_to_a_create_may_have_happened(body: bytes) -> None:
    """HTML, nothing, or a body without what it must have: never a reason to send a create again."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=body)

    with pytest.raises(AnswerLost):
        await client_for(answer).create_session("A cat")
    assert 1 == len(asked)


@pytest.mark.parametrize("make", ["create", "message", "speech"])
async def test_what_costs_is_sent_once(make: str) -> None:
    """After a server's error a create, a follow-up and a speech call are not repeated: they may have happened."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(502, content=b"<html>")

    client = client_for(answer)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: client.create_session("x"),
        "message": lambda: client.send_message("s1", "x"),
        "speech": lambda: client.speech("x", "v"),
    }
    with pytest.raises(AnswerLost):
        await calls[make]()
    assert 1 == len(asked)


async def test_a_read_is_tried_three_times_with_growing_pauses() -> None:
    """Reading changes nothing, so a hiccup of HeyGen's is waited out."""
    slept, answers = Slept(), iter([500, 503, 200])
    session = {"data": {"session_id": "s1", "status": "thinking", "created_at": 1}}
    client = client_for(lambda _: httpx.Response(next(answers), json=session), slept)
    assert "s1" == (await client.session("s1")).session_id
    assert [1.0, 2.0] == slept.seconds


async def test_a_rest_that_heygen_asks_for_goes_up_in_full() -> None:
    """429 is never slept in the client, however long the rest; the caller's due time honours it."""
    slept = Slept()
    client = client_for(lambda _: httpx.Response(429, json={"error": {}}, headers={"Retry-After": "600"}), slept)
    with pytest.raises(RateLimited) as caught:
        await client.video("v1")
    assert (600.0, []) == (caught.value.retry_after, slept.seconds)


async def test_a_rest_may_be_a_date() -> None:
    """Retry-After has two forms."""
    date = "Thu, 01 Jan 1970 00:01:30 GMT"
    client = client_for(lambda _: httpx.Response(429, json={"error": {}}, headers={"Retry-After": date}))
    with pytest.raises(RateLimited) as caught:
        await client.video("v1")
    assert 90.0 == caught.value.retry_after


async def test_no_connection_proves_that_nothing_was_sent() -> None:
    """A refused connection is told apart from a lost answer."""

    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unreachable):
        await client_for(refused).create_session("A cat")


async def test_a_timeout_of_a_create_is_a_lost_answer() -> None:
    """HeyGen may still be at it."""

    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    with pytest.raises(AnswerLost):
        await client_for(late).create_session("A cat")


async def test_a_timeout_of_a_read_is_not_repeated_by_the_client() -> None:
    """Timeouts go up: the caller's schedule tries again."""
    asked = []

    def late(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ReadTimeout("late", request=request)

    with pytest.raises(ServerTrouble):
        await client_for(late).session("s1")
    assert 1 == len(asked)


async def test_optional_fields_are_left_out() -> None:
    """HeyGen is strict, and null is not absence."""
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200, json={"data": {"session_id": "s1"}})

    await client_for(answer).create_session("A cat")
    assert b'{"prompt": "A cat", "mode": "chat", "incognito_mode": true}' == bodies[0]


async def test_new_fields_and_words_do_no_harm() -> None:
    """A word nobody knows means in progress; nulls and strangers are ignored."""
    told = {
        "session_id": "s1", "status": "pondering", "progress": None, "title": None, "brand_new": {"a": 1},
        "messages": [{"role": "model", "type": "hologram", "content": None, "resource_ids": None}],
    }  # fmt: skip
    session = await client_for(lambda _: httpx.Response(200, json={"data": told})).session("s1")
    assert session.is_running
    assert "" == session.messages[0].content


async def test_the_key_is_nowhere_to_be_seen(caplog: pytest.LogCaptureFixture) -> None:
    """Not in a repr, an error or a log line."""
    caplog.set_level(logging.DEBUG)
    client = client_for(refuse(401, "unauthorized"))
    with pytest.raises(KeyRejected) as caught:
        await client.account()
    assert KEY not in repr(client) + repr(caught.value) + str(caught.value) + caplog.text


async def test_an_upload_is_streamed_and_framed() -> None:
    """The file passes through in chunks, with the length said first and the key that makes it safe to repeat."""
    held, most = 0, 0
    received = bytearray()

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal held, most
        for _ in range(64):
            held += 1
            most = max(most, held)
            yield b"x" * 65536
            held -= 1

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(
            next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split()[1]
        )
        assert b"idempotency-key: job:1" in head.lower()
        received.extend(await reader.readexactly(length))
        body = b'{"data": {"asset_id": "f1", "url": "u", "mime_type": "image/png", "size_bytes": 1}}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient() as http:
        client = HeyGenClient(http, api_key=KEY, base_url=f"http://127.0.0.1:{port}")
        asset = await client.upload_asset('a".png', "image/png", 64 * 65536, chunks(), idempotency_key="job:1")
    assert "f1" == asset.asset_id
    assert 64 * 65536 == received.count(b"x" * 65536) * 65536
    assert 1 == most, "one chunk at a time"


async def test_odd_optional_fields_do_not_lose_an_answer() -> None:
    """A create that brings its session id has worked, whatever else HeyGen writes beside it."""
    told = {
        "session_id": "s1", "status": "COMPLETED", "progress": "soon", "created_at": "2026-01-01", "video_id": 7,
        "messages": ["hello", {"role": "user", "content": "x", "created_at": "now"}],
    }  # fmt: skip
    session = await client_for(lambda _: httpx.Response(200, json={"data": told})).create_session("A cat")
    assert ("s1", "7", None, None) == (session.session_id, session.video_id, session.progress, session.created_at)
    assert ["x"] == [message.content for message in session.messages]
    assert not session.is_running


async def test_a_list_leaves_out_what_has_no_id() -> None:
    """One broken entry does not empty the catalogue, and a token of any kind is followed or not at all."""
    voices = [{"name": "nobody"}, {"voice_id": "a", "name": "Annie"}]
    body = {"data": voices, "has_more": True, "next_token": ""}
    page = await client_for(lambda _: httpx.Response(200, json=body)).voices()
    assert (["a"], None) == ([voice.voice_id for voice in page.items], page.next_token)


@pytest.mark.parametrize("status", [302, 408, 200])
async def test_a_write_that_may_have_happened_is_never_called_refused(status: int) -> None:
    """A redirect, a time-out of the edge, an error nobody knows under 200: the answer is lost, not the wish."""
    with pytest.raises(AnswerLost):
        await client_for(refuse(status, "never_heard_of_it")).create_session("A cat")


async def test_a_link_in_heygens_words_is_cut() -> None:
    """A link may carry a signature, or the token of our callback."""
    client = client_for(refuse(400, "invalid_parameter", message="bad https://x.test/heygen/callbacks/s3cret?x=1 here"))
    with pytest.raises(BadRequest) as caught:
        await client.create_session("A cat")
    assert "s3cret" not in str(caught.value)
    assert "https://x.test/… here" in caught.value.message


@pytest.mark.parametrize(("status", "kind"), [(409, NotReady), (404, NotFound)])
async def test_bytes_that_heygen_does_not_see_yet_are_waited_for(status: int, kind: type[HeyGenError]) -> None:
    """The uploaded object is sometimes "not found yet": come again, it is no refusal."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/complete"):
            return httpx.Response(status, json={"error": {"code": "conflict" if status == 409 else "not_found"}})
        slot = {"asset_id": "f1", "upload_url": "https://upload.test/x", "upload_headers": {}}
        return httpx.Response(200, json={"data": slot})

    async def chunks() -> AsyncIterator[bytes]:
        yield b"abc"

    with pytest.raises(kind):
        await client_for(answer).upload_large("a.png", "image/png", 3, chunks(), idempotency_key="k")


async def test_a_dead_upload_slot_is_no_trouble_of_the_account() -> None:
    """Storage answers 403 for an expired slot; that must not pause everybody's queue."""

    def answer(request: httpx.Request) -> httpx.Response:
        slot = {"asset_id": "f1", "upload_url": "https://upload.test/x", "upload_headers": {}}
        return httpx.Response(403) if request.method == "PUT" else httpx.Response(200, json={"data": slot})

    async def chunks() -> AsyncIterator[bytes]:
        yield b"abc"

    with pytest.raises(ServerTrouble) as caught:
        await client_for(answer).upload_large("a.png", "image/png", 3, chunks(), idempotency_key="k")
    assert "upload_refused" == caught.value.code


@pytest.mark.parametrize("said", ["²", "soon", "Wed, 99 Foo", "", "-1"])
async def test_a_rest_that_makes_no_sense_is_none(said: str) -> None:
    """It was a fault of ours: some digits are no numbers."""
    with pytest.raises(RateLimited) as caught:
        await client_for(lambda _: httpx.Response(429, headers={b"Retry-After": said.encode()})).session("s1")
    assert caught.value.retry_after is None


@pytest.mark.parametrize("said", ["9" * 400, "86400", "Wed, 21 Oct 2099 07:28:00 GMT"])
async def test_a_rest_is_at_most_an_hour(said: str) -> None:
    """A clock that is wrong at HeyGen's side put a job to sleep for decades, or for ever."""
    with pytest.raises(RateLimited) as caught:
        await client_for(lambda _: httpx.Response(429, headers={"Retry-After": said})).session("s1")
    assert caught.value.retry_after == 3600.0


async def test_an_answer_too_deep_to_be_read_is_lost() -> None:
    """It was a fault of ours, and counted as one against the job."""
    with pytest.raises(AnswerLost):
        await client_for(lambda _: httpx.Response(200, content=b"[" * 100_000)).create_session("x")


async def test_ids_and_numbers_that_cannot_be_kept_count_as_absent() -> None:
    """A column takes so many characters, an address no dots alone, and no database half a character."""
    odd = {"session_id": "s1", "video_id": "v" * 201, "progress": 2**70, "status": "x" * 81, "title": "a\ud800b"}
    session = await client_for(answering({"data": odd})).session("s1")
    assert (None, None, "thinking", "a\ufffdb") == (session.video_id, session.progress, session.status, session.title)
    for session_id in ("..", "", "a\nb"):
        with pytest.raises(AnswerLost):
            await client_for(answering({"data": {"session_id": session_id}})).create_session("x")


async def test_a_balance_in_odd_words_is_none() -> None:
    """It was a fault of ours when somebody asked for the credits."""
    for wallet in ({"remaining_balance": "lots"}, {"remaining_balance": [1]}, {"auto_reload": "yes"}):
        account = await client_for(answering({"data": {"wallet": wallet}})).account()
        assert account.balances == ()
        assert not account.reloads
