"""A person asks: one request, one job, and the effects that show it."""

from dataclasses import dataclass, replace

from bot.jobs import outbox
from bot.jobs.engine import holding
from bot.jobs.moment import Moment
from storage import arrivals, jobs, preferences, threads
from storage.database import Transaction
from storage.records import Brief, Hold, Job, JobState, Preference, Request, Thread

ORDER_SECONDS = 0.001  # jobs of a thread are told apart by when they were asked for, also when the clock was set back


@dataclass(frozen=True, kw_only=True)
class Where:
    """The conversation something was said in."""

    enterprise_id: str | None
    workspace_id: str
    channel_id: str
    is_im: bool  # the app's own DM with the person
    is_entered: bool = False  # whether the app is known to be a member


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a person asks for. `keys` are all the names this arrival may come again under; the first names it."""

    keys: tuple[str, ...]
    where: Where
    requester_id: str
    kind: str
    brief: Brief
    root_ts: str | None = None  # the message it was asked in; None: our card opens the thread
    hold: Hold | None = None
    with_defaults: bool = True  # a form showed the person's own defaults already, and they may have been cleared


def ask(tx: Transaction, moment: Moment, wish: Ask) -> Job | None:
    """Stores the request with its job and card; None when it had arrived before."""
    if not arrives_first(tx, moment, wish.keys):
        return None
    where = wish.where
    thread = Thread(
        id=moment.new_id(), enterprise_id=where.enterprise_id, workspace_id=where.workspace_id,
        channel_id=where.channel_id, is_im=where.is_im, root_ts=wish.root_ts, card_ts=None, session_id=None,
        hold=wish.hold, held_at=moment.now, gather_at=None, edited_at=None, created_at=moment.now,
    )  # fmt: skip
    threads.add_thread(tx, thread)
    if wish.root_ts is not None:  # asked by a message in the thread itself
        arrivals.note_activity(tx, thread.id, wish.requester_id, moment.now)
    settings = preferences.preference(tx, where.workspace_id, wish.requester_id)
    job = add_job(
        tx, moment, thread, key=wish.keys[0], requester_id=wish.requester_id, kind=wish.kind,
        brief=with_defaults(wish.brief, settings, wish.kind) if wish.with_defaults else wish.brief,
    )  # fmt: skip
    _show(tx, moment, thread, job, is_entered=where.is_im or where.is_entered)
    if wish.hold is Hold.INVITE and arrivals.is_member(tx, where.workspace_id, where.channel_id):
        holding.go_on(tx, moment, thread, job)  # invited since the command was looked at
    return job


def arrives_first(tx: Transaction, moment: Moment, keys: tuple[str, ...]) -> bool:
    """Notes all names of an arrival; False when any of them had been seen."""
    seen = [arrivals.first_time(tx, key, moment.now) for key in keys]
    return all(seen)


def with_defaults(brief: Brief, settings: Preference, kind: str) -> Brief:
    """The person's own voice and avatar where they named none."""
    if brief.voice is None and brief.voice_id is None and settings.voice_id is not None:
        brief = replace(brief, voice=settings.voice_name, voice_id=settings.voice_id)
    if kind == "agent" and brief.avatar is None and brief.avatar_id is None and settings.avatar_id is not None:
        brief = replace(brief, avatar=settings.avatar_name, avatar_id=settings.avatar_id)
    return brief


def unresolved(brief: Brief) -> tuple[str, ...]:
    """Which names still have no id."""
    named = {
        "avatar": (brief.avatar, brief.avatar_id),
        "voice": (brief.voice, brief.voice_id),
        "style": (brief.style, brief.style_id),
    }
    return tuple(subject for subject, (name, found) in named.items() if name is not None and found is None)


def add_job(
    tx: Transaction,
    moment: Moment,
    thread: Thread,
    *,
    key: str,
    requester_id: str,
    kind: str,
    brief: Brief,
    retry_of: str | None = None,
) -> Job:
    """A request with its one job, queued in the thread."""
    request = Request(
        id=moment.new_id(), key=key, thread_id=thread.id, requester_id=requester_id, kind=kind, created_at=moment.now
    )
    threads.add_request(tx, request)
    every = jobs.jobs_of_thread(tx, thread.id) if thread.card_ts or retry_of else []
    earlier = every if thread.card_ts else []
    job = Job(
        id=moment.new_id(), request_id=request.id, thread_id=thread.id, enterprise_id=thread.enterprise_id,
        workspace_id=thread.workspace_id, channel_id=thread.channel_id, requester_id=requester_id, kind=kind,
        version=1 + sum(has_video(old) or _may_still_come(old) for old in earlier), state=JobState.QUEUED, brief=brief,
        seen_video_ids=tuple(old.video_id for old in earlier if old.video_id), retry_of=retry_of,
        created_at=max([moment.now, *(old.created_at + ORDER_SECONDS for old in every)]), phase_at=moment.now,
    )  # fmt: skip
    jobs.add_job(tx, job)
    moment.begun.append(job)
    if unresolved(brief):
        outbox.heygen(tx, moment, thread, job, key=f"names:{job.id}", kind="names")
    return job


def has_video(job: Job) -> bool:
    """Whether people have this job's video as a version: it was finished, or brought back after a stop."""
    return job.state is JobState.COMPLETED or job.result_ts is not None


def _may_still_come(job: Job) -> bool:
    """Whether a stopped job keeps its number, because its video may be brought back."""
    return job.state is JobState.CANCELLED and job.session_id is not None


def _show(tx: Transaction, moment: Moment, thread: Thread, job: Job, *, is_entered: bool) -> None:
    if not is_entered and not arrivals.is_member(tx, thread.workspace_id, thread.channel_id):
        outbox.enter(tx, moment, thread)
    outbox.card(tx, moment, thread, job)
