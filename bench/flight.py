"""Ten thousand jobs in flight in one process: what they cost while they wait, and how a start takes them up.

The jobs are written into the database as they would be after an hour at HeyGen; then the program is started on it.
"""

import asyncio
import contextlib
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.calls import CATALOGUE
from bench.report import Row, at_most
from bench.stage import Flight, Stage, stage
from bench.wide_slack import card_ts, channel_ids
from bot.jobs.observer import BURST, CALLS_PER_SECOND
from storage.schema import migrate

JOBS = 10_000
CHANNELS = 25
OVERDUE = 100  # looks that were due before the start
READY_BOUND_SECONDS = 2.0
OVERDUE_BOUND_SECONDS = 1.0
CPU_BOUND, MEMORY_BOUND_MB = 0.20, 250.0
WITH_WEBHOOKS_BOUND, WITHOUT_BOUND = 1.0, 1 / 20  # calls for a job: in ten minutes, and in one interval
TEN_MINUTES = 600.0
INTERVAL_SECONDS = {True: 630.0, False: 63.0}  # from look to look of an old job, with webhooks and without
AGE_SECONDS = 3600.0
CATCH_UP_SECONDS = 180.0

FILL = (
    """INSERT INTO threads (id, workspace_id, channel_id, is_im, root_ts, card_ts, session_id, edited_at, created_at)
       SELECT 't' || n, 'T0LOCAL', place, 0, ts, ts, 's' || n, :now - n % 150, :now - :age FROM numbers""",
    """INSERT INTO requests (id, key, thread_id, requester_id, kind, created_at)
       SELECT 'r' || n, 'flight:' || n, 't' || n, 'U0ANA', 'agent', :now - :age FROM numbers""",
    """INSERT INTO jobs (id, request_id, thread_id, workspace_id, channel_id, requester_id, kind, version, state, brief,
         phase, session_id, video_id, callback_id, seen_video_ids, asked_words, look_at, looks, nudges, lost_looks,
         empty_looks, failed_looks, slow_told, created_at, submitted_at, phase_at)
       SELECT 'j' || n, 'r' || n, 't' || n, 'T0LOCAL', place, 'U0ANA', 'agent', 1, 'generating',
         '{"prompt": "A film"}', 'generating', 's' || n, 'v' || n, 'c' || n, '[]', '[]',
         :now + :interval * (n - :overdue) / :jobs, n % 60, 0, 0, 0, 0, 1, :now - :age, :now - :age, :now - :age
       FROM numbers""",
)
SPREAD = "UPDATE jobs SET look_at = ? + ? * (random() & 65535) / 65536.0 WHERE claimed_by IS NULL"


@dataclass(frozen=True)
class Begun:
    """What it took until all jobs had been looked at."""

    seconds: float
    calls: int

    @property
    def calls_per_second(self) -> float:
        """To HeyGen, looks and all else, beyond the burst that may come at once."""
        return max(self.calls - BURST, 0) / self.seconds


@dataclass(frozen=True)
class Waited:
    """What a stretch of waiting took."""

    seconds: float
    cpu_seconds: float
    calls: int
    memory_mb: float

    @property
    def cpu_share(self) -> float:
        """Of one core."""
        return self.cpu_seconds / self.seconds


async def measure(folder: Path, *, jobs: int = JOBS, seconds: float = 60.0) -> list[Row]:
    """First with webhooks, then without; one after the other, for both want a core."""
    rows = []
    for webhooks in (True, False):
        rows += await _flight(folder / ("told" if webhooks else "untold"), jobs, seconds, webhooks=webhooks)
    return rows


async def _flight(folder: Path, jobs: int, seconds: float, *, webhooks: bool) -> list[Row]:
    folder.mkdir(parents=True)
    interval = INTERVAL_SECONDS[webhooks]
    overdue = min(OVERDUE, jobs)
    fill(folder / "jobs.db", jobs=jobs, overdue=overdue, interval=interval)
    flight = Flight(videos=jobs)
    async with stage(folder, webhooks=webhooks, channels=CHANNELS, concurrency=jobs, flight=flight) as made:
        began, starting = time.perf_counter(), sum(psutil.Process(made.pid).cpu_times()[:2])
        await made.until(lambda: _looked(made, overdue) == overdue, seconds=CATCH_UP_SECONDS)
        first = time.perf_counter() - began
        await made.until(lambda: _looked(made, jobs) == jobs, seconds=CATCH_UP_SECONDS)
        every = Begun(seconds=time.perf_counter() - began, calls=await _calls_so_far(made))
        _spread(made.database, interval)
        waited = await _waited(made, seconds)
    return _rows(made, waited, starting, first, every, jobs=jobs, overdue=overdue, webhooks=webhooks)


