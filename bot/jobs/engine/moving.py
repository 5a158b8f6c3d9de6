"""The one way a job changes its state: along the table, or not at all."""

from collections.abc import Collection
from typing import Any

from bot.jobs.moves import sources
from storage import jobs
from storage.database import Transaction
from storage.records import Job, JobState


def move(
    tx: Transaction, job_id: str, target: JobState, *, only_from: Collection[JobState] | None = None, **changes: Any
) -> Job | None:
    """Moves a job and sets columns with it; None when it is in no state that may become `target`.

    `only_from` narrows the states of the table. Raises ValueError for a move that is not in the table.
    """
    allowed = sources(target)
    if only_from is not None:
        unknown = set(only_from) - allowed
        if unknown:
            raise ValueError(f"A job never moves from {', '.join(sorted(unknown))} to {target}")
        allowed = frozenset(only_from)
    return jobs.change_job(tx, job_id, only_in=allowed, state=target.value, **changes)
