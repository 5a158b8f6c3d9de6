"""Says that this instance is there, frees what the dead held, and keeps the time that all instances share."""

import logging
import time
from collections.abc import Callable, Collection

from bot.jobs.kinds.bulk import MOST
from bot.jobs.observer import CALLS_PER_SECOND
from storage import instances
from storage.database import Database, Transaction

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
DEAD_SECONDS = 20.0  # four beats missed; with one beat more what it held is taken over within half a minute
ALONE = float("-inf")  # on a file that nobody else may run on, every other instance is dead

Running = Callable[[], tuple[Collection[int], Collection[str]]]


class SharedClock:
    """The database's time, carried on by a clock of ours that nobody sets."""

    def __init__(self, now: float, *, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._apart = now - steady()

    def __call__(self) -> float:
        return self._steady() + self._apart

    def set(self, now: float) -> None:
        """The database has said what time it is."""
        self._apart = now - self._steady()


class Heartbeat:
    """`running` tells the effects and jobs that this instance is at; `woken` is called when something was freed."""

    def __init__(
        self,
        database: Database,
        *,
        instance: str,
        release: str,
        clock: Callable[[], float],
        running: Running,
        woken: Callable[[], None],
        told_time: Callable[[float], None] = lambda _: None,
        tempo: float = 1.0,
    ) -> None:
        self._database = database
        self._instance = instance
        self._release = release
        self._clock = clock
        self._running = running
        self._woken = woken
        self._told_time = told_time
        self._tempo = tempo
        self._dead_after = DEAD_SECONDS / tempo if database.is_shared else ALONE
        self._strange: tuple[set[int], set[str]] = (set(), set())

    async def join(self) -> float | None:
        """Enters this instance; returns when one was last there, None when never."""
        return await self._database.write(
            lambda tx: instances.join(
                tx,
                self._instance,
                release=self._release,
                now=self._clock(),
                dead_after=self._dead_after,
                apart=2.0 / (CALLS_PER_SECOND * self._tempo),
                together=MOST,
            )
        )

    async def run_once(self) -> float:
        """One beat; returns when the next is due."""
        running_before = self._running()
        at, gone = await self._database.write(self._beat)
        self._told_time(at)
        if gone:
            logger.warning("%s other instances are gone; what they held is free.", gone, extra={"action": "takeover"})
            self._woken()
        await self._free_strange(running_before)
        return self._clock() + BEAT_SECONDS / self._tempo

    def _beat(self, tx: Transaction) -> tuple[float, int]:
        at = instances.beat(tx, self._instance, release=self._release, now=self._clock())
        if not self._database.is_shared:
            return at, 0
        return at, instances.remove_dead(tx, now=self._clock(), dead_after=self._dead_after)

    async def _free_strange(self, running: tuple[Collection[int], Collection[str]]) -> None:
        """A claim whose answer was lost is ours and nobody is at it: free, when it is still so at the next beat."""
        held = await self._database.read(lambda tx: instances.claims_of(tx, self._instance))
        now_running = self._running()
        strange = (
            held[0] - {*running[0], *now_running[0]},
            held[1] - {*running[1], *now_running[1]},
        )
        effect_ids, job_ids = self._strange[0] & strange[0], self._strange[1] & strange[1]
        self._strange = (strange[0] - effect_ids, strange[1] - job_ids)
        if effect_ids or job_ids:
            await self._database.write(
                lambda tx: instances.free(tx, self._instance, effect_ids=effect_ids, job_ids=job_ids, now=self._clock())
            )
            self._woken()

    async def leave(self) -> None:
        """This instance ends: what it still holds is free at once."""
        await self._database.write(lambda tx: instances.leave(tx, self._instance, now=self._clock()))
