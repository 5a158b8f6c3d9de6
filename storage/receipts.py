"""Everything that was kept about one job, read together. The function's first argument is a transaction."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from storage import jobs, keys, threads
from storage.database import Transaction
from storage.records import Effect, Job, Question, Thread
from storage.rows import effect_of
from storage.tables import effects


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A job with its thread, its questions, and the calls made for it, in order.

    The card with its edits belongs to the thread: its calls are on the receipt of each of the thread's jobs.
    """

    job: Job
    thread: Thread
    questions: tuple[Question, ...]
    effects: tuple[Effect, ...]


def receipt(tx: Transaction, job_id: str) -> Receipt | None:
    """The job's receipt, if there is such a job."""
    job = jobs.job(tx, job_id)
    if job is None:
        return None
    return Receipt(
        job=job,
        thread=threads.thread(tx, job.thread_id),
        questions=tuple(threads.questions_of_job(tx, job_id)),
        effects=tuple(_effects(tx, job)),
    )


def _effects(tx: Transaction, job: Job) -> list[Effect]:
    of_thread = [of(job.thread_id) for of in (keys.enter, keys.card, keys.edit)]
    wanted = or_(effects.c.job_id == job.id, effects.c.key.in_(of_thread))
    found = tx.execute(select(effects).where(wanted).order_by(effects.c.id))
    return [effect_of(row) for row in found.mappings()]
