"""The right to make a call, which runs out: a process may stand still, by its machine's sleep or a signal, and wake
right before a call that another replica, which took it for dead, has made meanwhile.

So the claim is looked at once more where some time has passed since it was, and nothing is sent when that look is too
old at the very moment of sending. What a listener calls by itself has no claim, and no lease.
"""

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx

LEASE_SECONDS = 15.0  # less than the silence after which a replica is taken for dead
LEAST_SECONDS = 1.0  # however fast the program lives in tests
FRESH_SHARE = 1 / 3  # of the lease in which nobody looks again
READING = frozenset({"GET", "HEAD"})


class LeaseLost(Exception):
    """The call was not made; nothing was sent."""


class Lease:
    """Of one claimed effect. `is_ours` looks whether the claim still stands."""

    def __init__(self, is_ours: Callable[[], Awaitable[bool]], *, seconds: float, steady: Callable[[], float]) -> None:
        self._is_ours = is_ours
        self._seconds = seconds
        self._steady = steady
        self._seen_at = float("-inf")

    async def renew(self) -> None:
        """Before a call is prepared. Raises LeaseLost."""
        now = self._steady()
        if now - self._seen_at < self._seconds * FRESH_SHARE:
            return
        if not await self._is_ours():
            raise LeaseLost("the claim is another's by now")
        self._seen_at = now

    def check(self) -> None:
        """Right before the first byte. Raises LeaseLost."""
        if self._steady() - self._seen_at > self._seconds:
            raise LeaseLost("it took too long until it could be sent")


LEASE: ContextVar[Lease | None] = ContextVar("lease", default=None)  # of the present task, and of those it starts


def steady() -> float:
    """Seconds that never jump, and that go on while the machine sleeps where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def of_session() -> aiohttp.TraceConfig:
    """For calls to Slack. Nothing has been written yet when the headers are told."""

    async def renew(_: Any, __: SimpleNamespace, call: aiohttp.TraceRequestStartParams) -> None:
        lease = LEASE.get()
        if lease is not None and call.method not in READING:
            await lease.renew()

    async def check(_: Any, __: SimpleNamespace, call: aiohttp.TraceRequestHeadersSentParams) -> None:
        lease = LEASE.get()
        if lease is not None and call.method not in READING:
            lease.check()

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(renew)
    trace.on_request_headers_sent.append(check)
    return trace


async def of_request(request: httpx.Request) -> None:
    """For calls to HeyGen."""
    lease = LEASE.get()
    if lease is None or request.method in READING:
        return
    await lease.renew()

    async def check(event: str, _: dict[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            lease.check()

    request.extensions["trace"] = check
