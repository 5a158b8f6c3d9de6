"""Looks that many jobs share: those that have not moved are put off together, in a few statements."""

from collections.abc import Sequence

from bot.jobs import outbox
from bot.jobs.engine import observing, pausing
from bot.jobs.moment import Moment
from bot.jobs.schedule import next_look, watch_is_over
from bot.jobs.sight import Sight
from storage import jobs, looks
from storage.database import Transaction
from storage.records import Job, JobState

Looked = Sequence[tuple[Job, Sight]]


def unmoved(tx: Transaction, moment: Moment, looked: Looked) -> set[str]:
    """HeyGen is at these jobs as before. Returns the ids of those of which there is more to say, and that are held."""
    pausing.answered(tx, moment)
    usual = jobs.usual_seconds(tx)
    quiet = [job for job, sight in looked if _is_quiet(moment, job, sight, usual)]
    looks.seen(tx, [(job, next_look(job, moment.now, moment.rules)) for job in quiet])
    return looks.still_held(tx, [job for job, _ in looked])


def not_seen(tx: Transaction, moment: Moment, looked: Sequence[Job], *, again_at: float) -> set[str]:
    """HeyGen did not answer. Returns the ids of those that this may end, and that are held."""
    young = [job for job in looked if not watch_is_over(job, moment.now)]
    looks.not_seen(tx, [(job, again_at) for job in young])
    return looks.still_held(tx, looked)


def refused(tx: Transaction, moment: Moment, looked: Sequence[Job], code: str) -> None:
    """HeyGen will not answer before an admin acts."""
    pausing.pause(tx, moment, code)
    again_at = moment.now + moment.rules.pause_seconds
    looks.put_off(tx, [(job, again_at) for job in looked])
    held = looks.still_held(tx, looked)
    for job in looked:
        if job.id in held:
            jobs.release_look(tx, job, again_at)


def to_refresh(tx: Transaction, moment: Moment, looked: Looked) -> list[str]:
    """The threads whose cards are to be refreshed though nothing has moved."""
    shown = [job for job, _ in looked if job.state is JobState.GENERATING]
    before = moment.now - outbox.REFRESH_SECONDS / moment.rules.tempo
    return looks.stale_threads(tx, shown, moment.now, unplanned_before=before, urgent=outbox.CARD)


def _is_quiet(moment: Moment, job: Job, sight: Sight, usual: float | None) -> bool:
    """Whether there is nothing to say of the job, so that its look leaves no trace but the time of the next one."""
    is_told = job.slow_told or not observing.is_slow(moment, job, usual)
    is_same = sight.phase in (None, job.phase) and sight.video_id in (None, job.video_id)
    return job.state is JobState.GENERATING and is_same and is_told and not watch_is_over(job, moment.now)
