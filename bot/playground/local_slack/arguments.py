"""Reads the arguments of a Web API call from wherever the caller put them."""

import json
from typing import Any

from aiohttp import web

from bot.playground.local_slack.records import Json, SlackError

NESTED = ("attachments", "blocks", "event_payload", "files", "metadata", "prompts", "view")
BAD_NESTED = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
TRUE_WORDS = ("1", "true", "True")


class Arguments:
    """The arguments of one call; `token` is kept apart so that nobody logs it."""

    def __init__(self, token: str, given: Json) -> None:
        self.token = token
        self.given = given

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise missing(name)
        return value

    def flag(self, name: str) -> bool:
        return self.given.get(name) is True or self.text(name) in TRUE_WORDS

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise SlackError(f"invalid_{name}") from None

    def nested(self, name: str) -> Any:
        """A structured argument, whether it came as JSON or as a string of JSON; None when it was not given."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(BAD_NESTED.get(name, "invalid_arguments")) from None

    def blocks(self) -> list[Json] | None:
        value = self.nested("blocks")
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(block, dict) for block in value):
            raise SlackError("invalid_blocks_format")
        return value


def missing(name: str) -> SlackError:
    words = f"[ERROR] missing required field: {name}"
    return SlackError("invalid_arguments", {"response_metadata": {"messages": [words]}})


async def read_arguments(request: web.Request) -> Arguments:
    """Read query string, form body and JSON body together, and the token from header or argument."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        given |= await _json_body(request)
    elif request.can_read_body:
        given |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = str(given.pop("token", ""))
    for secret in ("client_secret", "refresh_token"):
        given.pop(secret, None)
    return Arguments(bearer if scheme == "Bearer" else token, given)


async def _json_body(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def loggable(arguments: Arguments) -> Json:
    """The arguments as the journal shows them: nested ones always as structures."""
    shown = dict(arguments.given)
    for name in NESTED:
        if isinstance(shown.get(name), str):
            try:
                shown[name] = json.loads(shown[name])
            except ValueError:
                continue  # shown as it came: the call itself is refused for it
    return shown
