"""The loop that looks: claim the jobs that are due, ask HeyGen how they are, hand what it says to the engine."""

import logging
from collections.abc import Awaitable, Callable

from bot.heygen.errors import AccountTrouble, HeyGenError
from bot.jobs.engine import Engine
from bot.jobs.loop import Loop
from bot.jobs.outcomes import Trouble
from bot.jobs.sight import Sight
from bot.jobs.storing import stored
from storage import jobs
from storage.database import Database, DatabaseFault
from storage.records import Job

logger = logging.getLogger(__name__)

AT_ONCE = 16
AGAIN_SECONDS = 30.0

Observe = Callable[[Job], Awaitable[Sight]]


class Observer:
    """Asks HeyGen for the truth about each watched job when its time has come."""

    def __init__(
        self, database: Database, engine: Engine, *, instance: str, clock: Callable[[], float], observe: Observe
    ) -> None:
        self._database = database
        self._engine = engine
        self._instance = instance
        self._clock = clock
        self._observe = observe
        self.loop = Loop("observer", run_once=self.run_once, clock=clock, at_once=AT_ONCE)

    async def run_once(self) -> float | None:
        """Claims the jobs that are due and starts their looks; returns when to come again."""
        if self.loop.room <= 0:
            return None
        due = await self._database.read(jobs.next_look)
        now = self._clock()
        if due is None or due > now:
            return due
        room = self.loop.room
        claimed = await self._database.write(lambda tx: jobs.claim_looks(tx, self._instance, now, room))
        for job in claimed:
            self.loop.start(self._look(job), name=f"look {job.id}")
        return now

    async def _look(self, job: Job) -> None:
        try:
            sight = await self._observe(job)
            await stored(lambda: self._engine.observed(job, sight))
        except AccountTrouble as error:
            trouble = Trouble(error.code, error.message)
            await stored(lambda: self._engine.look_refused(job, trouble))
        except HeyGenError as error:
            logger.warning("HeyGen did not say how a job is: %s", error.code, extra={"action": "look", "job": job.id})
            await self._failed(job, error.retry_after or AGAIN_SECONDS)
        except DatabaseFault:  # between the asking and the answer; `stored` has told of it
            await self._failed(job, AGAIN_SECONDS)
        except Exception:
            logger.exception("A look failed by a fault of ours.", extra={"action": "look_fault", "job": job.id})
            await self._failed(job, AGAIN_SECONDS)

    async def _failed(self, job: Job, wait: float) -> None:
        again_at = self._clock() + wait
        await stored(lambda: self._engine.look_failed(job, again_at=again_at))
