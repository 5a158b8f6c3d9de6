"""What the database knows as gauges: fresh, cheap, and there even while the database is not."""

import asyncio
import logging
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from bot.seeing.stock import Stock
from storage.figures import Figures, Rest

KNOWN = Figures(
    jobs={"queued": 3, "generating": 8}, ended={"completed": 40, "failed": 2}, queue=2, late_look_seconds=1.5,
    late_effect_seconds={"slack": 4.0, "heygen": 0.0}, calls_in_doubt={"slack": 0, "heygen": 1}, questions_in_doubt=1,
    asked_in_doubt=5, resting={"chat.update": Rest(lanes=2, longest_seconds=30.0)}, places_used=8, is_paused=True,
)  # fmt: skip


class Source:
    """Figures that come, wait or fail as the test says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.reads = 0
        self.figures = KNOWN
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def read(self) -> Figures:
        self.reads += 1
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return self.figures

    def stock(self, *, patience: float = 1.0) -> Stock:
        return Stock(self.read, places=10, steady=lambda: self.now, patience=patience)


def shown(stock: Stock, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(stock)
    return registry.get_sample_value(f"heygen_slack_{name}", labels)


async def test_every_figure_has_its_gauge() -> None:
    """What was read is what is shown, each under the word it is about."""
    stock = Source().stock()

    await stock.refresh()

    assert shown(stock, "jobs", state="generating") == 8
    assert shown(stock, "jobs_ended_last_hour", state="failed") == 2
    assert shown(stock, "queue_length") == 2
    assert shown(stock, "oldest_due_look_seconds") == 1.5
    assert shown(stock, "oldest_due_effect_seconds", side="slack") == 4.0
    assert shown(stock, "calls_in_doubt", side="heygen") == 1
    assert shown(stock, "questions_in_doubt") == 1
    assert shown(stock, "asked_in_doubt_total") == 5
    assert shown(stock, "lanes_resting", method="chat.update") == 2
    assert shown(stock, "lane_rest_seconds", method="chat.update") == 30.0
    assert (shown(stock, "heygen_places_used"), shown(stock, "heygen_places")) == (8, 10)
    assert shown(stock, "account_paused") == 1
    assert shown(stock, "figures_age_seconds") == 0


async def test_the_database_is_asked_at_most_once_a_second() -> None:
    """Whoever asks within a second gets what the last one got; after it the figures are new."""
    source = Source()
    stock = source.stock()

    for _ in range(5):
        await stock.refresh()
        source.now += 0.15
    assert source.reads == 1
    source.now += 1.0
    source.figures = replace(KNOWN, queue=7)
    await stock.refresh()

    assert source.reads == 2
    assert shown(stock, "queue_length") == 7


async def test_all_who_ask_at_once_share_one_reading() -> None:
    """A slow database gets one question, however many wait for the answer."""
    source = Source()
    source.open.clear()
    stock = source.stock()

    asking = [asyncio.create_task(stock.refresh()) for _ in range(5)]
    await asyncio.sleep(0)
    source.open.set()
    await asyncio.gather(*asking)

    assert source.reads == 1
    assert shown(stock, "queue_length") == 2


async def test_a_database_that_hangs_holds_up_nobody() -> None:
    """The last figures are shown with their age; what comes late is shown when it is there."""
    source = Source()
    stock = source.stock(patience=0.0)
    await stock.refresh()
    await asyncio.sleep(0)
    source.open.clear()
    source.now += 60.0

    await stock.refresh()
    await stock.refresh()

    assert source.reads == 2
    assert shown(stock, "queue_length") == 2
    assert shown(stock, "figures_age_seconds") == 60.0
    await stock.close()


async def test_a_database_that_fails_is_told_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    """Before the first figures there are gauges without a value; a failure is a line without its words."""
    source = Source()
    source.error = OperationalError("SELECT secret", None, Exception("disk"))
    stock = source.stock()

    with caplog.at_level(logging.WARNING):
        await stock.refresh()

    assert shown(stock, "queue_length") is None
    assert shown(stock, "figures_age_seconds") is None
    assert shown(stock, "heygen_places") == 10
    assert [record.getMessage() for record in caplog.records] == ["The figures could not be read: OperationalError"]
    source.error = None
    await stock.refresh()
    assert shown(stock, "queue_length") == 2
