"""Looks at many jobs in one call to HeyGen. Every function's first argument is a transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_, select, update

from storage.database import Transaction
from storage.keys import EDIT
from storage.records import EffectState, Job, JobState
from storage.rows import job_of
from storage.tables import effects, jobs, threads

# One statement for each row of a list; it changes only what is still as it was when the look began.
_AS_LOOKED = update(jobs).where(
    jobs.c.id == bindparam("job"),
    jobs.c.looks == bindparam("looked"),
    jobs.c.nudges == bindparam("nudged"),
    jobs.c.state == JobState.GENERATING.value,
    jobs.c.claimed_by == bindparam("holder"),
)
_LATER = _AS_LOOKED.values(claimed_by=None, look_at=bindparam("at"))
_SEEN = _LATER.values(looks=jobs.c.looks + 1, lost_looks=0, empty_looks=0, failed_looks=0)
_NOT_SEEN = _LATER.values(failed_looks=jobs.c.failed_looks + 1)

_NEXT_ONES = (
    select(jobs.c.id)
    .where(
        jobs.c.look_at.is_not(None),
        jobs.c.video_id.is_not(None),
        jobs.c.kind == bindparam("wanted"),
        jobs.c.claimed_by.is_(None),
        jobs.c.look_alone.is_(False),
    )
    .order_by(jobs.c.look_at)
    .limit(bindparam("most"))
    .with_for_update(key_share=True, skip_locked=True)
)
_ALONG = update(jobs).where(jobs.c.id.in_(_NEXT_ONES)).values(claimed_by=bindparam("instance")).returning(jobs)


def claim_along(tx: Transaction, instance: str, *, kind: str, limit: int) -> list[Job]:
    """The jobs of a kind whose look comes next, due or not, for a call that has room for them; held by this instance.

    Only those that HeyGen has an id of their own for, and nothing says that they moved.
    """
    held = tx.execute(_ALONG, {"instance": instance, "wanted": kind, "most": limit})
    return [job_of(row) for row in held.mappings()]


def let_go(tx: Transaction, claimed: Sequence[Job]) -> None:
    """Jobs that are not looked at after all: their looks come when they would have."""
    if claimed:
        tx.execute(update(jobs).where(_ours(claimed)).values(claimed_by=None))


def leave(tx: Transaction, job: Job, at: float) -> None:
    """A look that was not made comes at this time, unless an event came meanwhile; nothing else of the job changes."""
    later = case((jobs.c.nudges == job.nudges, at), else_=jobs.c.look_at)
    tx.execute(update(jobs).where(_ours([job])).values(claimed_by=None, look_at=later))


def seen(tx: Transaction, looked: Sequence[tuple[Job, float]]) -> None:
    """A look showed nothing new of these jobs; the next one comes at the time beside each."""
    _end(tx, _SEEN, looked)


def not_seen(tx: Transaction, looked: Sequence[tuple[Job, float]]) -> None:
    """A look at these jobs was not answered; the next one comes at the time beside each."""
    _end(tx, _NOT_SEEN, looked)


def put_off(tx: Transaction, looked: Sequence[tuple[Job, float]]) -> None:
    """These jobs were not looked at, by no fault of theirs; their looks come at the time beside each."""
    _end(tx, _LATER, looked)


def _end(tx: Transaction, statement: Any, looked: Sequence[tuple[Job, float]]) -> None:
    rows = [
        {"job": job.id, "looked": job.looks, "nudged": job.nudges, "holder": job.claimed_by, "at": at}
        for job, at in looked
    ]
    if rows:
        tx.execute(statement, rows)


def still_held(tx: Transaction, looked: Sequence[Job]) -> set[str]:
    """Which of these jobs are still ours, for something changed while they were looked at."""
    return set(tx.execute(select(jobs.c.id).where(_ours(looked))).scalars())


def _ours(looked: Sequence[Job]) -> ColumnElement[bool]:
    """Held by the one who claimed them, not taken over by another since."""
    holders = {job.claimed_by for job in looked if job.claimed_by is not None}
    return and_(jobs.c.id.in_([job.id for job in looked]), jobs.c.claimed_by.in_(holders))


def look_alone(tx: Transaction, looked: Sequence[Job], now: float) -> None:
    """Ends looks that many shared: each of these jobs needs one of its own, now."""
    mine = update(jobs).where(_ours(looked))
    sooner = case((jobs.c.look_at > now, now), else_=jobs.c.look_at)
    tx.execute(mine.values(claimed_by=None, look_alone=True, look_at=sooner))


def stale_threads(
    tx: Transaction, looked: Sequence[Job], now: float, *, unplanned_before: float, urgent: int
) -> list[str]:
    """The threads of these jobs whose cards are to be refreshed by now, longest ago first.

    Where nothing is planned yet, those that were last edited before a time. An edit that waits already is left as it
    is, unless the card has waited for so long that it may be as urgent as this priority and is not yet.
    """
    mine = threads.c.id.in_([job.thread_id for job in looked])
    unplanned = and_(threads.c.refresh_at.is_(None), threads.c.edited_at <= unplanned_before)
    stale = or_(threads.c.refresh_at <= now, unplanned)
    planned_at = func.coalesce(threads.c.refresh_at, threads.c.edited_at + (now - unplanned_before))
    is_overdue = planned_at + (planned_at - threads.c.edited_at) <= now
    waits = select(effects.c.id).where(
        effects.c.key == literal(EDIT) + threads.c.id,
        effects.c.state == EffectState.PENDING.value,
        or_(effects.c.priority <= urgent, ~is_overdue),
    )
    found = select(threads.c.id).where(mine, threads.c.card_ts.is_not(None), stale, ~waits.exists())
    return list(tx.execute(found.order_by(threads.c.edited_at)).scalars())
