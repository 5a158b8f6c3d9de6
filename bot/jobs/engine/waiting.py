"""What is due by the clock alone: replies to join, and questions that nobody answers."""

from bot.jobs import outbox
from bot.jobs.engine import ending, talking
from bot.jobs.moment import Moment
from storage import jobs, threads
from storage.database import Transaction
from storage.records import Question


def next_due(tx: Transaction) -> float | None:
    """When something in any thread is due."""
    times = (threads.next_gathering(tx), threads.next_reminder(tx))
    return min((at for at in times if at is not None), default=None)


def do_due(tx: Transaction, moment: Moment, thread_id: str) -> None:
    """Does what is due in one thread; nothing while something else is happening to it."""
    if not threads.lock_if_free(tx, thread_id):
        return
    thread = threads.thread(tx, thread_id)
    if thread.hold is None and thread.gather_at is not None and thread.gather_at <= moment.now:
        talking.gather(tx, moment, thread)
    for asked in threads.questions_due(tx, thread_id, moment.now):
        _remind_or_close(tx, moment, asked)


def put_off(tx: Transaction, moment: Moment, thread_id: str, seconds: float) -> None:
    """What is due in one thread is left for so long; nothing while something else is happening to it."""
    if threads.lock_if_free(tx, thread_id):
        threads.put_off(tx, thread_id, moment.now, moment.after(seconds))


def _remind_or_close(tx: Transaction, moment: Moment, asked: Question) -> None:
    """One reminder after a day; closed after a week."""
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
