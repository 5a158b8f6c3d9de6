"""The calls that came in, with what was asked and answered. Keys and secrets are left out."""

from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.playground.local_heygen.records import Call

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
        return call

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
