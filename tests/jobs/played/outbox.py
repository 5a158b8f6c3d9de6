"""One side's outbox alone, its calls played: they begin when they are claimed, and end when they are told to."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bot.jobs.effects import Effects
from bot.jobs.outbox import PACE
from bot.jobs.outcomes import Outcome
from storage.database import Database, Transaction
from storage.records import Effect, EffectState
from storage.rows import effect_of
from storage.tables import effects, lanes

STUCK_SECONDS = 10.0
OPEN = frozenset({EffectState.PENDING, EffectState.TRYING, EffectState.UNKNOWN})


@dataclass(eq=False)
class Begun:
    """A call that was begun, and what it shows: how often it had been wished for by then."""

    tried: Effect
    at: float
    view: int
    outcome: "asyncio.Future[Outcome]"


@dataclass
class PlayedOutbox:
    """Claims and settles through the real outbox; keeps what was begun, and when."""

    database: Database
    clock: Callable[[], float]
    begun: list[Begun] = field(default_factory=list)
    under_way: list[Begun] = field(default_factory=list)
    wished: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrongs: list[str] = field(default_factory=list)
    _starts: int = 0
    _ended: int = 0
    _ever: list[Effects] = field(default_factory=list)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """The program starts, maybe again."""
        self._starts += 1
        self._ever.append(
            Effects(
                self.database, side="slack", instance=self._instance, clock=self.clock, perform=self._perform,
                settled=lambda _tx, _tried, _outcome: None, woken=self._woken,
            )
        )  # fmt: skip

    @property
    def _instance(self) -> str:
        return f"start{self._starts}"

    async def _perform(self, tried: Effect) -> Outcome:
        call = Begun(tried, self.clock(), self.wished[tried.key], asyncio.get_running_loop().create_future())
        self.begun.append(call)
        self.under_way.append(call)
        self._moved.set()
        return await call.outcome

    def _woken(self) -> None:
        self._ended += 1
        self._moved.set()

    async def claim(self) -> int:
        """Begins what is due; says how much. Notes what should have gone first or not at all."""
        before = await self.rows()
        resting = await self.database.read(_resting)
        count = len(self.begun)
        await self._ever[-1].run_once()
        after = {row.id: row for row in await self.rows()}
        claimed = [row for row in before if row.state is not EffectState.TRYING and _is_held(after[row.id])]
        await self._until(lambda: len(self.begun) == count + len(claimed))
        self._judge(before, {row.id for row in claimed}, resting)
        return len(claimed)

    def _judge(self, before: list[Effect], claimed: set[int], resting: dict[str | None, float]) -> None:
        """Every claim was due, alone in its order, in a lane that does not rest, and nothing better was passed over."""
        now, open_before = self.clock(), [row for row in before if row.state in OPEN]
        for row in before:
            if row.id not in claimed:
                continue
            if row.due_at > now or any(resting.get(lane, 0.0) > now for lane in (row.lane, row.wider_lane)):
                self.wrongs.append(f"{row.key} was begun too early")
            if any(_goes_before(other, row) for other in open_before):
                self.wrongs.append(f"{row.key} was begun before what comes before it")
            for other in open_before:
                if other.lane == row.lane and other.priority < row.priority and other.id not in claimed:
                    is_free = other.state is not EffectState.TRYING and other.due_at <= now
                    if is_free and not any(_goes_before(earlier, other) for earlier in open_before):
                        self.wrongs.append(f"{row.key} was begun before {other.key}, which is more urgent")

    async def end(self, call: Begun, outcome: Outcome) -> None:
        """The call ends so."""
        self.under_way.remove(call)
        ended = self._ended
        call.outcome.set_result(outcome)
        await self._until(lambda: self._ended > ended)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(STUCK_SECONDS):
            while not is_so():
                self._moved.clear()
                await self._moved.wait()

    async def rows(self) -> list[Effect]:
        """All effects, in the order they were recorded."""
        return await self.database.read(_every_effect)

    async def close(self) -> None:
        for outbox in self._ever:
            await outbox.loop.drain(0.0)
        await self.database.close()


def too_fast(begun: list[Begun]) -> list[str]:
    """Lanes in which more calls were begun in some span of time than their pace allows."""
    begun_at: dict[str, list[float]] = defaultdict(list)
    for call in begun:
        begun_at[call.tried.lane].append(call.at)
    wrongs = []
    for lane, times in begun_at.items():
        interval, burst = PACE[lane.split("|")[0]]
        for first, since in enumerate(times):
            counts = [(number - first + 1, at - since) for number, at in enumerate(times) if number >= first]
            wrongs += [
                f"{count} calls in {span:.1f} s in {lane}" for count, span in counts if count > burst + span / interval
            ]
    return wrongs


def row(key: str, *, now: float, **changes: Any) -> dict[str, Any]:
    """An effect to be recorded."""
    return {
        "key": key, "side": "slack", "kind": "say", "order_key": None,
        "lane": "chat.postMessage|T1|C1", "wider_lane": None,
        "priority": 10, "workspace_id": "T1", "channel_id": "C1", "thread_id": None, "job_id": None, "step": "post",
        "state": "pending", "payload": {}, "evidence": {}, "wanted": 1, "attempts": 0, "due_at": now,
        "created_at": now, "patient_from": now,
    } | changes  # fmt: skip


def _goes_before(other: Effect, row: Effect) -> bool:
    return row.order_key is not None and other.order_key == row.order_key and other.id < row.id


def _is_held(row: Effect) -> bool:
    return row.state is EffectState.TRYING


def _resting(tx: Transaction) -> dict[str | None, float]:
    return {row.key: row.next_at for row in tx.execute(select(lanes))}


def _every_effect(tx: Transaction) -> list[Effect]:
    return [effect_of(row) for row in tx.execute(select(effects).order_by(effects.c.id)).mappings()]
