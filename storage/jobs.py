"""Jobs and the account they share. Every function's first argument is a transaction."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, func, insert, or_, select, text, update

from storage.database import Transaction, earlier_of
from storage.records import OPEN_STATES, SLOT_STATES, Account, Brief, Job, JobState, QuestionState
from storage.rows import account_of, brief_row, job_of, job_row
from storage.tables import IS_OPEN_JOB, OPEN_EFFECTS, accounts, effects, jobs, questions, threads

SAMPLE = 50  # past jobs that tell how long one usually takes
_ADD = insert(jobs)  # made once, for making a statement costs more than running it
_JOB = select(jobs).where(jobs.c.id == bindparam("job"))
# SQLite takes the partial index only where the statement repeats its condition.
_NEXT_LOOK = select(func.min(jobs.c.look_at)).where(jobs.c.look_at.is_not(None), jobs.c.claimed_by.is_(None))
_OPEN = [state.value for state in OPEN_STATES]
_SLOT = [state.value for state in SLOT_STATES]


def add_job(tx: Transaction, job: Job) -> None:
    """Stores a new job."""
    tx.execute(_ADD, job_row(job))


def job(tx: Transaction, job_id: str) -> Job | None:
    """The job, if it exists."""
    row = tx.execute(_JOB, {"job": job_id}).mappings().one_or_none()
    return job_of(row) if row else None


def jobs_of_thread(tx: Transaction, thread_id: str) -> list[Job]:
    """All jobs of a thread, oldest first."""
    found = tx.execute(select(jobs).where(jobs.c.thread_id == thread_id).order_by(jobs.c.created_at, jobs.c.id))
    return [job_of(row) for row in found.mappings()]


def open_job(tx: Transaction, thread_id: str) -> Job | None:
    """The job under way in a thread."""
    found = tx.execute(select(jobs).where(jobs.c.thread_id == thread_id, jobs.c.state.in_(_OPEN)))
    row = found.mappings().one_or_none()
    return job_of(row) if row else None


def change_job(
    tx: Transaction, job_id: str, *, only_in: Collection[JobState] | None = None, **changes: Any
) -> Job | None:
    """Sets columns of a job and returns it; None when it was in none of the states `only_in`."""
    if isinstance(changes.get("brief"), Brief):
        changes["brief"] = brief_row(changes["brief"])
    for name in ("seen_video_ids", "asked_words"):
        if name in changes:
            changes[name] = list(changes[name])
    statement = update(jobs).where(jobs.c.id == job_id)
    if only_in is not None:
        statement = statement.where(jobs.c.state.in_([state.value for state in only_in]))
    row = (tx.execute(statement.values(changes).returning(jobs))).mappings().one_or_none()
    return job_of(row) if row else None


def recent_jobs(
    tx: Transaction, workspace_id: str, *, requester_id: str | None, channel_id: str | None, limit: int
) -> list[Job]:
    """The newest jobs of a person, a channel, or both."""
    statement = select(jobs).where(jobs.c.workspace_id == workspace_id)
    if requester_id is not None:
        statement = statement.where(jobs.c.requester_id == requester_id)
    if channel_id is not None:
        statement = statement.where(jobs.c.channel_id == channel_id)
    found = tx.execute(statement.order_by(jobs.c.created_at.desc()).limit(limit))
    return [job_of(row) for row in found.mappings()]


def open_jobs(
    tx: Transaction, workspace_id: str, *, requester_id: str | None, channel_id: str, limit: int
) -> list[Job]:
    """The jobs under way in a channel, newest first."""
    statement = select(jobs).where(
        jobs.c.workspace_id == workspace_id, jobs.c.channel_id == channel_id, text(IS_OPEN_JOB)
    )
    if requester_id is not None:
        statement = statement.where(jobs.c.requester_id == requester_id)
    found = tx.execute(statement.order_by(jobs.c.created_at.desc()).limit(limit))
    return [job_of(row) for row in found.mappings()]


def all_jobs(tx: Transaction, *, limit: int) -> list[Job]:
    """The newest jobs of the whole installation, for the command line."""
    found = tx.execute(select(jobs).order_by(jobs.c.created_at.desc()).limit(limit))
    return [job_of(row) for row in found.mappings()]


def _in_line() -> Any:
    """Queued for HeyGen alone: whoever waits for an invitation, a voice or an answer holds no place."""
    asks = select(questions.c.id).where(questions.c.job_id == jobs.c.id, questions.c.state == QuestionState.OPEN)
    held = select(threads.c.id).where(threads.c.id == jobs.c.thread_id, threads.c.hold.is_not(None)).correlate(jobs)
    return and_(jobs.c.state == JobState.QUEUED, ~asks.exists(), ~held.exists())


def _startable() -> Any:
    names = select(effects.c.id).where(
        effects.c.job_id == jobs.c.id, effects.c.kind == "names", effects.c.state.in_([s.value for s in OPEN_EFFECTS])
    )
    return and_(_in_line(), ~names.exists(), threads.c.card_ts.is_not(None))


def _fairest() -> Any:
    running = (
        select(jobs.c.requester_id, func.count().label("count"))
        .where(jobs.c.state.in_(_SLOT))
        .group_by(jobs.c.requester_id)
        .subquery()
    )
    return (
        select(jobs)
        .join(threads, threads.c.id == jobs.c.thread_id)
        .outerjoin(running, running.c.requester_id == jobs.c.requester_id)
        .where(jobs.c.kind == bindparam("kind"), _startable())
        .order_by(func.coalesce(running.c.count, 0), jobs.c.created_at, jobs.c.id)
        .limit(bindparam("among"))
    )


_NEXT_QUEUED = _fairest()


def next_queued(tx: Transaction, *, kind: str, among: int) -> list[Job]:
    """Jobs ready to be started, fairest first: whoever has fewest at HeyGen, then who asked first."""
    return [job_of(row) for row in tx.execute(_NEXT_QUEUED, {"kind": kind, "among": among}).mappings()]


def slots_used(tx: Transaction) -> int:
    """How many places at HeyGen are taken. Speech takes none: it is answered at once."""
    found = tx.execute(select(func.count()).select_from(jobs).where(jobs.c.state.in_(_SLOT), jobs.c.kind != "speech"))
    return int(found.scalar_one())


def place_in_queue(tx: Transaction, queued: Job) -> int:
    """1 for the job that waits longest, 2 for the next one, …"""
    found = tx.execute(
        select(func.count())
        .select_from(jobs)
        .where(_in_line(), jobs.c.kind == queued.kind, jobs.c.created_at < queued.created_at)
    )
    return int(found.scalar_one()) + 1


def queued_threads(tx: Transaction, limit: int) -> list[str]:
    """The threads whose cards show a place in the queue, first in line first."""
    return _threads_in(tx, _in_line(), limit)


def unstarted_threads(tx: Transaction, limit: int) -> list[str]:
    """The threads whose cards show why nothing is started: at most so many being handed over, and as many queued."""
    return [*_threads_in(tx, jobs.c.state == JobState.SUBMITTING, limit), *_threads_in(tx, _in_line(), limit)]


def _threads_in(tx: Transaction, fits: Any, limit: int) -> list[str]:
    found = tx.execute(select(jobs.c.thread_id).where(fits).order_by(jobs.c.created_at).limit(limit))
    return list(found.scalars())


def claim_looks(tx: Transaction, instance: str, now: float, limit: int) -> list[Job]:
    """Jobs whose next look is due, now held by this instance."""
    due = select(jobs.c.id).where(jobs.c.look_at <= now, jobs.c.claimed_by.is_(None)).order_by(jobs.c.look_at)
    done = tx.execute(update(jobs).where(jobs.c.id.in_(due.limit(limit))).values(claimed_by=instance).returning(jobs))
    return [job_of(row) for row in done.mappings()]


def release_look(tx: Transaction, looked: Job, look_at: float | None) -> None:
    """Ends a look. A nudge that came during it wins over `look_at`."""
    nudged = jobs.c.nudges != looked.nudges
    tx.execute(update(jobs).where(jobs.c.id == looked.id, ~nudged).values(claimed_by=None, look_at=look_at))
    tx.execute(update(jobs).where(jobs.c.id == looked.id, nudged).values(claimed_by=None))


def owner_of_video(tx: Transaction, video_id: str) -> str | None:
    """The job that this video belongs to, if any does."""
    return tx.execute(select(jobs.c.id).where(jobs.c.video_id == video_id)).scalar_one_or_none()


def next_look(tx: Transaction) -> float | None:
    """When the next job is to be looked at."""
    due: float | None = tx.execute(_NEXT_LOOK).scalar_one()
    return due


def nudge(
    tx: Transaction,
    now: float,
    *,
    session_id: str | None = None,
    video_id: str | None = None,
    callback_id: str | None = None,
    callback_token: str | None = None,
) -> None:
    """Makes the watched jobs with any of these ids due now."""
    named = {
        jobs.c.session_id: session_id,
        jobs.c.video_id: video_id,
        jobs.c.callback_id: callback_id,
        jobs.c.callback_token: callback_token,
    }
    matches = [column == value for column, value in named.items() if value]
    if not matches:
        return
    watched = update(jobs).where(or_(*matches), jobs.c.look_at.is_not(None))
    tx.execute(watched.values(look_at=now, nudges=jobs.c.nudges + 1))


def jobs_with_callback(tx: Transaction, callback_id: str | None, callback_token: str | None) -> list[Job]:
    """The job a callback speaks of, whether watched or not."""
    matches = []
    if callback_id:
        matches.append(jobs.c.callback_id == callback_id)
    if callback_token:
        matches.append(jobs.c.callback_token == callback_token)
    if not matches:
        return []
    return [job_of(row) for row in (tx.execute(select(jobs).where(or_(*matches)))).mappings()]


def sessions_bound(tx: Transaction, session_ids: Sequence[str]) -> set[str]:
    """Which of these sessions belong to a job or thread of ours."""
    ours = tx.execute(select(jobs.c.session_id).where(jobs.c.session_id.in_(session_ids)))
    theirs = tx.execute(select(threads.c.session_id).where(threads.c.session_id.in_(session_ids)))
    return {value for value in [*ours.scalars(), *theirs.scalars()] if value}


def other_creates(tx: Transaction, job: Job) -> list[str]:
    """The prompts of the other creates that are under way or in doubt: a new session may be one of theirs."""
    found = tx.execute(
        select(jobs).where(
            jobs.c.id != job.id,
            jobs.c.kind == job.kind,
            jobs.c.session_id.is_(None),
            jobs.c.state.in_([JobState.SUBMITTING.value, JobState.UNCONFIRMED.value]),
        )
    )
    return [job_of(row).brief.prompt for row in found.mappings()]


def usual_seconds(tx: Transaction) -> float | None:
    """How long the slowest twentieth of our own past jobs took; None with fewer than ten of them."""
    found = tx.execute(
        select(jobs.c.finished_at - jobs.c.submitted_at)
        .where(jobs.c.state == JobState.COMPLETED, jobs.c.kind == "agent", jobs.c.submitted_at.is_not(None))
        .order_by(jobs.c.created_at.desc())
        .limit(SAMPLE)
    )
    spans = sorted(float(value) for value in found.scalars() if value is not None)
    return spans[int(len(spans) * 0.95)] if len(spans) >= 10 else None


def account(tx: Transaction) -> Account:
    """The HeyGen account's row; it is there from the first migration on."""
    return account_of((tx.execute(select(accounts).where(accounts.c.id == 1))).mappings().one())


