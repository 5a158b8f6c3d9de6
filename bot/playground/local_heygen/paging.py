"""Query parameters and pages of lists, with HeyGen's limits and opaque tokens."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from aiohttp import web

from bot.playground.local_heygen.errors import invalid

T = TypeVar("T")


def page_of(
    request: web.Request, items: Sequence[T], *, default: int = 20, most: int
) -> tuple[list[T], dict[str, Any]]:
    """The part of a list that `limit` and `token` ask for, and the cursor fields that stand beside it."""
    limit = _limit(request, default, most)
    start = _start(request)
    end = start + limit
    more = end < len(items)
    return list(items[start:end]), {"has_more": more, "next_token": _token(end) if more else None}


def choice(request: web.Request, name: str, words: Sequence[str]) -> str | None:
    """A query parameter that must be one of these words."""
    value = request.query.get(name)
    if value is not None and value not in words:
        raise invalid(f"{name} must be one of {', '.join(words)}", name)
    return value


def _limit(request: web.Request, default: int, most: int) -> int:
    sent = request.query.get("limit", str(default))
    if not sent.isdecimal() or not 1 <= int(sent) <= most:
        raise invalid(f"limit must be between 1 and {most}", "limit")
    return int(sent)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()


def _start(request: web.Request) -> int:
    token = request.query.get("token")
    if token is None:
        return 0
    try:
        word, _, start = base64.urlsafe_b64decode(token).decode().partition(":")
        if word == "from":
            return int(start)
    except (binascii.Error, ValueError):
        pass
    raise invalid("token is not one of ours", "token")
