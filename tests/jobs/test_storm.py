"""How old a card can get where more is to be edited than Slack allows; engine and lanes live in a time of their own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.jobs.outbox import CARD, EDIT_GAP_SECONDS, METHODS, PACE, refresh_seconds
from bot.jobs.outcomes import Done
from bot.jobs.sight import Asks, Sight
from bot.playground.local_slack.rates import TIER_3, Rates
from bot.playground.local_slack.temper import Temper
from storage import effects
from storage.records import Effect, Job, JobState
from storage.tables import OPEN_EFFECTS
from storage.tables import effects as rows
from tests.jobs.desk import Desk
from tests.jobs.test_cards import made

CARDS = 60
LOOK_SECONDS = 60.0
STORM_SECONDS = 900.0
SECONDS, _ = PACE["chat.update"]
CHANGES_WAITING = select(func.count()).where(
    rows.c.kind == "edit", rows.c.priority <= CARD, rows.c.state.in_([state.value for state in OPEN_EFFECTS])
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An account with a place for every card."""
    opened = await Desk.open(tmp_path, concurrency=CARDS)
    yield opened
    await opened.database.close()


@dataclass
class Storm:
    """What people saw: when each card was edited last, and how long changes took to be on it."""

    desk: Desk
    rates: Rates
    edited_at: dict[str, float]
    changed_at: dict[str, tuple[float, int]] = field(default_factory=dict)  # and how many changes waited then
    asks: set[str] = field(default_factory=set)  # jobs whose question is open
    oldest: float = 0.0
    longest: float = 0.0
    latest: float = 0.0  # by how much a change was later than those that waited before it explain
    edits: int = 0
    refused: int = 0

    async def change(self, job: Job, number: int) -> None:
        """The job's agent asks something, or had its answer elsewhere."""
        waiting = await self.desk.database.read(lambda tx: int(tx.execute(CHANGES_WAITING).scalar_one()))
        self.changed_at.setdefault(job.thread_id, (self.desk.now, waiting))
        self.asks ^= {job.id}
        asks = Asks(key=f"q{number}", text="Which one?", review=False) if job.id in self.asks else None
        await self.desk.see(job, Sight(asks=asks))

    async def slack_works(self) -> None:
        """Slack takes what is due now, and counts the calls itself."""
        for tried in await self.desk.due("slack"):
            method = METHODS[tried.kind, tried.step]
            self.refused += bool(method == "chat.update" and self.rates.wait(method, TIER_3))
            if tried.kind == "edit":
                self._edited(tried)
            await self.desk.settle(tried, Done({"ts": f"{tried.id}.1"} if tried.step == "post" else {}))

    def _edited(self, tried: Effect) -> None:
        thread_id, now = tried.thread_id or "", self.desk.now
        self.edits += 1
        self.oldest = max(self.oldest, now - self.edited_at[thread_id])
        self.edited_at[thread_id] = now
        if thread_id not in self.changed_at:
            return
        changed_at, waiting = self.changed_at.pop(thread_id)
        self.longest = max(self.longest, now - changed_at)
        self.latest = max(self.latest, now - changed_at - EDIT_GAP_SECONDS - SECONDS * (waiting + 1))


async def raged(desk: Desk, *, change_every: float, in_a_row: int) -> Storm:
    """A quarter of an hour of cards in motion, looked at each minute, and so many seconds from change to change."""
    jobs = await made(desk, CARDS)
    started_at = desk.now
    rates = Rates(lambda: desk.now, Temper(rate_factor=1.0))
    storm = Storm(desk, rates, {job.thread_id: started_at for job in jobs})
    assert {JobState.GENERATING} == {job.state for job in jobs}
    looks, changes = 0, 0
    while desk.now < started_at + STORM_SECONDS:
        if desk.now >= started_at + looks * LOOK_SECONDS / CARDS:
            if jobs[looks % CARDS].id not in storm.asks:
                await desk.see(jobs[looks % CARDS], Sight(progress=looks % 100))
            looks += 1
        if desk.now >= started_at + changes * change_every:
            await storm.change(jobs[changes // in_a_row % CARDS], changes)
            changes += 1
        await storm.slack_works()
        due_at = await desk.database.read(lambda tx: effects.next_due(tx, side="slack"))
        next_at = min(started_at + looks * LOOK_SECONDS / CARDS, started_at + changes * change_every)
        desk.now = max(desk.now, next_at if due_at is None else min(next_at, due_at))
    storm.oldest = max(storm.oldest, *(desk.now - at for at in storm.edited_at.values()))
    return storm


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_in_the_calm_a_change_waits_for_changes_alone(desk: Desk) -> None:
    """As many refreshes as there may be: a change of state passes them all, and no view gets older than planned."""
    storm = await raged(desk, change_every=30.0, in_a_row=2)
    assert storm.latest <= 0.0
    assert storm.oldest <= refresh_seconds(CARDS) + LOOK_SECONDS + SECONDS * CARDS
    assert 0 == storm.refused


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_in_a_storm_every_card_still_has_its_turn(desk: Desk) -> None:
    """More changes of state than Slack lets be shown, for ever: none waits longer than one round of all cards."""
    storm = await raged(desk, change_every=0.9, in_a_row=1)
    round_seconds = SECONDS * CARDS
    assert storm.longest <= EDIT_GAP_SECONDS + SECONDS + round_seconds
    assert storm.oldest <= 2 * refresh_seconds(CARDS) + LOOK_SECONDS + round_seconds
    assert 0 == storm.refused
