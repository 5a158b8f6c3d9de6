"""Effects and lanes: the outbox. Every function's first argument is a transaction."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, bindparam, case, delete, func, select, update

from storage.candidates import BEST_OF_EACH_LANE, DUES_AND_RESTS, IS_BEHIND, LET_ALL, LET_NEXT
from storage.database import Transaction, earlier_of, later_of, upsert
from storage.records import UNCOUNTED, UNDECIDED, Effect, EffectState, Thread
from storage.rows import effect_of
from storage.tables import OPEN_EFFECTS, effects, lanes

_OPEN = [state.value for state in OPEN_EFFECTS]
# Made once: making it costs more than running it.
_ADD = upsert(effects).values(is_behind=IS_BEHIND).on_conflict_do_nothing(index_elements=["key"])
Pace = Mapping[str, tuple[float, int]]
LONGEST_REST_SECONDS = 600.0  # a lane that rests longer got its time from a clock that was wrong
_ENDED = frozenset({EffectState.DONE.value, EffectState.REFUSED.value, EffectState.DROPPED.value})


def record(tx: Transaction, row: dict[str, Any]) -> bool:
    """Records an effect before it is tried; False when its key is there already."""
    return tx.execute(_ADD, {**row, "order": row["order_key"]}).rowcount == 1


def record_again(tx: Transaction, row: dict[str, Any]) -> None:
    """Records an effect that may be asked for many times, such as an edit: it is due again, once, as it then is.

    While it waits, the most urgent of the wishes counts.
    """
    if record_anew(tx, row):
        return
    tx.execute(
        update(effects)
        .where(effects.c.key == row["key"])
        .values(
            wanted=effects.c.wanted + 1,
            priority=earlier_of(effects.c.priority, row["priority"]),
            due_at=earlier_of(effects.c.due_at, row["due_at"]),
            patient_from=row["patient_from"],
        )
    )


def record_anew(tx: Transaction, row: dict[str, Any]) -> bool:
    """Records an effect that is done once at a time; False while it is still to be done, or may have been."""
    if record(tx, row):
        return True
    anew = ("state", "step", "lane", "wider_lane", "priority", "attempts", "due_at", "patient_from")
    mine = update(effects).where(effects.c.key == row["key"], effects.c.state.not_in(_OPEN))
    opened = {"settled_at": None, "is_behind": False, **{name: row[name] for name in anew}}
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


_IS_PENDING = effects.c.state == EffectState.PENDING.value
_NOW = bindparam("now", type_=Float)
_ONE_MORE = case((_IS_PENDING, 1), else_=0)
_MARK_TRIED = (
    update(effects)
    .where(effects.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=EffectState.TRYING.value,
        claimed_by=bindparam("instance"),
        attempts=effects.c.attempts + _ONE_MORE,
        tries=effects.c.tries + _ONE_MORE,
        attempted_at=case((_IS_PENDING, _NOW), else_=effects.c.attempted_at),
        first_tried_at=case(
            (_IS_PENDING, func.coalesce(effects.c.first_tried_at, _NOW)), else_=effects.c.first_tried_at
        ),
    )
)
_KEEP_STEPS = update(effects).where(effects.c.id == bindparam("effect")).values(steps=bindparam("steps"))
_LATER = later_of(lanes.c.next_at, bindparam("start", type_=Float))
_TAKE = (
    upsert(lanes)
    .values(key=bindparam("lane"), next_at=bindparam("first"))
    .on_conflict_do_update(
        index_elements=["key"],
        set_={"next_at": _LATER + bindparam("interval", type_=Float)},
        where=lanes.c.next_at <= _NOW,
    )
    .returning(lanes.c.key)
)
_EFFECT = select(effects).where(effects.c.id == bindparam("effect"))
_STILL_OURS = select(effects.c.id).where(
    effects.c.id == bindparam("effect"),
    effects.c.claimed_by == bindparam("instance"),
    effects.c.state == EffectState.TRYING.value,
)


def claim(
    tx: Transaction,
    instance: str,
    now: float,
    *,
    side: str,
    limit: int,
    pace: Pace,
    under_way: Mapping[str, int] | None = None,
    lane_limit: int | None = None,
) -> list[Effect]:
    """What is due, best first, marked as tried by this instance; lanes move on by their pace.

    `pace` gives (seconds between calls, burst) by a lane's first word. With those `under_way` no lane gets more than
    `lane_limit`. An effect claimed in state `unknown` keeps that state in the returned record, so that its truth is
    read back instead of repeating it.
    """
    busy = Counter(under_way or {})
    claimed = _claim_best(tx, instance, now, side=side, limit=limit, pace=pace, full=_full(busy, lane_limit))
    lanes_taken = {item.lane for item in claimed}  # no others from now on, for lanes are locked in one order
    best = claimed
    while best and len(claimed) < limit:
        busy.update(item.lane for item in best)
        room, full = limit - len(claimed), _full(busy, lane_limit)
        best = _claim_best(tx, instance, now, side=side, limit=room, pace=pace, full=full, only=lanes_taken)
        claimed += best
    return claimed


def _full(busy: Counter[str], lane_limit: int | None) -> list[str]:
    return [] if lane_limit is None else [lane for lane, calls in busy.items() if calls >= lane_limit]


def _claim_best(
    tx: Transaction,
    instance: str,
    now: float,
    *,
    side: str,
    limit: int,
    pace: Pace,
    full: Collection[str],
    only: Collection[str] | None = None,
) -> list[Effect]:
    """The best effect of each lane."""
    found = tx.execute(BEST_OF_EACH_LANE, {"side": side, "now": now, "room": limit, "full": list(full)})
    best = [effect_of(row) for row in found.mappings() if only is None or row["lane"] in only]
    chosen = _let_in(tx, best, now, pace)
    if chosen:
        tx.execute(_MARK_TRIED, {"ids": [item.id for item in chosen], "instance": instance, "now": now})
        _keep_steps(tx, chosen, now)
    return [_tried(item, instance, now) for item in chosen]


def _keep_steps(tx: Transaction, tried: list[Effect], now: float) -> None:
    tx.execute(
        _KEEP_STEPS,
        [{"effect": item.id, "steps": {**(item.steps or {}), item.step: _tally(item, now)}} for item in tried],
    )


def _tally(item: Effect, now: float) -> dict[str, float]:
    """How often this step was tried and its truth read back, this time included; counted before it happens."""
    known = (item.steps or {}).get(item.step, {})
    if not _was_counted(item):
        known = {**known, UNCOUNTED: 1}
    if item.state is EffectState.UNKNOWN:
        return {**known, "reads": known.get("reads", 0) + 1, "read_at": now}
    return {"first_at": now, **known, "tries": known.get("tries", 0) + 1, "last_at": now}


def _was_counted(item: Effect) -> bool:
    """Whether its newest try was: a release before 0.2 sets the time of a try and counts nothing.

    A clock that was set back has moved that time alone.
    """
    counted_at = _counted_at(item)
    return item.attempted_at is None or (counted_at is not None and item.attempted_at <= counted_at)


def _counted_at(item: Effect) -> float | None:
    """When it was last tried, by the tallies of its steps."""
    return max((tally["last_at"] for tally in (item.steps or {}).values() if "last_at" in tally), default=None)


def _tried(item: Effect, instance: str, now: float) -> Effect:
    if item.state is not EffectState.PENDING:
        return replace(item, claimed_by=instance)
    return replace(
        item, claimed_by=instance, attempts=item.attempts + 1, tries=item.tries + 1, attempted_at=now,
        first_tried_at=item.first_tried_at or now,
    )  # fmt: skip


def _let_in(tx: Transaction, best: list[Effect], now: float, pace: Pace) -> list[Effect]:
    """Those whose lanes have a call to give; what a wider lane has left goes to the best of them.

    Lanes are locked in one order, the wider ones first, so that two instances never wait for each other.
    """
    wanted = Counter(item.wider_lane for item in best if item.wider_lane is not None)
    left = {key: _take(tx, key, wanted[key], now, pace) for key in sorted(wanted)}
    admitted = []
    for item in best:
        if item.wider_lane is not None:
            left[item.wider_lane] -= 1
        if item.wider_lane is None or left[item.wider_lane] >= 0:
            admitted.append(item)
    taken = {key for key in sorted(item.lane for item in admitted) if _take(tx, key, 1, now, pace)}
    return [item for item in admitted if item.lane in taken]


def _take(tx: Transaction, key: str, wanted: int, now: float, pace: Pace) -> int:
    """So many calls, up to `wanted`, the lane has to give now; none when another instance has taken them meanwhile."""
    interval, burst = pace[key.split("|", 1)[0]]
    if interval <= 0:
        return wanted
    start = now - interval * (burst - 1)
    values = {"lane": key, "first": start + interval, "start": start, "interval": interval, "now": now}
    for taken in range(wanted):
        if tx.execute(_TAKE, values).first() is None:
            return taken
    return wanted


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
    if done.rowcount == 1 and settled_at is not None:
        _let_next(tx, [tried.order_key])
    return done.rowcount == 1


def _let_next(tx: Transaction, order_keys: Iterable[str | None]) -> None:
    """Something of these orders has ended: what comes next may go."""
    for order_key in sorted({key for key in order_keys if key is not None}):
        tx.execute(LET_NEXT, {"order": order_key})


def _end(tx: Transaction, now: float, *which: ColumnElement[bool], reason: str | None = None) -> None:
    """What is wanted no more."""
    because = {} if reason is None else {"reason": reason}
    ended = update(effects).where(*which).values(state=EffectState.DROPPED.value, settled_at=now, **because)
    _let_next(tx, list(tx.execute(ended.returning(effects.c.order_key)).scalars()))


def let_through(tx: Transaction) -> None:
    """What was recorded behind something that a release before 0.2 ended goes on: that one lets nothing through."""
    tx.execute(LET_ALL)


def still_ours(tx: Transaction, tried: Effect, instance: str) -> bool:
    """Whether the claim still stands, asked right before an outside call."""
    found = tx.execute(_STILL_OURS, {"effect": tried.id, "instance": instance})
    return found.scalar_one_or_none() is not None


def as_it_is(tx: Transaction, tried: Effect) -> Effect:
    """The effect as it is by now: it may have been asked for again, or have got a hint, while it was tried."""
    return effect_of(tx.execute(_EFFECT, {"effect": tried.id}).mappings().one())


def drop(tx: Transaction, job_id: str, kinds: Collection[str], now: float) -> None:
    """Effects of a job that are no longer wanted; those under way or in doubt are settled as ever."""
    _end(tx, now, effects.c.job_id == job_id, effects.c.kind.in_(list(kinds)), _IS_PENDING)


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
    is_unknown = effects.c.state == EffectState.UNKNOWN.value
    _end(tx, now, effects.c.job_id == job_id, effects.c.kind == kind, is_unknown, reason=UNDECIDED)


def drop_tried(tx: Transaction, tried: Effect, now: float, *, in_doubt: bool) -> None:
    """What a try showed is wanted no more. In doubt: nobody will ever know whether it happened."""
    _end(tx, now, effects.c.id == tried.id, reason=UNDECIDED if in_doubt else None)


def drop_key(tx: Transaction, key: str, now: float) -> None:
    """The effect with this key is no longer wanted, unless it is under way or in doubt."""
    _end(tx, now, effects.c.key == key, _IS_PENDING)


def change_effect(tx: Transaction, key: str, **changes: Any) -> None:
    """Sets columns of an effect."""
    tx.execute(update(effects).where(effects.c.key == key).values(changes))


def next_due(tx: Transaction, *, side: str, full: Collection[str] = ()) -> float | None:
    """When something can be claimed next outside the lanes in `full`, None when nothing waits but for a wake."""
    found = tx.execute(DUES_AND_RESTS, {"side": side, "full": list(full)})
    # Compared here: in SQL the greater of two would be looked for three times over.
    return min((max(due_at, rests_until or 0.0) for due_at, rests_until in found if due_at is not None), default=None)


def oldest_due(tx: Transaction, now: float, *, side: str) -> float | None:
    """Since when something is due that only its lane, or the want of a hand, keeps from being tried."""
    found = tx.execute(DUES_AND_RESTS, {"side": side, "full": []})
    return min((due_at for due_at, _ in found if due_at is not None and due_at <= now), default=None)


def free_claims(tx: Transaction, now: float) -> None:
    """At the start of the only instance: a try that a dead one did not finish is an answer that was lost."""
    tx.execute(
        update(effects)
        .where(effects.c.state == EffectState.TRYING)
        .values(state=EffectState.UNKNOWN.value, claimed_by=None)
    )
    sooner = earlier_of(effects.c.due_at, now)  # what was due before goes before what was not
    tx.execute(update(effects).where(effects.c.state.in_(_OPEN)).values(due_at=sooner, patient_from=now))
    tx.execute(delete(lanes).where(lanes.c.next_at > now + LONGEST_REST_SECONDS))


def give_back(tx: Transaction, instance: str, unbegun: Iterable[Effect]) -> None:
    """At the end of an instance: what it claimed and did not begin is as before; what it began may have happened."""
    mine = update(effects).where(effects.c.claimed_by == instance, effects.c.state == EffectState.TRYING)
    for item in unbegun:
        before = {"state": item.state.value, "claimed_by": None, "steps": item.steps, **_uncounted(item)}
        tx.execute(mine.where(effects.c.id == item.id).values(before))
    tx.execute(mine.values(state=EffectState.UNKNOWN.value, claimed_by=None))


def _uncounted(item: Effect) -> dict[str, Any]:
    """The counts of a claimed effect without the try that was not made; reading back is no attempt."""
    if item.state is not EffectState.PENDING:
        return {}
    counted_at = _counted_at(item)
    tried_uncounted = counted_at is None and item.attempts > 1  # by a release that keeps no tallies: some time or other
    return {
        "attempts": item.attempts - 1,
        "attempted_at": item.attempted_at if tried_uncounted else counted_at,
        "tries": item.tries - 1,
        "first_tried_at": item.first_tried_at if item.tries > 1 else None,
    }


def set_back(tx: Transaction, seconds: float) -> None:
    """The clock was set back: what waits does so for as long as before."""
    earlier = {name: effects.c[name] - seconds for name in ("due_at", "attempted_at")}
    tx.execute(update(effects).where(effects.c.state.in_(_OPEN)).values(earlier))
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
    mine = and_(effects.c.thread_id == thread.id, _IS_PENDING)
    _end(tx, now, mine, effects.c.kind == "enter")
    tx.execute(update(effects).where(mine, effects.c.kind == "card").values(channel_id=thread.channel_id, lane=lane))
