"""The journal: every Web API call and every delivery in one numbered order, and news for whoever watches."""

import asyncio
import copy
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.playground.local_slack.records import Json
from bot.playground.news import News

ENTRIES_KEPT = 50_000  # of each kind; a playground may run for weeks
ANSWERS_KEPT = 2_000  # of the newest calls; older ones are shown without
SECRETS = frozenset({"token", "response_url"})  # fields that open something by themselves
TICKET = re.compile(r"(?<=ticket=)[^&]+")  # opens a Socket Mode connection
HIDDEN = "(secret)"

T = TypeVar("T")


@dataclass
class Call:
    """One Web API call; arguments are kept without the token. No answer: it got none, or it is too long ago."""

    seq: int
    at: float
    method: str
    arguments: Json
    ok: bool
    error: str | None = None
    seconds: float = 0.0  # that answering took
    answer: Json | None = None

    def as_json(self) -> Json:
        return {**vars(self), "answer": shown(self.answer)}


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
        return {**vars(self), "payload": shown(self.payload)}


class Journal:
    """Keeps calls and deliveries, and wakes everyone who waits for the workspace to change."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seq = 0
        self._waiting: set[asyncio.Event] = set()
        self.news = News()
        self.calls: deque[Call] = deque(maxlen=ENTRIES_KEPT)
        self.deliveries: deque[Delivery] = deque(maxlen=ENTRIES_KEPT)

    def clear(self) -> None:
        self.calls.clear()
        self.deliveries.clear()

    def called(
        self,
        method: str,
        arguments: Json,
        error: str | None,
        *,
        began_at: float | None = None,
        answer: Json | None = None,
    ) -> None:
        now = self._clock()
        seconds = 0.0 if began_at is None else now - began_at
        asked, answered = copy.deepcopy(arguments), copy.deepcopy(answer)
        self.calls.append(Call(self._next(), now, method, asked, error is None, error, seconds, answered))
        if len(self.calls) > ANSWERS_KEPT:
            self.calls[-1 - ANSWERS_KEPT].answer = None
        self._tell_of("call", self.calls[-1])

    def delivery(self, kind: str, payload: Json) -> Delivery:
        entry = Delivery(self._next(), self._clock(), kind, copy.deepcopy(payload))
        self.deliveries.append(entry)
        self._tell_of("delivery", entry)
        return entry

    def tried(self, entry: Delivery) -> None:
        """An attempt that did not settle it."""
        self._tell_of("delivery", entry)

    def settled(self, entry: Delivery, outcome: str) -> None:
        entry.outcome = outcome
        self._tell_of("delivery", entry)

    def tell(self, kind: str, line: Json) -> None:
        """Wake every waiter, and hand the line to every watcher."""
        self.news.tell(kind, line)
        for waiting in self._waiting:
            waiting.set()

    def _tell_of(self, kind: str, entry: Call | Delivery) -> None:
        # an entry has a kind of its own: it goes inside
        self.tell(kind, {kind: entry.as_json()} if self.news.is_watched else {})

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


def shown(value: Any) -> Any:
    """JSON without what opens something by itself."""
    if isinstance(value, dict):
        return {name: HIDDEN if name in SECRETS and one else shown(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shown(one) for one in value]
    return TICKET.sub(HIDDEN, value) if isinstance(value, str) else value
