"""Calls for a job that has ended meanwhile."""

from bot.jobs.moment import Moment
from bot.jobs.moves import is_open
from bot.jobs.outcomes import AgainAt, Next, Outcome, Unknown
from storage import effects
from storage.database import Transaction
from storage.records import Effect, Job


def drop_if_ended(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome, job: Job | None) -> bool:
    """What is still to be done of a call, or found out, is not for a job that has ended meanwhile: True when it has."""
    has_ended = job is None or not is_open(job.state)
    if has_ended and isinstance(outcome, Next | AgainAt | Unknown):
        effects.drop_tried(tx, tried, moment.now, in_doubt=isinstance(outcome, Unknown))
    return has_ended
