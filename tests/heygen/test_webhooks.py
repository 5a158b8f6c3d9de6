"""HeyGen's deliveries, as documented and as observed."""

import hashlib
import hmac
import json

import pytest

from bot.heygen.webhooks import WebhookRejected, parse, verify

SECRET, NOW = "whsec_one", 1_800_000_000.0
BODY = json.dumps({"event_type": "video_agent.success", "event_data": {"session_id": "s1"}}).encode()


def signed(body: bytes = BODY, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "headers",
    [
        {"Heygen-Signature": signed(), "Heygen-Timestamp": str(NOW), "Heygen-Event-Id": "e1"},
        {"signature": signed()},
        {"Signature": f"sha256={signed()}"},
        {"X-Heygen-Signature": signed().upper()},
        {"Heygen-Signature": signed(secret="whsec_two")},
    ],
    ids=["documented", "observed", "wrapped", "other name", "second secret"],
)
def test_a_genuine_delivery_is_taken(headers: dict[str, str]) -> None:
    """Whatever the header is called."""
    verify(BODY, headers, [SECRET, "whsec_two"], NOW)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, BODY),
        ({"Signature": "nonsense"}, BODY),
        ({"Signature": signed(secret="other")}, BODY),
        ({"Signature": signed()}, BODY + b" "),
        ({"Signature": signed() + "00"}, BODY),
        ({"Signature": signed(), "Heygen-Timestamp": str(NOW - 3600)}, BODY),
        ({"Signature": signed(), "Heygen-Timestamp": "yesterday"}, BODY),
        ({"Signature": signed(), "Heygen-Timestamp": "nan"}, BODY),
    ],
    ids=["none", "nonsense", "forged", "altered", "longer", "stale", "no number", "nan"],
)
def test_anything_else_is_refused(headers: dict[str, str], body: bytes) -> None:
    """Forged, altered, stale, unsigned."""
    with pytest.raises(WebhookRejected):
        verify(body, headers, [SECRET], NOW)


def test_without_a_secret_nothing_is_genuine() -> None:
    """No secret is not an open door."""
    with pytest.raises(WebhookRejected):
        verify(BODY, {"Signature": signed(secret="")}, [], NOW)


@pytest.mark.parametrize(
    ("body", "session_id", "video_id", "callback_id"),
    [
        ({"event_type": "video_agent.success", "event_data": {"session_id": "s", "video_id": "v"}}, "s", "v", None),
        ({"event": "avatar_video.fail", "event_data": {"video_id": "v", "callback_id": "c"}}, None, "v", "c"),
        ({"type": "new.kind", "callback_id": "c", "event_data": None}, None, None, "c"),
        ({"event_type": "x", "session_id": "s"}, "s", None, None),
        ({"event_type": "x", "event_data": {"session_id": 7, "video_id": ["v"]}}, None, None, None),
    ],
)
def test_ids_are_found_wherever_they_are(
    body: dict[str, object], session_id: str | None, video_id: str | None, callback_id: str | None
) -> None:
    """Integrators have seen them at the top and inside."""
    event = parse(json.dumps(body).encode(), {})
    assert (session_id, video_id, callback_id) == (event.session_id, event.video_id, event.callback_id)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[]", b'"x"', b"[" * 100_000])
def test_garbage_is_refused_not_raised(raw: bytes) -> None:
    """A body that is no event is one clear refusal."""
    with pytest.raises(WebhookRejected):
        parse(raw, {})


def test_a_repeated_delivery_has_the_same_key() -> None:
    """By its event id, else by its very bytes."""
    assert parse(BODY, {"Heygen-Event-Id": "e1"}).key == parse(BODY, {"heygen-event-id": "e1"}).key == "e1"
    assert parse(BODY, {}).key == parse(BODY, {}).key != parse(BODY + b" ", {}).key


def test_an_event_id_that_cannot_be_kept_is_none() -> None:
    """Half a character in a header, or one that is too long for a key, was an answer of 500."""
    for odd in ("\udcff", "a\x00", "x" * 201):
        assert parse(BODY, {"Heygen-Event-Id": odd}).key == parse(BODY, {}).key
