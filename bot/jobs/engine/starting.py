"""The queue in front of HeyGen: who goes next, and what going means."""

from dataclasses import replace

from bot.jobs import outbox
from bot.jobs.engine.moving import move
from bot.jobs.moment import Moment
from storage import effects, jobs, threads
from storage.database import Transaction
from storage.records import Job, JobState, Thread

SPEECH_AT_ONCE = 8
SHOWN_PLACES = 10  # cards whose place in the queue is kept fresh; further back nobody watches closely


def start_queued(tx: Transaction, moment: Moment) -> None:
    """Gives free places at HeyGen to whoever waits; speech needs none."""
    account = jobs.account(tx)
    if account.paused_until is not None and account.paused_until > moment.now:
        return
    for job in jobs.next_queued(tx, kind="speech", among=SPEECH_AT_ONCE):
        _start(tx, moment, job)
    started = 0
    for _ in range(moment.rules.concurrency - jobs.slots_used(tx)):
        fairest = jobs.next_queued(tx, kind="agent", among=1)
        if not fairest:
            break
        _start(tx, moment, fairest[0])
        started += 1
    if started:
        for thread_id in jobs.queued_threads(tx, SHOWN_PLACES):
            outbox.show_place(tx, moment, threads.thread(tx, thread_id))


def _start(tx: Transaction, moment: Moment, job: Job) -> None:
    thread = threads.thread(tx, job.thread_id)
    token = moment.new_id() if moment.rules.callback_base else None
    begun = move(
        tx, job.id, JobState.SUBMITTING, phase_at=moment.now, callback_id=job.callback_id or moment.new_id(),
        callback_token=job.callback_token or token,
    )  # fmt: skip
    if begun is None:
        return
    for file in begun.brief.files:
        if file.asset_id is None:
            key = f"asset:{job.id}:{file.file_id}"
            outbox.heygen(tx, moment, thread, begun, key=key, kind="asset", file=file.file_id)
    submit(tx, moment, thread, begun)
    outbox.edit(tx, moment, thread)


def submit(tx: Transaction, moment: Moment, thread: Thread, job: Job) -> None:
    """Records the one call that makes HeyGen begin; another one each time a person wants it sent again."""
    attempt = 1 + sum(item.kind == "submit" for item in effects.effects_of_job(tx, job.id))
    made_anew = "create" if thread.session_id is None else "look"
    step = "speak" if job.kind == "speech" else made_anew
    key = f"submit:{job.id}:{attempt}"
    outbox.heygen(tx, moment, thread, job, key=key, kind="submit", step=step, attempt=attempt)


def with_asset(job: Job, file_id: str, asset_id: str) -> Job:
    """The job with one of its files known to HeyGen."""
    files = tuple(replace(file, asset_id=asset_id) if file.file_id == file_id else file for file in job.brief.files)
    return replace(job, brief=replace(job.brief, files=files))
