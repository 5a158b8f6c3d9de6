"""Webhooks of the local HeyGen: signed as documented or as observed, unsigned callbacks, and bad travel."""

import hashlib
import hmac
from collections.abc import AsyncIterator

import pytest

from bot.playground.local_heygen.server import LocalHeyGen
from tests.doubles.local_heygen_caller import Caller, Received, Receiver, calling, receiving

SECRET = "whsec_test"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def caller(receiver: Receiver) -> AsyncIterator[Caller]:
    heygen = LocalHeyGen(speed=200, media=False, webhook_url=receiver.url, webhook_secret=SECRET)
    async with heygen, calling(heygen) as caller:
        yield caller


def signature(one: Received, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), one.raw, hashlib.sha256).hexdigest()


async def test_a_finished_session_is_told(caller: Caller, receiver: Receiver) -> None:
    """A success comes for the video and for the session, signed and stamped as documented."""
    session_id = await caller.create(callback_id="job-7")
    events = await receiver.wait_for(2)
    assert sorted(receiver.types()) == ["avatar_video.success", "video_agent.success"]
    told = next(one.body["event_data"] for one in events if one.body["event_type"] == "video_agent.success")
    assert (told["session_id"], told["callback_id"]) == (session_id, "job-7")
    assert (await caller.get(told["video_url"])).status == 200
    for one in events:
        assert one.headers["Heygen-Signature"] == signature(one)
        assert int(one.headers["Heygen-Timestamp"]) > 0
    assert len({one.headers["Heygen-Event-Id"] for one in events}) == 2


async def test_the_observed_style_has_one_header(caller: Caller, receiver: Receiver) -> None:
    """As seen in production: a plain `signature`, no time, no id."""
    caller.heygen.set(signature_style="observed")
    await caller.create()
    one = (await receiver.wait_for(2))[0]
    assert one.headers["signature"] == signature(one)
    assert not [name for name in one.headers if name.lower().startswith("heygen-")]


async def test_callbacks_are_unsigned(caller: Caller, receiver: Receiver) -> None:
    """A callback URL gets the session's event alone, without any signature."""
    callback = receiver.url.replace("/hook", "/callback/abc")
    await caller.create(callback_url=callback)
    await receiver.wait_for(3)
    assert receiver.types("/callback/abc") == ["video_agent.success"]
    one = next(one for one in receiver.received if one.path == "/callback/abc")
    assert not [name for name in one.headers if "signature" in name.lower()]


async def test_failures_are_told(caller: Caller, receiver: Receiver) -> None:
    """A failure is told for video and session, with its words."""
    caller.heygen.plan_next(fail={"code": "rendering_failed", "message": "Too dark"})
    await caller.create()
    events = await receiver.wait_for(2)
    assert sorted(receiver.types()) == ["avatar_video.fail", "video_agent.fail"]
    assert {one.body["event_data"]["msg"] for one in events} == {"Too dark"}


async def test_a_refused_delivery_comes_again(caller: Caller, receiver: Receiver) -> None:
    """What is not answered with 2xx is sent again, under the same event id."""
    receiver.statuses += [500, 500]
    await caller.create()
    events = await receiver.wait_for(4)
    ids = [one.headers["Heygen-Event-Id"] for one in events]
    assert sorted(map(ids.count, set(ids))) in ([2, 2], [1, 3])
    await caller.heygen.wait_for(lambda heygen: heygen.is_idle)
    assert sorted(one.status or 0 for one in caller.heygen.deliveries) == [200, 200, 500, 500]


async def test_dropped_webhooks_never_come(caller: Caller, receiver: Receiver) -> None:
    """A dropped event is in the history, and nowhere else."""
    caller.heygen.set(webhooks={"mode": "drop"})
    await caller.until(await caller.create(), "completed")
    await caller.heygen.wait_for(lambda heygen: heygen.is_idle)
    assert receiver.received == []
    history = (await caller.get("/v3/webhooks/events")).data
    assert [one["event_type"] for one in history] == ["video_agent.success", "avatar_video.success"]


