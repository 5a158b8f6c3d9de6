"""Which effects may be tried now: statements that go from lane to lane, and so cost the same however much waits in one.

An effect may be tried once it is due, nothing earlier of its order is open, and its thread is not held. What is
recorded behind something of its order is not in its lane before that has ended (`is_behind`): however much waits for
an upload, a claim does not look at it. The mark only saves work; what a claim takes is asked about all the same.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Float,
    ScalarSelect,
    Select,
    String,
    Update,
    bindparam,
    false,
    func,
    literal_column,
    select,
    true,
    update,
)

from storage.tables import CLAIMABLE_EFFECTS, OPEN_EFFECTS, effects, lanes, threads

_SIDE, _NOW = bindparam("side", type_=String), bindparam("now", type_=Float)
_FULL: BindParameter[Any] = bindparam("full", expanding=True)


def _words(states: Collection[str]) -> list[ColumnElement[str]]:
    """Words, not values: a partial index serves only who repeats its condition, and a list of values costs its time."""
    return [literal_column(f"'{state}'") for state in sorted(states)]


def _is_claimable(table: Any) -> ColumnElement[bool]:
    claimable: ColumnElement[bool] = table.c.state.in_(_words(CLAIMABLE_EFFECTS))
    return claimable


def _is_open(table: Any) -> ColumnElement[bool]:
    is_open: ColumnElement[bool] = table.c.state.in_(_words(OPEN_EFFECTS))
    return is_open


def _is_in_lane(table: Any) -> ColumnElement[bool]:
    in_lane: ColumnElement[bool] = _is_claimable(table) & table.c.is_behind.is_(false())
    return in_lane


def _is_blocked(waiting: Any) -> ColumnElement[bool]:
    earlier = effects.alias("earlier")
    return (
        select(earlier.c.id)
        .where(
            earlier.c.order_key == waiting.c.order_key,
            earlier.c.id < waiting.c.id,
            _is_open(earlier),
        )
        .exists()
    )


def _is_held(waiting: Any) -> ColumnElement[bool]:
    return select(threads.c.id).where(threads.c.id == waiting.c.thread_id, threads.c.hold.is_not(None)).exists()


def _heads() -> CTE:
    """Every lane and priority in which something waits, each found by a step or two in the index."""
    seen = effects.alias("seen")
    one = (
        select(seen.c.lane, seen.c.priority, seen.c.wider_lane)
        .where(seen.c.id == _next(effects.alias("following")))
        .subquery("one")
    )
    heads = select(one).cte("heads", recursive=True)
    following = effects.alias("following")
    # Not as one comparison of pairs: SQLite would walk through all of a lane to its end.
    in_lane = _next(following, following.c.lane == heads.c.lane, following.c.priority > heads.c.priority)
    beyond = func.coalesce(in_lane, _next(following, following.c.lane > heads.c.lane))
    return heads.union_all(select(seen.c.lane, seen.c.priority, seen.c.wider_lane).join(heads, seen.c.id == beyond))


def _next(following: Any, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """The first effect in the index that waits and meets the conditions."""
    return (
        select(following.c.id)
        .where(following.c.side == _SIDE, _is_in_lane(following), *conditions)
        .order_by(following.c.lane, following.c.priority)
        .limit(1)
        .scalar_subquery()
    )


def _first_of(heads: CTE, waiting: Any, column: str, *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    """A column of what has waited longest at a head and may be tried."""
    return (
        select(waiting.c[column])
        .where(
            waiting.c.side == _SIDE,
            waiting.c.lane == heads.c.lane,
            waiting.c.priority == heads.c.priority,
            _is_in_lane(waiting),
            *conditions,
            ~_is_blocked(waiting),
            ~_is_held(waiting),
        )
        .order_by(waiting.c.due_at, waiting.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _rests(heads: CTE) -> Any:
    """The rows of the lane and of the one it lies in."""
    return lanes.c.key.in_([heads.c.lane, heads.c.wider_lane])


def _best_of_each_lane() -> Select[Any]:
    heads, waiting = _heads(), effects.alias("waiting")
    resting = select(lanes.c.key).where(_rests(heads), lanes.c.next_at > _NOW).exists()
    first = _first_of(heads, waiting, "id", waiting.c.due_at <= _NOW).label("id")
    found = (
        select(heads.c.lane, heads.c.priority, first)
        .where(heads.c.lane.not_in(_FULL), ~resting)
        .cte("found")
        .prefix_with("MATERIALIZED")  # or it is looked for once to compare and once to show
    )
    rank = func.row_number().over(partition_by=found.c.lane, order_by=found.c.priority)
    ranked = select(found.c.id, rank.label("rank")).where(found.c.id.is_not(None)).subquery("ranked")
    return (
        select(effects)
        .join(ranked, ranked.c.id == effects.c.id)
        # Asked once more, for PostgreSQL looks at a row anew when it has locked it.
        .where(ranked.c.rank == 1, _is_claimable(effects), effects.c.due_at <= _NOW)
        # An edit keeps its id: by that alone, old cards always won.
        .order_by(effects.c.priority, effects.c.due_at, effects.c.id)
        .limit(bindparam("room"))
        .with_for_update(of=effects, key_share=True, skip_locked=True)
    )


def _dues_and_rests() -> Select[Any]:
    heads = _heads()
    first = _first_of(heads, effects.alias("waiting"), "due_at").label("due_at")
    rests_until = select(func.max(lanes.c.next_at)).where(_rests(heads)).scalar_subquery().label("rests_until")
    return select(first, rests_until).select_from(heads).where(heads.c.lane.not_in(_FULL))


def _is_anything_before(order_key: BindParameter[str]) -> ColumnElement[bool]:
    """Whether anything of the order is open: what is recorded now comes behind it."""
    before = effects.alias("before")
    return select(before.c.id).where(before.c.order_key == order_key, _is_open(before)).exists()


def _let_next() -> Update:
    """Whose turn it is in the order is back in its lane."""
    first = effects.alias("first")
    ours = (first.c.order_key == bindparam("order")) & _is_open(first)
    front = select(func.min(first.c.id)).where(ours).scalar_subquery()
    return update(effects).where(effects.c.id == front, effects.c.is_behind.is_(true())).values(is_behind=False)


def _let_all() -> Update:
    """Nothing is behind what has ended, whichever release ended it."""
    behind = effects.alias("behind")
    free = select(behind.c.id).where(_is_claimable(behind), behind.c.is_behind.is_(true()), ~_is_blocked(behind))
    return update(effects).where(effects.c.id.in_(free)).values(is_behind=False)


BEST_OF_EACH_LANE = _best_of_each_lane()  # side, now, room, full
DUES_AND_RESTS = _dues_and_rests()  # side, full
IS_BEHIND = _is_anything_before(bindparam("order", type_=String))
LET_NEXT = _let_next()  # order
LET_ALL = _let_all()
