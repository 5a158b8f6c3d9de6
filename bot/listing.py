"""`heygen-slack jobs`: the newest jobs, or one in full, for people at a terminal; works beside a running program."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import TypeVar

from bot.showing import shown_job
from storage import jobs, receipts
from storage.database import DatabaseUnusable, Transaction, open_database
from storage.records import Job
from storage.schema import is_current

HEAD = f"{'job':<18}{'state':<20}{'kind':<8}{'age':>7}  {'channel':<12}{'requester':<12}what HeyGen says"

T = TypeVar("T")


class NoSuchJob(Exception):
    """There is no job with that id. The message is one sentence with the cure."""


async def list_jobs(url: str, *, limit: int, say: Callable[[str], None]) -> None:
    """Prints one line for each job, newest first. No prompts: they are not the operator's to read."""
    listed = await _read(url, lambda tx: jobs.all_jobs(tx, limit=limit))
    say(HEAD)
    for job in listed:
        say(_line(job, time.time()))


async def show_job(url: str, job_id: str, *, with_words: bool, say: Callable[[str], None]) -> None:
    """Prints a job's receipt as JSON. Raises NoSuchJob."""
    kept = await _read(url, lambda tx: receipts.receipt(tx, job_id))
    if kept is None:
        raise NoSuchJob(f"There is no job {job_id!r}; `heygen-slack jobs` lists the newest ones with their ids.")
    say(json.dumps(shown_job(kept, with_words=with_words), indent=2, ensure_ascii=False))


async def _read(url: str, look: Callable[[Transaction], T]) -> T:
    if not await asyncio.to_thread(is_current, url):
        raise DatabaseUnusable("The database is not there, or of an older release; `heygen-slack migrate` makes it.")
    database = await open_database(url, alone=False)
    try:
        return await database.read(look)
    finally:
        await database.close()


def _line(job: Job, now: float) -> str:
    said = job.failure_code or job.phase or ""
    age = _age(now - job.created_at)
    return f"{job.id:<18}{job.state:<20}{job.kind:<8}{age:>7}  {job.channel_id:<12}{job.requester_id:<12}{said}"


def _age(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(int(seconds), 0)} s"  # the clock may have been set back
