"""When calls may go: rests that the other side asked for, and lanes that move on. First argument: a transaction."""

from sqlalchemy import bindparam, func, select

from storage.database import Transaction, hold_rows_if_free, later_of, upsert
from storage.tables import lanes

_FREE_AT = select(func.max(lanes.c.next_at)).where(lanes.c.key.in_(bindparam("keys", expanding=True)))
_MAKE = upsert(lanes).values(key=bindparam("lane"), next_at=0.0).on_conflict_do_nothing(index_elements=["key"])
_LANE = select(lanes.c.key).where(lanes.c.key == bindparam("lane"))


def hold(tx: Transaction, key: str) -> bool:
    """Until the transaction ends nobody else takes of the lane; False, without waiting, while another one holds it."""
    tx.execute(_MAKE, {"lane": key})
    return hold_rows_if_free(tx, _LANE, lane=key)


def free_at(tx: Transaction, *keys: str) -> float:
    """When the last of these lanes is free; 0 when none of them was ever used."""
    return float(tx.execute(_FREE_AT, {"keys": list(keys)}).scalar_one() or 0.0)


def spend(tx: Transaction, key: str, now: float, *, calls: int, interval: float, burst: int) -> None:
    """Moves a lane on by so many calls; of what it did not use it has kept `burst` calls."""
    start = now - interval * (burst - 1)
    tx.execute(
        upsert(lanes)
        .values(key=key, next_at=start + interval * calls)
        .on_conflict_do_update(
            index_elements=["key"], set_={"next_at": later_of(lanes.c.next_at, start) + interval * calls}
        )
    )
