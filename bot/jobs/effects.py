"""The loop that makes recorded effects happen: claim, run one step, commit what it showed, before anything else."""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.heygen.rest import REST_LANE
from bot.jobs.lease import LEASE, LEASE_SECONDS, LEAST_SECONDS, Lease, LeaseLost, steady
from bot.jobs.loop import HELD_SECONDS, Loop
from bot.jobs.outbox import BEGIN_LANE, FOUND_BY_READING, PACE, Lanes, lanes_of, reading_lane
from bot.jobs.outcomes import LEFT_SECONDS, AgainAt, Done, Next, NotKnown, Outcome, Refused, Unknown
from bot.jobs.storing import stored
from bot.log import about
from storage import effects, pace, threads
from storage.database import Database, DatabaseFault, Transaction
from storage.records import Effect, EffectState

logger = logging.getLogger(__name__)

AT_ONCE = 32  # calls under way at a time, per side
LANE_AT_ONCE = 12  # of them in one lane: edits or uploads that hang leave places for everything else
FAULT_SECONDS = 30.0  # after a fault of our own the truth is read back this much later
MAX_FAULTS = 5
HEYGEN = "heygen"
# After a rest that HeyGen asked for, calls go one by one for a while: its ceiling may be lower than ours is set, and
# then all that waits would run against it together, again and again.
CAREFUL_SECONDS = 60.0
CAREFUL_GAP_SECONDS = 1.0
DATABASE_SECONDS = 5.0  # after trouble of the database the truth is read back this much later

Perform = Callable[[Effect], Awaitable[Outcome]]
Settled = Callable[[Transaction, Effect, Outcome], None]
Tried = Callable[[Effect, Outcome, float], None]


@dataclass(frozen=True)
class _Due:
    """When a side goes on, and whether by one call at a time."""

    at: float
    carefully: bool = False


