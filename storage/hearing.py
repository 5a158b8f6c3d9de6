"""Until when everything said in Slack has been heard, who is catching up, and where to read for that.

One row for the whole installation: Slack gives each event to one connection, of whichever replica.
"""

from sqlalchemy import func, literal, or_, select, text, union_all, update

from storage.database import Transaction
from storage.records import OPEN_STATES, Hold, JobState, Thread
from storage.rows import thread_of
from storage.tables import IS_OPEN_JOB, hearing, jobs, preferences, threads

LONGEST_JOB_SECONDS = 10 * 24 * 3600.0  # a question is closed after a week, a render given up after two days
_ENDED = [state.value for state in JobState if state not in OPEN_STATES]
_ROW = update(hearing).where(hearing.c.id == 1)


def heard_until(tx: Transaction) -> float | None:
    """The time up to which nothing can have been missed; None before the first start that knew of it."""
    until: float | None = tx.execute(select(hearing.c.heard_until)).scalar_one()
    return until


def go_on_hearing(tx: Transaction, now: float, *, since: float) -> bool:
    """Notes that all was heard until now; False when the last such note is older than `since`."""
    return tx.execute(_ROW.where(hearing.c.heard_until >= since).values(heard_until=now)).rowcount == 1


def take_turn(tx: Transaction, instance: str, now: float, until: float) -> bool:
    """Whether this instance is the one that catches up, until that time unless it asks again."""
    free = or_(hearing.c.claimed_by.is_(None), hearing.c.claimed_by == instance, hearing.c.claimed_until <= now)
    return tx.execute(_ROW.where(free).values(claimed_by=instance, claimed_until=until)).rowcount == 1


def caught_up(tx: Transaction, instance: str, until: float) -> None:
    """All was heard until then, and the turn is over, if it is still ours."""
    mine = _ROW.where(hearing.c.claimed_by == instance)
    tx.execute(mine.values(heard_until=until, claimed_by=None, claimed_until=None))


def free_turn(tx: Transaction) -> None:
    """At the start of the only instance: nobody is catching up."""
    tx.execute(_ROW.values(claimed_by=None, claimed_until=None))


def threads_to_read(tx: Transaction, workspace_id: str, *, ended_after: float, limit: int) -> list[Thread]:
    """Threads in which people may have spoken: those with a job under way, then those whose last one ended since."""
    under_way = select(jobs.c.thread_id, literal(0).label("turn"), jobs.c.created_at).where(text(IS_OPEN_JOB))
    ended = select(jobs.c.thread_id, literal(1).label("turn"), jobs.c.created_at).where(
        jobs.c.state.in_(_ENDED),
        jobs.c.created_at >= ended_after - LONGEST_JOB_SECONDS,
        jobs.c.finished_at >= ended_after,
    )
    found = union_all(under_way, ended).subquery()
    turn, newest = func.min(found.c.turn).label("turn"), func.max(found.c.created_at).label("newest")
    ranked = select(found.c.thread_id, turn, newest).group_by(found.c.thread_id).subquery()
    rows = tx.execute(
        select(threads)
        .join(ranked, ranked.c.thread_id == threads.c.id)
        .where(threads.c.workspace_id == workspace_id, threads.c.root_ts.is_not(None))
        .order_by(ranked.c.turn, ranked.c.newest.desc())
        .limit(limit)
    )
    return [thread_of(row) for row in rows.mappings()]


def dms_to_read(tx: Transaction, workspace_id: str, *, asked_after: float, limit: int) -> list[str]:
    """The app's DMs with those who asked for something since."""
    asked = select(jobs.c.requester_id).where(jobs.c.workspace_id == workspace_id, jobs.c.created_at >= asked_after)
    found = tx.execute(
        select(preferences.c.dm_channel_id)
        .where(
            preferences.c.workspace_id == workspace_id,
            preferences.c.dm_channel_id.is_not(None),
            preferences.c.user_id.in_(asked),
        )
        .limit(limit)
    )
    return list(found.scalars())


def channels_to_enter(tx: Transaction, workspace_id: str, *, limit: int) -> list[str]:
    """Channels in which requests wait for an invitation."""
    held = (threads.c.workspace_id == workspace_id) & (threads.c.hold == Hold.INVITE.value)
    return list(tx.execute(select(threads.c.channel_id).distinct().where(held).limit(limit)).scalars())
