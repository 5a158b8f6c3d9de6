"""Jobs and the account they share. Every function's first argument is a transaction."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    String,
    and_,
    bindparam,
    case,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)

from storage.database import Transaction, earlier_of, hold_rows
from storage.records import OPEN_STATES, SLOT_STATES, Account, Brief, EffectState, Job, JobState, QuestionState
from storage.rows import account_of, brief_row, job_of, job_row
from storage.tables import IS_OPEN_JOB, OPEN_EFFECTS, accounts, effects, jobs, questions, threads

SAMPLE = 50  # past jobs that tell how long one usually takes
_ADD = insert(jobs)  # made once, for making a statement costs more than running it
_ACCOUNT = select(accounts).where(accounts.c.id == 1)
_JOB = select(jobs).where(jobs.c.id == bindparam("job"))
# SQLite takes the partial index only where the statement repeats its condition.
_NEXT_LOOK = select(func.min(jobs.c.look_at)).where(jobs.c.look_at.is_not(None), jobs.c.claimed_by.is_(None))
_IS_QUEUED = jobs.c.state.in_([literal_column(f"'{JobState.QUEUED}'")])  # a literal, as in the partial index
_BEING_MADE = select(func.count(jobs.c.id)).where(
    jobs.c.state == JobState.GENERATING.value, jobs.c.workspace_id == bindparam("workspace")
)
_DUE = (
    select(jobs.c.id)
    .where(jobs.c.look_at <= bindparam("now"), jobs.c.claimed_by.is_(None))
    .order_by(jobs.c.look_at)
    .limit(bindparam("most"))
    .with_for_update(key_share=True, skip_locked=True)
)
_CLAIM_LOOKS = update(jobs).where(jobs.c.id.in_(_DUE)).values(claimed_by=bindparam("instance")).returning(jobs)
_IS_AS_LOOKED = jobs.c.nudges == bindparam("nudged")
_RELEASE_LOOK = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.claimed_by.is_not_distinct_from(bindparam("holder", type_=String)))
    .values(
        claimed_by=None,
        look_at=case((_IS_AS_LOOKED, bindparam("at", type_=Float)), else_=jobs.c.look_at),
        look_alone=case((_IS_AS_LOOKED, false()), else_=jobs.c.look_alone),
    )
)
_OPEN = [state.value for state in OPEN_STATES]
_SLOT = [state.value for state in SLOT_STATES]


def add_job(tx: Transaction, job: Job) -> None:
    """Stores a new job."""
    tx.execute(_ADD, {name: value for name, value in job_row(job).items() if value is not None})


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
    return and_(_IS_QUEUED, ~asks.exists(), ~held.exists())


def _startable() -> Any:
    # Not `in`: PostgreSQL, where it knows little of the table, would look through all that is open for each job.
    is_open = effects.c.state.not_in([state.value for state in EffectState if state not in OPEN_EFFECTS])
    names = select(effects.c.id).where(effects.c.job_id == jobs.c.id, effects.c.kind == "names", is_open)
    return and_(_in_line(), ~names.exists(), threads.c.card_ts.is_not(None))


def _by_turns(fits: Any) -> Any:
    """Who waits, in the order in which places at HeyGen are given, as `place`.

    Always to whoever has fewest jobs there, then to who asked first: so somebody's next job has its turn when everybody
    else in line has had as many.
    """
    running = (
        select(jobs.c.requester_id, func.count().label("count"))
        .where(jobs.c.state.in_(_SLOT))
        .group_by(jobs.c.requester_id)
        .subquery()
    )
    asked = (jobs.c.created_at, jobs.c.id)
    nth = func.row_number().over(partition_by=jobs.c.requester_id, order_by=asked)
    turn = (func.coalesce(running.c.count, 0) + nth).label("turn")
    waiting = (
        select(jobs.c.id, jobs.c.thread_id, jobs.c.created_at, turn)
        .join(threads, threads.c.id == jobs.c.thread_id)
        .outerjoin(running, running.c.requester_id == jobs.c.requester_id)
        .where(jobs.c.kind == bindparam("kind"), fits)
        .subquery()
    )
    place = func.row_number().over(order_by=(waiting.c.turn, waiting.c.created_at, waiting.c.id)).label("place")
    return select(waiting.c.id, waiting.c.thread_id, place).subquery()


def _next_queued() -> Any:
    turns = _by_turns(_startable())
    first = select(jobs).join(turns, turns.c.id == jobs.c.id)
    return first.order_by(turns.c.place).limit(bindparam("among"))


_LINE = _by_turns(_in_line())
_ANY_QUEUED = select(jobs.c.id).where(_IS_QUEUED).limit(1)
_NEXT_QUEUED = _next_queued()
_PLACE = select(func.coalesce(func.max(case((_LINE.c.id == bindparam("job"), _LINE.c.place))), func.count() + 1))
_PLACES = select(_LINE.c.id, _LINE.c.place)
_FIRST_IN_LINE = select(_LINE.c.thread_id).order_by(_LINE.c.place).limit(bindparam("limit"))


def next_queued(tx: Transaction, *, kind: str, among: int) -> list[Job]:
    """Jobs ready to be started, in the order in which they are: whoever has fewest at HeyGen, then who asked first."""
    return [job_of(row) for row in tx.execute(_NEXT_QUEUED, {"kind": kind, "among": among}).mappings()]


def is_any_queued(tx: Transaction) -> bool:
    """Whether any job is queued at all, for whatever it waits."""
    return tx.execute(_ANY_QUEUED).first() is not None


def slots_used(tx: Transaction) -> int:
    """How many places at HeyGen are taken. Speech takes none: it is answered at once."""
    found = tx.execute(select(func.count()).select_from(jobs).where(jobs.c.state.in_(_SLOT), jobs.c.kind != "speech"))
    return int(found.scalar_one())


def is_there_a_line(tx: Transaction, *, kind: str, places: int) -> bool:
    """Whether all places at HeyGen are taken, so that who is queued has to wait. Speech never has to."""
    return kind != "speech" and slots_used(tx) >= places


def place_in_queue(tx: Transaction, queued: Job) -> int:
    """1 for the job that is started next, 2 for the one after it, …; behind all for one that is not in line yet."""
    return int(tx.execute(_PLACE, {"job": queued.id, "kind": queued.kind}).scalar_one())


def places_in_queue(tx: Transaction, *, kind: str) -> dict[str, int]:
    """The place of each job in line, by its id."""
    return {row.id: row.place for row in tx.execute(_PLACES, {"kind": kind})}


def queue_length(tx: Transaction) -> int:
    """How many jobs wait for a place at HeyGen, and for nothing else."""
    found = tx.execute(select(func.count()).select_from(jobs).where(_in_line(), jobs.c.kind != "speech"))
    return int(found.scalar_one())


def queued_threads(tx: Transaction, limit: int) -> list[str]:
    """The threads whose cards show a place in the queue of videos, first in line first."""
    return list(tx.execute(_FIRST_IN_LINE, {"kind": "agent", "limit": limit}).scalars())


def submitting_threads(tx: Transaction, limit: int) -> list[str]:
    """The threads whose jobs are being handed over to HeyGen."""
    return _threads_in(tx, jobs.c.state == JobState.SUBMITTING, limit)


def _threads_in(tx: Transaction, fits: Any, limit: int) -> list[str]:
    found = tx.execute(select(jobs.c.thread_id).where(fits).order_by(jobs.c.created_at).limit(limit))
    return list(found.scalars())


def claim_looks(tx: Transaction, instance: str, now: float, limit: int) -> list[Job]:
    """Jobs whose next look is due, now held by this instance."""
    done = tx.execute(_CLAIM_LOOKS, {"instance": instance, "now": now, "most": limit})
    return [job_of(row) for row in done.mappings()]


def release_look(tx: Transaction, looked: Job, look_at: float | None) -> None:
    """Ends a look, if it is still ours. A nudge that came during it wins over `look_at`."""
    known = {"job": looked.id, "holder": looked.claimed_by, "nudged": looked.nudges}
    tx.execute(_RELEASE_LOOK, {**known, "at": look_at})


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
    watched = update(jobs).where(_named(session_id, video_id, callback_id, callback_token), jobs.c.look_at.is_not(None))
    tx.execute(watched.values(look_at=now, nudges=jobs.c.nudges + 1, look_alone=True))


def threads_named(
    tx: Transaction,
    *,
    session_id: str | None = None,
    video_id: str | None = None,
    callback_id: str | None = None,
    callback_token: str | None = None,
) -> list[str]:
    """The threads of the jobs with any of these ids, always in the same order."""
    found = select(jobs.c.thread_id).where(_named(session_id, video_id, callback_id, callback_token)).distinct()
    return list(tx.execute(found.order_by(jobs.c.thread_id)).scalars())


def _named(
    session_id: str | None, video_id: str | None, callback_id: str | None, callback_token: str | None
) -> ColumnElement[bool]:
    named = {
        jobs.c.session_id: session_id,
        jobs.c.video_id: video_id,
        jobs.c.callback_id: callback_id,
        jobs.c.callback_token: callback_token,
    }
    return or_(false(), *[column == value for column, value in named.items() if value])


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
    """The prompts of the other creates that are under way or in doubt: a new session may be one of theirs.

    Also of a job that was stopped meanwhile: its session is still to come, to be stopped as well.
    """
    found = tx.execute(
        select(jobs)
        .join(effects, effects.c.job_id == jobs.c.id)
        .where(
            effects.c.side == "heygen",
            effects.c.kind == "submit",
            effects.c.state.in_([EffectState.TRYING.value, EffectState.UNKNOWN.value]),
            jobs.c.id != job.id,
            jobs.c.kind == job.kind,
            jobs.c.session_id.is_(None),
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
    return account_of(tx.execute(_ACCOUNT).mappings().one())


def lock_account(tx: Transaction) -> None:
    """One pass over the queue at a time."""
    hold_rows(tx, select(accounts.c.id).where(accounts.c.id == 1))


def change_account(tx: Transaction, **changes: Any) -> None:
    """Sets columns of the account."""
    tx.execute(update(accounts).where(accounts.c.id == 1).values(changes))


def free_claims(tx: Transaction, now: float, *, apart: float, together: int) -> None:
    """At the start of the only instance: whatever is watched is looked at soon, for no webhook reached us meanwhile.

    What was being looked at is due now. The rest follows, those first whose look comes next: one every `apart` seconds,
    or `together` of those that have a video and so share a call.
    """
    sooner = case((jobs.c.look_at > now, now), else_=jobs.c.look_at)
    tx.execute(update(jobs).where(jobs.c.claimed_by.is_not(None)).values(claimed_by=None, look_at=sooner))
    later = select(jobs.c.id, jobs.c.look_at, jobs.c.video_id).where(jobs.c.look_at > now).order_by(jobs.c.look_at)
    at, rows = now, []
    for row in tx.execute(later).mappings():
        rows.append({"job": row["id"], "at": min(at, row["look_at"])})
        at += apart / together if row["video_id"] else apart
    if rows:
        tx.execute(update(jobs).where(jobs.c.id == bindparam("job")).values(look_at=bindparam("at")), rows)


def give_back(tx: Transaction, instance: str) -> None:
    """At the end of an instance: whoever comes next takes its looks."""
    tx.execute(update(jobs).where(jobs.c.claimed_by == instance).values(claimed_by=None))


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


def held_since(tx: Transaction, hold: str, before: float) -> list[str]:
    """The threads of queued jobs that have waited for the same thing since before `before`."""
    held_at = func.coalesce(threads.c.held_at, threads.c.created_at)  # release 0.1 does not say since when
    found = tx.execute(
        select(threads.c.id)
        .join(jobs, threads.c.id == jobs.c.thread_id)
        .where(threads.c.hold == hold, held_at < before, jobs.c.state == JobState.QUEUED)
    )
    return list(found.scalars())


def being_made(tx: Transaction, workspace_id: str) -> int:
    """How many jobs of the workspace HeyGen works on: their cards are refreshed."""
    return int(tx.execute(_BEING_MADE, {"workspace": workspace_id}).scalar_one())
