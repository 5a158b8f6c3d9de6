"""Two replicas on one PostgreSQL beside one, each held to the same part of a core as if it had a machine of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
from sqlalchemy import text

from bench import signed
from bench.acks import Answers, load
from bench.processes import LOCAL, Failed, begin, begin_server, free_port, ready
from bench.report import Row, at_least, median_ratio, percentile
from bench.slices import Slices, seconds_of
from bench.stage import environment_of
from bench.wide_slack import PEOPLE, channel_ids
from bot.playground.local_slack.server import SIGNING_SECRET
from storage.database import Database, open_database
from storage.schema import migrate
from tests.database.postgres import PostgresServer, postgres

BOUND = 1.6
SHARE = 0.25  # of a core for each replica; what is left of two cores is PostgreSQL's, the load's and the doubles'
WATCH_SECONDS = 0.02
WAITING = """SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"""


@dataclass(frozen=True)
class Replica:
    """One process of the program."""

    port: int
    pid: int


@dataclass
class House:
    """Some replicas with a database and doubles of their own, and what their runs took."""

    replicas: list[Replica]
    database: Database
    postgres: int  # its process
    answers: list[Answers] = field(default_factory=list)
    used: list[tuple[float, float]] = field(default_factory=list)  # by replicas and PostgreSQL, for an acknowledgement
    watched: list[tuple[int, int]] = field(default_factory=list)  # statements that wait for a lock, of how many

    @property
    def rates(self) -> list[float]:
        """Acknowledgements a second."""
        return [run.per_second for run in self.answers]

    @property
    def acknowledged(self) -> int:
        """In all runs."""
        return sum(len(run.seconds) - run.refused for run in self.answers)

    @property
    def waiting(self) -> float:
        """The share of statements that waited for somebody else's lock when they were looked at."""
        return sum(waits for waits, _ in self.watched) / max(1, sum(of for _, of in self.watched))

    async def run(self, mark: str, *, seconds: float, share: float) -> None:
        """One flood of commands."""
        pids = [replica.pid for replica in self.replicas]
        slices = Slices(pids, share)
        before, server = sum(map(seconds_of, pids)), _family_seconds(self.postgres)
        watching = asyncio.create_task(self._watch())
        try:
            ports = [replica.port for replica in self.replicas]
            answers = await load(ports, channel_ids(8), mark, seconds=seconds)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            await slices.close()
        self.answers.append(answers)
        count = len(answers.seconds) - answers.refused
        self.used.append(
            ((sum(map(seconds_of, pids)) - before) / count, (_family_seconds(self.postgres) - server) / count)
        )

    async def _watch(self) -> None:
        while True:
            row = await self.database.read(lambda tx: tx.execute(text(WAITING)).one())
            self.watched.append((row[0], row[1]))
            await asyncio.sleep(WATCH_SECONDS)


async def measure(folder: Path, *, rounds: int = 4, seconds: float = 4.0, share: float = SHARE) -> list[Row]:
    """Floods one replica and two in turn; whoever is not measured stands still meanwhile."""
    with postgres(durable=True) as server:
        async with _house(folder / "one", server, 1) as one, _house(folder / "two", server, 2) as two:
            for number in range(rounds):
                for house, other in ((one, two), (two, one)):
                    still = Slices([replica.pid for replica in other.replicas], 0.0)
                    await house.run(f"{len(house.replicas)}.{number}", seconds=seconds, share=share)
                    await still.close()
            kept = [await _requests(house.database) for house in (one, two)]
    how = f"each held to {share:.0%} of a core, PostgreSQL with fsync, {rounds} × {seconds:g} s in turn"
    entered = [len(channel_ids(8)) * len(house.replicas) for house in (one, two)]
    all_kept = all(
        count - known == house.acknowledged for count, known, house in zip(kept, entered, (one, two), strict=True)
    )
    return [
        at_least(
            BOUND, median_ratio(two.rates, one.rates), lambda ratio: f"{ratio:.2f}", how=how,
            measured="two replicas on one PostgreSQL against one: acknowledgements",
        ),
        *(
            row
            for name, house in (("one", one), ("two", two))
            for row in (
                Row(measured=f"– {name}", how="acknowledgements a second, median", figure=_rate(house)),
                Row(measured="– – a replica's time for each", how="processor time", figure=_time(house, 0)),
                Row(measured="– – PostgreSQL's time for each", how="processor time", figure=_time(house, 1)),
                Row(
                    measured="– – statements that wait for a lock", how="pg_stat_activity, fifty times a second",
                    figure=f"{house.waiting:.1%}",
                ),
            )
        ),
        Row(
            measured="– acknowledged and kept", how="rows in the databases after the runs",
            figure=f"{sum(kept) - sum(entered)} of {one.acknowledged + two.acknowledged}", bound="all", holds=all_kept,
        ),
    ]  # fmt: skip


@asynccontextmanager
async def _house(folder: Path, server: PostgresServer, count: int) -> AsyncIterator[House]:
    folder.mkdir(parents=True)
    url = server.new_database()
    await asyncio.to_thread(migrate, url)
    ports = [free_port() for _ in range(count)]
    async with contextlib.AsyncExitStack() as stack:
        slack = await begin_server(
            stack, "bench.wide_slack", "--request-url", f"http://{LOCAL}:{ports[0]}{signed.PATH}", "--channels", "8"
        )
        heygen = await begin_server(stack, "bot.playground.local_heygen", "--no-media")
        replicas = []
        for port in ports:
            log = folder / f"{port}.log"
            settings = environment_of(url, slack, heygen, port, webhooks=False)
            process = await begin(stack, "bench.program", environment=settings, log=log)
            await ready(f"http://{LOCAL}:{port}/readyz", process, log=log)
            replicas.append(Replica(port, process.pid))
        database = await open_database(url, alone=False)
        stack.push_async_callback(database.close)
        house = House(replicas, database, server.pid)
        await _enter(house)
        yield house


async def _enter(house: House) -> None:
    """One command in each channel at each replica, so that all know their places and people."""
    async with aiohttp.ClientSession() as session:
        for replica in house.replicas:
            for number, place in enumerate(channel_ids(8)):
                raw = signed.body(f"enter.{replica.port}.{number}", place, PEOPLE[number % len(PEOPLE)], "A film")
                address = f"http://{LOCAL}:{replica.port}{signed.PATH}"
                async with session.post(address, data=raw, headers=signed.headers(raw, SIGNING_SECRET)) as answer:
                    if answer.status != 200 or await answer.text():
                        raise Failed(f"/video was answered {answer.status}: {await answer.text()}")


async def _requests(database: Database) -> int:
    return int(await database.read(lambda tx: tx.execute(text("SELECT count(*) FROM requests")).scalar_one()))


def _family_seconds(pid: int) -> float:
    """Processor time of a process, of its children, and of those of them that have ended."""
    family = psutil.Process(pid)
    times = family.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in family.children():
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            total += seconds_of(child.pid)
    return total


def _rate(house: House) -> str:
    return f"{percentile(house.rates, 0.5):.0f}/s"


def _time(house: House, which: int) -> str:
    return f"{percentile([used[which] for used in house.used], 0.5) * 1000:.2f} ms"
