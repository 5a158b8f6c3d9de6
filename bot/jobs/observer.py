"""The loop that looks: claim the jobs that are due, ask HeyGen how they are, hand what it says to the engine."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.heygen.errors import AccountTrouble, BadRequest, Conflict, HeyGenError, KeyRejected, NotFound, OutOfCredit
from bot.heygen.rest import REST_LANE
from bot.jobs.engine import Engine
from bot.jobs.kinds.bulk import MOST, Bulk
from bot.jobs.loop import HELD_SECONDS, Loop
from bot.jobs.outcomes import LEFT_SECONDS, NotKnown
from bot.jobs.sight import Sight
from bot.jobs.storing import stored
from bot.log import about
from storage import jobs, looks, pace
from storage.database import Database, DatabaseFault, Transaction
from storage.records import Job

logger = logging.getLogger(__name__)

AT_ONCE = 16
AGAIN_SECONDS = 30.0
LOOKS_LANE = "heygen|looks"
CALLS_PER_SECOND = 20.0  # HeyGen publishes no rate; this is what all looks of an installation together may take
BURST = 20

Observe = Callable[[Job], Awaitable[Sight]]
Looked = Callable[[Job, str, float], None]


@dataclass(frozen=True)
class Round:
    """What was claimed at a time: jobs for a call each, and jobs that share one, with their kind's bulk call."""

    alone: Sequence[Job]
    together: Sequence[tuple[Bulk, Sequence[Job]]]

    @property
    def jobs(self) -> list[Job]:
        """All of them."""
        return [*self.alone, *(job for _, shared in self.together for job in shared)]

    @property
    def calls(self) -> int:
        """How many calls it takes."""
        return len(self.alone) + len(self.together)


