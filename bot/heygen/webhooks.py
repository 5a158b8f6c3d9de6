"""Verifies and parses one delivery of HeyGen's. Pure.

What is documented and what was observed differ (headers above all), so this accepts both, and trusts nothing but the
signature: https://developers.heygen.com/docs/webhooks
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIGNATURE_HEADERS = ("heygen-signature", "signature", "x-heygen-signature")
TIMESTAMP_HEADER = "heygen-timestamp"
EVENT_ID_HEADER = "heygen-event-id"
TOLERANCE_SECONDS = 900.0  # documented as five minutes; retries have been seen to come with their first time
DIGEST = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
ID_LIMIT = 200


class WebhookRejected(Exception):
    """Not HeyGen's, too old, or not readable."""


@dataclass(frozen=True, kw_only=True)
class WebhookEvent:
    """What a delivery speaks of. A hint where to look, never the truth. `key` is the same when it comes again."""

    key: str
    session_id: str | None
    video_id: str | None
    callback_id: str | None


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: float) -> None:
    """Raises WebhookRejected unless one of the secrets signed these very bytes, recently as far as is told."""
    secrets = [secret for secret in secrets if secret]
    if not secrets:
        raise WebhookRejected("no HEYGEN_WEBHOOK_SECRET is set")
    given = {name.lower(): value for name, value in headers.items()}
    read = (DIGEST.search(given.get(name, "")) for name in SIGNATURE_HEADERS)
    found = next((match for match in read if match is not None), None)
    if found is None:
        raise WebhookRejected("no signature")
    digest = found.group().lower()
    signed = [hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest() for secret in secrets]
    fits = [hmac.compare_digest(digest, expected) for expected in signed]  # all of them, so that time tells nothing
    if not any(fits):
        raise WebhookRejected("the signature does not fit")
    _check_time(given.get(TIMESTAMP_HEADER), now)


def _check_time(said: str | None, now: float) -> None:
    if not said:
        return  # not every delivery carries one
    try:
        apart = abs(now - float(said))
    except ValueError:
        raise WebhookRejected("the timestamp is no number") from None
    if not apart <= TOLERANCE_SECONDS:
        raise WebhookRejected("the timestamp is stale")


def parse(raw: bytes, headers: Mapping[str, str]) -> WebhookEvent:
    """Reads the ids wherever HeyGen may have put them. Raises WebhookRejected for what is no event."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise WebhookRejected("the body is no JSON") from None
    if not isinstance(body, dict):
        raise WebhookRejected("the body is no event")
    given = {name.lower(): value for name, value in headers.items()}
    event_id = _text(given, EVENT_ID_HEADER) or _text(body, "event_id")
    return event_of(body, key=event_id or hashlib.sha256(raw).hexdigest())


def event_of(body: Mapping[str, Any], *, key: str) -> WebhookEvent:
    """The event of a delivery, or of the history, which has the same fields."""
    event = body.get("event_data")
    inner: dict[str, Any] = event if isinstance(event, dict) else {}
    return WebhookEvent(
        key=key,
        session_id=_text(inner, "session_id") or _text(body, "session_id"),
        video_id=_text(inner, "video_id") or _text(body, "video_id") or _text(inner, "id"),
        callback_id=_text(inner, "callback_id") or _text(body, "callback_id"),
    )


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= ID_LIMIT and value.isprintable() else None
