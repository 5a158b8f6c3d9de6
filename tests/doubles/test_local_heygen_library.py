"""Voices, looks, styles and assets of the local HeyGen, and its control API."""

import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.playground.local_heygen.assets import MOST_BYTES, sniff
from bot.playground.local_heygen.server import LocalHeyGen
from tests.doubles.local_heygen_caller import Caller, Receiver, Reply, calling, receiving

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with LocalHeyGen(speed=100, media=False) as heygen, calling(heygen) as caller:
        yield caller


async def everything(caller: Caller, path: str) -> list[dict[str, Any]]:
    found, token = [], ""
    while True:
        page = await caller.get(f"{path}{'&' if '?' in path else '?'}{token}")
        found += page.data
        if not page.body["has_more"]:
            return found
        token = f"token={page.body['next_token']}"


async def upload(caller: Caller, content: bytes, name: str = "picture.png", **options: Any) -> Reply:
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(content), filename=name, content_type="image/png")
    return await caller.post("/v3/assets", data=form, **options)


async def test_names_are_human_and_some_are_ambiguous(caller: Caller) -> None:
    """Dozens of voices and looks; two voices are called Daniel, in two languages."""
    voices = await everything(caller, "/v3/voices")
    looks = await everything(caller, "/v3/avatars/looks")
    assert {"Annabelle", "Annie"} <= {one["name"] for one in voices}
    assert {one["language"] for one in voices if one["name"] == "Daniel"} == {"English", "German"}
    assert {"Annie", "Annie in a blazer"} <= {one["name"] for one in looks}
    assert (len(voices), len(looks)) == (30, 40)
    assert len({one["id"] for one in looks}) == 40


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/v3/voices?language=german", "language", "German"),
        ("/v3/voices?gender=male", "gender", "male"),
        ("/v3/voices?type=private", "type", "private"),
        ("/v3/avatars/looks?ownership=private", "avatar_type", "digital_twin"),
        ("/v3/avatars/looks?avatar_type=photo_avatar", "avatar_type", "photo_avatar"),
        ("/v3/video-agents/styles?tag=print", "tags", ["print"]),
    ],
)
async def test_lists_are_filtered(caller: Caller, path: str, name: str, value: object) -> None:
    """A filter lets through what it names, and nothing else."""
    found = await everything(caller, path)
    assert found
    assert all(one[name] == value for one in found)


async def test_two_thousand_looks_are_forty_pages(caller: Caller) -> None:
    """The number of looks is a setting; pages hold at most fifty."""
    caller.heygen.set(looks=2_000)
    assert len({one["id"] for one in await everything(caller, "/v3/avatars/looks?limit=50")}) == 2_000
    assert len(caller.heygen.calls) == 40
    assert (await caller.get("/v3/avatars/looks?limit=51")).error == (400, "invalid_parameter")


async def test_looks_belong_to_avatars(caller: Caller) -> None:
    """An avatar counts its looks, and they name it."""
    group = (await caller.get("/v3/avatars")).data[0]
    looks = await everything(caller, f"/v3/avatars/looks?group_id={group['id']}")
    assert len(looks) == group["looks_count"] == 2
    assert (await caller.get(f"/v3/avatars/looks/{looks[0]['id']}")).data == looks[0]


async def test_voices_without_starfish_cannot_speak(caller: Caller) -> None:
    """A voice that the engine filter leaves out is refused for speech."""
    able = {one["voice_id"] for one in await everything(caller, "/v3/voices?engine=starfish")}
    unable = next(one for one in await everything(caller, "/v3/voices") if one["voice_id"] not in able)
    refused = await caller.post("/v3/voices/speech", {"text": "Hello", "voice_id": unable["voice_id"]})
    assert refused.error == (400, "invalid_parameter")


