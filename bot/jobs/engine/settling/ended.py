"""Calls for a job that has ended meanwhile."""

from bot.jobs.moves import is_open
from storage import effects
from storage.database import Transaction
from storage.records import Effect, Job


def drop_if_ended(tx: Transaction, tried: Effect, job: Job | None) -> None:
    """What is still to be done of a call is not done for a job that has ended meanwhile."""
    if job is None or not is_open(job.state):
        effects.drop_key(tx, tried.key)
