"""A loop is `run_once` plus waiting; this is the waiting, and the tasks that `run_once` starts."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__)

IDLE_SECONDS = 5.0  # the longest wait; a safety net, for due times and wakes tell exactly
FAULT_SECONDS = 1.0

RunOnce = Callable[[], Awaitable[float | None]]


class Loop:
    """Calls `run_once` whenever it is due or woken. `run_once` returns when to come again; None: only when woken."""

    def __init__(self, name: str, *, run_once: RunOnce, clock: Callable[[], float], at_once: int = 1) -> None:
        self._name = name
        self._run_once = run_once
        self._clock = clock
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
        while not stopping.is_set():
            self._awake.clear()
            delay = await self._round()
            if delay > 0:
                await _first_of(self._awake.wait(), stopping.wait(), timeout=delay)

    async def drain(self, seconds: float) -> None:
        """Lets the tasks under way end within a limit, then cancels the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _round(self) -> float:
        try:
            due = await self._run_once()
        except Exception:
            logger.exception("The %s loop failed; it goes on.", self._name, extra={"action": "loop_fault"})
            return FAULT_SECONDS
        return IDLE_SECONDS if due is None else min(max(due - self._clock(), 0.0), IDLE_SECONDS)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("%s failed.", task.get_name(), exc_info=task.exception(), extra={"action": "task_fault"})
        self.wake()


async def _first_of(*waits: Coroutine[Any, Any, Any], timeout: float) -> None:
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
