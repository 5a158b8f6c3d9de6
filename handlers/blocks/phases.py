"""How a job is doing, in plain words. Nothing here says more than the record does."""

from dataclasses import dataclass

from handlers.blocks.price import elapsed
from handlers.errors import trouble
from handlers.text import shown
from storage.records import Account, Hold, Job, JobState, Question, QuestionKind

CELLS = 10
ALMOST_DONE = 95
PAUSES = {
    "insufficient_credit": "is out of credit",
    "quota_exceeded": "has used up its quota",
    "unauthorized": "no longer accepts our key",
    "authentication_failed": "no longer accepts our key",
    "trial_limit_exceeded": "has reached the limit of its trial",
    "plan_upgrade_required": "needs another plan for this",
}
AT_HEYGEN = {
    "thinking": "Planning",
    "generating": "Rendering",
    "reviewing": "Storyboard ready, going on",
    "waiting_for_input": "Passing the answer on",
    "completed": "Finishing",
}
HELD = {
    Hold.INVITE: "Waiting for me to be invited to the channel",
    Hold.OFFER: "Waiting for a yes to making it in direct messages",
    Hold.VOICE: "Waiting for a voice to be chosen",
}
ASKED = {
    QuestionKind.AGENT: "HeyGen asks something: please answer in the thread",
    QuestionKind.REVIEW: "Storyboard ready: approve or change it in the thread",
    QuestionKind.NAME: "A name is not clear: please choose in the thread",
    QuestionKind.UNCONFIRMED: "Nobody knows whether HeyGen got it: please decide in the thread",
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A job with what its phase depends on besides: place in the queue, hold of its thread, open question, account."""

    job: Job
    place: int | None = None
    hold: Hold | None = None
    question: Question | None = None
    account: Account | None = None

    @property
    def words(self) -> str:
        """The phase, as the card says it."""
        return phase(self.job, place=self.place, hold=self.hold, question=self.question, account=self.account)


def phase(
    job: Job,
    *,
    place: int | None = None,
    hold: Hold | None = None,
    question: Question | None = None,
    account: Account | None = None,
) -> str:
    """The phase of a job. `place` is its place in the queue, `question` the one that is open; `account` may pause."""
    asked = ASKED[question.kind] if question is not None else None
    match job.state:
        case JobState.QUEUED:
            return HELD[hold] if hold else asked or _queued(place)  # while it is held nothing is asked in a thread
        case JobState.SUBMITTING:
            return "Waiting to go to HeyGen" if paused(account) else _submitting(job)
        case JobState.UNCONFIRMED:
            return asked or "Checking whether HeyGen got it"
        case JobState.GENERATING:
            return _at_heygen(job)
        case JobState.WAITING_FOR_INPUT:
            return asked or ASKED[QuestionKind.AGENT]
        case JobState.COMPLETED:
            return "Done" if is_delivered(job) else _bringing(job)
        case JobState.FAILED:
            return "Failed"
        case JobState.CANCELLED:
            return f"Stopped by <@{job.cancel_asked_by}>" if job.cancel_asked_by else "Stopped"


def reason(job: Job) -> str:
    """Why a job failed, in a line."""
    return shown(trouble(job.failure_code, job.failure_message).what, 300)


def is_delivered(job: Job) -> bool:
    """Whether the result is where people can see it."""
    return job.file_id is not None or job.result_ts is not None


def came_anyway(job: Job) -> bool:
    """Whether a stopped job's video was finished after all and nobody has fetched it."""
    return (
        job.state is JobState.CANCELLED and job.video_id is not None and job.progress == 100 and not is_delivered(job)
    )


def bar(job: Job) -> str | None:
    """The progress as text, while HeyGen tells one."""
    if job.state is not JobState.GENERATING or job.progress is None:
        return None
    percent = min(max(job.progress, 0), 100)
    full = percent * CELLS // 100
    return f"{'▓' * full}{'░' * (CELLS - full)} {percent} %"


def running_for(job: Job, now: float) -> str | None:
    """How long HeyGen has been at it, while it is."""
    if job.state is not JobState.GENERATING:
        return None
    return elapsed(now - (job.submitted_at or job.created_at))


def paused(account: Account | None) -> str | None:
    """Why nothing new is started, if that is so."""
    if account is None or account.paused_until is None:
        return None
    why = PAUSES.get((account.pause_code or "").casefold(), "cannot be used just now")
    known = "; the admins know" if account.told else ""
    return f"Waiting: the HeyGen account {why}{known}. It goes on by itself once that is mended."


def _queued(place: int | None) -> str:
    if place is None:
        return "Queued"
    return "Queued, next in line" if place <= 1 else f"Queued, {_ordinal(place)} in line"


def _ordinal(number: int) -> str:
    last = number % 10 if number % 100 // 10 != 1 else 0
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def _submitting(job: Job) -> str:
    missing = sum(1 for file in job.brief.files if file.asset_id is None)
    if not missing:
        return "Sending to HeyGen"
    total = len(job.brief.files)
    return f"Preparing your files ({total - missing} of {total} ready)"


def _at_heygen(job: Job) -> str:
    if job.phase == "generating" and (job.progress or 0) >= ALMOST_DONE:
        return "Finishing"
    return AT_HEYGEN.get(job.phase or "", "Working")


def _bringing(job: Job) -> str:
    if job.file_trouble is not None and job.kind == "speech":
        return "Made, but it could not be brought here"
    return "Finished at HeyGen, bringing it here"
