"""The outbox in any order: one at a time where order matters, the newest view last, no lane too fast, nothing lost."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.jobs.outbox import NOTICE, PROGRESS, QUESTION, RESULT
from bot.jobs.outcomes import AgainAt, Done, Outcome, Refused, Unknown
from storage import effects
from storage.records import EffectState
from tests.jobs.played.budgets import budgets
from tests.jobs.played.near import NearDatabase
from tests.jobs.played.outbox import OPEN, Begun, PlayedOutbox, row, too_fast

T = TypeVar("T")
BEGAN = 1_700_000_000.0
ROUNDS = 500
PICK = st.integers(0, 10_000)
ENDS = st.sampled_from(["done", "done", "done", "later", "rests", "lost", "refused"])


class AnyCalls(RuleBasedStateMachine):
    """What is recorded, claimed and settled in any order, with rests, lost answers, time and crashes."""

    empty: Path  # a migrated database to begin with

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="outbox-"))
        shutil.copy(self.empty, self.folder / "jobs.db")
        self.loop, self.now = asyncio.Runner(), BEGAN
        self.numbers = itertools.count(1)
        self.outbox = PlayedOutbox(self.run(NearDatabase.open(self.folder / "jobs.db")), clock=lambda: self.now)
        self.outbox.start()
        self.posts: set[str] = set()
        self.shown: dict[str, int] = {}
        self.repeatable: set[str] = set()  # begun more than once for a reason
        self.refused: set[str] = set()
        self.late: list[Begun] = []  # calls of starts before

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    @rule(threads=st.lists(st.integers(0, 3), min_size=1, max_size=6), channel=st.integers(0, 1),
          priority=st.sampled_from([RESULT, QUESTION, NOTICE]), after=st.sampled_from([0.0, 0.0, 3.0]))  # fmt: skip
    def post(self, threads: list[int], channel: int, priority: int, after: float) -> None:
        """Posts of a thread keep their order; 3 is no thread."""
        for thread in threads:
            key = f"say:{next(self.numbers)}"
            self.posts.add(key)
            order = f"thread:{channel}:{thread}" if thread < 3 else None
            self._record(key, order_key=order, priority=priority, after=after, channel=channel)

    def _record(self, key: str, *, order_key: str | None, priority: int, after: float, channel: int) -> None:
        lane = f"chat.postMessage|T1|C{channel}"
        recorded = row(
            key, now=self.now, order_key=order_key, priority=priority, lane=lane, wider_lane="posts|T1",
            due_at=self.now + after,
        )  # fmt: skip
        assert self.run(self.outbox.database.write(lambda tx: effects.record(tx, recorded)))
        assert not self.run(self.outbox.database.write(lambda tx: effects.record(tx, recorded))), "twice is once"

    @rule(cards=st.lists(st.integers(0, 30), min_size=1, max_size=31), after=st.sampled_from([0.0, 3.0]))
    def edit(self, cards: list[int], after: float) -> None:
        """Each card has something new to show."""
        for card in cards:
            key = f"edit:{card}"
            self.outbox.wished[key] += 1
            wish = row(
                key, now=self.now, kind="edit", step="edit", lane="chat.update|T1", priority=PROGRESS,
                due_at=self.now + after,
            )  # fmt: skip
            self.run(self.outbox.database.write(lambda tx, wish=wish: effects.record_again(tx, wish)))  # type: ignore[misc]

    @rule(times=st.integers(1, 8))
    def claim(self, times: int) -> None:
        for _ in range(times):
            self.run(self.outbox.claim())

    @rule(pick=PICK, end=ENDS)
    def end(self, pick: int, end: str) -> None:
        """One call ends; an edit that was refused for good is wished for again by what comes next."""
        if not self.outbox.under_way:
            self.run(self.outbox.claim())
        if not (calls := self.outbox.under_way):
            return
        call = calls[pick % len(calls)]
        outcomes: dict[str, Outcome] = {
            "done": Done(), "later": AgainAt(self.now + 2, "busy"), "lost": Unknown(at=self.now + 5, reason="lost"),
            "rests": AgainAt(self.now + 30, "ratelimited", rests_lane=True), "refused": Refused("no"),
        }  # fmt: skip
        if end in ("later", "rests", "lost"):
            self.repeatable.add(call.tried.key)
        if end == "refused":
            self.refused.add(call.tried.key)
        if end == "done":
            self._is_shown(call.tried.key, call.view)
        self.run(self.outbox.end(call, outcomes[end]))

    def _is_shown(self, key: str, view: int) -> None:
        assert view >= self.shown.get(key, 0), f"{key} shows an older view than before"
        self.shown[key] = view

    @rule(seconds=st.sampled_from([0.3, 1.0, 5.0, 61.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(happened=st.booleans())
    def crash(self, happened: bool) -> None:
        """The program ends in the middle of its calls, and starts again on the same file."""
        for call in self.outbox.under_way:
            self.repeatable.add(call.tried.key)
            if happened:
                self._is_shown(call.tried.key, call.view)
        self.late, self.outbox.under_way = self.late + self.outbox.under_way, []
        self.run(self.outbox.database.write(lambda tx: effects.free_claims(tx, self.now)))
        self.outbox.start()

    @precondition(lambda self: self.late)
    @rule(pick=PICK)
    def wake(self, pick: int) -> None:
        """A process that stood still reports what it did: nobody hears it, whoever has the call by now."""
        call = self.late.pop(pick % len(self.late))
        self.outbox.under_way.append(call)
        self.run(self.outbox.end(call, Refused("too late")))

    @invariant()
    def nothing_wrong(self) -> None:
        assert not self.outbox.wrongs, self.outbox.wrongs

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        try:
            self._settle()
            self._judge()
        finally:
            self.run(self.outbox.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    def _settle(self) -> None:
        """All calls work from now on; the outbox says itself when to come again."""
        for _ in range(ROUNDS):
            while self.outbox.under_way:
                self.end(0, "done")
            due = self.run(self.outbox.database.read(lambda tx: effects.next_due(tx, side="slack")))
            if due is None:
                return
            self.now = max(self.now, due)
            assert self.run(self.outbox.claim()), f"there was nothing to do at {due}, although it was said"
        raise AssertionError("the outbox never empties")

    def _judge(self) -> None:
        assert not (wrongs := self.outbox.wrongs + too_fast(self.outbox.begun)), wrongs
        begun = [call.tried.key for call in self.outbox.begun]
        for effect in self.run(self.outbox.rows()):
            assert effect.state not in OPEN, effect
            assert effect.state is not EffectState.REFUSED or effect.key in self.refused, effect
            if effect.key in self.posts:
                assert begun.count(effect.key) == 1 or effect.key in self.repeatable, effect
            elif effect.state is EffectState.DONE:
                assert self.shown[effect.key] == self.outbox.wished[effect.key], effect


@pytest.mark.timeout(600)  # of a machine that does much else
@budgets(quick=(8, 25), long=(60, 40))
def test_calls_in_any_order(empty_database: Path, budget: settings) -> None:
    """Order, pace, urgency and the newest view, whatever happens."""
    AnyCalls.empty = empty_database
    run_state_machine_as_test(AnyCalls, settings=budget)
