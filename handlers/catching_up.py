"""After a time in which Slack could not reach us, what was said meanwhile is read, once, by one of the replicas.

`hearing.heard_until` in the database stands still while nobody hears, and is moved on only when everything since has
been read: a crash while catching up begins it again.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.jobs.loop import Loop
from bot.jobs.outbox import PACE, READING
from handlers.missed import Missed, Place
from handlers.trouble import rest_after, will_pass, word_of
from storage import effects, hearing, pace
from storage.database import Database, DatabaseFault, Transaction

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
LAPSE_SECONDS = 60.0  # heard_until older than this: the machine slept, or nobody was there
# A dead connection is noticed after some seconds, and over HTTP Slack repeats an event for six minutes: so long before
# the gap may be missing too. What did come is recognised.
BEFORE_SECONDS = 600.0
LONGEST_SECONDS = 5 * 24 * 3600.0  # what has arrived is known for seven days; nothing older may be read again
PACE_SECONDS = 1.5  # fifty calls a minute are allowed; what is left is for posts in doubt
TURN_SECONDS = 120.0
LONGEST_REST_SECONDS = 600.0
AGAIN_SECONDS = 10.0
FAULTS = 5  # at one place, then it is left


@dataclass
class _Round:
    """One time of catching up: since when, and what is still to be read."""

    since: float
    missed_at: float
    places: deque[Place]
    reads: int = 0


class CatchingUp:
    """A loop that notes that Slack is heard, and reads what was missed when it was not. Its calls count in `lane`."""

    def __init__(
        self,
        database: Database,
        missed: Missed,
        *,
        also: Callable[[float], Awaitable[None]],
        hears: Callable[[], bool],
        instance: str,
        lane: str,
        clock: Callable[[], float],
        tempo: float,
    ) -> None:
        self._database = database
        self._lane = lane
        self._missed = missed
        self._also = also
        self._hears = hears
        self._instance = instance
        self._clock = clock
        self._tempo = tempo
        self._missed_at: float | None = clock()  # before a start nobody heard
        self._round: _Round | None = None
        self.loop = Loop("catching up", run_once=self.run_once, clock=clock, longest_seconds=LONGEST_REST_SECONDS)

    def gap(self) -> None:
        """There was a moment in which nothing could be heard."""
        self._missed_at = self._clock()
        self.loop.wake()

    async def run_once(self) -> float:
        """Takes one step: a note, or one page of what was missed. Returns when to take the next."""
        now = self._clock()
        if not self._hears():
            self._missed_at = now
        elif await self._is_behind(now) and await self._has_turn(now):
            return await self._step(now)
        else:
            self._round = None
        return now + BEAT_SECONDS

    async def _is_behind(self, now: float) -> bool:
        """Whether something may have been missed that nobody has read since."""
        if self._missed_at is None:
            since = now - LAPSE_SECONDS
            if await self._database.write(lambda tx: hearing.go_on_hearing(tx, now, since=since)):
                return False
            self._missed_at = now
        until = await self._database.read(hearing.heard_until)
        if until is not None and until >= self._missed_at:  # another replica has heard, or read, what we have not
            self._missed_at = None
        return self._missed_at is not None

    async def _has_turn(self, now: float) -> bool:
        return await self._database.write(
            lambda tx: hearing.take_turn(tx, self._instance, now, until=now + TURN_SECONDS)
        )

    async def _step(self, now: float) -> float:
        if self._round is None:
            self._round = await self._begin(now)
        if not self._round.places:
            return await self._end(self._round)
        place = self._round.places.popleft()
        wait = await self._read(self._round, place)
        return self._clock() + wait

    async def _begin(self, now: float) -> _Round:
        until = await self._database.read(hearing.heard_until)
        since = max(min(now if until is None else until, now) - BEFORE_SECONDS, now - LONGEST_SECONDS)
        places = await self._missed.places(since)
        await self._also(since)
        return _Round(since, self._missed_at or now, deque(places))

    async def _end(self, done: _Round) -> float:
        now = self._clock()
        is_all = self._missed_at == done.missed_at  # and nothing was missed while we read
        until = now if is_all else done.missed_at
        await self._database.write(lambda tx: hearing.caught_up(tx, self._instance, until))
        self._round = None
        if is_all:
            self._missed_at = None
        logger.info("Caught up with Slack; pages read: %s.", done.reads, extra={"action": "caught_up"})
        return now + (BEAT_SECONDS if is_all else 0.0)

    async def _read(self, running: _Round, place: Place) -> float:
        """Reads one page; returns how long to wait. A place at which it goes wrong is tried again, but not for ever."""
        if place.faults >= FAULTS:
            logger.error("A conversation could not be read after a gap.", extra={"action": "unread"})
            return 0.0
        running.places.appendleft(replace(place, faults=place.faults + 1))
        running.reads += 1
        try:
            await self._database.write(self._count)
            rest = await self._missed.page(place, running.since)
        except SlackApiError as error:
            return await self._refused(running, place, error)
        except (aiohttp.ClientError, TimeoutError, DatabaseFault) as error:  # no fault of the place
            logger.warning("Catching up waits: %s", type(error).__name__, extra={"action": "catching_up"})
            running.places[0] = place
            return AGAIN_SECONDS / self._tempo
        running.places.popleft()
        if rest is not None:
            running.places.appendleft(rest)
        return PACE_SECONDS / self._tempo

    def _count(self, tx: Transaction) -> None:
        """Slack counts the call: posts in doubt are looked for with what is left."""
        seconds, burst = PACE[READING]
        pace.spend(tx, self._lane, self._clock(), calls=1, interval=seconds / self._tempo, burst=burst)

    async def _refused(self, running: _Round, place: Place, error: SlackApiError) -> float:
        rest = rest_after(error)
        if rest is not None:
            running.places[0] = place
            await self._database.write(lambda tx: effects.pause_lane(tx, self._lane, self._clock() + rest))
            return rest
        if will_pass(error):
            running.places.rotate(-1)  # the others first
            return AGAIN_SECONDS / self._tempo
        running.places.popleft()
        logger.info("A conversation is not to be read: %s", word_of(error), extra={"action": "unread"})
        return PACE_SECONDS / self._tempo
