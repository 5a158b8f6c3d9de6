"""The journal: every Web API call and every delivery in one numbered order, and news for whoever watches."""

import asyncio
import copy
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.playground.local_slack.records import Json

ENTRIES_KEPT = 50_000  # of each kind; a playground may run for weeks
CLOSING = "closing"  # the last news of a stream
NEWS_KEPT = 1_000  # waiting for one slow watcher; older news is dropped

T = TypeVar("T")


@dataclass
class Call:
    """One Web API call; arguments are kept without the token."""

    seq: int
    at: float
    method: str
    arguments: Json
    ok: bool
    error: str | None = None
    seconds: float = 0.0  # that answering took

    def as_json(self) -> Json:
        return dict(vars(self))


@dataclass
class Delivery:
    """One thing told to the app, and how it went; `status` is the app's last HTTP status or None."""

    seq: int
    at: float
    kind: str
    payload: Json
    attempts: int = 0
    acked_at: float | None = None
    status: int | None = None
    body: Any = None
    outcome: str = "open"
    trace: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.outcome == "open"

    def as_json(self) -> Json:
        return dict(vars(self))


class Journal:
    """Keeps calls and deliveries, and wakes everyone who waits for the workspace to change."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seq = 0
        self._waiting: set[asyncio.Event] = set()
        self._watchers: set[asyncio.Queue[Json]] = set()
        self.calls: deque[Call] = deque(maxlen=ENTRIES_KEPT)
        self.deliveries: deque[Delivery] = deque(maxlen=ENTRIES_KEPT)

    def clear(self) -> None:
        self.calls.clear()
        self.deliveries.clear()

    def called(self, method: str, arguments: Json, error: str | None, *, began_at: float | None = None) -> None:
        now = self._clock()
        seconds = 0.0 if began_at is None else now - began_at
        call = Call(self._next(), now, method, copy.deepcopy(arguments), error is None, error, seconds)
        self.calls.append(call)
        self.tell("call", call.as_json())

    def delivery(self, kind: str, payload: Json) -> Delivery:
        entry = Delivery(self._next(), self._clock(), kind, copy.deepcopy(payload))
        self.deliveries.append(entry)
        self.tell("delivery", entry.as_json())
        return entry

    def settled(self, entry: Delivery, outcome: str) -> None:
        entry.outcome = outcome
        self.tell("delivery", entry.as_json())

    def tell(self, kind: str, news: Json) -> None:
        """Wake every waiter, and hand `news` to every watcher of the stream."""
        for watcher in self._watchers:
            if watcher.full():
                watcher.get_nowait()
            watcher.put_nowait({"kind": kind, **news})
        for waiting in self._waiting:
            waiting.set()

    @contextmanager
    def watching(self) -> Iterator[asyncio.Queue[Json]]:
        watcher: asyncio.Queue[Json] = asyncio.Queue(NEWS_KEPT)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def until(self, condition: Callable[[], T | None], timeout: float) -> T:
        """Return the condition's first true value, asking again after each change; TimeoutError after `timeout` s."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            async with asyncio.timeout(timeout):
                while not (value := condition()):
                    await changed.wait()
                    changed.clear()
                return value
        finally:
            self._waiting.discard(changed)

    def _next(self) -> int:
        self._seq += 1
        return self._seq