def change_account(tx: Transaction, **changes: Any) -> None:
    """Sets columns of the account."""
    tx.execute(update(accounts).where(accounts.c.id == 1).values(changes))


def free_claims(tx: Transaction, now: float) -> None:
    """At the start of the only instance: whatever is watched is due, for no webhook reached us meanwhile."""
    watched = or_(jobs.c.claimed_by.is_not(None), jobs.c.look_at > now)
    tx.execute(update(jobs).where(watched).values(claimed_by=None, look_at=now))


def set_back(tx: Transaction, seconds: float) -> None:
    """The clock was set back: looks and the pause are due as soon as they would have been, and watching ends so."""
    earlier = {name: jobs.c[name] - seconds for name in ("look_at", "submitted_at", "phase_at")}
    tx.execute(update(jobs).where(text(IS_OPEN_JOB)).values(earlier))
    stopped = update(jobs).where(jobs.c.look_at.is_not(None), jobs.c.state == JobState.CANCELLED.value)
    tx.execute(stopped.values(look_at=jobs.c.look_at - seconds, finished_at=jobs.c.finished_at - seconds))
    tx.execute(update(accounts).values(paused_until=accounts.c.paused_until - seconds))


def watch_longer(tx: Transaction, seconds: float, since: float) -> None:
    """Nobody lived through these seconds: they make no job's watch begin before `since`."""
    begun_at = jobs.c.submitted_at
    tx.execute(
        update(jobs)
        .where(text(IS_OPEN_JOB), begun_at < since)
        .values(submitted_at=earlier_of(begun_at + seconds, since))
    )


def held_since(tx: Transaction, hold: str, before: float) -> list[Job]:
    """Queued jobs whose thread has waited for the same thing since before `before`."""
    held_at = func.coalesce(threads.c.held_at, threads.c.created_at)  # release 0.1 does not say since when
    found = tx.execute(
        select(jobs)
        .join(threads, threads.c.id == jobs.c.thread_id)
        .where(threads.c.hold == hold, held_at < before, jobs.c.state == JobState.QUEUED)
    )
    return [job_of(row) for row in found.mappings()]
