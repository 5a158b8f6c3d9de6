"""What is done: HeyGen, the engine, and the loops that serve it; and this instance among others that do the same."""

import secrets
import time

from bot.app.ground import Ground, rules_of
from bot.heygen.catalog import Catalog
from bot.heygen.client import HeyGenClient
from bot.heygen.downloads import Downloads
from bot.heygen.rest import REST_LANE, Rest
from bot.jobs.calls import HeyGenCalls
from bot.jobs.clock import ClockWatch
from bot.jobs.effects import Effects, Perform
from bot.jobs.engine import Engine
from bot.jobs.heartbeat import Heartbeat, SharedClock
from bot.jobs.kinds import kind_of, kinds_of
from bot.jobs.loop import Loop
from bot.jobs.observer import Observer
from bot.jobs.replica import Replica
from bot.jobs.storing import stored, stored_at_the_end
from handlers.deliver import SlackCalls
from handlers.files import SlackFiles
from handlers.places import Places
from handlers.render import Renderer
from handlers.response_urls import ResponseUrls
from handlers.uploads import Uploads
from storage import effects, jobs
from storage.database import Transaction
from storage.database.notices import Notices
from storage.schema import RELEASE

QUEUE_SECONDS = 0.05  # between two looks at the queue: most of what wakes it has nothing to do with it
QUEUE_REST = 19.0  # times as long as a look took: with thousands in line, looking takes a twentieth of the time at most


class Work:
    """Everything that carries jobs on, wired once. `loops` are what runs."""

    def __init__(self, ground: Ground) -> None:
        settings, clock = ground.settings, ground.clock
        self._ground = ground
        self.rules = rules_of(settings, ground.identity, ground.tempo)
        self.heygen = HeyGenClient(
            ground.http, api_key=settings.heygen_api_key.get_secret_value(), base_url=settings.heygen_api_url,
            clock=clock, timed=ground.witness.metrics.heygen_call, rest=Rest(self._rest),
        )  # fmt: skip
        self.catalog = Catalog(self.heygen, clock=clock)
        self._kinds = kinds_of(self.heygen, ground.database, rules=self.rules, clock=clock)
        self.engine = Engine(
            ground.database, rules=self.rules, clock=clock, new_id=lambda: secrets.token_hex(8), wake=self._wake,
            begun=ground.witness.began,
        )  # fmt: skip
        self._clock_watch = ClockWatch(self.engine, clock=clock, steady=time.monotonic)
        self.response_urls = ResponseUrls(ground.session, clock=clock)
        self.instance = secrets.token_hex(8)
        self.places = Places(self.rules.concurrency)
        self._outboxes: list[Effects] = []
        self._observer = self._wire_observer()
        self._work = self._wire_work()
        self._replica = self._wire_replica()

    @property
    def loops(self) -> list[Loop]:
        """What runs."""
        return [*self._work, *self._replica.loops]

    async def begin(self) -> None:
        """Enters this instance among the others."""
        await self._replica.join()

    def _wire_observer(self) -> Observer:
        return Observer(
            self._ground.database, self.engine, instance=self.instance, clock=self._ground.clock,
            observe=lambda job: kind_of(self._kinds, job).observe(job), looked=self._ground.witness.looked,
            bulks={name: kind.bulk for name, kind in self._kinds.items() if kind.bulk}, tempo=self._ground.tempo,
        )  # fmt: skip

    def _wire_replica(self) -> Replica:
        """Where other replicas may run on the database, they are told of work, and tell us."""
        ground, notices = self._ground, None
        heartbeat = Heartbeat(
            ground.database, instance=self.instance, release=".".join(map(str, RELEASE)), clock=ground.clock,
            running=self._running, woken=self._wake, tempo=ground.tempo,
            told_time=ground.clock.set if isinstance(ground.clock, SharedClock) else _ignore,
        )  # fmt: skip
        if ground.database.is_shared:
            address = ground.settings.database_url
            notices = Notices(address, instance=self.instance, heard=self._wake_here, clock=ground.clock)
        return Replica(heartbeat, notices, clock=ground.clock)

    def _running(self) -> tuple[set[int], set[str]]:
        """What this instance is at: the ids of effects and jobs."""
        return set().union(*(outbox.running for outbox in self._outboxes)), set(self._observer.running)

    def _wire_work(self) -> list[Loop]:
        """The loops that serve the engine: calls to both sides, looks, and what is due by the clock alone."""
        clock = self._ground.clock
        files = SlackFiles(self._ground.slack, self._ground.session, clock=clock)
        heygen = HeyGenCalls(
            self._ground.database, self.heygen, self.catalog, self._kinds, rules=self.rules, clock=clock,
            open_file=files.open_file,
        )  # fmt: skip
        return [
            self._wire_effects("slack", self._wire_slack(files).perform),
            self._wire_effects("heygen", heygen.perform),
            self._observer.loop,
            Loop("engine", run_once=self._do_due, clock=clock),
            Loop("queue", run_once=self.engine.serve_queue, clock=clock, least_seconds=QUEUE_SECONDS, rest=QUEUE_REST),
        ]

    async def _do_due(self) -> float | None:
        """A jump of the clock is noticed before anything is done, or closed, because of the time."""
        await self._clock_watch.run_once()
        return await self.engine.run_once()

    def _wire_slack(self, files: SlackFiles) -> SlackCalls:
        ground = self._ground
        renderer = Renderer(
            ground.database, self.heygen, self._kinds, identity=ground.identity, places=self.places, clock=ground.clock
        )
        uploads = Uploads(
            ground.database, ground.slack, self.heygen, Downloads(ground.session), self._kinds, files, renderer,
            clock=ground.clock, tempo=ground.tempo,
        )  # fmt: skip
        return SlackCalls(
            ground.database, ground.slack, renderer, uploads, self.response_urls, clock=ground.clock,
            tempo=ground.tempo,
        )  # fmt: skip

    def _wire_effects(self, side: str, perform: Perform) -> Loop:
        outbox = Effects(
            self._ground.database, side=side, instance=self.instance, clock=self._ground.clock, perform=perform,
            settled=self.engine.settled, woken=self._wake, tried=self._ground.witness.tried,
            tempo=self._ground.tempo,
        )  # fmt: skip
        self._outboxes.append(outbox)
        return outbox.loop

    async def _rest(self, seconds: float) -> None:
        """All calls to HeyGen rest, those of other replicas too."""
        until = self._ground.clock() + seconds
        await stored(lambda: self._ground.database.write(lambda tx: effects.pause_lane(tx, REST_LANE, until)))

    def _wake(self) -> None:
        self._wake_here()
        self._replica.tell()

    def _wake_here(self) -> None:
        for loop in self._work:
            loop.wake()

    async def give_back(self) -> None:
        """Frees the claims; where that cannot be stored, the next start or another instance finds that we are gone."""

        def act(tx: Transaction) -> None:
            for outbox in self._outboxes:
                outbox.give_back(tx)
            jobs.give_back(tx, self.instance)

        await stored_at_the_end(lambda: self._ground.database.write(act), what="The claims were not given back")

    async def end(self) -> None:
        """This instance leaves."""
        await self._replica.leave()


def _ignore(_time: float) -> None:
    """On a file of our own the system's clock is the time."""