async def test_doubled_webhooks_share_their_id(caller: Caller, receiver: Receiver) -> None:
    """A doubled event comes twice with one event id."""
    caller.heygen.set(webhooks={"mode": "double"})
    await caller.create()
    ids = [one.headers["Heygen-Event-Id"] for one in await receiver.wait_for(4)]
    assert sorted(map(ids.count, set(ids))) == [2, 2]


async def test_forged_webhooks_have_a_wrong_signature(caller: Caller, receiver: Receiver) -> None:
    """A forged event looks right and is signed with another secret."""
    caller.heygen.set(webhooks={"mode": "forge"})
    await caller.create()
    one = (await receiver.wait_for(1))[0]
    assert one.headers["Heygen-Signature"] != signature(one)


async def test_reordered_webhooks_swap_places(caller: Caller, receiver: Receiver) -> None:
    """The first of two events arrives last."""
    caller.heygen.set(webhooks={"mode": "reorder", "delay": 60})
    await caller.create()
    await receiver.wait_for(2)
    assert receiver.types() == ["video_agent.success", "avatar_video.success"]


async def test_late_webhooks_come_after_the_truth(caller: Caller, receiver: Receiver) -> None:
    """A late event finds the session finished for a while."""
    caller.heygen.set(webhooks={"mode": "late", "delay": 60})
    await caller.until(await caller.create(), "completed")
    assert receiver.received == []
    assert len(await receiver.wait_for(2)) == 2


async def test_endpoints_are_registered_changed_and_removed(caller: Caller, receiver: Receiver) -> None:
    """A secret is shown at creation and rotation only; a second registration of a URL is a conflict."""
    path = "/v3/webhooks/endpoints"
    url = receiver.url.replace("/hook", "/second")
    made = (await caller.post(path, {"url": url, "events": ["video_agent.success"]})).data
    assert made["secret"].startswith("whsec_")
    assert (await caller.post(path, {"url": url})).error == (409, "conflict")
    assert [one["secret"] for one in (await caller.get(path)).data] == [None, None]
    rotated = (await caller.post(f"{path}/{made['endpoint_id']}/rotate-secret")).data
    await caller.create()
    await receiver.wait_for(3)
    assert receiver.types("/second") == ["video_agent.success"]
    one = next(one for one in receiver.received if one.path == "/second")
    assert one.headers["Heygen-Signature"] == signature(one, rotated["secret"])
    changed = await caller.call("PATCH", f"{path}/{made['endpoint_id']}", {"events": ["video_agent.fail"]})
    assert changed.data["events"] == ["video_agent.fail"]
    await caller.call("DELETE", f"{path}/{made['endpoint_id']}")
    assert len((await caller.get(path)).data) == 1


async def test_history_can_be_searched(caller: Caller, receiver: Receiver) -> None:
    """Events are found by type and by the id of what they tell of."""
    first, second = await caller.create(), await caller.create()
    await receiver.wait_for(4)
    found = (await caller.get(f"/v3/webhooks/events?entity_id={first}&event_type=video_agent.success")).data
    assert [one["event_data"]["session_id"] for one in found] == [first] != [second]


@pytest.mark.parametrize(("sign", "is_true"), [("valid", True), ("forged", False)])
async def test_an_event_can_be_sent_by_hand(caller: Caller, receiver: Receiver, sign: str, is_true: bool) -> None:
    """Whatever event is wanted is sent once, signed or forged, as old as ordered."""
    status = await caller.heygen.send_webhook("video_agent.success", {"session_id": "x"}, sign=sign, seconds_ago=900)
    one = receiver.received[0]
    assert (status, one.headers["Heygen-Signature"] == signature(one)) == (200, is_true)


async def test_raw_words_can_be_sent_by_hand(caller: Caller, receiver: Receiver) -> None:
    """Garbage is sent as it is, without a signature if so ordered."""
    await caller.heygen.send_webhook(raw="no json", sign="none")
    assert receiver.received[0].raw == b"no json"
    assert "Heygen-Signature" not in receiver.received[0].headers
