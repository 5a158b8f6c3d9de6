"""The replicas of the program that run on the database. Every function's first argument is a transaction.

A claim names the instance that holds it. What an instance holds that is not there any more is free to all: effects as
answers that were lost, looks as looks that are due.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, func, select, update

from storage import effects as outbox
from storage import hearing
from storage import jobs as machine
from storage.database import Transaction, connected_of, time_of, upsert
from storage.records import EffectState
from storage.tables import effects, instances, jobs

HANGS = 33.0  # times the silence after which an instance is dead: by then its longest call has timed out


def join(
    tx: Transaction, instance: str, *, release: str, now: float, dead_after: float, apart: float, together: int
) -> float | None:
    """Enters an instance. The first one finds everything free, whatever it was that the ones before it held.

    Looks follow each other by `apart` seconds, so many `together`. Returns when an instance was last there, None when
    there never was one.
    """
    machine.lock_account(tx)
    last = last_seen(tx)
    remove_dead(tx, now=now, dead_after=dead_after)
    tx.execute(delete(instances).where(instances.c.left_at.is_not(None)))
    if tx.execute(select(instances.c.id).limit(1)).first() is None:
        outbox.free_claims(tx, now)
        outbox.let_through(tx)
        machine.free_claims(tx, now, apart=apart, together=together)
        hearing.free_turn(tx)
    beat(tx, instance, release=release, now=now)
    return last


def beat(tx: Transaction, instance: str, *, release: str, now: float) -> float:
    """Says that the instance is there; returns the time that all instances share."""
    at = time_of(tx, now)
    row = {"id": instance, "release": release, "started_at": at, "seen_at": at}
    again = (
        upsert(instances)
        .values(row)
        .on_conflict_do_update(index_elements=["id"], set_={"seen_at": at, "left_at": None})
    )
    tx.execute(again)
    return at


def last_seen(tx: Transaction) -> float | None:
    """When any instance was last there."""
    at: float | None = tx.execute(select(func.max(instances.c.seen_at))).scalar_one()
    return at


def remove_dead(tx: Transaction, *, now: float, dead_after: float) -> int:
    """Removes the instances that are dead, and frees what nobody who is there holds; returns how many there were.

    Also when there is none: one that was removed may have woken, claimed something, and died before its next beat.
    """
    dead = _dead(tx, time_of(tx, now), dead_after)
    if dead:
        tx.execute(delete(instances).where(instances.c.id.in_(dead)))
    _free_claims_of_nobody(tx, now)
    return len(dead)


def _dead(tx: Transaction, at: float, dead_after: float) -> list[str]:
    """Silent for too long, and no longer connected: one that is merely slow still is, and may be in a call.

    One that is connected and silent for very long hangs, and is dead all the same.
    """
    there = select(instances.c.id, instances.c.seen_at).where(instances.c.left_at.is_(None))
    silent = {row.id: at - row.seen_at for row in tx.execute(there) if at - row.seen_at > dead_after}
    connected = connected_of(tx, silent, started_before=at - dead_after) if silent else set()
    return [name for name, seconds in silent.items() if name not in connected or seconds > dead_after * HANGS]


def leave(tx: Transaction, instance: str, *, now: float) -> None:
    """The instance ends in order: its claims are free at once. Its row tells when somebody was here last."""
    at = time_of(tx, now)
    tx.execute(update(instances).where(instances.c.id == instance).values(seen_at=at, left_at=at))
    _free(tx, now, effects.c.claimed_by == instance, jobs.c.claimed_by == instance)


def _free_claims_of_nobody(tx: Transaction, now: float) -> None:
    there = select(instances.c.id).where(instances.c.left_at.is_(None))
    _free(tx, now, effects.c.claimed_by.not_in(there), jobs.c.claimed_by.not_in(there))


def _free(tx: Transaction, now: float, of_effects: Any, of_looks: Any) -> None:
    tried = update(effects).where(effects.c.state == EffectState.TRYING.value, of_effects)
    tx.execute(tried.values(state=EffectState.UNKNOWN.value, claimed_by=None, due_at=now))
    tx.execute(update(jobs).where(jobs.c.claimed_by.is_not(None), of_looks).values(claimed_by=None, look_at=now))


def claims_of(tx: Transaction, instance: str) -> tuple[set[int], set[str]]:
    """The effects and the jobs that the instance holds."""
    tried = select(effects.c.id).where(effects.c.claimed_by == instance, effects.c.state == EffectState.TRYING.value)
    looked = select(jobs.c.id).where(jobs.c.claimed_by == instance)
    return set(tx.execute(tried).scalars()), set(tx.execute(looked).scalars())


def free(tx: Transaction, instance: str, *, effect_ids: Collection[int], job_ids: Collection[str], now: float) -> None:
    """Frees claims of an instance that it does not know of: the answer to its claim was lost."""
    mine = effects.c.id.in_(effect_ids) & (effects.c.claimed_by == instance)
    _free(tx, now, mine, jobs.c.id.in_(job_ids) & (jobs.c.claimed_by == instance))
