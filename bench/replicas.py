"""Two replicas on one PostgreSQL beside one, each held to the same part of a core as if it had a machine of its own.

And what a whole job costs replica and database, for the arithmetic in docs/scale.md.
"""

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
from bench.processes import LOCAL, begin, begin_server, ready
from bench.report import Row, at_least, median_ratio, percentile
from bench.slices import Slices, seconds_of
from bench.stage import DONE, OPEN, environment_of, type_video
from bench.wide_slack import PEOPLE, channel_ids
from storage.database import Database, open_database
from storage.schema import migrate
from tests.database.postgres import PostgresServer, postgres
from tests.ports import free_port

BOUND = 1.6
JOBS, JOBS_SPEED = 100, 20.0
JOBS_SECONDS = 120.0
SHARE = 0.25  # of a core for each replica; what is left of two cores is PostgreSQL's, the load's and the doubles'
WATCH_SECONDS = 0.02
WAITING = """SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"""

COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
LOGGED = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8"  # bytes
SIZE = "SELECT pg_database_size(current_database())"  # bytes


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
    entered: int = 0  # commands before the runs
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
    def pids(self) -> list[int]:
        """The replicas' processes."""
        return [replica.pid for replica in self.replicas]

    @property
    def processor_seconds(self) -> tuple[float, float]:
        """What replicas and PostgreSQL have used until now."""
        return sum(map(seconds_of, self.pids)), _family_seconds(self.postgres)

    @property
    def waiting(self) -> float:
        """The share of statements that waited for somebody else's lock when they were looked at."""
        return sum(waits for waits, _ in self.watched) / max(1, sum(of for _, of in self.watched))

    async def number(self, query: str) -> float:
        """One number from the database."""
        return float(await self.database.read(lambda tx: tx.execute(text(query)).scalar_one()))

    async def run(self, mark: str, *, seconds: float, share: float) -> None:
        """One flood of commands."""
        slices = Slices(self.pids, share)
        replicas_before, server_before = self.processor_seconds
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
        replicas_after, server_after = self.processor_seconds
        self.used.append(((replicas_after - replicas_before) / count, (server_after - server_before) / count))

    async def _watch(self) -> None:
        while True:
            row = await self.database.read(lambda tx: tx.execute(text(WAITING)).one())
            self.watched.append((row[0], row[1]))
            await asyncio.sleep(WATCH_SECONDS)


async def measure(
    folder: Path, *, rounds: int = 4, seconds: float = 4.0, share: float = SHARE, jobs: int = JOBS
) -> list[Row]:
    """First acknowledgements, then whole jobs."""
    with postgres(durable=True) as server:
        return [
            *await _acknowledgements(folder, server, rounds=rounds, seconds=seconds, share=share),
            *await _whole_jobs(folder / "jobs", server, jobs),
        ]


async def _acknowledgements(
    folder: Path, server: PostgresServer, *, rounds: int, seconds: float, share: float
) -> list[Row]:
    """Floods one replica and two in turn; who is not measured stands still meanwhile."""
    async with _house(folder / "one", server, 1) as one, _house(folder / "two", server, 2) as two:
        for number in range(rounds):
            for house, other in ((one, two), (two, one)):
                still = Slices(other.pids, 0.0)
                await house.run(f"{len(house.replicas)}.{number}", seconds=seconds, share=share)
                await still.close()
        kept = [int(await house.number("SELECT count(*) FROM requests")) - house.entered for house in (one, two)]
    how = f"each held to {share:.0%} of a core, PostgreSQL with fsync, {rounds} × {seconds:g} s in turn"
    return [
        at_least(
            BOUND, median_ratio(two.rates, one.rates), lambda ratio: f"{ratio:.2f}", how=how,
            measured="two replicas on one PostgreSQL against one: acknowledgements",
        ),
        *_what_it_took("one", one),
        *_what_it_took("two", two),
        Row(
            measured="– acknowledged and kept", how="rows in the databases after the runs",
            figure=f"{sum(kept)} of {one.acknowledged + two.acknowledged}", bound="all",
            holds=kept == [one.acknowledged, two.acknowledged],
        ),
    ]  # fmt: skip


