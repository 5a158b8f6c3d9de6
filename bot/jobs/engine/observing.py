"""What a look at HeyGen showed, applied: one transaction with the move and the effects it causes."""

from dataclasses import replace

from bot.jobs import outbox
from bot.jobs.engine import ending, pausing
from bot.jobs.engine.moving import move
from bot.jobs.moment import Moment
from bot.jobs.questions import options_of
from bot.jobs.schedule import next_look, watch_is_over
from bot.jobs.sight import Asks, Broken, Sight
from storage import jobs, keys, threads
from storage.database import Transaction
from storage.records import Job, JobState, Option, Question, QuestionKind, QuestionState, Thread

STUCK_SECONDS = 900.0
LOST_LOOKS = 3  # a session must be missing this often before we believe it
# A run that ended without a video gets two minutes (at the default of 10 s), counted from the look that saw its end,
# so that a long run has the same grace. HeyGen shows videos late, and still shows the run before for a while after a
# follow-up; to fail early would give up a video that is paid for.
EMPTY_LOOKS = 12
FAILED_LOOKS = 20  # ten minutes: after a long sleep HeyGen is asked again before a job is given up
REMIND_SECONDS = 24 * 3600.0
CLOSE_SECONDS = 7 * 24 * 3600.0
WATCH_STOPPED_FOR_SECONDS = 2 * 3600.0


def observed(tx: Transaction, moment: Moment, looked: Job, sight: Sight) -> None:
    """Applies a look. `looked` is the job as it was claimed; a nudge that came since is kept.

    A look that another replica has taken over meanwhile shows how things were, and is forgotten.
    """
    threads.lock(tx, looked.thread_id)
    job = jobs.job(tx, looked.id)
    if job is None or job.claimed_by != looked.claimed_by:
        return
    pausing.answered(tx, moment)
    sight = _own(tx, job, sight)
    match job.state:
        case JobState.GENERATING | JobState.WAITING_FOR_INPUT:
            look_at = _apply(tx, moment, job, sight)
        case JobState.CANCELLED:
            look_at = _apply_stopped(tx, moment, job, sight)
        case _:
            look_at = None
    jobs.release_look(tx, looked, look_at)


def not_seen(tx: Transaction, moment: Moment, looked: Job, *, again_at: float) -> None:
    """A look that showed nothing is made again, until HeyGen has had all the time it can need.

    One that another replica has taken over meanwhile is that one's to count.
    """
    threads.lock(tx, looked.thread_id)
    job = jobs.job(tx, looked.id)
    if job is None or job.claimed_by != looked.claimed_by:
        return
    jobs.change_job(tx, job.id, failed_looks=job.failed_looks + 1)
    is_over = watch_is_over(job, moment.now) or _stopped_long_ago(job, moment.now)
    if not is_over or job.failed_looks + 1 < FAILED_LOOKS:
        jobs.release_look(tx, looked, again_at)
        return
    ending.fail(tx, moment, job, code="stuck")  # a stopped job stays stopped
    jobs.release_look(tx, looked, None)


def _own(tx: Transaction, job: Job, sight: Sight) -> Sight:
    """The sight without a video that is another job's: it is delivered once, by that one."""
    video_id = sight.made.video_id if sight.made is not None else sight.video_id
    owner = jobs.owner_of_video(tx, video_id) if video_id is not None else None
    return sight if owner in (None, job.id) else replace(sight, video_id=None, made=None)


def _stopped_long_ago(job: Job, now: float) -> bool:
    return job.state is JobState.CANCELLED and now - (job.finished_at or now) > WATCH_STOPPED_FOR_SECONDS


def _apply(tx: Transaction, moment: Moment, job: Job, sight: Sight) -> float | None:
    if sight.gone:
        return _count_lost(tx, moment, job)
    if sight.empty is not None:
        return _count_empty(tx, moment, job, sight.empty)
    if sight.made is not None:
        made = sight.made
        ending.complete(
            tx, moment, job, video_id=made.video_id, title=made.title, duration_seconds=made.duration_seconds,
            page_url=made.page_url,
        )  # fmt: skip
        return None
    if sight.broken is not None:
        ending.fail(tx, moment, job, code=sight.broken.code, message=sight.broken.message)
        return None
    if watch_is_over(job, moment.now):
        ending.fail(tx, moment, job, code="stuck")
        return None
    job = _progress(tx, moment, job, sight)
    is_new = sight.asks is not None and sight.asks.key not in job.asked_words
    if job.state is JobState.WAITING_FOR_INPUT and (sight.asks is None or is_new):
        job = _answered_elsewhere(tx, moment, job)
    if sight.asks is not None and is_new:
        job = _ask(tx, moment, job, sight.asks)
    return next_look(job, moment.now, moment.rules)


def _count_lost(tx: Transaction, moment: Moment, job: Job) -> float | None:
    jobs.change_job(tx, job.id, lost_looks=job.lost_looks + 1, looks=job.looks + 1, failed_looks=0)
    if job.lost_looks + 1 < LOST_LOOKS:
        return moment.now + moment.rules.poll_seconds
    ending.fail(tx, moment, job, code="session_lost")
    return None


