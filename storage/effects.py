"""Effects and lanes: the outbox. Every function's first argument is a transaction."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select, update

from storage.database import Transaction, earlier_of, later_of, upsert
from storage.records import UNCOUNTED, UNDECIDED, Effect, EffectState, Thread
from storage.rows import effect_of
from storage.tables import OPEN_EFFECTS, effects, lanes, threads

_OPEN = [state.value for state in OPEN_EFFECTS]
_ADD = upsert(effects).on_conflict_do_nothing(index_elements=["key"])  # made once: making it costs more than running it
LONGEST_REST_SECONDS = 600.0  # a lane that rests longer got its time from a clock that was wrong
_CLAIMABLE = [EffectState.PENDING.value, EffectState.UNKNOWN.value]
_ENDED = frozenset({EffectState.DONE.value, EffectState.REFUSED.value, EffectState.DROPPED.value})


def record(tx: Transaction, row: dict[str, Any]) -> bool:
    """Records an effect before it is tried; False when its key is there already."""
    return tx.execute(_ADD, row).rowcount == 1


def record_again(tx: Transaction, row: dict[str, Any]) -> None:
    """Records an effect that may be asked for many times, such as an edit: it is due again, once, as it then is."""
    if not record_anew(tx, row):
        sooner = earlier_of(effects.c.due_at, row["due_at"])
        mine = update(effects).where(effects.c.key == row["key"])
        tx.execute(mine.values(wanted=effects.c.wanted + 1, due_at=sooner, patient_from=row["patient_from"]))


def record_anew(tx: Transaction, row: dict[str, Any]) -> bool:
    """Records an effect that is done once at a time; False while it is still to be done, or may have been."""
    if record(tx, row):
        return True
    anew = ("state", "step", "lane", "attempts", "due_at", "patient_from")
    mine = update(effects).where(effects.c.key == row["key"], effects.c.state.not_in(_OPEN))
    opened = {"settled_at": None, **{name: row[name] for name in anew}}
    done = tx.execute(mine.values(wanted=effects.c.wanted + 1, **opened))
    return done.rowcount == 1


def effect(tx: Transaction, key: str) -> Effect | None:
    """The effect with this key, if it exists."""
    row = (tx.execute(select(effects).where(effects.c.key == key))).mappings().one_or_none()
    return effect_of(row) if row else None


def is_open(tx: Transaction, key: str) -> bool:
    """Whether the effect with this key is still to be done, or not yet known to have been."""
    found = tx.execute(select(effects.c.id).where(effects.c.key == key, effects.c.state.in_(_OPEN)))
    return found.first() is not None


def is_card_on_its_way(tx: Transaction, workspace_id: str, channel_id: str) -> bool:
    """Whether a card of the channel may be there already although its post has not been confirmed."""
    doubtful = [EffectState.TRYING.value, EffectState.UNKNOWN.value]
    cards = select(effects.c.id).where(effects.c.kind == "card", effects.c.state.in_(doubtful))
    place = cards.where(effects.c.workspace_id == workspace_id, effects.c.channel_id == channel_id)
    return tx.execute(place.limit(1)).first() is not None


def effects_of_job(tx: Transaction, job_id: str) -> list[Effect]:
    """Everything done outside for a job, in order."""
    found = tx.execute(select(effects).where(effects.c.job_id == job_id).order_by(effects.c.id))
    return [effect_of(row) for row in found.mappings()]


def _unhindered() -> Any:
    """Behind no earlier effect of its order, and in no thread that is held."""
    earlier = effects.alias("earlier")
    blocked = (
        select(earlier.c.id)
        .where(earlier.c.order_key == effects.c.order_key, earlier.c.id < effects.c.id, earlier.c.state.in_(_OPEN))
        .exists()
    )
    held = select(threads.c.id).where(threads.c.id == effects.c.thread_id, threads.c.hold.is_not(None)).exists()
    return and_(~blocked, ~held)


def _claimable() -> Any:
    return and_(effects.c.state.in_(_CLAIMABLE), _unhindered())


def _best_of_each_lane() -> Any:
    order = (effects.c.priority, effects.c.due_at, effects.c.id)  # an edit keeps its id: by that, old cards always won
    rank = func.row_number().over(partition_by=effects.c.lane, order_by=order)
    resting = select(lanes.c.key).where(lanes.c.next_at > bindparam("now"))
    ranked = (
        select(effects.c.id, rank.label("rank"))
        .where(
            effects.c.side == bindparam("side"),
            effects.c.due_at <= bindparam("now"),
            effects.c.lane.not_in(resting),
            _claimable(),
        )
        .subquery()
    )
    return (
        select(effects)
        .join(ranked, ranked.c.id == effects.c.id)
        .where(ranked.c.rank == 1, effects.c.state.in_(_CLAIMABLE))  # again, for the row as it is once it is locked
        .order_by(*order)
        .limit(bindparam("room"))
        .with_for_update(of=effects, skip_locked=True)
    )


_BEST = _best_of_each_lane()
_NEXT_DUE = (
    select(func.min(later_of(effects.c.due_at, func.coalesce(lanes.c.next_at, 0.0))))
    .select_from(effects.outerjoin(lanes, lanes.c.key == effects.c.lane))
    .where(effects.c.side == bindparam("side"), _claimable())
)
_OLDEST_DUE = (  # in the order of the index, so that the first one that fits is the answer
    select(effects.c.due_at)
    .where(
        effects.c.state == bindparam("state"),
        effects.c.side == bindparam("side"),
        effects.c.due_at <= bindparam("now"),
        _unhindered(),
    )
    .order_by(effects.c.due_at)
    .limit(1)
)
_EFFECT = select(effects).where(effects.c.id == bindparam("effect"))
_STILL_OURS = select(effects.c.id).where(
    effects.c.id == bindparam("effect"),
    effects.c.claimed_by == bindparam("instance"),
    effects.c.state == EffectState.TRYING.value,
)


def claim(
    tx: Transaction, instance: str, now: float, *, side: str, limit: int, pace: dict[str, tuple[float, int]]
) -> list[Effect]:
    """The best effect of each lane that is due, marked as tried by this instance; lanes move on by their pace.

    `pace` gives (seconds between calls, burst) by a lane's first word. An effect claimed in state `unknown` keeps
    that state in the returned record, so that its truth is read back instead of repeating it.
    """
    found = tx.execute(_BEST, {"side": side, "now": now, "room": limit})
    chosen = [effect_of(row) for row in found.mappings()]
    for item in chosen:
        _mark_tried(tx, item, instance, now)
        _move_lane(tx, item.lane, now, *pace[item.lane.split("|", 1)[0]])
    return chosen


def _mark_tried(tx: Transaction, item: Effect, instance: str, now: float) -> None:
    tried: dict[str, Any] = {"state": EffectState.TRYING.value, "claimed_by": instance}
    tried["steps"] = {**(item.steps or {}), item.step: _tally(item, now)}
    if item.state is EffectState.PENDING:
        tried |= {"attempts": item.attempts + 1, "attempted_at": now, "tries": item.tries + 1}
        tried |= {"first_tried_at": item.first_tried_at or now}
    tx.execute(update(effects).where(effects.c.id == item.id).values(tried))


def _tally(item: Effect, now: float) -> dict[str, float]:
    """How often this step was tried and its truth read back, this time included; counted before it happens."""
    known = (item.steps or {}).get(item.step, {})
    if not _was_counted(item):
        known = {**known, UNCOUNTED: 1}
    if item.state is EffectState.UNKNOWN:
        return {**known, "reads": known.get("reads", 0) + 1, "read_at": now}
    return {"first_at": now, **known, "tries": known.get("tries", 0) + 1, "last_at": now}


def _was_counted(item: Effect) -> bool:
    """Whether its newest try was: a release before 0.2 sets the time of a try and counts nothing."""
    return item.attempted_at is None or any(
        tally.get("last_at") == item.attempted_at for tally in (item.steps or {}).values()
    )


def _move_lane(tx: Transaction, key: str, now: float, interval: float, burst: int) -> None:
    if interval <= 0:
        return
    start = now - interval * (burst - 1)
    tx.execute(
        upsert(lanes)
        .values(key=key, next_at=start + interval)
        .on_conflict_do_update(index_elements=["key"], set_={"next_at": later_of(lanes.c.next_at, start) + interval})
    )


def pause_lane(tx: Transaction, key: str, until: float) -> None:
    """Slack or HeyGen asked for a rest: nothing of this lane before `until`."""
    tx.execute(
        upsert(lanes)
        .values(key=key, next_at=until)
        .on_conflict_do_update(index_elements=["key"], set_={"next_at": later_of(lanes.c.next_at, until)})
    )


def settle(tx: Transaction, tried: Effect, instance: str, now: float, **changes: Any) -> bool:
    """Writes what a try showed, only if it is still ours; False when the claim was lost."""
    settled_at = now if changes["state"] in _ENDED else None
    done = tx.execute(
        update(effects)
        .where(effects.c.id == tried.id, effects.c.claimed_by == instance, effects.c.state == EffectState.TRYING)
        .values(claimed_by=None, settled_at=settled_at, **changes)
    )
    return done.rowcount == 1


def still_ours(tx: Transaction, tried: Effect, instance: str) -> bool:
    """Whether the claim still stands, asked right before an outside call."""
    found = tx.execute(_STILL_OURS, {"effect": tried.id, "instance": instance})
    return found.scalar_one_or_none() is not None


def as_it_is(tx: Transaction, tried: Effect) -> Effect:
    """The effect as it is by now: it may have been asked for again, or have got a hint, while it was tried."""
    return effect_of(tx.execute(_EFFECT, {"effect": tried.id}).mappings().one())


def drop(tx: Transaction, job_id: str, kinds: Collection[str], now: float) -> None:
    """Effects of a job that are no longer wanted; those under way or in doubt are settled as ever."""
    tx.execute(
        update(effects)
        .where(
            effects.c.job_id == job_id,
            effects.c.kind.in_(list(kinds)),
            effects.c.state == EffectState.PENDING.value,
        )
        .values(state=EffectState.DROPPED.value, settled_at=now)
    )


def has_later(tx: Transaction, tried: Effect) -> bool:
    """Whether the same call was recorded again for its job since."""
    later = select(effects.c.id).where(
        effects.c.job_id == tried.job_id,
        effects.c.kind == tried.kind,
        effects.c.id > tried.id,
        effects.c.state.in_(_OPEN),
    )
    return tx.execute(later.limit(1)).first() is not None


def give_up(tx: Transaction, job_id: str, kind: str, now: float) -> None:
    """Effects in doubt that a person has decided about: they are read back no more."""
    tx.execute(
        update(effects)
        .where(effects.c.job_id == job_id, effects.c.kind == kind, effects.c.state == EffectState.UNKNOWN.value)
        .values(state=EffectState.DROPPED.value, reason=UNDECIDED, settled_at=now)
    )


def drop_tried(tx: Transaction, tried: Effect, now: float, *, in_doubt: bool) -> None:
    """What a try showed is wanted no more. In doubt: nobody will ever know whether it happened."""
    row = {"state": EffectState.DROPPED.value, "settled_at": now} | ({"reason": UNDECIDED} if in_doubt else {})
    tx.execute(update(effects).where(effects.c.id == tried.id).values(row))


def drop_key(tx: Transaction, key: str, now: float) -> None:
    """The effect with this key is no longer wanted, unless it is under way or in doubt."""
    tx.execute(
        update(effects)
        .where(effects.c.key == key, effects.c.state == EffectState.PENDING.value)
        .values(state=EffectState.DROPPED.value, settled_at=now)
    )


def change_effect(tx: Transaction, key: str, **changes: Any) -> None:
    """Sets columns of an effect."""
    tx.execute(update(effects).where(effects.c.key == key).values(changes))


def next_due(tx: Transaction, *, side: str) -> float | None:
    """When something can be claimed next, None when nothing waits but for a wake."""
    return tx.execute(_NEXT_DUE, {"side": side}).scalar_one_or_none()


def oldest_due(tx: Transaction, now: float, *, side: str) -> float | None:
    """Since when something is due that only its lane, or the want of a hand, keeps from being tried."""
    found = (
        tx.execute(_OLDEST_DUE, {"state": state, "side": side, "now": now}).scalar_one_or_none() for state in _CLAIMABLE
    )
    return min((due_at for due_at in found if due_at is not None), default=None)


def free_claims(tx: Transaction, now: float) -> None:
    """At the start of the only instance: a try that a dead one did not finish is an answer that was lost."""
    tx.execute(
        update(effects)
        .where(effects.c.state == EffectState.TRYING)
        .values(state=EffectState.UNKNOWN.value, claimed_by=None)
    )
    tx.execute(update(effects).where(effects.c.state.in_(_OPEN)).values(due_at=now, patient_from=now))
    tx.execute(delete(lanes).where(lanes.c.next_at > now + LONGEST_REST_SECONDS))


def set_back(tx: Transaction, seconds: float) -> None:
    """The clock was set back: what waits does so for as long as before."""
    tx.execute(update(effects).where(effects.c.state.in_(_OPEN)).values(due_at=effects.c.due_at - seconds))
    tx.execute(update(lanes).values(next_at=lanes.c.next_at - seconds))


def be_patient(tx: Transaction, now: float, *, thread_id: str | None = None) -> None:
    """Time went by in which nothing was tried: patience begins anew, for all or for what waits in a thread."""
    waiting = update(effects).where(effects.c.state.in_(_OPEN))
    if thread_id is not None:
        waiting = waiting.where(effects.c.thread_id == thread_id)
    tx.execute(waiting.values(patient_from=now))


def hint(tx: Transaction, job_id: str, session_id: str, now: float) -> None:
    """A callback named a session for a submit that is in doubt, or is being read back: it is looked for there, now."""
    doubtful = tx.execute(
        select(effects).where(
            effects.c.job_id == job_id,
            effects.c.kind == "submit",
            effects.c.state.in_([EffectState.UNKNOWN.value, EffectState.TRYING.value]),
        )
    )
    for row in doubtful.mappings():
        evidence = {**row["evidence"], "hint": session_id}
        tx.execute(update(effects).where(effects.c.id == row["id"]).values(evidence=evidence, due_at=now))


def redirect(tx: Transaction, thread: Thread, now: float, *, lane: str) -> None:
    """The thread moved to another channel before its card was posted: the card goes there, and nothing is joined."""
    mine = and_(effects.c.thread_id == thread.id, effects.c.state == EffectState.PENDING)
    dropped = {"state": EffectState.DROPPED.value, "settled_at": now}
    tx.execute(update(effects).where(mine, effects.c.kind == "enter").values(dropped))
    tx.execute(update(effects).where(mine, effects.c.kind == "card").values(channel_id=thread.channel_id, lane=lane))
