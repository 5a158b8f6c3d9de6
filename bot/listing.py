"""`heygen-slack jobs`: the newest jobs, for people at a terminal; works beside a running program."""

import asyncio
import time
from collections.abc import Callable

from storage import jobs
from storage.database import DatabaseUnusable, open_database
from storage.records import Job
from storage.schema import is_current

HEAD = f"{'job':<18}{'state':<20}{'kind':<8}{'age':>7}  {'channel':<12}{'requester':<12}what HeyGen says"


async def list_jobs(url: str, *, limit: int, say: Callable[[str], None]) -> None:
    """Prints one line for each job, newest first. No prompts: they are not the operator's to read."""
    if not await asyncio.to_thread(is_current, url):
        raise DatabaseUnusable("The database is not there, or of an older release; `heygen-slack migrate` makes it.")
    database = await open_database(url, alone=False)
    try:
        listed = await database.read(lambda tx: jobs.all_jobs(tx, limit=limit))
    finally:
        await database.close()
    say(HEAD)
    for job in listed:
        say(_line(job, time.time()))


def _line(job: Job, now: float) -> str:
    said = job.failure_code or job.phase or ""
    age = _age(now - job.created_at)
    return f"{job.id:<18}{job.state:<20}{job.kind:<8}{age:>7}  {job.channel_id:<12}{job.requester_id:<12}{said}"


def _age(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(int(seconds), 0)} s"  # the clock may have been set back
