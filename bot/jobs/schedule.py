"""When a job is looked at next: often at first, rarer later. Pure.

All intervals are multiples of the first one (HEYGEN_POLL_SECONDS, 10 s by default), given here for that default.
"""

from bot.jobs.moment import Rules
from storage.records import Job, JobState

SOON = 1.7  # 17 s: a question reaches its thread within 20 s while the phase is younger than three minutes
LATER = 4.2  # 42 s: within 45 s later on
RENDERING = 3.0  # 30 s: a video without webhooks
RARE = 30.0  # 5 min: a job that a webhook will report, or that waits for a person
YOUNG = 18.0  # 3 min
OLD = 720.0  # 2 h
WATCH_SECONDS = 49 * 3600.0  # HeyGen's slowest renders, and a margin
SESSION_EVERY = 4  # while the video is watched, every so many looks go to the session, for late questions


def next_look(job: Job, now: float, rules: Rules) -> float:
    """The time of the job's next look."""
    return now + _interval(job, now, rules) * rules.poll_seconds


def _interval(job: Job, now: float, rules: Rules) -> float:
    age = (now - (job.phase_at or job.created_at)) / rules.poll_seconds
    if job.state is JobState.WAITING_FOR_INPUT or age > OLD:
        return RARE
    if job.video_id is not None and rules.webhooks and job.nudges == 0:
        return RARE  # once an event came that the video does not show yet, it will soon
    if job.video_id is not None:
        return RENDERING if age < YOUNG * 5 else RENDERING * 2
    if job.looks == 0:
        return 1.0
    return SOON if age < YOUNG else LATER


def looks_at_session(job: Job) -> bool:
    """Whether this look goes to the session, which alone tells of questions, rather than to the video it renders."""
    waits = job.state is JobState.WAITING_FOR_INPUT
    return waits or job.video_id is None or job.looks % SESSION_EVERY == SESSION_EVERY - 1


def watch_is_over(job: Job, now: float) -> bool:
    """Whether HeyGen has had all the time it can need."""
    return job.state is JobState.GENERATING and now - (job.submitted_at or job.created_at) > WATCH_SECONDS
