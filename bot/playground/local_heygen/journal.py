"""The calls that came in, with what was asked and answered, and news of all that changes. Secrets are left out."""

import dataclasses
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.playground.local_heygen.records import Call
from bot.playground.news import News

MOST_CALLS = 50_000
SECRET_FIELDS = ("secret",)
LONG_ANSWER = 300  # characters of a text in an answer
LONG_LIST = 3  # items of a list in an answer
LONG_REQUEST = 20_000  # above the longest prompt, below inline files


class Journal:
    """Calls in the order in which they came; downloads apart, for they are no API calls."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self.downloads: deque[Call] = deque(maxlen=MOST_CALLS)
        self.news = News()
        self._clock = clock
        self._seq = 0

    def note(self, op: str, request: web.Request, body: Any) -> Call:
        """Begin the entry of a call; its answer is filled in later."""
        self._seq += 1
        call = Call(
            seq=self._seq,
            at=self._clock(),
            op=op,
            method=request.method,
            path=request.path,
            query=request.query_string,
            idempotency_key=request.headers.get("Idempotency-Key"),
            body=shown(body, text=LONG_REQUEST, items=None),
        )
        (self.downloads if op == "download" else self.calls).append(call)
        self.tell("call", call=call)
        return call

    def ended(self, call: Call, status: int | None) -> None:
        """Complete the entry of a call; without a status the caller got no answer."""
        call.status = status
        call.seconds = self._clock() - call.at
        self.tell("call", call=call)

    def tell(self, kind: str, **line: Any) -> None:
        """News for whoever watches; records are told as they are at this moment."""
        if self.news.is_watched:
            self.news.tell(kind, {name: plain(value) for name, value in line.items()})

    def clear(self) -> None:
        self.calls.clear()
        self.downloads.clear()


def shown(value: Any, *, text: int = LONG_ANSWER, items: int | None = LONG_LIST) -> Any:
    """JSON without secrets, and with long texts and lists cut short."""
    if isinstance(value, dict):
        return {
            name: "(secret)" if name in SECRET_FIELDS and one else shown(one, text=text, items=items)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [shown(one, text=text, items=items) for one in value[:items]]
    if isinstance(value, str) and len(value) > text:
        return f"{value[:text]}… ({len(value)} characters)"
    return value


def plain(value: Any) -> Any:
    """A record as JSON can hold it."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return value
