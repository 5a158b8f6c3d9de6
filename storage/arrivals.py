"""What has arrived before, and what is known of channels."""

from sqlalchemy import bindparam, delete, select, update

from storage.database import Transaction, upsert
from storage.tables import activity, arrivals, channels

TRIAL = "trial"

# Made once, for making a statement costs more than running it.
_ADD = upsert(arrivals).on_conflict_do_nothing()
_IS_MEMBER = select(channels.c.is_member).where(
    channels.c.workspace_id == bindparam("workspace"), channels.c.channel_id == bindparam("channel")
)


def first_time(tx: Transaction, key: str, now: float) -> bool:
    """Notes that `key` has arrived; False when it had before."""
    done = tx.execute(_ADD, {"key": key, "received_at": now})
    return done.rowcount == 1


def has_arrived(tx: Transaction, key: str) -> bool:
    """Whether `key` has been noted."""
    return tx.execute(select(arrivals.c.key).where(arrivals.c.key == key)).first() is not None


def forget_arrivals(tx: Transaction, before: float) -> None:
    """Removes arrivals older than `before`."""
    tx.execute(delete(arrivals).where(arrivals.c.received_at < before))


def try_to_write(tx: Transaction) -> None:
    """Writes a row and takes it away again, which shows whether the disk takes any."""
    first_time(tx, TRIAL, 0.0)
    tx.execute(delete(arrivals).where(arrivals.c.key == TRIAL))


def shift(tx: Transaction, seconds: float) -> None:
    """The clock was set by so much: what has arrived is as old as before, and is not forgotten too soon."""
    tx.execute(update(arrivals).values(received_at=arrivals.c.received_at + seconds))


def is_member(tx: Transaction, workspace_id: str, channel_id: str) -> bool | None:
    """Whether the app is in the channel, as last seen; None when never looked."""
    return tx.execute(_IS_MEMBER, {"workspace": workspace_id, "channel": channel_id}).scalar_one_or_none()


def note_member(tx: Transaction, workspace_id: str, channel_id: str, now: float) -> None:
    """Remembers that the app is in the channel."""
    present = {"is_member": True, "checked_at": now}
    tx.execute(
        upsert(channels)
        .values(workspace_id=workspace_id, channel_id=channel_id, **present)
        .on_conflict_do_update(index_elements=["workspace_id", "channel_id"], set_=present)
    )


def note_absent(tx: Transaction, workspace_id: str, channel_id: str, *, looked_at: float) -> bool:
    """Remembers that the app was not in the channel when it looked; False when it has been let in since."""
    absent = {"is_member": False, "checked_at": looked_at}
    done = tx.execute(
        upsert(channels)
        .values(workspace_id=workspace_id, channel_id=channel_id, **absent)
        .on_conflict_do_update(
            index_elements=["workspace_id", "channel_id"], set_=absent, where=channels.c.checked_at <= looked_at
        )
    )
    return done.rowcount == 1


def note_activity(tx: Transaction, thread_id: str, user_id: str, now: float) -> None:
    """Remembers that the person wrote or clicked in the thread."""
    tx.execute(
        upsert(activity)
        .values(thread_id=thread_id, user_id=user_id, at=now)
        .on_conflict_do_update(index_elements=["thread_id", "user_id"], set_={"at": now})
    )


def last_activity(tx: Transaction, thread_id: str, user_id: str) -> float | None:
    """When the person last wrote or clicked in the thread."""
    found = tx.execute(select(activity.c.at).where(activity.c.thread_id == thread_id, activity.c.user_id == user_id))
    return found.scalar_one_or_none()


def forget_channel(tx: Transaction, workspace_id: str, channel_id: str) -> None:
    """What was known of the channel turned out wrong: look again next time."""
    tx.execute(delete(channels).where(channels.c.workspace_id == workspace_id, channels.c.channel_id == channel_id))
