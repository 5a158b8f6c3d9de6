"""Carries events, commands and clicks to the app, and repeats events as Slack does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bot.playground.local_slack.background import Background
from bot.playground.local_slack.journal import Delivery, Journal
from bot.playground.local_slack.records import Ack, Json
from bot.playground.local_slack.temper import EVENT, Order, Orders, Temper

RETRY_DELAYS = (0.0, 0.0, 60.0, 300.0)  # before each attempt: the first, then Slack's three repetitions
REORDER_SECONDS = 0.05  # events this close together change places


@dataclass(frozen=True)
class Answer:
    """The app's answer to one attempt; `failure` is Slack's word for why it does not count."""

    status: int = 0
    body: Any = None
    failure: str | None = None
    wants_no_retry: bool = False


class Transport(Protocol):
    """One way to the app: signed HTTP or Socket Mode."""

    async def send(self, entry: Delivery, attempt: int, reason: str) -> Answer: ...


class Courier:
    """Delivers over one transport at a time and keeps the journal of it.

    A new `transport` takes what is tried from then on, repetitions of older events included.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        clock: Callable[[], float],
        temper: Temper,
        orders: Orders,
        journal: Journal,
        background: Background,
    ) -> None:
        self.transport = transport
        self._clock = clock
        self._temper = temper
        self._orders = orders
        self._journal = journal
        self._background = background
        self._held: list[Delivery] = []

    def event(self, payload: Json) -> None:
        """Send an event in the background; it counts as lost after the last repetition."""
        entry = self._journal.delivery("events_api", payload)
        order = self._orders.take(EVENT)
        if self._is_dropped(order):
            self._journal.settled(entry, "dropped")
        elif order is not None:
            self._background.start(f"late delivery {entry.seq}", self._later(entry, order.hold_seconds))
        elif self._temper.reorder:
            self._hold(entry)
        else:
            self._dispatch(entry)

    async def ask(self, kind: str, payload: Json) -> Ack:
        """Send a command or an interaction once, and wait for the app's answer."""
        entry = self._journal.delivery(kind, payload)
        for _ in range(self._temper.duplicate_deliveries):
            self._background.start(f"copy of delivery {entry.seq}", self._attempt_only(entry))
        answer = await self._attempt(entry, 0, "")
        if answer.failure is None:
            return Ack(answer.status, answer.body)
        if entry.is_open:
            self._journal.settled(entry, "lost")
        timed_out = answer.failure in ("timeout", "http_timeout")
        return Ack(answer.status, answer.body, "operation_timeout" if timed_out else "dispatch_failed")

    def _is_dropped(self, order: Order | None) -> bool:
        if self._temper.drop_next > 0:
            self._temper.drop_next -= 1
            return True
        return order is not None and order.do == "drop"

    async def _later(self, entry: Delivery, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._dispatch(entry)

    def _hold(self, entry: Delivery) -> None:
        self._held.append(entry)
        if len(self._held) == 1:
            self._background.start("reordering", self._release())

    async def _release(self) -> None:
        await asyncio.sleep(REORDER_SECONDS)
        held, self._held = self._held, []
        for entry in reversed(held):
            self._dispatch(entry)

    def _dispatch(self, entry: Delivery) -> None:
        for _ in range(1 + self._temper.duplicate_deliveries):
            self._background.start(f"delivery {entry.seq}", self._deliver(entry))

    async def _deliver(self, entry: Delivery) -> None:
        reason = ""
        for attempt, delay in enumerate(RETRY_DELAYS):
            await asyncio.sleep(delay / self._temper.retry_pace)
            answer = await self._attempt(entry, attempt, reason)
            if answer.failure is None:
                return
            if answer.wants_no_retry:
                break
            reason = answer.failure
        if entry.is_open:
            self._journal.settled(entry, "lost")

    async def _attempt_only(self, entry: Delivery) -> None:
        await self._attempt(entry, 0, "")

    async def _attempt(self, entry: Delivery, attempt: int, reason: str) -> Answer:
        entry.attempts += 1
        answer = await self.transport.send(entry, attempt, reason)
        entry.status, entry.body = answer.status or None, answer.body
        entry.trace.append(answer.failure or "acked")
        if answer.failure is None and entry.acked_at is None:
            entry.acked_at = self._clock()
            self._journal.settled(entry, "acked")
        else:
            self._journal.tried(entry)
        return answer
