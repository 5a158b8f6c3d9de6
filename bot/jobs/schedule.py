"""When a job is looked at next: often at first, rarer later. Pure.

All intervals are multiples of the first one (HEYGEN_POLL_SECONDS, 10 s by default), given here for that default.
"""

import zlib

from bot.jobs.moment import Rules
from storage.records import Job, JobState

SOON = 1.7  # 17 s: a question reaches its thread within 20 s while the phase is younger than three minutes
LATER = 4.2  # 42 s: within 45 s later on
RENDERING = 3.0  # 30 s: a video without webhooks
RARE = 30.0  # 5 min: a job that waits for a person, or is old
REPORTED = 60.0  # 10 min: a video that a webhook will report
SPREAD = 0.1  # of the interval at most is added for a video: thousands that began together drift apart
YOUNG = 18.0  # 3 min
OLD = 720.0  # 2 h
WATCH_SECONDS = 49 * 3600.0  # HeyGen's slowest renders, and a margin
# While the video is watched, every so many looks go to the session, for late questions. Sessions have no bulk call:
# one look in thirty and a hundredth of a call for the others is less than one call for twenty jobs.
SESSION_EVERY = 30
SESSION_EVERY_REPORTED = 2  # these looks are so rare that every other one may


def next_look(job: Job, now: float, rules: Rules) -> float:
    """The time of the job's next look."""
    return now + _interval(job, now, rules) * rules.poll_seconds


def _interval(job: Job, now: float, rules: Rules) -> float:
    age = (now - (job.phase_at or job.created_at)) / rules.poll_seconds
    if job.state is JobState.WAITING_FOR_INPUT:
        return RARE
    if job.video_id is not None and _is_reported(job, rules):
        return REPORTED * _spread(job)
    if age > OLD:
        return RARE * _spread(job)
    if job.video_id is not None:
        return RENDERING * (1 if age < YOUNG * 5 else 2) * _spread(job)
    if job.looks == 0:
        return 1.0
    return SOON if age < YOUNG else LATER


def _is_reported(job: Job, rules: Rules) -> bool:
    """Whether a webhook will tell; once an event came that the video does not show yet, it will soon."""
    return rules.webhooks and job.nudges == 0


def _spread(job: Job) -> float:
    """Another factor for each look at each job, and the same one whenever it is asked for."""
    return 1.0 + SPREAD * zlib.crc32(f"{job.id} {job.looks}".encode()) / 2**32


def looks_at_session(job: Job, rules: Rules) -> bool:
    """Whether this look goes to the session, which alone tells of questions, rather than to the video it renders."""
    if job.state is JobState.WAITING_FOR_INPUT or job.video_id is None:
        return True
    every = SESSION_EVERY_REPORTED if _is_reported(job, rules) else SESSION_EVERY
    return not job.look_alone and job.looks % every == every - 1


def watch_is_over(job: Job, now: float) -> bool:
    """Whether HeyGen has had all the time it can need."""
    return job.state is JobState.GENERATING and now - (job.submitted_at or job.created_at) > WATCH_SECONDS