def _count_empty(tx: Transaction, moment: Moment, job: Job, empty: Broken) -> float | None:
    counted = jobs.change_job(
        tx, job.id, empty_looks=job.empty_looks + 1, looks=job.looks + 1, lost_looks=0, failed_looks=0
    )
    if job.empty_looks + 1 >= EMPTY_LOOKS:
        ending.fail(tx, moment, job, code=empty.code, message=empty.message)
        return None
    if job.state is JobState.WAITING_FOR_INPUT:
        _answered_elsewhere(tx, moment, counted or job)
    return moment.now + moment.rules.poll_seconds


def _progress(tx: Transaction, moment: Moment, job: Job, sight: Sight) -> Job:
    phase_moved = sight.phase is not None and sight.phase != job.phase
    slow = not job.slow_told and not phase_moved and is_slow(moment, job, jobs.usual_seconds(tx))
    changed = jobs.change_job(
        tx, job.id, looks=job.looks + 1, lost_looks=0, empty_looks=0, failed_looks=0, phase=sight.phase or job.phase,
        progress=sight.progress if sight.progress is not None else job.progress,
        phase_at=moment.now if phase_moved else job.phase_at, video_id=sight.video_id or job.video_id,
        slow_told=job.slow_told or slow,
    )  # fmt: skip
    thread = threads.thread(tx, job.thread_id)
    is_stale = job.state is JobState.GENERATING and outbox.is_stale(thread, moment)
    if phase_moved or slow or is_stale:
        outbox.refresh(tx, moment, thread)
    return changed or job


def is_slow(moment: Moment, job: Job, usual: float | None) -> bool:
    """Whether the job takes longer than it should, or than our own past jobs usually did."""
    if job.state is not JobState.GENERATING:
        return False
    if moment.now - (job.phase_at or job.created_at) > STUCK_SECONDS:
        return True
    return usual is not None and moment.now - (job.submitted_at or job.created_at) > usual + 60


def _ask(tx: Transaction, moment: Moment, job: Job, asks: Asks) -> Job:
    """Puts the agent's question to the people, or approves a storyboard nobody asked to see, once."""
    words = (*job.asked_words, asks.key)
    thread = threads.thread(tx, job.thread_id)
    approved = any(word.startswith("approved:") for word in job.asked_words)
    if asks.review and not job.brief.review and not approved:
        changed = jobs.change_job(tx, job.id, asked_words=(*words, f"approved:{asks.key}"))
        outbox.heygen(tx, moment, thread, job, key=f"approve:{job.id}", kind="message", approve=True, files=[])
        return changed or job
    open_question(
        tx, moment, thread, job,
        kind=QuestionKind.REVIEW if asks.review else QuestionKind.AGENT, text=asks.text,
        options=() if asks.review else tuple(Option(label=item, value=item) for item in options_of(asks.text)),
        resource_ids=asks.resource_ids,
    )  # fmt: skip
    changed = move(tx, job.id, JobState.WAITING_FOR_INPUT, asked_words=words, phase_at=moment.now)
    outbox.edit(tx, moment, thread)
    return changed or job


def open_question(
    tx: Transaction,
    moment: Moment,
    thread: Thread,
    job: Job,
    *,
    kind: QuestionKind,
    text: str,
    options: tuple[Option, ...],
    subject: str | None = None,
    resource_ids: tuple[str, ...] = (),
) -> Question:
    """Asks the people in the thread; the number grows with each question of the job."""
    number = len(threads.questions_of_job(tx, job.id)) + 1
    asked = Question(
        id=moment.new_id(), thread_id=thread.id, job_id=job.id, number=number, kind=kind, text=text, options=options,
        subject=subject, resource_ids=resource_ids, state=QuestionState.OPEN, answer=None, answered_by=None,
        message_ts=None, asked_at=moment.now, remind_at=moment.now + REMIND_SECONDS,
        close_at=moment.now + CLOSE_SECONDS,
    )  # fmt: skip
    threads.add_question(tx, asked)
    if resource_ids:
        outbox.upload(tx, moment, thread, job, key=f"storyboard:{asked.id}", what="storyboard", question=asked.id)
    outbox.say(
        tx, moment, thread, key=keys.question(asked.id), what="question", job_id=job.id, priority=outbox.QUESTION,
        question=asked.id,
    )  # fmt: skip
    return asked


def _answered_elsewhere(tx: Transaction, moment: Moment, job: Job) -> Job:
    """Somebody answered on HeyGen's own page, where the next question may stand already: the one here is closed."""
    thread = threads.thread(tx, job.thread_id)
    ending.close_question(tx, moment, thread, job)
    changed = move(tx, job.id, JobState.GENERATING, only_from={JobState.WAITING_FOR_INPUT}, phase_at=moment.now)
    outbox.edit(tx, moment, thread)
    return changed or job


def _apply_stopped(tx: Transaction, moment: Moment, job: Job, sight: Sight) -> float | None:
    """A stopped job is watched on: a video that comes anyway becomes a button on the card, by an edit."""
    if sight.made is not None:
        made = sight.made
        jobs.change_job(
            tx, job.id, video_id=made.video_id, title=made.title, duration_seconds=made.duration_seconds,
            page_url=made.page_url, progress=100,
        )  # fmt: skip
        outbox.edit_by_id(tx, moment, job.thread_id)
        return None
    if _stopped_long_ago(job, moment.now) or sight.gone or sight.broken is not None:
        return None
    return moment.now + ending.WATCH_STOPPED_SECONDS