class Effects:
    """One side's outbox. `perform` tries one step; an effect in state `unknown` is read back instead.

    `tried` is told of each try once its outcome is stored, with the seconds it took.
    """

    def __init__(
        self,
        database: Database,
        *,
        side: str,
        instance: str,
        clock: Callable[[], float],
        perform: Perform,
        settled: Settled,
        woken: Callable[[], None],
        tried: Tried = lambda _effect, _outcome, _seconds: None,
        tempo: float = 1.0,
        steady: Callable[[], float] = steady,
    ) -> None:
        self._database = database
        self._steady = steady
        self._side = side
        self._instance = instance
        self._clock = clock
        self._perform = perform
        self._settled = settled
        self._woken = woken
        self._tried = tried
        self._under_way: Counter[str] = Counter()  # by lane
        self._tempo = tempo
        self._careful_until = 0.0
        self._pace = {method: (seconds / tempo, burst) for method, (seconds, burst) in PACE.items()}
        self.running: set[int] = set()  # the ids of the effects under way
        self._unbegun: dict[int, Effect] = {}
        self.loop = Loop(f"{side} effects", run_once=self.run_once, clock=clock, at_once=AT_ONCE)

    async def run_once(self) -> float | None:
        """Claims what is due and starts it; returns when to come again, None when only a wake can tell."""
        if self.loop.room <= 0:
            return None
        full = [lane for lane, calls in self._under_way.items() if calls >= LANE_AT_ONCE]
        due = await self._database.read(lambda tx: self._next(tx, full))
        now = self._clock()
        if due is None or due.at > now:
            return due.at if due else None
        room = 1 if due.carefully else self.loop.room
        self._careful_until = now + CAREFUL_GAP_SECONDS / self._tempo if due.carefully else 0.0
        claimed = await self._database.write(
            lambda tx: effects.claim(
                tx,
                self._instance,
                now,
                side=self._side,
                limit=room,
                pace=self._pace,
                under_way=self._under_way,
                lane_limit=LANE_AT_ONCE,
            )
        )
        self.running.update(item.id for item in claimed)
        self._unbegun |= {item.id: item for item in claimed}
        for item in claimed:
            self._under_way[item.lane] += 1
            self.loop.start(self._try(item), name=f"effect {item.key} {item.step}")
        return now if claimed else now + HELD_SECONDS

    def _next(self, tx: Transaction, full: list[str]) -> _Due | None:
        """When the next call may go. Only HeyGen's side rests as a whole; Slack's lanes rest each for itself."""
        due = effects.next_due(tx, side=self._side, full=full)
        if due is None or self._side != HEYGEN:
            return None if due is None else _Due(due)
        rested_at = pace.free_at(tx, REST_LANE)
        eased_at = max(rested_at, pace.free_at(tx, BEGIN_LANE)) + CAREFUL_SECONDS / self._tempo
        at = max(due, rested_at)
        return _Due(max(at, self._careful_until), carefully=True) if self._clock() < eased_at else _Due(at)

    async def _try(self, item: Effect) -> None:
        about(item.job_id)
        try:
            await self._carry_out(item)
        finally:
            self.running.discard(item.id)
            self._under_way[item.lane] -= 1
            self._under_way += Counter()  # forgets what is at none
        self._woken()

    async def _carry_out(self, item: Effect) -> None:
        began = time.perf_counter()
        try:
            lease = self._lease(item)
            await lease.renew()
            LEASE.set(lease)
            self._unbegun.pop(item.id, None)
            await self._commit(item, await self._perform(item), began)
        except LeaseLost as lost:
            self._unbegun.pop(item.id, None)
            logger.info("A call was not made: %s.", lost, extra={"action": "lease", "job": item.job_id})
            await self._commit(item, self._put_off(item, self._clock(), "late"), began)
        except DatabaseFault as fault:  # no fault of ours: it counts as none, and is read back once the database works
            logger.warning(
                "An effect could not be finished: %s", fault.orig, extra={"action": "effect", "job": item.job_id}
            )
            await self._commit(item, Unknown(at=self._clock() + DATABASE_SECONDS, reason="database"), began)
        except NotKnown as newer:
            logger.info("%s; left to a newer release.", newer, extra={"action": "effect", "job": item.job_id})
            await self._commit(item, self._put_off(item, self._clock() + LEFT_SECONDS, "newer"), began)
        except Exception:
            logger.exception(
                "An effect failed by a fault of ours.", extra={"action": "effect_fault", "job": item.job_id}
            )
            await self._commit(item, self._after_fault(item), began)

    def give_back(self, tx: Transaction) -> None:
        """After the last call: a shutdown is not an attempt. What was cut off is read back by whoever comes next."""
        effects.give_back(tx, self._instance, self._unbegun.values())

    def _lease(self, item: Effect) -> Lease:
        return Lease(
            lambda: stored(lambda: self._database.read(lambda tx: effects.still_ours(tx, item, self._instance))),
            seconds=max(LEASE_SECONDS / self._tempo, LEAST_SECONDS), steady=self._steady,
        )  # fmt: skip

    def _put_off(self, item: Effect, at: float, reason: str) -> Outcome:
        return Unknown(at, reason) if item.state is EffectState.UNKNOWN else AgainAt(at, reason)

    def _after_fault(self, item: Effect) -> Outcome:
        faults = int(item.evidence.get("faults", 0)) + 1  # not `attempts`, for reading back is none
        if faults >= MAX_FAULTS:
            return Refused("internal", "A fault of ours")
        return Unknown(at=self._clock() + FAULT_SECONDS, reason="fault", evidence={"faults": faults})

    async def _commit(self, item: Effect, outcome: Outcome, began: float) -> None:
        seconds = time.perf_counter() - began
        if await stored(lambda: self._database.write(lambda tx: self._store(tx, item, outcome))):
            logger.info(
                "%s %s: %s", item.kind, item.step, type(outcome).__name__,
                extra={"action": "effect", "job": item.job_id, "effect": item.id, "in_thread": item.thread_id},
            )  # fmt: skip
            self._tried(item, outcome, seconds)

    def _store(self, tx: Transaction, item: Effect, outcome: Outcome) -> bool:
        """What the try showed, and what follows from it, in one transaction; False when the claim was lost."""
        if item.thread_id is not None:
            threads.lock(tx, item.thread_id)
        known = effects.as_it_is(tx, item)
        lanes = self._lanes(item, outcome)
        changes = {**self._row(item, known, outcome), "lane": lanes.lane, "wider_lane": lanes.wider_lane}
        if not effects.settle(tx, item, self._instance, self._clock(), **changes):
            return False
        self._settled(tx, item, outcome)
        if isinstance(outcome, AgainAt | Unknown) and outcome.rests_lane:  # the last row to be locked, as in a claim
            effects.pause_lane(tx, self._resting(lanes), outcome.at)
        return True

    def _lanes(self, item: Effect, outcome: Outcome) -> Lanes:
        """Where it is next: in the lane of the step, or of what reads back whether that happened."""
        step = outcome.step if isinstance(outcome, Next) else item.step
        is_found_by_reading = (item.kind, item.step) in FOUND_BY_READING
        if isinstance(outcome, Unknown) and is_found_by_reading:
            return Lanes(lane=reading_lane(item.workspace_id), wider_lane=None)
        if isinstance(outcome, Next) or is_found_by_reading:
            return lanes_of(
                item.kind, step, workspace_id=item.workspace_id, channel_id=item.channel_id, thread_id=item.thread_id
            )
        return Lanes(lane=item.lane, wider_lane=item.wider_lane)

    def _resting(self, lanes: Lanes) -> str:
        """Slack's rest is about the method in the workspace. HeyGen's, for the account, is noted where it was met."""
        return lanes.lane if self._side == HEYGEN else lanes.wider_lane or lanes.lane

    def _row(self, item: Effect, known: Effect, outcome: Outcome) -> dict[str, Any]:
        learned = {**known.evidence, **outcome.evidence}
        match outcome:
            case Next(step=step, after=after):
                return {
                    "state": EffectState.PENDING.value, "step": step, "attempts": 0, "evidence": learned,
                    "due_at": self._clock() + after, "reason": None,
                }  # fmt: skip
            case Done():
                again = known.wanted != item.wanted
                state = EffectState.PENDING if again else EffectState.DONE
                return {"state": state.value, "attempts": 0, "evidence": learned, "reason": None}
            case AgainAt(at=at, reason=reason, rests_lane=rests):
                keeps_place = rests and self._side == HEYGEN  # who has waited longest goes first when the rest is over
                return {
                    "state": EffectState.PENDING.value, "due_at": item.due_at if keeps_place else at, "reason": reason,
                    "evidence": learned,
                }  # fmt: skip
            case Unknown(at=at, reason=reason):
                at = at if known.evidence == item.evidence else self._clock()  # a hint came: it is read back at once
                return {
                    "state": EffectState.UNKNOWN.value, "due_at": at, "reason": reason,
                    "evidence": learned,
                }  # fmt: skip
            case Refused(code=code, message=message):
                reason = f"{code}: {message}"[:500] if message else code
                return {"state": EffectState.REFUSED.value, "reason": reason, "evidence": learned}
