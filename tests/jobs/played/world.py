"""One engine with its outboxes on a database of its own, the outside played, and time in the test's hands."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from bot.jobs.clock import ClockWatch
from bot.jobs.effects import Effects
from bot.jobs.engine import Engine
from bot.jobs.moment import Rules
from bot.jobs.sight import Asks, Made, Sight
from storage import effects, jobs
from storage.database import Database, Transaction
from storage.records import Job, JobState
from tests.jobs.played.ledger import broken_promises, left_undone, take_notes, unsettled
from tests.jobs.played.near import NearDatabase
from tests.jobs.played.outside import Call, Fate, Outside

CONCURRENCY = 2
BEGAN = 1_700_000_000.0
DAY = 24 * 3600.0
SETTLING_ROUNDS = 300
SOON_SECONDS = 600.0
STUCK_SECONDS = 10.0
SIDES = ("slack", "heygen")


class World:
    """`now` is the system's clock, which may be wrong; `true_time` goes on by itself alone."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.true_time, self.apart = BEGAN, 0.0
        self.outside = Outside(database, clock=lambda: self.now, true_time=lambda: self.true_time)
        self.looks: list[Job] = []
        self._ids = itertools.count(1)
        self._starts = itertools.count(1)
        self._rules = Rules(
            concurrency=CONCURRENCY, poll_seconds=10.0, webhooks=False, admins=(("T1", "UADMIN"),), callback_base=None
        )
        self._ever: list[Effects] = []  # also those of starts before, which may still report what they did
        self._start()

    @classmethod
    async def open(cls, path: Path) -> "World":
        """On a database file that is there already."""
        database = await NearDatabase.open(path)
        await database.write(take_notes)
        return cls(database)

    @property
    def now(self) -> float:
        return self.true_time + self.apart

    def _start(self) -> None:
        self.instance = f"start{next(self._starts)}"
        self.engine = Engine(
            self.database, rules=self._rules, clock=lambda: self.now, new_id=lambda: f"id{next(self._ids)}",
            wake=lambda: None,
        )  # fmt: skip
        self._outboxes = {side: self._outbox(side) for side in SIDES}
        self._ever += self._outboxes.values()
        self._watch = ClockWatch(self.engine, clock=lambda: self.now, steady=lambda: self.true_time)

    def _outbox(self, side: str) -> Effects:
        return Effects(
            self.database, side=side, instance=self.instance, clock=lambda: self.now, perform=self.outside.perform,
            settled=self.engine.settled, woken=self._woken,
        )  # fmt: skip

    def _woken(self) -> None:
        self.outside.ended += 1
        self.outside.moved.set()

    async def claim(self, side: str) -> int:
        """The outbox claims what is due and begins it; says how much."""
        await self.engine.serve_queue()
        before = len(self.outside.under_way)
        held = await self._held()
        await self._outboxes[side].run_once()
        begun = await self._held() - held
        await self._until(lambda: len(self.outside.under_way) >= before + begun)
        return begun

    async def _held(self) -> int:
        return await self.database.read(lambda tx: _count_held(tx, self.instance))

    async def end(self, call: Call, fate: Fate) -> None:
        """The call ends, and what it showed is stored."""
        self.outside.under_way.remove(call)
        ended = self.outside.ended
        call.fate.set_result(fate)
        await self._until(lambda: self.outside.ended > ended)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(STUCK_SECONDS):
            while not is_so():
                self.outside.moved.clear()
                await self.outside.moved.wait()

    async def works(self) -> int:
        """What is due on both sides is done, and what follows from it; says how much it was."""
        count = 0
        while True:
            for call in list(self.outside.under_way):
                await self.end(call, Fate.WORKS)
                count += 1
            if not sum([await self.claim(side) for side in SIDES]):
                return count

    async def begin_looks(self) -> None:
        """The observer claims what is due, or soon will be."""
        due = await self.database.read(jobs.next_look)
        if due is not None and self.now < due < self.now + SOON_SECONDS:
            await self.pass_time(due - self.now)
        self.looks += await self.database.write(lambda tx: jobs.claim_looks(tx, self.instance, self.now, 16))

    async def crash(self, happened: list[bool]) -> None:
        """The program ends and starts again; each call under way had reached the other side, or not."""
        for call, has in zip(self.outside.under_way, happened, strict=False):
            if has:
                self.outside.happen(call)
            else:
                call.has_happened = True  # and never will
        self.looks = []
        self._start()
        await self.database.write(lambda tx: effects.free_claims(tx, self.now))
        await self.database.write(lambda tx: jobs.free_claims(tx, self.now, apart=0.1, together=100))

    async def pass_time(self, seconds: float) -> None:
        """Time goes by, and the engine does what is due by the clock."""
        self.true_time += seconds
        await self.chores()

    async def set_clock(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.apart += seconds
        await self._watch.run_once()
        await self.chores()

    async def chores(self) -> None:
        """What the engine does by the clock alone."""
        while (due := await self.engine.run_once()) is not None and due <= self.now:
            pass
        await self.engine.serve_queue()

    async def wrongs(self) -> list[str]:
        """What must never be and was."""
        return self.outside.wrongs + await self.database.read(lambda tx: broken_promises(tx, CONCURRENCY))

    async def settle(self) -> None:
        """The outside works from now on, and time passes until nothing is left to do."""
        for _ in range(SETTLING_ROUNDS):
            await self.works()
            await self._see_the_truth()
            await self.chores()
            await self.engine.tidy()
            if not await self.database.read(unsettled):
                return
            await self.pass_time(await self._pause())
        raise AssertionError(f"This never settles: {await self.database.read(unsettled)}")

    async def _pause(self) -> float:
        """Until something is due, at most a day."""
        due = [await self.database.read(lambda tx, side=side: effects.next_due(tx, side=side)) for side in SIDES]  # type: ignore[misc]
        due += [await self.database.read(jobs.next_look), await self.engine.run_once()]
        return max(1.0, min([at - self.now for at in due if at is not None], default=DAY))

    async def _see_the_truth(self) -> None:
        await self.begin_looks()
        looks, self.looks = self.looks, []
        for looked in looks:
            job = await self.database.read(lambda tx, looked=looked: jobs.job(tx, looked.id))  # type: ignore[misc]
            assert job is not None
            if job.state is JobState.WAITING_FOR_INPUT:
                await self.engine.look_failed(looked, again_at=self.now + DAY)
            elif job.state is JobState.GENERATING:
                made = Made(video_id=f"video of {job.id}", title=None, duration_seconds=30.0, page_url=None)
                await self.engine.observed(looked, Sight(phase="generating", made=made))
            else:
                await self.engine.observed(looked, Sight(phase="generating"))

    async def left_undone(self) -> list[str]:
        """What is not as promised although everything has settled."""
        return await self.database.read(lambda tx: left_undone(tx, self.outside))

    async def close(self) -> None:
        """Ends all that is under way, and the database with it."""
        for outbox in self._ever:
            await outbox.loop.drain(0.0)
        for call in self.outside.under_way:
            call.fate.cancel()
        await self.database.close()


def _count_held(tx: Transaction, instance: str) -> int:
    found = tx.execute(text("SELECT count(*) FROM effects WHERE claimed_by = :instance"), {"instance": instance})
    return int(found.scalar_one())


def asks(number: int, *, review: bool) -> Asks:
    """A question of the agent; those of even numbers offer answers."""
    words = "Which one?\n- Office\n- Beach" if number % 2 == 0 else "What colour?"
    return Asks(key=f"q{number}", text=words, review=review, resource_ids=("r1",) if review else ())
