"""The three ends of a job, each with its one visible outcome."""

from bot.jobs import outbox
from bot.jobs.engine.moving import move
from bot.jobs.moment import Moment
from storage import effects, jobs, keys, threads
from storage.database import Transaction
from storage.records import Job, JobState, QuestionState, Thread

GATHER_SECONDS = 4.0  # replies that come closer together than this are one revision
WATCH_STOPPED_SECONDS = 300.0
BRINGING_SECONDS = 3.0  # a file that is in Slack sooner needs no card that says it is on its way


def complete(
    tx: Transaction,
    moment: Moment,
    job: Job,
    *,
    video_id: str | None,
    title: str | None,
    duration_seconds: float | None,
    page_url: str | None,
) -> None:
    """HeyGen finished: the result goes to Slack, first as a file, then in words."""
    done = move(
        tx, job.id, JobState.COMPLETED, video_id=video_id, title=title, duration_seconds=duration_seconds,
        page_url=page_url, finished_at=moment.now, progress=100, look_at=None,
    )  # fmt: skip
    if done is None:
        return
    thread = threads.thread(tx, job.thread_id)
    close_question(tx, moment, thread, job)
    what = "audio" if job.kind == "speech" else "video"
    outbox.upload(tx, moment, thread, done, key=keys.upload(job.id), what=what)
    if job.kind != "speech":
        outbox.say(tx, moment, thread, key=keys.result(job.id), what="result", job_id=job.id, priority=outbox.RESULT)
    _after_the_end(tx, moment, thread, edit_after=BRINGING_SECONDS)


def fail(tx: Transaction, moment: Moment, job: Job, *, code: str, message: str = "") -> None:
    """The job ends with its reason, said in the thread."""
    failed = move(
        tx, job.id, JobState.FAILED, failure_code=code, failure_message=message, finished_at=moment.now, look_at=None
    )
    if failed is None:
        return
    thread = threads.thread(tx, job.thread_id)
    close_question(tx, moment, thread, job)
    effects.drop(tx, job.id, {"names", "asset", "submit", "message"}, moment.now)
    if thread.card_ts is not None:
        outbox.say(tx, moment, thread, key=f"failure:{job.id}", what="failure", job_id=job.id, priority=outbox.RESULT)
    else:
        tell_directly(tx, moment, thread, failed)
    _after_the_end(tx, moment, thread)


def tell_directly(tx: Transaction, moment: Moment, thread: Thread, job: Job) -> None:
    """Where the thread cannot be reached, the requester still learns what happened and what to do."""
    place = outbox.Place(workspace_id=thread.workspace_id, channel_id=thread.channel_id)
    outbox.dm(tx, moment, place, key=f"dm_instead:{job.id}", user_id=job.requester_id, what="instead", job_id=job.id)


def cancel(tx: Transaction, moment: Moment, job: Job, *, by: str) -> bool:
    """A person stops the job: one closing line, and no message more. False when it had ended already."""
    stopped = move(tx, job.id, JobState.CANCELLED, cancel_asked_by=by, finished_at=moment.now, look_at=None)
    if stopped is None:
        return False
    thread = threads.change_thread(tx, job.thread_id, gather_at=None)  # kept replies wait for the next word
    effects.drop(tx, job.id, {"names", "asset", "submit", "message", "say", "upload", "dm"}, moment.now)
    close_question(tx, moment, thread, job)
    if thread.card_ts is None:
        thread = forsake_card(tx, moment, thread)
    if stopped.session_id is not None:
        stop_session(tx, moment, thread, stopped)
    if thread.card_ts is not None:
        outbox.say(tx, moment, thread, key=f"closing:{job.id}", what="closing", job_id=job.id, priority=outbox.RESULT)
    outbox.edit(tx, moment, thread)
    return True


def forsake_card(tx: Transaction, moment: Moment, thread: Thread) -> Thread:
    """The way in and the card, which may have been recorded for an earlier job, are no longer wanted."""
    effects.drop_key(tx, keys.enter(thread.id), moment.now)
    effects.drop_key(tx, keys.card(thread.id), moment.now)
    return threads.change_thread(tx, thread.id, hold=None)


def stop_session(tx: Transaction, moment: Moment, thread: Thread, job: Job) -> None:
    """Asks HeyGen to stop, and watches on: the video may still come."""
    outbox.heygen(tx, moment, thread, job, key=f"stop:{job.id}", kind="stop")
    jobs.change_job(tx, job.id, look_at=moment.now + WATCH_STOPPED_SECONDS)


def close_question(tx: Transaction, moment: Moment, thread: Thread, job: Job) -> None:
    """What the job asks, if anything, is asked no more; the question itself says so."""
    asked = threads.open_question(tx, job.id)
    if asked is None:
        return
    closed = threads.settle_question(tx, asked.id, QuestionState.CLOSED)
    if closed is None:
        return
    effects.drop_key(tx, keys.question(asked.id), moment.now)
    if closed.message_ts is not None:
        outbox.edit_question(tx, moment, thread, closed)


def _after_the_end(tx: Transaction, moment: Moment, thread: Thread, *, edit_after: float = 0.0) -> None:
    outbox.edit(tx, moment, thread, after=edit_after)
    gather_soon(tx, moment, thread)


def gather_soon(tx: Transaction, moment: Moment, thread: Thread) -> None:
    """What has changed may give kept replies their place."""
    if threads.waiting_replies(tx, thread.id):
        threads.change_thread(tx, thread.id, gather_at=moment.after(GATHER_SECONDS))
