"""When Slack was not heard: who reads what was missed, since when, and what counts as read. No clock but the test's."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.jobs.outbox import PACE, READING, reading_lane
from handlers.catching_up import (
    AGAIN_SECONDS,
    BEAT_SECONDS,
    BEFORE_SECONDS,
    FAULTS,
    LONGEST_SECONDS,
    PACE_SECONDS,
    CatchingUp,
)
from handlers.missed import Missed, Place, What
from storage import hearing, pace
from storage.database import Database, open_database
from storage.schema import migrate

START = 1_000_000.0
LANE = reading_lane("T1")
HERE, THERE = (Place(what=What.CHANNEL, channel_id=name) for name in ("C1", "C2"))
Page = Place | Exception | None


class Pages(Missed):
    """Places to read, and what reading them gives, in turn; then nothing more."""

    def __init__(self, *places: Place, pages: list[Page] | None = None) -> None:
        self._places = list(places)
        self.pages = pages or []
        self.since: list[float] = []
        self.read: list[str] = []

    async def places(self, since: float) -> list[Place]:
        self.since.append(since)
        return self._places

    async def page(self, place: Place, since: float) -> Place | None:
        self.read.append(place.channel_id)
        found = self.pages.pop(0) if self.pages else None
        if isinstance(found, Exception):
            raise found
        return found


def refused(word: str, *, status: int = 200, retry_after: int | None = None) -> SlackApiError:
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    return SlackApiError("no", {"error": word, "status_code": status, "headers": headers})  # type: ignore[no-untyped-call]


class Replica:
    """One replica that catches up, with a clock and an ear of its own."""

    def __init__(self, database: Database, name: str, pages: Pages, *, now: float) -> None:
        self.now = now
        self.hears = True
        self.told: list[float] = []
        self.pages = pages
        self.database = database
        self.it = CatchingUp(
            database, pages, also=self._also, hears=lambda: self.hears, instance=name, lane=LANE,
            clock=lambda: self.now, tempo=1.0,
        )  # fmt: skip

    async def _also(self, since: float) -> None:
        self.told.append(since)

    async def step(self) -> float:
        """One `run_once`; returns the wait it asks for."""
        return await self.it.run_once() - self.now

    async def until(self) -> float | None:
        return await self.database.read(hearing.heard_until)

    async def go(self, steps: int) -> None:
        """So many steps, each when it is due."""
        for _ in range(steps):
            self.now += max(await self.step(), 0.0)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path}/jobs.db"
    migrate(url)
    opened = await open_database(url)
    yield opened
    await opened.close()


async def heard(database: Database, until: float) -> None:
    """As a replica that was there until then has left it."""
    await database.write(lambda tx: hearing.take_turn(tx, "earlier", until, until))
    await database.write(lambda tx: hearing.caught_up(tx, "earlier", until))


async def test_a_start_reads_everything_since_the_last_note(database: Database) -> None:
    """And a while before it; HeyGen's history is read from the same time on."""
    await heard(database, START - 3600)
    replica = Replica(database, "one", Pages(HERE, THERE), now=START)
    await replica.go(3)
    assert replica.pages.read == ["C1", "C2"]
    assert replica.pages.since == replica.told == [START - 3600 - BEFORE_SECONDS]
    assert await replica.until() == START + 2 * PACE_SECONDS


async def test_nothing_older_is_read_than_what_arrivals_can_tell_apart(database: Database) -> None:
    """After weeks away: words that were acted on would not be recognised any more."""
    await heard(database, START - 30 * 86_400)
    replica = Replica(database, "one", Pages(HERE), now=START)
    await replica.step()
    assert replica.pages.since == [START - LONGEST_SECONDS]


async def test_the_very_first_start_looks_back_a_little(database: Database) -> None:
    """A release that knew nothing of this may have run until now."""
    replica = Replica(database, "one", Pages(HERE), now=START)
    await replica.step()
    assert replica.pages.since == [START - BEFORE_SECONDS]


async def test_while_all_is_heard_nothing_is_read(database: Database) -> None:
    """A note now and then, which is the time to begin from when it stops."""
    replica = Replica(database, "one", Pages(HERE), now=START)
    await replica.go(5)
    assert replica.pages.read == ["C1"]
    assert await replica.until() == pytest.approx(replica.now - BEAT_SECONDS)


async def test_while_nobody_hears_the_note_stands_still(database: Database) -> None:
    """However long it takes; when the connection is back it is read from there on."""
    replica = Replica(database, "one", Pages(HERE), now=START)
    await replica.go(3)
    stands = await replica.until()
    replica.hears = False
    await replica.go(100)
    assert await replica.until() == stands
    replica.hears = True
    await replica.go(2)
    assert stands is not None
    assert replica.pages.since[1:] == [stands - BEFORE_SECONDS]
    assert replica.pages.read == ["C1", "C1"]


async def test_a_short_gap_is_read_as_well(database: Database) -> None:
    """One that is over before the next note."""
    replica = Replica(database, "one", Pages(HERE), now=START)
    await replica.go(3)
    replica.it.gap()
    await replica.go(2)
    assert replica.pages.read == ["C1", "C1"]