def _what_it_took(name: str, house: House) -> list[Row]:
    replicas, server = (percentile([used[which] for used in house.used], 0.5) for which in (0, 1))
    return [
        Row(
            measured=f"– {name}", how="acknowledgements a second, median",
            figure=f"{percentile(house.rates, 0.5):.0f}/s",
        ),
        Row(measured="– – replicas' time for each", how="processor time, median", figure=_milliseconds(replicas)),
        Row(measured="– – PostgreSQL's time for each", how="processor time, median", figure=_milliseconds(server)),
        Row(
            measured="– – statements that wait for a lock", how="pg_stat_activity, fifty times a second",
            figure=f"{house.waiting:.1%}",
        ),
    ]  # fmt: skip


async def _whole_jobs(folder: Path, server: PostgresServer, jobs: int) -> list[Row]:
    """Videos from the command to the DM, by one replica with all it needs."""
    async with _house(folder, server, 1, speed=JOBS_SPEED, concurrency=jobs) as house:
        await _all_done(house, house.entered)
        before = await _spent(house)
        await _type(house.replicas[0].port, "whole", jobs)
        await _all_done(house, house.entered + jobs)
        after = await _spent(house)
    ours, theirs, commits, logged, size = ((late - early) / jobs for late, early in zip(after, before, strict=True))
    how = f"{jobs} videos at once, without files and webhooks; from command to DM; 1 s is {JOBS_SPEED:g} s"
    return [
        Row(measured="a whole video on PostgreSQL: the program's processor time", how=how, figure=_milliseconds(ours)),
        Row(measured="– PostgreSQL's", how=how, figure=_milliseconds(theirs)),
        Row(measured="– commits", how=how, figure=f"{commits:.0f}"),
        Row(measured="– write-ahead log", how=how, figure=f"{logged / 1000:.0f} kB"),
        Row(measured="– growth of the database", how=how, figure=f"{size / 1000:.0f} kB"),
    ]


async def _spent(house: House) -> list[float]:
    """Until now: the replicas' processor time and PostgreSQL's, commits, bytes logged, bytes of the database."""
    return [*house.processor_seconds, *[await house.number(query) for query in (COMMITS, LOGGED, SIZE)]]


async def _all_done(house: House, count: int) -> None:
    """Waits until so many videos are in their threads and nothing is left to do."""
    async with asyncio.timeout(JOBS_SECONDS):
        while await house.number(DONE) < count or await house.number(OPEN):  # noqa: ASYNC110 -- other processes' doing
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _house(
    folder: Path, server: PostgresServer, count: int, *, speed: float = 1.0, concurrency: int = 8
) -> AsyncIterator[House]:
    folder.mkdir(parents=True)
    url = server.new_database()
    await asyncio.to_thread(migrate, url)
    ports = [free_port() for _ in range(count)]
    async with contextlib.AsyncExitStack() as stack:
        slack = await begin_server(
            stack, "bench.wide_slack", "--request-url", f"http://{LOCAL}:{ports[0]}{signed.PATH}", "--channels", "8"
        )
        heygen = await begin_server(
            stack, "bot.playground.local_heygen", "--no-media", "--speed", str(speed), "--concurrency", str(concurrency)
        )
        replicas = []
        for port in ports:
            log = folder / f"{port}.log"
            settings = environment_of(url, slack, heygen, port, speed=speed, webhooks=False, concurrency=concurrency)
            process = await begin(stack, "bench.program", "--tempo", str(speed), environment=settings, log=log)
            await ready(f"http://{LOCAL}:{port}/readyz", process, log=log)
            replicas.append(Replica(port, process.pid))
        database = await open_database(url, alone=False)
        stack.push_async_callback(database.close)
        house = House(replicas, database, server.pid)
        for replica in replicas:  # so that all know their places and people
            house.entered += await _type(replica.port, f"enter.{replica.port}", 8)
        yield house


async def _type(port: int, mark: str, count: int) -> int:
    """So many commands, one after the other, in all channels by turns."""
    places = channel_ids(8)
    async with aiohttp.ClientSession() as session:
        for number in range(count):
            person = PEOPLE[number % len(PEOPLE)]
            raw = signed.body(f"{mark}.{number}", places[number % len(places)], person, "A film")
            await type_video(session, port, raw)
    return count


def _family_seconds(pid: int) -> float:
    """Processor time of a process, of its children, and of those of them that have ended."""
    family = psutil.Process(pid)
    times = family.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in family.children():
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            total += seconds_of(child.pid)
    return total


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
