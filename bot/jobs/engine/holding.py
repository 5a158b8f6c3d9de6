"""Threads that may not be written to yet, and what lets them go on."""

from dataclasses import replace

from bot.jobs import outbox
from bot.jobs.engine import ending
from bot.jobs.moment import Moment
from storage import arrivals, effects, jobs, threads
from storage.database import Transaction
from storage.records import Hold, Job, JobState, Thread

HELD_SECONDS = {Hold.INVITE: 7 * 24 * 3600.0, Hold.OFFER: 24 * 3600.0, Hold.VOICE: 24 * 3600.0}


def invited(tx: Transaction, moment: Moment, workspace_id: str, channel_id: str) -> None:
    """The app is in the channel now: what waited for that goes on."""
    arrivals.note_member(tx, workspace_id, channel_id, moment.now)
    for thread in threads.held_threads(tx, workspace_id, channel_id, Hold.INVITE.value):
        go_on(tx, moment, thread, jobs.open_job(tx, thread.id))


def go_on(tx: Transaction, moment: Moment, thread: Thread, job: Job | None) -> None:
    """The thread is held no longer, unless its text still lacks a voice: then that is asked for now."""
    mute = job is not None and job.kind == "speech" and job.brief.voice is None and job.brief.voice_id is None
    threads.change_thread(tx, thread.id, hold=Hold.VOICE.value if mute else None, held_at=moment.now)
    effects.be_patient(tx, moment.now, thread_id=thread.id)
    if mute and job is not None:
        place = outbox.Place(workspace_id=thread.workspace_id, channel_id=thread.channel_id)
        outbox.dm(tx, moment, place, key=f"voice:{job.id}", user_id=job.requester_id, what="voice", job_id=job.id)


def choose_voice(tx: Transaction, moment: Moment, job_id: str, *, voice_id: str, voice: str) -> Job | None:
    """The voice for a text that waited for one; None when it waits no more."""
    threads.lock_of_job(tx, job_id)
    job = jobs.job(tx, job_id)
    if job is None or job.state is not JobState.QUEUED:
        return None
    if threads.thread(tx, job.thread_id).hold is not Hold.VOICE:
        return None
    threads.change_thread(tx, job.thread_id, hold=None)
    effects.be_patient(tx, moment.now, thread_id=job.thread_id)
    return jobs.change_job(tx, job.id, brief=replace(job.brief, voice_id=voice_id, voice=voice))


def move_to_dm(tx: Transaction, moment: Moment, job_id: str, *, channel_id: str) -> Job | None:
    """The requester takes the offered DM: the held thread is opened there instead."""
    threads.lock_of_job(tx, job_id)
    job = jobs.job(tx, job_id)
    if job is None or job.state is not JobState.QUEUED:
        return None
    if threads.thread(tx, job.thread_id).hold is not Hold.OFFER:
        return None
    moved = threads.change_thread(tx, job.thread_id, channel_id=channel_id, is_im=True, root_ts=None)
    lane = outbox.lane_of(
        "card", "post", workspace_id=moved.workspace_id, channel_id=moved.channel_id, thread_id=moved.id
    )
    effects.redirect(tx, moved, moment.now, lane=lane)
    go_on(tx, moment, moved, job)
    return jobs.change_job(tx, job.id, channel_id=channel_id)


def held_too_long(tx: Transaction, now: float) -> list[str]:
    """The threads with a request that will not be let in any more."""
    return [
        thread_id
        for hold, seconds in HELD_SECONDS.items()
        for thread_id in jobs.held_since(tx, hold.value, now - seconds)
    ]


def let_go(tx: Transaction, moment: Moment, thread_id: str) -> None:
    """What has been held for too long is ended, and its person told. A thread that is taken has its turn next time."""
    if not threads.lock_if_free(tx, thread_id):
        return
    thread, job = threads.thread(tx, thread_id), jobs.open_job(tx, thread_id)
    if job is None or job.state is not JobState.QUEUED or not _is_held_too_long(thread, moment.now):
        return
    ending.forsake_card(tx, moment, thread)
    ending.fail(tx, moment, job, code="no_voice" if thread.hold is Hold.VOICE else "not_let_in")


def _is_held_too_long(thread: Thread, now: float) -> bool:
    held_at = thread.created_at if thread.held_at is None else thread.held_at
    return thread.hold is not None and held_at < now - HELD_SECONDS[thread.hold]