def _rows(
    made: Stage, waited: Waited, starting: float, first: float, every: Begun, *, jobs: int, overdue: int, webhooks: bool
) -> list[Row]:
    how = f"{jobs} jobs, {'with' if webhooks else 'without'} webhooks"
    while_waiting = f"{how}; {waited.seconds:.0f} s of waiting"
    in_time = TEN_MINUTES if webhooks else INTERVAL_SECONDS[webhooks]
    calls = waited.calls / jobs / waited.seconds * in_time
    bound = WITH_WEBHOOKS_BOUND if webhooks else WITHOUT_BOUND
    period = "ten minutes" if webhooks else "interval"
    return [
        at_most(READY_BOUND_SECONDS, made.ready_seconds, _seconds, measured="a start until it is ready", how=how),
        at_most(
            OVERDUE_BOUND_SECONDS, first, _seconds, how=how, measured=f"– and until {overdue} overdue looks are made"
        ),
        Row(measured="– processor time of it", how=how, figure=_seconds(starting)),
        Row(measured="– and until all jobs have been looked at", how=how, figure=_seconds(every.seconds)),
        at_most(
            CALLS_PER_SECOND, every.calls_per_second, _rate, how=how,
            measured=f"– – HeyGen calls a second meanwhile, beyond a burst of {BURST}",
        ),
        at_most(CPU_BOUND, waited.cpu_share, _percent, measured="jobs in flight: share of one core", how=while_waiting),
        at_most(MEMORY_BOUND_MB, waited.memory_mb, _megabytes, measured="– memory", how=while_waiting),
        at_most(bound, calls, _calls, measured=f"– HeyGen calls for a job and {period}", how=while_waiting),
    ]  # fmt: skip


def fill(database: Path, *, jobs: int, overdue: int, interval: float) -> None:
    """A database in which so many jobs are being rendered; their looks are spread over an interval."""
    migrate(f"sqlite:///{database}")
    places = channel_ids(CHANNELS)
    numbers = ((number, places[number % CHANNELS], card_ts(number)) for number in range(1, jobs + 1))
    values = {"now": time.time(), "age": AGE_SECONDS, "interval": interval, "jobs": jobs, "overdue": overdue}
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TEMP TABLE numbers (n INTEGER PRIMARY KEY, place TEXT, ts TEXT)")
        connection.executemany("INSERT INTO numbers VALUES (?, ?, ?)", numbers)
        for statement in FILL:
            connection.execute(statement, values)


def _looked(made: Stage, first: int) -> int:
    """How many of the first jobs have had a look since they were written."""
    return made.count(
        f"SELECT count(*) FROM jobs WHERE CAST(substr(id, 2) AS INTEGER) <= {first}"
        " AND looks > CAST(substr(id, 2) AS INTEGER) % 60"
    )


def _spread(database: Path, interval: float) -> None:
    """After the start all looks follow close on each other; some hours on they do not any more."""
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute(SPREAD, (time.time(), interval))


async def _waited(made: Stage, seconds: float) -> Waited:
    program = psutil.Process(made.pid)
    calls, cpu, began = await _calls_so_far(made), sum(program.cpu_times()[:2]), time.perf_counter()
    await asyncio.sleep(seconds)
    return Waited(
        seconds=time.perf_counter() - began,
        cpu_seconds=sum(program.cpu_times()[:2]) - cpu,
        calls=await _calls_so_far(made) - calls,
        memory_mb=program.memory_info().rss / 1e6,
    )


async def _calls_so_far(made: Stage) -> int:
    return len([call for call in await made.heygen.get("calls") if call["op"] not in CATALOGUE])


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _rate(value: float) -> str:
    return f"{value:.1f}/s"


def _percent(value: float) -> str:
    return f"{value * 100:.1f} %"


def _megabytes(value: float) -> str:
    return f"{value:.0f} MB"


def _calls(value: float) -> str:
    return f"{value:.3f}"