async def test_an_upload_is_told_by_its_bytes(caller: Caller) -> None:
    """The type comes from the bytes, the file can be read by anyone, and a session may use it."""
    asset = (await upload(caller, PNG, "notes.txt")).data
    assert (asset["mime_type"], asset["size_bytes"]) == ("image/png", len(PNG))
    assert (await caller.get(asset["url"], headers={"X-Api-Key": ""})).raw == PNG
    assert (await caller.get(f"/v3/assets/{asset['asset_id']}")).data["name"] == "notes.txt"
    session_id = await caller.create(files=[{"type": "asset_id", "asset_id": asset["asset_id"]}])
    assert caller.heygen.sessions[session_id].asset_ids == (asset["asset_id"],)


@pytest.mark.parametrize(
    ("head", "mime_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
        (b"RIFF\x00\x00\x00\x00WEBP", None),
        (b"%PDF-1.7", "application/pdf"),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_types_are_sniffed(head: bytes, mime_type: str | None) -> None:
    """Seven types are known by their first bytes; the rest is not taken."""
    assert sniff(head) == mime_type


async def test_uploads_are_refused(caller: Caller) -> None:
    """A web page, an upload without a file, and one above 32 MB are refused; none becomes an asset."""
    assert (await upload(caller, b"<html></html>")).error == (400, "invalid_parameter")
    assert (await caller.post("/v3/assets", {"file": "x"})).error == (400, "invalid_parameter")
    assert (await upload(caller, PNG + bytes(MOST_BYTES))).error == (413, "payload_too_large")
    assert caller.heygen.assets == {}


async def test_an_upload_is_repeated_by_its_key(caller: Caller) -> None:
    """The same key gives the same asset, also when the first answer was lost."""
    caller.heygen.fail_next("asset", "disconnect_after_commit")
    with pytest.raises(aiohttp.ClientError):
        await upload(caller, PNG, headers={"Idempotency-Key": "k"})
    again = (await upload(caller, PNG, headers={"Idempotency-Key": "k"})).data
    assert list(caller.heygen.assets) == [again["asset_id"]]


async def test_a_direct_upload_takes_three_steps(caller: Caller) -> None:
    """A slot, a PUT with the headers it names, a completion; ready shortly afterwards."""
    checksum = hashlib.sha256(PNG).hexdigest()
    asked = {"filename": "a.png", "content_type": "image/png", "size_bytes": len(PNG), "checksum_sha256": checksum}
    slot = (await caller.post("/v3/assets/direct-uploads", asked)).data
    complete = f"/v3/assets/{slot['asset_id']}/complete"
    assert (await caller.post(complete, {})).error == (409, "conflict")
    assert (await caller.call("PUT", slot["upload_url"], data=PNG)).status == 403
    assert (await caller.call("PUT", slot["upload_url"], data=PNG, headers=slot["upload_headers"])).status == 200
    caller.heygen.set(asset_seconds=1000)
    assert (await caller.post(complete, {})).data["status"] == "processing"
    use = {"prompt": "x", "files": [{"type": "asset_id", "asset_id": slot["asset_id"]}]}
    assert (await caller.post("/v3/video-agents", use)).error == (409, "resource_not_ready")
    caller.heygen.assets[slot["asset_id"]].ready_at = 0
    assert (await caller.post("/v3/video-agents", use)).status == 200


@pytest.mark.parametrize(
    "asked", [{"size_bytes": 5}, {"checksum_sha256": "0" * 64}, {"content_type": "application/pdf"}]
)
async def test_a_direct_upload_is_checked(caller: Caller, asked: dict[str, Any]) -> None:
    """Size, checksum and type must be as announced."""
    wanted = {"filename": "a.png", "content_type": "image/png", "size_bytes": len(PNG), **asked}
    slot = (await caller.post("/v3/assets/direct-uploads", wanted)).data
    await caller.call("PUT", slot["upload_url"], data=PNG, headers=slot["upload_headers"])
    refused = await caller.post(f"/v3/assets/{slot['asset_id']}/complete", {})
    assert refused.error == (400, "invalid_parameter")


async def control(caller: Caller, path: str, body: Any = None, method: str = "POST") -> Any:
    answer = await caller.call(method, f"/control/{path}", body)
    assert answer.status == 200, answer.body
    return answer.body


async def test_control_orders_by_http(caller: Caller) -> None:
    """Settings, plans and faults can be ordered from outside the process."""
    assert (await control(caller, "set", {"speed": 200, "webhooks": {"mode": "late"}}))["speed"] == 200
    await control(caller, "next", {"on": "session_plan", "ask": [{"text": "Which?"}], "fail": {"code": "x"}})
    await control(caller, "next", {"on": "message", "do": "status", "status": 500})
    session_id = await caller.create()
    await caller.until(session_id, "waiting_for_input")
    assert (await caller.say(session_id, "This")).status == 500
    await caller.say(session_id, "This")
    assert (await caller.until(session_id, "failed"))["status"] == "failed"


async def test_control_shows_state_and_calls(caller: Caller) -> None:
    """State and calls come as JSON; calls can be taken from a number on, by operation, and forgotten."""
    session_id = await caller.create("Hello there")
    await caller.session(session_id)
    state = await control(caller, "state", method="GET")
    assert (state["running"], state["sessions"][0]["id"], state["wallet"]) == (1, session_id, 100.0)
    calls = await control(caller, "calls", method="GET")
    assert [(one["op"], one["status"]) for one in calls] == [("create", 200), ("session", 200)]
    assert calls[0]["body"]["prompt"] == "Hello there"
    assert len(await control(caller, f"calls?since={calls[0]['seq']}", method="GET")) == 1
    assert await control(caller, "calls?last=1", method="GET") == calls[-1:]
    assert len(await control(caller, "calls?op=create", method="GET")) == 1
    await control(caller, "calls", method="DELETE")
    assert caller.heygen.calls == []


async def test_control_moves_sessions(caller: Caller) -> None:
    """A session can be made to ask, and be lost."""
    session_id = await caller.create("slow please")
    await control(caller, f"sessions/{session_id}/ask", {"text": "Really?"})
    assert (await caller.session(session_id))["messages"][0]["content"] == "Really?"
    await control(caller, f"sessions/{session_id}/lose")
    assert (await caller.get(f"/v3/video-agents/{session_id}")).status == 404


async def test_control_begins_anew(caller: Caller) -> None:
    """A reset forgets everything and returns to the first settings."""
    await control(caller, "set", {"wallet": 0.5, "looks": 3})
    caller.heygen.fail_next("any", "status")
    await control(caller, "reset")
    await caller.create()
    assert (caller.heygen.settings.wallet, caller.heygen.settings.looks) == (100.0, 40)
    assert len(caller.heygen.sessions) == len(caller.heygen.calls) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("set", {"sped": 3}),
        ("set", {"webhooks": {"mode": "never"}}),
        ("set", [1]),
        ("next", {"do": "status"}),
        ("next", {"on": "create", "do": "explode"}),
        ("next", {"on": "session_plan", "render": "nicely"}),
        ("sessions/none/ask", {"text": "x"}),
        ("webhooks/send", {"event_type": "x"}),
    ],
)
async def test_control_names_what_it_cannot_do(caller: Caller, path: str, body: Any) -> None:
    """A wrong order is a 400 with its reason."""
    refused = await caller.post(f"/control/{path}", body)
    assert refused.status == 400
    assert refused.body["error"]


async def test_control_sends_webhooks(caller: Caller) -> None:
    """An event goes wherever ordered, and the receiver's answer comes back."""
    async with receiving() as receiver:
        assert isinstance(receiver, Receiver)
        order = {"event_type": "video_agent.success", "event_data": {"session_id": "x"}, "url": receiver.url}
        assert (await control(caller, "webhooks/send", order)) == {"status": 200}
        assert receiver.types() == ["video_agent.success"]
