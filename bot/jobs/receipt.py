"""What a job's effects say about it: each call with its tries and what became of it. Pure.

A try is counted before it is made, so a program that was killed in between counts one that never left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from storage.receipts import Receipt
from storage.records import UNCOUNTED, UNDECIDED, Effect, EffectState

# The steps that change something outside: those before them only look, those after them only verify.
DEEDS: dict[str, tuple[str, ...]] = {
    "enter": ("join",),
    "card": ("post",),
    "edit": ("edit",),
    "say": ("post",),
    "edit_question": ("edit",),
    "upload": ("share",),
    "dm": ("post",),
    "whisper": ("post", "dm"),
    "names": ("resolve",),
    "asset": ("upload",),
    "submit": ("create", "send", "speak"),
    "message": ("send",),
    "stop": ("stop",),
}
# What is read back when its answer was lost. All else is repeated, so that taking it up again is a try like the first.
READ_BACK = frozenset(
    {("submit", "create"), ("submit", "send"), ("submit", "speak"), ("message", "send")}
    | {("card", "post"), ("say", "post"), ("dm", "post"), ("whisper", "dm"), ("upload", "share")}
)
SUBMITS = {"create": "video", "look": "revision", "send": "revision", "speak": "speech"}


class Fate(StrEnum):
    """What became of a call."""

    WAITING = "waiting"  # to be tried, or tried again
    UNDER_WAY = "under_way"
    IN_DOUBT = "in_doubt"  # the answer was lost, and its truth is being read back
    DONE = "done"
    REFUSED = "refused"
    NOT_NEEDED = "not_needed"  # dropped before it happened, or nothing was left to do
    UNDECIDED = "undecided"  # given up while in doubt: nobody knows whether it happened


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a job, as its receipt tells it. `tries` is None for a call of a release that did not count."""

    side: str
    what: str  # video, revision or speech for a submit; the kind of the effect for the rest
    about: str | None  # which reply, file or direct message it is
    fate: Fate
    tries: int | None
    reads: int
    first_at: float | None
    last_at: float | None
    settled_at: float | None
    reason: str | None  # a code; never words of HeyGen's

    @property
    def may_have_happened(self) -> bool:
        """Whether the other side has it, or may have it for all anybody knows."""
        return self.fate in (Fate.DONE, Fate.UNDECIDED) or (
            self.fate in (Fate.IN_DOUBT, Fate.UNDER_WAY) and self.tries != 0
        )


def calls(receipt: Receipt) -> tuple[Call, ...]:
    """The calls that were made for the job, or were to be, in the order in which they were recorded."""
    return tuple(_call(effect) for effect in receipt.effects)


def submits(made: Iterable[Call]) -> tuple[Call, ...]:
    """Those that ask HeyGen to make something: what is charged."""
    return tuple(call for call in made if call.what in SUBMITS.values() and call.side == "heygen")


def times_asked(made: Iterable[Call]) -> int:
    """How many times HeyGen has been asked to make it, or may have been; above one it may be charged again."""
    return sum(call.may_have_happened for call in submits(made))


def _call(effect: Effect) -> Call:
    tallies = [(step, (effect.steps or {}).get(step, {})) for step in DEEDS.get(effect.kind, (effect.step,))]
    is_uncounted = _is_uncounted(effect)
    firsts = [tally["first_at"] for _, tally in tallies if "first_at" in tally and not is_uncounted]
    lasts = [at for step, tally in tallies for at in _times(effect.kind, step, tally)]
    return Call(
        side=effect.side, what=SUBMITS[effect.step] if effect.kind == "submit" else effect.kind,
        about=effect.payload.get("what"), fate=_fate(effect), tries=_tries(effect, tallies),
        reads=sum(_reads(effect.kind, step, tally) for step, tally in tallies),
        first_at=min(firsts, default=None), last_at=max(lasts, default=effect.attempted_at if is_uncounted else None),
        settled_at=effect.settled_at, reason=_reason(effect),
    )  # fmt: skip


def _fate(effect: Effect) -> Fate:
    match effect.state:
        case EffectState.PENDING:
            return Fate.WAITING
        case EffectState.TRYING:
            return Fate.UNDER_WAY
        case EffectState.UNKNOWN:
            return Fate.IN_DOUBT
        case EffectState.REFUSED:
            return Fate.REFUSED
        case EffectState.DROPPED:
            return Fate.UNDECIDED if effect.reason == UNDECIDED else Fate.NOT_NEEDED
        case EffectState.DONE:
            return Fate.NOT_NEEDED if _was_nothing(effect) else Fate.DONE


def _was_nothing(effect: Effect) -> bool:
    """Done without a call: nobody wants the DM, the question had been answered, the app was in the channel already."""
    unwanted = effect.kind in ("dm", "enter") and effect.step in ("open", "look")
    return unwanted or (effect.kind == "say" and "ts" in effect.evidence and effect.evidence["ts"] is None)


def _is_uncounted(effect: Effect) -> bool:
    """Whether a release that did not count has tried it, if only at first."""
    if effect.steps is None:
        return effect.attempted_at is not None
    return any(UNCOUNTED in tally for tally in effect.steps.values())


def _tries(effect: Effect, tallies: list[tuple[str, dict[str, float]]]) -> int | None:
    if _is_uncounted(effect):
        return None
    if _was_nothing(effect) and effect.state is EffectState.DONE:
        return 0
    counted = sum(_tried(effect.kind, step, tally) for step, tally in tallies)
    return counted - int(effect.evidence.get("unchanged", 0))  # edits that would have changed nothing are not sent


def _tried(kind: str, step: str, tally: dict[str, float]) -> int:
    again = 0 if (kind, step) in READ_BACK else tally.get("reads", 0)
    return int(tally.get("tries", 0) + again)


def _reads(kind: str, step: str, tally: dict[str, float]) -> int:
    return int(tally.get("reads", 0)) if (kind, step) in READ_BACK else 0


def _times(kind: str, step: str, tally: dict[str, float]) -> list[float]:
    names = ("last_at",) if (kind, step) in READ_BACK else ("last_at", "read_at")
    return [tally[name] for name in names if name in tally]


def _reason(effect: Effect) -> str | None:
    """The code before the colon; what may follow it is another's words."""
    if effect.reason is None or effect.state is EffectState.DONE:
        return None
    return effect.reason.split(":", 1)[0][:120]
