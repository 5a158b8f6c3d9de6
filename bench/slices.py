"""Holds processes to a share of one core each, so that a few cores can stand for many machines."""

import asyncio
import os
import signal
import time
from collections.abc import Iterable

TURN_SECONDS = 0.002
MOST_SAVED_SECONDS = 0.01  # of processor time not used; what waited may not run long afterwards


class Slice:
    """One process, stopped and let go on by signals, so that it does not run ahead of its share."""

    def __init__(self, pid: int, share: float) -> None:
        self._pid = pid
        self._share = share
        self._saved = 0.0
        self._asked_at = time.monotonic()
        self._used = seconds_of(pid)
        self._runs = True

    def turn(self) -> None:
        """Weighs what it has used since the last turn, and stops it or lets it go on."""
        now, used = time.monotonic(), seconds_of(self._pid)
        earned = (now - self._asked_at) * self._share
        self._saved = min(MOST_SAVED_SECONDS, self._saved + earned - (used - self._used))
        self._asked_at, self._used = now, used
        self.let(self._saved > 0)

    def let(self, run: bool) -> None:
        """Goes on or stands still."""
        if run != self._runs:
            os.kill(self._pid, signal.SIGCONT if run else signal.SIGSTOP)
            self._runs = run


class Slices:
    """All processes that are held, until `close`."""

    def __init__(self, pids: Iterable[int], share: float) -> None:
        self._slices = [Slice(pid, share) for pid in pids]
        self._task = asyncio.create_task(self._hold())

    async def close(self) -> None:
        """Lets them all go on."""
        self._task.cancel()
        await asyncio.wait([self._task])
        for one in self._slices:
            one.let(True)

    async def _hold(self) -> None:
        while True:
            for one in self._slices:
                one.turn()
            await asyncio.sleep(TURN_SECONDS)


def seconds_of(pid: int) -> float:
    """A process's processor time, by its own clock: clock_getcpuclockid(3), counted in nanoseconds."""
    return time.clock_gettime((~pid << 3) | 2)
