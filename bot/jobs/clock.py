"""The system's clock may be set, and a machine may sleep: due times are kept right, and patience begins anew."""

from collections.abc import Callable

from bot.jobs.engine import Engine

JUMP_SECONDS = 5.0  # less is the drift of a clock that is put right


class ClockWatch:
    """Compares the clock with `steady`, which nobody sets and which stands still while the machine sleeps."""

    def __init__(self, engine: Engine, *, clock: Callable[[], float], steady: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._steady = steady
        self._apart = clock() - steady()

    async def run_once(self) -> None:
        """Tells the engine of a jump since the last time. Run often, and before what is due by the clock is done."""
        apart = self._clock() - self._steady()
        if abs(apart - self._apart) >= JUMP_SECONDS:
            await self._engine.clock_jumped(apart - self._apart)
        self._apart = apart
