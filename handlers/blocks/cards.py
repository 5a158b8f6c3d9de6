"""The card: the first message of a thread, edited as things change. Shows the current version, lists the others."""

from collections.abc import Sequence

from handlers.blocks.elements import SECTION_LIMIT, Block, actions, button, context, quote, section
from handlers.blocks.ids import Action
from handlers.blocks.messages import Message
from handlers.blocks.phases import bar, came_anyway, is_delivered, paused, phase, reason, running_for
from handlers.blocks.price import length, likely_cost
from handlers.errors import trouble
from handlers.text import link, shown
from storage.records import OPEN_STATES, Account, Job, JobState, Question, Thread

PROMPT_SHOWN = 1_500
TITLE_SHOWN = 100
NAME_SHOWN = 60
VERSIONS_SHOWN = 10
LINK_LIMIT = 1_200
UNTITLED = "open it"


def card(
    *,
    thread: Thread,
    jobs: Sequence[Job],
    now: float,
    place: int | None = None,
    waiting_replies: int = 0,
    question: Question | None = None,
    account: Account | None = None,
) -> Message:
    """The card of a thread. `jobs` are all of the thread, oldest first; the rest is about the last one.

    `place` is its place in the queue, `question` its open question, `account` tells of a pause.
    """
    job = jobs[-1]
    state = phase(job, place=place, hold=thread.hold, question=question, account=account)
    blocks = [
        section(heading(job)),
        quote(job.brief.prompt, PROMPT_SHOWN),
        *_small(_wishes(job)),
        section(state_line(job, state, now)),
        *_small(notes(job, waiting_replies=waiting_replies, question=question, account=account)),
        *_earlier(jobs[:-1]),
        *_buttons(jobs),
    ]
    said = f"{_called(job)}: {state}{_percent(job)}"
    prompt = shown(job.brief.prompt, 150)
    return Message(f"{said} – {prompt}" if prompt else said, blocks)


def result_link(job: Job) -> str | None:
    """A link to a job's result that stays good, by the title that HeyGen gave it."""
    label = shown_title(job) if job.title else UNTITLED
    return lasting_link(job.file_permalink, label) or lasting_link(job.page_url, label)


def lasting_link(url: str | None, label: str) -> str | None:
    """A link, when there is one that leaves room for other words."""
    if not url or len(link(url, label)) > LINK_LIMIT:
        return None
    return link(url, label)


def shown_title(job: Job) -> str:
    """What a finished job is called. Not escaped."""
    return (job.title or _called(job))[:TITLE_SHOWN]


def wishes(job: Job) -> list[str]:
    """What was chosen besides the prompt."""
    brief = job.brief
    named = (("Avatar", brief.avatar), ("Voice", brief.voice), ("Style", brief.style), ("Language", brief.language))
    parts = [f"{what} {shown(name, NAME_SHOWN)}" for what, name in named if name]
    parts += [shown(brief.orientation, NAME_SHOWN)] if brief.orientation else []
    parts += [f"speed {brief.speed:g}"] if brief.speed is not None else []
    parts += ["review first"] if brief.review else []
    count = len(brief.files)
    return [*parts, *([f"{count} file{'s' if count > 1 else ''}"] if count else [])]


def _called(job: Job) -> str:
    return "Speech" if job.kind == "speech" else f"Video v{job.version}"


def heading(job: Job) -> str:
    """What it is and who asked."""
    return f"*{_called(job)}* for <@{job.requester_id}>"


def _wishes(job: Job) -> list[str]:
    return [" · ".join(wishes(job))] if wishes(job) else []


def _percent(job: Job) -> str:
    return f" {job.progress} %" if bar(job) else ""


def state_line(job: Job, state: str, now: float) -> str:
    """The phase with what belongs to it: bar, time, link, length or reason."""
    parts = [f"*{state}*", bar(job), running_for(job, now)]
    match job.state:
        case JobState.COMPLETED if is_delivered(job):
            parts += [result_link(job), length(job.duration_seconds) if job.duration_seconds else None]
        case JobState.CANCELLED if is_delivered(job):
            parts.append(result_link(job))
        case JobState.FAILED:
            parts.append(reason(job))
    return "  ·  ".join(part for part in parts if part)


def notes(job: Job, *, waiting_replies: int, question: Question | None, account: Account | None) -> list[str]:
    if job.state not in OPEN_STATES:
        return [*_came_anyway(job), *_left_over(job, waiting_replies)]
    lines = [f"Likely cost: {likely_cost(job.kind, job.brief.prompt)}."]
    if job.state in (JobState.QUEUED, JobState.SUBMITTING) and question is None:
        pause = paused(account)
        lines += [pause] if pause else []
    if job.slow_told and job.state is JobState.GENERATING:
        lines.append("This is taking longer than usual. It goes on by itself; *Stop* ends it.")
    if waiting_replies and question is None:
        lines.append(f"{_kept(waiting_replies)} kept for the next version.")
    return lines


def _kept(replies: int) -> str:
    return "1 reply is" if replies == 1 else f"{replies} replies are"


def _came_anyway(job: Job) -> list[str]:
    return ["HeyGen finished this video although it was stopped."] if came_anyway(job) else []


def _left_over(job: Job, replies: int) -> list[str]:
    """After a stop what was said before waits for the next word; after other ends it is taken up by itself."""
    if not replies or job.state is not JobState.CANCELLED:
        return []
    return [f"{_kept(replies)} kept; the next reply here makes a version of all."]


def _small(lines: Sequence[str]) -> list[Block]:
    return [context(line) for line in lines]


def _earlier(jobs: Sequence[Job]) -> list[Block]:
    if not jobs:
        return []
    lines = [_earlier_line(job) for job in reversed(jobs[-VERSIONS_SHOWN:])]
    hidden = len(jobs) - len(lines)
    lines += [f"and {hidden} more before"] if hidden else []
    kept = ["*Earlier*"]
    for line in lines:  # links can be long; whole lines are left out, never parts of one
        if sum(map(len, kept)) + len(kept) + len(line) > SECTION_LIMIT:
            break
        kept.append(line)
    return [section("\n".join(kept))]


def _earlier_line(job: Job) -> str:
    words = phase(job)
    parts = [f"v{job.version}", words[:1].lower() + words[1:]]
    if is_delivered(job):
        parts += [part for part in (result_link(job),) if part]
    if job.state is JobState.FAILED:
        parts.append(shown(trouble(job.failure_code, job.failure_message).what, 120))
    return " · ".join(parts)


def _buttons(jobs: Sequence[Job]) -> list[Block]:
    job = jobs[-1]
    elements = []
    if job.state in OPEN_STATES:
        elements.append(button("Stop", Action.STOP, job.id, style="danger"))
    if may_be_retried(job):
        elements.append(button(retry_label(job), Action.RETRY, job.id))
    stopped = next((old for old in reversed(jobs) if came_anyway(old)), None)
    if stopped is not None:
        elements.append(button("Get the video anyway", Action.BRING_BACK, stopped.id))
    return [actions(*elements)] if elements else []


def may_be_retried(job: Job) -> bool:
    """Whether trying again may help."""
    return job.state is JobState.FAILED and trouble(job.failure_code, job.failure_message).retry


def retry_label(job: Job) -> str:
    """What trying again means for this job."""
    return "Start again" if job.failure_code == "session_lost" else "Retry"
