"""What there is to do and what is in doubt, counted for whoever watches the program: numbers alone, no ids, no words.

Every count goes along an index over what is open, in doubt or recent, so that it costs the same after years.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, func, select, text

from storage import effects, jobs
from storage.database import Transaction
from storage.records import OPEN_STATES, EffectState, JobState, QuestionState
from storage.tables import IS_OPEN_JOB, IS_UNCONFIRMED, lanes, questions
from storage.tables import effects as effect_rows
from storage.tables import jobs as job_rows

ENDED_SECONDS = 3600.0
SIDES = ("slack", "heygen")
OPEN_WORDS = [state.value for state in JobState if state in OPEN_STATES]
ENDED_WORDS = [state.value for state in JobState if state not in OPEN_STATES]

_OPEN = select(job_rows.c.state, func.count()).where(text(IS_OPEN_JOB)).group_by(job_rows.c.state)
_ENDED = (
    select(job_rows.c.state, func.count())
    .where(
        job_rows.c.state.in_(ENDED_WORDS),
        job_rows.c.finished_at.is_not(None),
        job_rows.c.finished_at > bindparam("since"),
    )
    .group_by(job_rows.c.state)
)
_IN_DOUBT = (
    select(effect_rows.c.side, func.count())
    .where(effect_rows.c.state == EffectState.UNKNOWN.value)
    .group_by(effect_rows.c.side)
)
_ASKED = select(questions.c.state, func.count()).where(text(IS_UNCONFIRMED)).group_by(questions.c.state)
_RESTING = select(lanes.c.key, lanes.c.next_at).where(lanes.c.next_at > bindparam("now"))


@dataclass(frozen=True, kw_only=True)
class Rest:
    """The lanes of one method that may not call now."""

    lanes: int
    longest_seconds: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How things are at one moment."""

    jobs: dict[str, int]  # open ones, by state
    ended: dict[str, int]  # of the last hour, by state
    queue: int  # jobs that wait for a place at HeyGen, and for nothing else
    late_look_seconds: float  # how long the look that is due longest has been due
    late_effect_seconds: dict[str, float]  # the same of calls, by side
    calls_in_doubt: dict[str, int]  # by side
    questions_in_doubt: int  # open ones about a call that may have happened
    asked_in_doubt: int  # how often that had to be asked, ever
    resting: dict[str, Rest]  # by method
    places_used: int  # at HeyGen
    is_paused: bool  # by trouble of the HeyGen account


def figures(tx: Transaction, now: float) -> Figures:
    """Everything at once."""
    asked = _counts(tx, _ASKED)
    return Figures(
        jobs=dict.fromkeys(OPEN_WORDS, 0) | _counts(tx, _OPEN),
        ended=dict.fromkeys(ENDED_WORDS, 0) | _counts(tx, _ENDED, since=now - ENDED_SECONDS),
        queue=jobs.queue_length(tx),
        late_look_seconds=_late(jobs.next_look(tx), now),
        late_effect_seconds={side: _late(effects.oldest_due(tx, now, side=side), now) for side in SIDES},
        calls_in_doubt=dict.fromkeys(SIDES, 0) | _counts(tx, _IN_DOUBT),
        questions_in_doubt=asked.get(QuestionState.OPEN.value, 0),
        asked_in_doubt=sum(asked.values()),
        resting=_resting(tx, now),
        places_used=jobs.slots_used(tx),
        is_paused=jobs.account(tx).pause_code is not None,
    )


def _counts(tx: Transaction, counted: Select[Any], **given: float) -> dict[str, int]:
    return {str(word): int(count) for word, count in tx.execute(counted, given)}


def _late(due_at: float | None, now: float) -> float:
    return max(now - due_at, 0.0) if due_at is not None else 0.0


def _resting(tx: Transaction, now: float) -> dict[str, Rest]:
    """A lane's key begins with its method; workspace and channel, which follow, go no further than this."""
    waits: dict[str, list[float]] = {}
    for key, next_at in tx.execute(_RESTING, {"now": now}):
        waits.setdefault(key.split("|", 1)[0], []).append(next_at - now)
    return {method: Rest(lanes=len(those), longest_seconds=max(those)) for method, those in waits.items()}
