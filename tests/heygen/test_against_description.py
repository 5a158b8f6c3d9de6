"""What the client sends and reads, against HeyGen's own description of its API."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from bot.heygen.client import HeyGenClient
from bot.heygen.models import Listed
from tests.heygen.description import VARIABLE, Description, description

KNOWN = description()
pytestmark = pytest.mark.skipif(KNOWN is None, reason=f"{VARIABLE} names no API description")

SESSION = {"session_id": "s1", "status": "thinking", "created_at": 1}
VIDEO = {"id": "v1", "status": "completed", "duration": 12.5, "video_url": "https://x.test/v"}
STATUS = {"video_id": "v1", "status": "processing"}
LOOK = {"id": "l1", "name": "Annie in blue", "avatar_type": "photo_avatar"}
VOICE = {
    "voice_id": "a", "name": "Annie", "language": "English", "gender": "female", "support_pause": True,
    "support_locale": False, "type": "public",
}  # fmt: skip
ASSET = {"asset_id": "f1", "url": "https://x.test/a", "mime_type": "image/png", "size_bytes": 3}
SLOT = {
    "asset_id": "f1", "upload_url": "https://upload.test/x", "upload_headers": {"x-a": "b"}, "expires_in_seconds": 60,
    "max_bytes": 1000, "status": "pending_upload",
}  # fmt: skip
ME = {
    "username": "u", "email": None, "first_name": None, "last_name": None, "billing_type": "wallet",
    "wallet": {"currency": "usd", "remaining_balance": 4.5, "auto_reload": None},
}  # fmt: skip

Use = Callable[[HeyGenClient], Awaitable[Any]]


async def _bytes() -> AsyncIterator[bytes]:
    yield b"abc"


CALLS: dict[str, tuple[Any, Use]] = {
    "create, bare": (SESSION, lambda c: c.create_session("A cat")),
    "create, in full": (
        SESSION,
        lambda c: c.create_session(
            "A cat",
            avatar_id="l1",
            voice_id="a",
            style_id="s",
            orientation="portrait",
            files=["f1"],
            callback_id="c1",
            callback_url="https://x.test/c",
        ),
    ),
    "list sessions": ([{"session_id": "s1", "created_at": 1, "title": None}], lambda c: c.list_sessions()),
    "session": (
        {**SESSION, "messages": [{"role": "model", "type": "text", "content": "Hi", "resource_ids": ["r"]}]},
        lambda c: c.session("s1"),
    ),
    "message": ({"session_id": "s1", "run_id": "r1"}, lambda c: c.send_message("s1", "Blue", files=["f1"])),
    "message with names": (
        {"session_id": "s1", "run_id": "r1"},
        lambda c: c.send_message("s1", "Blue", avatar_id="l1", voice_id="a"),
    ),
    "stop": ({"session_id": "s1"}, lambda c: c.stop("s1")),
    "session videos": ([VIDEO], lambda c: c.session_videos("s1")),
    "resource": ({"resource_id": "r", "resource_type": "image", "url": None}, lambda c: c.resource("s1", "r")),
    "styles": ([{"style_id": "s", "name": "Film"}], lambda c: c.styles(token="t")),
    "video": (VIDEO, lambda c: c.video("v1")),
    "statuses of videos": ([STATUS], lambda c: c.statuses(Listed.VIDEOS, ["v1", "v2"])),
    "statuses of translations": ([STATUS], lambda c: c.statuses(Listed.TRANSLATIONS, ["v1", "v2"])),
    "statuses of lipsyncs": ([STATUS], lambda c: c.statuses(Listed.LIPSYNCS, ["v1", "v2"])),
    "speech": (
        {"audio_url": "https://x.test/a", "duration": 2.5},
        lambda c: c.speech("Hello", "a", speed=1.5, language="English"),
    ),
    "voices": ([VOICE], lambda c: c.voices("private", engine="starfish", token="t")),
    "looks": ([LOOK], lambda c: c.looks(token="t")),
    "past events": (
        [
            {
                "event_id": "e",
                "event_type": "video_agent.success",
                "event_data": {"session_id": "s1"},
                "created_at": "now",
            }
        ],
        lambda c: c.past_events(token="t"),
    ),
    "account": (ME, lambda c: c.account()),
    "large upload": (SLOT, lambda c: c.upload_large("a.png", "image/png", 3, _bytes(), idempotency_key="k")),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_is_as_described(name: str) -> None:
    """Every request the client makes is allowed, and it reads an answer that is allowed."""
    assert KNOWN is not None
    data, use = CALLS[name]
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "upload.test":
            return httpx.Response(200)
        body = json.loads(request.content) if request.content else None
        KNOWN.check_request(request.method, request.url.path, dict(request.url.params), body)
        seen.append(request.url.path)
        given = {**ASSET, "status": "ready"} if request.url.path.endswith("/complete") else data
        told = {"data": given, "has_more": False, "next_token": None} if isinstance(given, list) else {"data": given}
        KNOWN.check_answer(request.method, request.url.path, told)
        return httpx.Response(200, json=told)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await use(HeyGenClient(http, api_key="k", base_url="https://heygen.test"))
    assert seen


def test_the_description_refuses_what_heygen_refuses() -> None:
    """The check itself can fail: an unknown field is not allowed in a create."""
    assert isinstance(KNOWN, Description)
    with pytest.raises(Exception, match="visibility"):
        KNOWN.check_request("POST", "/v3/video-agents", {}, {"prompt": "x", "visibility": "private"})
