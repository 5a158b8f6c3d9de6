"""The system's clock may be set, and a machine may sleep: due times are kept right, and patience begins anew."""

from collections.abc import Callable

from bot.jobs.engine import Engine
from bot.jobs.loop import Loop

WATCH_SECONDS = 5.0
JUMP_SECONDS = 5.0  # less is the drift of a clock that is put right


class ClockWatch:
    """Compares the clock with `steady`, which nobody sets and which stands still while the machine sleeps."""

    def __init__(self, engine: Engine, *, clock: Callable[[], float], steady: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._steady = steady
        self._apart = clock() - steady()
        self.loop = Loop("clock", run_once=self.run_once, clock=clock)

    async def run_once(self) -> float:
        """Tells the engine of a jump since the last time; returns when to compare again."""
        apart = self._clock() - self._steady()
        if abs(apart - self._apart) >= JUMP_SECONDS:
            await self._engine.clock_jumped(apart - self._apart)
        self._apart = apart
        return self._clock() + WATCH_SECONDS
