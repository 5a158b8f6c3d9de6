"""Every endpoint of the local HeyGen, asked and answered as the API description says."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from bot.playground.local_heygen.server import LocalHeyGen
from tests.doubles.local_heygen_caller import Caller, Reply, calling

DESCRIPTION = os.environ.get("HEYGEN_API_DESCRIPTION")
pytestmark = pytest.mark.skipif(
    not DESCRIPTION, reason="HEYGEN_API_DESCRIPTION does not name HeyGen's API description (openapi.json)"
)
HOST = "https://api.heygen.com"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


class CheckedCaller(Caller):
    """Validates each call under /v3 and its answer; calls that are meant to be refused say `wrong=True`."""

    def __init__(self, heygen: LocalHeyGen, http: aiohttp.ClientSession, description: OpenAPI) -> None:
        super().__init__(heygen, http)
        self._description = description

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        wrong, upload = options.pop("wrong", False), "data" in options
        answer = await super().call(method, path, body, **options)
        if path.startswith("/v3/"):
            asked = _request(method, path, body, options.get("headers", {}))
            if not wrong and not upload:
                self._description.validate_request(asked)
            sent = MockResponse(answer.raw, status_code=answer.status, content_type="application/json")
            self._description.validate_response(asked, sent)
        return answer


def _request(method: str, path: str, body: Any, headers: dict[str, str]) -> MockRequest:
    parts = urlsplit(path)
    return MockRequest(
        HOST,
        method.lower(),
        parts.path,
        args=dict(parse_qsl(parts.query)),
        headers={"X-Api-Key": "key", **headers},
        data=None if body is None else json.dumps(body).encode(),
        content_type="application/json",
    )


@pytest.fixture(scope="module")
def description() -> OpenAPI:
    return OpenAPI.from_dict(json.loads(Path(DESCRIPTION or "").read_text()))


@pytest.fixture
async def caller(description: OpenAPI) -> AsyncIterator[CheckedCaller]:
    async with LocalHeyGen(speed=100, media=False) as heygen, calling(heygen) as plain:
        yield CheckedCaller(heygen, plain.http, description)


async def test_sessions(caller: CheckedCaller) -> None:
    """A session in full: question, storyboard, revision, list, resource, videos, stop."""
    looks, voices = (await caller.get("/v3/avatars/looks")).data, (await caller.get("/v3/voices")).data
    styles = (await caller.get("/v3/video-agents/styles?limit=2&tag=cinematic")).data
    caller.heygen.plan_next(ask=["Which one?"], review=True)
    session_id = await caller.create(
        avatar_id=looks[0]["id"],
        voice_id=voices[0]["voice_id"],
        style_id=styles[0]["style_id"],
        orientation="landscape",
        incognito_mode=True,
        callback_id="job-1",
    )
    await caller.session(session_id)
    await caller.until(session_id, "waiting_for_input")
    await caller.say(session_id, "The first")
    shown = await caller.until(session_id, "reviewing")
    await caller.get(f"/v3/video-agents/{session_id}/resources/{shown['messages'][0]['resource_ids'][0]}")
    await caller.say(session_id, "yes")
    video = await caller.finished_video(session_id)
    await caller.get(f"/v3/videos/statuses?video_ids={video['id']},nobody")
    await caller.get("/v3/video-agents?limit=1")
    caller.heygen.plan_next_revision(generating_seconds=3600)
    await caller.say(session_id, "Shorter", voice_id=voices[1]["voice_id"])
    rendering = await caller.until(session_id, "generating")
    await caller.get(f"/v3/videos/{rendering['video_id']}")
    await caller.get(f"/v3/video-agents/{session_id}/videos")
    assert (await caller.post(f"/v3/video-agents/{session_id}/stop", {})).status == 200
    assert (await caller.call("DELETE", f"/v3/videos/{video['id']}")).status == 200


async def test_failures_and_runs_without_a_video(caller: CheckedCaller) -> None:
    """A failed session, its video, and a run that ends with nothing have the described shapes too."""
    caller.heygen.plan_next(fail={"code": "rendering_failed", "message": "No"})
    broken = await caller.create()
    video_id = (await caller.until(broken, "failed"))["video_id"]
    assert (await caller.get(f"/v3/videos/{video_id}")).data["status"] == "failed"
    caller.heygen.plan_next(no_video=True)
    assert (await caller.until(await caller.create(), "completed"))["video_id"] is None


async def test_library(caller: CheckedCaller) -> None:
    """Voices public and private, speech, avatars and looks, with their filters and pages."""
    voices = (await caller.get("/v3/voices?engine=starfish&language=English&gender=female&limit=5")).data
    private = (await caller.get("/v3/voices?type=private")).data
    for voice in (voices[0], private[0]):
        assert (await caller.get(f"/v3/voices/{voice['voice_id']}")).status == 200
    speech = {"text": "Hello", "voice_id": voices[0]["voice_id"], "speed": 1.5, "language": "English"}
    assert (await caller.post("/v3/voices/speech", speech)).data["word_timestamps"]
    group = (await caller.get("/v3/avatars?ownership=private&limit=1")).data[0]
    looks = (await caller.get(f"/v3/avatars/looks?group_id={group['id']}&avatar_type=digital_twin")).data
    assert (await caller.get(f"/v3/avatars/looks/{looks[0]['id']}")).status == 200
    first = await caller.get("/v3/avatars/looks?limit=50")
    caller.heygen.set(looks=60)
    second = await caller.get("/v3/avatars/looks?limit=50")
    assert (first.body["has_more"], second.body["has_more"]) == (False, True)
    assert (await caller.get(f"/v3/avatars/looks?limit=50&token={second.body['next_token']}")).status == 200


async def test_assets(caller: CheckedCaller) -> None:
    """An upload in one call, one in three, and both read back."""
    form = aiohttp.FormData()
    form.add_field("file", PNG, filename="a.png", content_type="image/png")
    small = (await caller.post("/v3/assets", data=form, headers={"Idempotency-Key": "a:1"})).data
    asked = {"filename": "b.png", "content_type": "image/png", "size_bytes": len(PNG)}
    slot = (await caller.post("/v3/assets/direct-uploads", asked, headers={"Idempotency-Key": "b:1"})).data
    await caller.call("PUT", slot["upload_url"], data=PNG, headers=slot["upload_headers"])
    assert (await caller.post(f"/v3/assets/{slot['asset_id']}/complete", {})).status == 200
    for asset in (small, slot):
        assert (await caller.get(f"/v3/assets/{asset['asset_id']}")).status == 200


async def test_account_and_webhooks(caller: CheckedCaller) -> None:
    """The account, endpoints through their whole life, the event types, and the history."""
    await caller.get("/v3/users/me")
    path = "/v3/webhooks/endpoints"
    asked = {"url": "https://example.com/hook", "events": ["video_agent.fail"]}
    endpoint_id = (await caller.post(path, asked, headers={"Idempotency-Key": "e"})).data["endpoint_id"]
    await caller.get(f"{path}?limit=5")
    await caller.call("PATCH", f"{path}/{endpoint_id}", {"events": ["video_agent.fail", "batch.finished"]})
    await caller.post(f"{path}/{endpoint_id}/rotate-secret")
    await caller.until(await caller.create(), "completed")
    events = (await caller.get("/v3/webhooks/events?event_type=video_agent.success&limit=3")).data
    assert len(events) == 1
    assert (await caller.call("DELETE", f"{path}/{endpoint_id}")).status == 200
    types = {one["event_type"] for one in (await caller.get("/v3/webhooks/event-types")).data}
    assert types == _described_event_types()


async def test_refusals(caller: CheckedCaller) -> None:
    """Every refusal comes in the described envelope, with a status the description allows."""
    caller.heygen.fail_next("account", "status", status=429, retry_after=2)
    caller.heygen.fail_next("account", "status", status=503)
    refused = [
        await caller.get("/v3/users/me"),
        await caller.get("/v3/users/me"),
        await caller.get("/v3/users/me", headers={"X-Api-Key": "wrong"}),
        await caller.post("/v3/video-agents", {"prompt": ""}, wrong=True),
        await caller.get("/v3/video-agents/nobody"),
        await caller.get("/v3/voices?limit=999", wrong=True),
    ]
    assert [one.status for one in refused] == [429, 503, 401, 400, 404, 400]


def test_the_bodies_are_the_described_ones(description: OpenAPI) -> None:
    """What is read strictly here has exactly the fields of the description, required ones included."""
    from bot.playground.local_heygen import account, body

    schemas = _described()["components"]["schemas"]
    pairs = {
        "CreateVideoAgentRequest": body.CREATE_SESSION,
        "SendMessageRequest": body.SEND_MESSAGE,
        "StopSessionRequest": body.STOP_SESSION,
        "TextToSpeechRequest": body.SPEECH,
        "CreateAssetUploadRequest": body.CREATE_UPLOAD,
        "CompleteAssetUploadRequest": body.COMPLETE_UPLOAD,
        "CreateWebhookEndpointRequest": account.CREATE_ENDPOINT,
        "UpdateWebhookEndpointRequest": account.UPDATE_ENDPOINT,
    }
    for name, fields in pairs.items():
        assert set(fields) == set(schemas[name]["properties"]), name
        required = {one for one, rule in fields.items() if rule.required}
        assert required == set(schemas[name].get("required", [])), name


def test_idempotency_is_where_it_is_declared() -> None:
    """Idempotency-Key is honoured on exactly those operations of ours that declare it."""
    from bot.playground.local_heygen.routes import KEYED_PATHS

    declared = {
        (method.upper(), path)
        for path, operations in _described()["paths"].items()
        for method, operation in operations.items()
        if any(one.get("$ref", "").endswith("/IdempotencyKey") for one in operation.get("parameters", []))
    }
    assert declared >= KEYED_PATHS
    assert not [path for path in declared - KEYED_PATHS if path[1].startswith(("/v3/video-agents", "/v3/voices"))]


def _described() -> dict[str, Any]:
    description: dict[str, Any] = json.loads(Path(DESCRIPTION or "").read_text())
    return description


def _described_event_types() -> set[str]:
    parameters = _described()["paths"]["/v3/webhooks/events"]["get"]["parameters"]
    return set(next(one for one in parameters if one["name"] == "event_type")["schema"]["enum"])
