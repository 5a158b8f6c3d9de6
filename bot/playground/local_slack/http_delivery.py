"""Delivery over HTTP: signed requests to the app's request URL."""

import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp

from bot.playground.local_slack.courier import Answer
from bot.playground.local_slack.journal import Delivery
from bot.playground.local_slack.records import Json
from bot.playground.local_slack.temper import Temper

FORM = "application/x-www-form-urlencoded"


class HttpDelivery:
    """Posts to one request URL; open it with `start` inside the running loop, and `close` it."""

    def __init__(self, request_url: str, signing_secret: str, *, clock: Callable[[], float], temper: Temper) -> None:
        self.request_url = request_url
        self._signing_secret = signing_secret
        self._clock = clock
        self._temper = temper
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(trust_env=False)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, entry: Delivery, attempt: int, reason: str) -> Answer:
        body, content_type = encode(entry.kind, entry.payload)
        headers = {"Content-Type": content_type, **self.signature(body)}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        try:
            return await self._post(body, headers)
        except TimeoutError:
            return Answer(failure="http_timeout")
        except aiohttp.TooManyRedirects:
            return Answer(failure="too_many_redirects")
        except aiohttp.ClientError:
            return Answer(failure="connection_failed")

    async def verify_request_url(self) -> bool:
        """Ask the app to echo a challenge, as Slack does when the request URL is saved."""
        body = json.dumps({"type": "url_verification", "token": "local", "challenge": "say this"}).encode()
        answer = await self._post(body, {"Content-Type": "application/json", **self.signature(body)})
        return answer.body in ("say this", {"challenge": "say this"})

    def signature(self, body: bytes) -> dict[str, str]:
        """The two headers that prove a request comes from this Slack."""
        timestamp = str(int(self._clock()))
        signed = hmac.new(self._signing_secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signed.hexdigest()}"}

    async def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        if self._session is None:
            raise RuntimeError("HTTP delivery was not started")
        limit = aiohttp.ClientTimeout(total=self._temper.ack_seconds)
        async with self._session.post(
            self.request_url, data=body, headers=headers, timeout=limit, max_redirects=2
        ) as response:
            text = await response.text(errors="replace")
            content = _decoded(text, response.content_type)
            no_retry = response.headers.get("X-Slack-No-Retry") == "1"
            return Answer(response.status, content, None if response.ok else "http_error", no_retry)


def encode(kind: str, payload: Json) -> tuple[bytes, str]:
    """A delivery's body and content type: events as JSON, commands as a flat form, the rest as a form's one field."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    if kind == "slash_commands":
        fields = {key: str(value).lower() if isinstance(value, bool) else value for key, value in payload.items()}
        return urlencode({key: "" if value is None else value for key, value in fields.items()}).encode(), FORM
    return urlencode({"payload": json.dumps(payload)}).encode(), FORM


def _decoded(text: str, content_type: str) -> Json | str | None:
    if not text:
        return None
    if content_type != "application/json":
        return text
    try:
        decoded: Json = json.loads(text)
    except ValueError:
        return text
    return decoded
