"""A loop is `run_once` plus waiting; this is the waiting, and the tasks that `run_once` starts."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bot.jobs.storing import COMPLAIN_SECONDS
from storage.database import DatabaseFault

logger = logging.getLogger(__name__)

IDLE_SECONDS = 5.0  # the longest wait where jobs depend on it; a safety net, for due times and wakes tell exactly
FAULT_SECONDS = 1.0
HELD_SECONDS = 0.05  # what is due and held by another transaction is looked for again so soon

RunOnce = Callable[[], Awaitable[float | None]]


class Loop:
    """Calls `run_once` whenever it is due or woken. `run_once` returns when to come again; None: only when woken.

    It is called at least every `longest_seconds`, should a wake be lost or the clock be set; where a wake tells little,
    `least_seconds` lie between one round without work and the next, and `rest` times as long as the last two rounds
    took, the quicker of them.
    """

    def __init__(
        self,
        name: str,
        *,
        run_once: RunOnce,
        clock: Callable[[], float],
        at_once: int = 1,
        longest_seconds: float = IDLE_SECONDS,
        least_seconds: float = 0.0,
        rest: float = 4.0,
    ) -> None:
        self._name = name
        self._least_seconds = least_seconds
        self._rest_factor = rest
        self._took = 0.0  # the last round, in seconds
        self._run_once = run_once
        self._clock = clock
        self._longest_seconds = longest_seconds
        self._at_once = at_once
        self._tasks: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()

    @property
    def room(self) -> int:
        """How many more tasks may be started now."""
        return self._at_once - len(self._tasks)

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Runs a task of this loop; the loop is woken when it ends."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def run(self, stopping: asyncio.Event) -> None:
        """Runs until `stopping` is set."""
        stop = asyncio.create_task(stopping.wait(), name=f"end of the {self._name} loop")
        stop.add_done_callback(lambda _: self.wake())
        try:
            while not stopping.is_set():
                self._awake.clear()
                began = time.perf_counter()
                delay = await self.round()
                await self._rest(delay, pause=self.pause_after(time.perf_counter() - began))
        finally:
            stop.cancel()
            await asyncio.gather(stop, return_exceptions=True)

    def pause_after(self, took: float) -> float:
        """A rush of wakes must not be spent looking: after a round without work so many seconds of pause.

        One slow round is no rush: the first takes ten times as long as those after it.
        """
        quicker, self._took = min(took, self._took), took
        return max(quicker * self._rest_factor, self._least_seconds)

    async def _rest(self, delay: float, *, pause: float) -> None:
        if delay <= 0:
            return
        pause = min(delay, pause)
        await asyncio.sleep(pause)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay - pause):
                await self._awake.wait()

    async def drain(self, seconds: float) -> None:
        """Lets the tasks under way end within a limit, then cancels the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def round(self) -> float:
        """Calls `run_once` and says how many seconds may pass until the next time."""
        try:
            due = await self._run_once()
        except DatabaseFault as fault:
            logger.error(
                "The database does not let the loops work: %s; docs/operate/trouble.md says what to do.", fault.orig,
                extra={"action": "storing", "once_in_seconds": COMPLAIN_SECONDS},
            )  # fmt: skip
            return FAULT_SECONDS
        except Exception:
            logger.exception("The %s loop failed; it goes on.", self._name, extra={"action": "loop_fault"})
            return FAULT_SECONDS
        return self._longest_seconds if due is None else min(max(due - self._clock(), 0.0), self._longest_seconds)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("%s failed.", task.get_name(), exc_info=task.exception(), extra={"action": "task_fault"})
        self.wake()
