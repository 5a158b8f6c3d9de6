"""The queue in front of HeyGen: who goes next, and what going means.

A pass over the queue is a transaction of its own, for it touches several threads; what people and calls do to a job
holds that job's thread alone.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from bot.jobs import outbox
from bot.jobs.engine.moving import move
from bot.jobs.moment import Moment
from storage import effects, jobs, keys, threads
from storage.database import Transaction
from storage.records import Account, Job, JobState, Thread

SPEECH_AT_ONCE = 8
STARTED_AT_ONCE = 20  # by one pass: it holds the whole queue, and must be over soon; the next one follows at once
SHOWN_PLACES = 10  # cards whose place in the queue is kept fresh; further back nobody watches closely

Show = Callable[[Transaction, Moment, Thread], None]


@dataclass(frozen=True)
class Line:
    """How things stand in front of HeyGen: whether somebody can go on, and what the cards of the first have to say."""

    startable: bool
    shown: tuple[str, ...]


def look(tx: Transaction, moment: Moment) -> Line:
    """Reads alone, for it is asked at every turn."""
    account = jobs.account(tx)
    if account.pause_code is None and not jobs.is_any_queued(tx):
        return Line(startable=False, shown=())
    return Line(not _is_paused(account) and _has_startable(tx, moment), _shown(tx, moment, account))


def serve(tx: Transaction, moment: Moment, *, before: tuple[str, ...]) -> tuple[str, ...]:
    """Gives free places to whoever waits, fairest first, and edits the cards of which `before` is no longer true.

    Returns what the cards say now. A thread that something else is happening to has its turn at the next pass.
    """
    jobs.lock_account(tx)
    account = jobs.account(tx)
    if not _is_paused(account):
        _start_queued(tx, moment)
    shown = _shown(tx, moment, account)
    stale = {_thread_of(view) for view in {*before} ^ {*shown}}
    show = outbox.edit if _tells_of_trouble({*before, *shown}) else outbox.show_place
    missed = {thread_id for thread_id in sorted(stale) if not _refresh(tx, moment, thread_id, show)}
    return tuple(view for view in shown if _thread_of(view) not in missed)


def _is_paused(account: Account) -> bool:
    return account.paused_until is not None


def _has_startable(tx: Transaction, moment: Moment) -> bool:
    if jobs.next_queued(tx, kind="speech", among=1):
        return True
    return jobs.slots_used(tx) < moment.rules.concurrency and bool(jobs.next_queued(tx, kind="agent", among=1))


def _shown(tx: Transaction, moment: Moment, account: Account) -> tuple[str, ...]:
    """What the cards of the first in line say: thread, place, and the trouble that holds up all, if there is one.

    While places at HeyGen are free there is no line, and no card shows a place.
    """
    is_line = jobs.is_there_a_line(tx, kind="agent", places=moment.rules.concurrency)
    places = [(at if is_line else 0, thread) for at, thread in enumerate(jobs.queued_threads(tx, SHOWN_PLACES), 1)]
    if account.pause_code is None:
        return tuple(f"{thread_id} {place}" for place, thread_id in places)
    handed_over = jobs.submitting_threads(tx, SHOWN_PLACES)
    return tuple(f"{thread_id} {at} {account.pause_code}" for at, thread_id in (*places, *enumerate(handed_over)))


def _thread_of(view: str) -> str:
    return view.split(" ", 1)[0]


def _tells_of_trouble(views: Collection[str]) -> bool:
    return any(view.count(" ") > 1 for view in views)


def _refresh(tx: Transaction, moment: Moment, thread_id: str, show: Show) -> bool:
    if not threads.lock_if_free(tx, thread_id):
        return False
    show(tx, moment, threads.thread(tx, thread_id))
    return True


def _start_queued(tx: Transaction, moment: Moment) -> None:
    """Speech needs no place."""
    for job in jobs.next_queued(tx, kind="speech", among=SPEECH_AT_ONCE):
        _start(tx, moment, job)
    free = moment.rules.concurrency - jobs.slots_used(tx)
    if free > 0:
        for job in jobs.next_queued(tx, kind="agent", among=min(free, STARTED_AT_ONCE)):
            _start(tx, moment, job)


def _start(tx: Transaction, moment: Moment, job: Job) -> None:
    if not threads.lock_if_free(tx, job.thread_id):
        return
    thread = threads.thread(tx, job.thread_id)
    token = moment.new_id() if moment.rules.callback_base else None
    begun = move(
        tx, job.id, JobState.SUBMITTING, only_from={JobState.QUEUED}, phase_at=moment.now,
        callback_id=job.callback_id or moment.new_id(), callback_token=job.callback_token or token,
    )  # fmt: skip
    if begun is None:
        return
    for file in begun.brief.files:
        if file.asset_id is None:
            key = keys.asset(job.id, file.file_id)
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
