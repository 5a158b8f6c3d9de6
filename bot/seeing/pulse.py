"""How late the event loop is: what keeps it busy for a quarter of a second makes everybody wait as long."""

from collections.abc import Callable

from bot.jobs.loop import Loop

PULSE_SECONDS = 1.0


class Pulse:
    """Asks to be called once a second and tells how much later it was. `steady` is a clock that nobody sets."""

    def __init__(
        self, *, clock: Callable[[], float], steady: Callable[[], float], lagged: Callable[[float], None]
    ) -> None:
        self._clock = clock
        self._steady = steady
        self._lagged = lagged
        self._due: float | None = None
        self.loop = Loop("pulse", run_once=self.run_once, clock=clock, longest_seconds=PULSE_SECONDS)

    async def run_once(self) -> float:
        """Tells the lag since the last time; returns when to come again."""
        now = self._steady()
        if self._due is not None:
            self._lagged(max(now - self._due, 0.0))
        self._due = now + PULSE_SECONDS
        return self._clock() + PULSE_SECONDS
