"""Slash commands as Slack sends them over HTTP, signed."""

import hashlib
import hmac
import itertools
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from bot.playground.local_slack.records import TEAM

PATH = "/slack/events"


def requests(*, port: int, secret: str, channels: Sequence[str], people: Sequence[str], mark: str) -> Iterator[bytes]:
    """Whole HTTP requests, each a `/video` of its own; `mark` tells this series from every other."""
    places = itertools.cycle(itertools.product(channels, people))
    for number, (channel, person) in enumerate(places):
        yield request(port, body(f"{mark}.{number}", channel, person, f"An intro, number {number}"), secret)


def body(trigger: str, channel: str, person: str, text: str) -> bytes:
    """The form of a slash command."""
    return urlencode(
        {
            "token": "unused", "team_id": TEAM, "team_domain": "local", "channel_id": channel,
            "channel_name": channel.lower(), "user_id": person, "user_name": person.lower(), "command": "/video",
            "text": text, "api_app_id": "A0LOCAL", "is_enterprise_install": "false",
            "response_url": "http://127.0.0.1:9/unused", "trigger_id": trigger,
        }
    ).encode()  # fmt: skip


def headers(raw: bytes, secret: str) -> dict[str, str]:
    """Slack's signature over the body, as of now."""
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + raw, hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def request(port: int, raw: bytes, secret: str) -> bytes:
    """The request on the wire."""
    lines = {"Host": f"127.0.0.1:{port}", "Content-Length": str(len(raw)), **headers(raw, secret)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {PATH} HTTP/1.1\r\n{head}\r\n".encode() + raw