async def test_a_machine_that_slept_catches_up(database: Database) -> None:
    """Nothing told of the gap but the clock."""
    replica = Replica(database, "one", Pages(HERE), now=START)
    await replica.go(3)
    replica.now += 3600
    await replica.go(2)
    assert replica.pages.read == ["C1", "C1"]


async def test_a_gap_while_reading_is_read_afterwards(database: Database) -> None:
    """What was read before it may lack what was said in it."""
    replica = Replica(database, "one", Pages(HERE, THERE), now=START)
    await replica.step()
    replica.now += 5
    replica.it.gap()
    await replica.go(2)
    assert replica.pages.read == ["C1", "C2"]
    await replica.go(3)
    assert replica.pages.read == ["C1", "C2", "C1", "C2"]
    assert replica.pages.since[1] == START - BEFORE_SECONDS


async def test_a_crash_while_reading_begins_it_again(database: Database) -> None:
    """The note is moved only at the end."""
    await heard(database, START - 3600)
    await Replica(database, "one", Pages(HERE, THERE), now=START).step()
    await database.write(hearing.free_turn)
    later = Replica(database, "two", Pages(HERE, THERE), now=START + 60)
    await later.go(3)
    assert later.pages.since == [START - 3600 - BEFORE_SECONDS]
    assert later.pages.read == ["C1", "C2"]


async def test_of_two_replicas_one_reads(database: Database) -> None:
    """The other waits, and has nothing left to read when the first is done."""
    await heard(database, START - 3600)
    one, two = (Replica(database, name, Pages(HERE, THERE), now=START) for name in ("one", "two"))
    await one.step()
    assert await two.step() == BEAT_SECONDS
    await one.go(3)
    two.now += BEAT_SECONDS
    await two.go(3)
    assert (one.pages.read, two.pages.read) == (["C1", "C2"], [])


async def test_a_replica_that_dies_while_reading_is_followed_by_another(database: Database) -> None:
    """Its turn ends by itself."""
    await heard(database, START - 3600)
    one, two = (Replica(database, name, Pages(HERE, THERE), now=START) for name in ("one", "two"))
    await one.step()
    await two.go(20)
    assert two.pages.read == ["C1", "C2"]


async def test_slack_is_left_alone_as_long_as_it_says(database: Database) -> None:
    """Then the same page is read; it is no fault of the place, however often."""
    limited: list[Page] = [refused("ratelimited", status=429, retry_after=60) for _ in range(FAULTS + 1)]
    replica = Replica(database, "one", Pages(HERE, THERE, pages=limited), now=START)
    assert await replica.step() == 60
    await replica.go(FAULTS + 2)
    assert replica.pages.read == ["C1"] * (FAULTS + 2) + ["C2"]


async def test_posts_in_doubt_are_looked_for_with_what_is_left(database: Database) -> None:
    """Slack counts all reading together: both used to take its fifty calls a minute, each for itself."""
    seconds, burst = PACE[READING]
    replica = Replica(database, "one", Pages(HERE, THERE), now=START)
    await replica.step()
    assert await database.read(lambda tx: pace.free_at(tx, LANE)) == pytest.approx(START - seconds * (burst - 2))
    replica.pages.pages = [refused("ratelimited", status=429, retry_after=60)]
    await replica.step()
    assert await database.read(lambda tx: pace.free_at(tx, LANE)) == START + 60


async def test_without_a_network_nothing_is_given_up(database: Database) -> None:
    """Every place is read once it is back."""
    down: list[Page] = [aiohttp.ClientError(), TimeoutError()] * FAULTS
    replica = Replica(database, "one", Pages(HERE, pages=down), now=START)
    assert await replica.step() == AGAIN_SECONDS
    await replica.go(2 * FAULTS)
    assert replica.pages.read == ["C1"] * (2 * FAULTS + 1)
    assert replica.pages.pages == []


async def test_a_place_that_cannot_be_read_is_passed_over(database: Database) -> None:
    """A deleted thread or a missing scope; the rest is read."""
    replica = Replica(database, "one", Pages(HERE, THERE, pages=[refused("thread_not_found")]), now=START)
    await replica.go(3)
    assert replica.pages.read == ["C1", "C2"]
    assert await replica.until() is not None


async def test_a_place_at_which_slack_fails_waits_behind_the_others(database: Database) -> None:
    """And is given up after some tries, so that the rest of the world goes on."""
    broken: list[Page] = [refused("internal_error"), None, *(refused("fatal_error") for _ in range(FAULTS))]
    replica = Replica(database, "one", Pages(HERE, THERE, pages=broken), now=START)
    await replica.go(FAULTS + 3)
    assert replica.pages.read == ["C1", "C2", *["C1"] * (FAULTS - 1)]
    assert await replica.until() is not None


async def test_a_fault_of_ours_does_not_stop_it_for_ever(database: Database) -> None:
    """The loop logs it; after some tries the place is left."""
    faulty: list[Page] = [ValueError("a fault") for _ in range(FAULTS)]
    replica = Replica(database, "one", Pages(HERE, THERE, pages=faulty), now=START)
    for _ in range(FAULTS):
        with pytest.raises(ValueError, match="a fault"):
            await replica.step()
    await replica.go(3)
    assert replica.pages.read == [*["C1"] * FAULTS, "C2"]