class Observer:
    """Asks HeyGen for the truth about each watched job when its time has come, about many in one call where it can.

    A bulk answer that shows no move is taken as it is; any other makes the job due for a look of its own. `looked` is
    told of each look: what came of it in a word, and the seconds it took.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        *,
        instance: str,
        clock: Callable[[], float],
        observe: Observe,
        bulks: Mapping[str, Bulk],
        tempo: float = 1.0,
        looked: Looked = lambda _job, _outcome, _seconds: None,
    ) -> None:
        self._database = database
        self._engine = engine
        self._instance = instance
        self._clock = clock
        self._observe = observe
        self.running: set[str] = set()  # the ids of the jobs being looked at
        self._looked = looked
        self._bulks = bulks
        self._apart = 1.0 / (CALLS_PER_SECOND * tempo)
        self.loop = Loop("observer", run_once=self.run_once, clock=clock, at_once=AT_ONCE)

    async def run_once(self) -> float | None:
        """Claims the jobs that are due and starts their looks; returns when to come again."""
        if self.loop.room <= 0:
            return None
        due = await self._database.read(_next_look)
        now = self._clock()
        if due is None or due > now:
            return due
        room = self.loop.room
        claimed = await self._database.write(lambda tx: self._claim(tx, now, room))
        self.running.update(job.id for job in claimed.jobs)
        for job in claimed.alone:
            self.loop.start(self._look(job), name=f"look {job.id}")
        for bulk, shared in claimed.together:
            self.loop.start(self._look_together(bulk, shared), name=f"look at {len(shared)} jobs")
        return now if claimed.calls else now + HELD_SECONDS  # another replica was faster

    def _claim(self, tx: Transaction, now: float, room: int) -> Round:
        """As many calls as may go now; a call that many jobs can share takes along those whose turn comes next."""
        if not pace.hold(tx, LOOKS_LANE):  # another replica is just claiming: what it takes is not known yet
            return Round([], [])
        used_until = max(pace.free_at(tx, LOOKS_LANE), now - self._apart * (BURST - 1))
        if used_until > now:
            return Round([], [])
        calls = 1 + int((now - used_until) / self._apart)
        shares = self._shares_when_scarce if calls <= BURST // 2 else self._shares
        due = jobs.claim_looks(tx, self._instance, now, min(room, calls))
        together = []
        for kind in {job.kind for job in due if shares(job)}:
            mine = [job for job in due if job.kind == kind and shares(job)]
            offered = looks.claim_along(tx, self._instance, kind=kind, limit=MOST - len(mine))
            looks.let_go(tx, [job for job in offered if not shares(job)])
            together.append((self._bulks[kind], [*mine, *filter(shares, offered)]))
        taken = Round([job for job in due if not shares(job)], together)
        pace.spend(tx, LOOKS_LANE, now, calls=taken.calls, interval=self._apart, burst=BURST)
        return taken

    def _shares(self, job: Job) -> bool:
        return self._shares_when_scarce(job) and not self._bulks[job.kind].prefers_alone(job)

    def _shares_when_scarce(self, job: Job) -> bool:
        """So that looks that can wait, for late questions, leave calls to those that cannot."""
        bulk = self._bulks.get(job.kind)
        return bulk is not None and bulk.id_of(job) is not None

    async def _look(self, job: Job) -> None:
        about(job.id)
        began = time.perf_counter()
        try:
            outcome = await self._see(job)
        finally:
            self.running.discard(job.id)
        self._looked(job, outcome, time.perf_counter() - began)

    async def _see(self, job: Job) -> str:
        try:
            sight = await self._observe(job)
            await stored(lambda: self._engine.observed(job, sight))
            return "seen"
        except AccountTrouble as error:
            code = error.code
            await stored(lambda: self._engine.look_refused(job, code))
            return "refused"
        except HeyGenError as error:
            logger.warning("HeyGen did not say how a job is: %s", error.code, extra={"action": "look", "job": job.id})
            await self._failed(job, error.retry_after or AGAIN_SECONDS)
            return "unanswered"
        except NotKnown as newer:
            logger.info("%s; its look is left to a newer release.", newer, extra={"action": "look", "job": job.id})
            again_at = self._clock() + LEFT_SECONDS
            await stored(lambda: self._engine.look_left(job, again_at=again_at))
            return "left"
        except DatabaseFault:  # between the asking and the answer; `stored` has told of it
            await self._failed(job, AGAIN_SECONDS)
            return "fault"
        except Exception:
            logger.exception("A look failed by a fault of ours.", extra={"action": "look_fault", "job": job.id})
            await self._failed(job, AGAIN_SECONDS)
            return "fault"

    async def _failed(self, job: Job, wait: float) -> None:
        again_at = self._clock() + wait
        await stored(lambda: self._engine.look_failed(job, again_at=again_at))

    async def _look_together(self, bulk: Bulk, shared: Sequence[Job]) -> None:
        began = time.perf_counter()
        try:
            outcome = await self._see_together(bulk, shared)
        finally:
            self.running.difference_update(job.id for job in shared)
        for job in shared:
            self._looked(job, outcome, time.perf_counter() - began)

    async def _see_together(self, bulk: Bulk, shared: Sequence[Job]) -> str:
        try:
            await self._ask_together(bulk, shared)
            return "seen"
        except (KeyRejected, OutOfCredit) as error:
            code = error.code
            await stored(lambda: self._engine.looks_refused(shared, code))
            return "refused"
        except (AccountTrouble, BadRequest, NotFound, Conflict) as error:
            # Perhaps one id spoils it for all, or this account has no such call: each look by itself will tell.
            logger.warning("HeyGen told nothing of many jobs: %s", error.code, extra={"action": "bulk_look"})
            await stored(lambda: self._engine.look_alone(shared))
            return "unanswered"
        except HeyGenError as error:
            logger.warning("HeyGen did not say how many jobs are: %s", error.code, extra={"action": "bulk_look"})
            await self._all_failed(shared, error.retry_after or AGAIN_SECONDS)
            return "unanswered"
        except Exception:
            logger.exception("A look at many jobs failed by a fault of ours.", extra={"action": "look_fault"})
            await self._all_failed(shared, AGAIN_SECONDS)
            return "fault"

    async def _ask_together(self, bulk: Bulk, shared: Sequence[Job]) -> None:
        ids = {job.id: bulk.id_of(job) or "" for job in shared}
        made = await bulk.is_being_made(list(ids.values()))
        same = [job for job in shared if made.get(ids[job.id], False)]
        moved = [job for job in shared if not made.get(ids[job.id], False)]
        if same:
            await stored(lambda: self._engine.unmoved([(job, bulk.unmoved(job)) for job in same]))
        if moved:
            await stored(lambda: self._engine.look_alone(moved))

    async def _all_failed(self, shared: Sequence[Job], wait: float) -> None:
        again_at = self._clock() + wait
        await stored(lambda: self._engine.looks_failed(shared, again_at=again_at))


def _next_look(tx: Transaction) -> float | None:
    """When the next look may go: a job is due, HeyGen wants no rest, and the last looks are long enough ago."""
    due = jobs.next_look(tx)
    return None if due is None else max(due, pace.free_at(tx, REST_LANE, LOOKS_LANE))
