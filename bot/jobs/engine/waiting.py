"""Questions that nobody answers: one reminder after a day, closed after a week."""

from bot.jobs import outbox
from bot.jobs.engine import ending
from bot.jobs.moment import Moment
from storage import jobs, threads
from storage.database import Transaction
from storage.records import Question


def remind_or_close(tx: Transaction, moment: Moment, asked: Question) -> None:
    """Does what is due for an open question."""
    if asked.close_at is not None and asked.close_at <= moment.now:
        job = jobs.job(tx, asked.job_id)
        if job is not None:
            ending.fail(tx, moment, job, code="unanswered")
        return
    threads.change_question(tx, asked.id, remind_at=None)
    thread = threads.thread(tx, asked.thread_id)
    outbox.say(
        tx, moment, thread, key=f"reminder:{asked.id}", what="reminder", job_id=asked.job_id,
        priority=outbox.QUESTION, question=asked.id,
    )  # fmt: skip
