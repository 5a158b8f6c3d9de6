"""HeyGen's refusals and silences as outcomes: what may be repeated, what is in doubt, what will never work."""

from bot.heygen.errors import (
    AccountTrouble,
    AnswerLost,
    BadRequest,
    Conflict,
    Declined,
    HeyGenError,
    NotFound,
    NotReady,
    RateLimited,
    ServerTrouble,
    Unreachable,
)
from bot.heygen.rest import REST_SECONDS
from bot.jobs.moment import Rules
from bot.jobs.outbox import BEGINS
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from bot.jobs.patience import wait_after
from storage.records import Effect, EffectState

FIRST_SECONDS = 2.0
LONGEST_SECONDS = 60.0
CEILING_SECONDS = 5.0
READ_BACK_SECONDS = 5.0
UNREAD_SECONDS = 30.0
UNREAD_LIMIT = 20  # failed readings, ten minutes of them, after which the person is asked
GIVE_UP_SECONDS = 24 * 3600.0
SENT_ONCE = frozenset({"create", "send", "speak"})  # steps that are never repeated while they are in doubt


def outcome_of(error: HeyGenError, tried: Effect, now: float, rules: Rules) -> Outcome:
    """What a failed HeyGen call means for its effect, tried or read back."""
    if tried.state is EffectState.UNKNOWN and tried.step in SENT_ONCE:
        return _still_in_doubt(error, tried, now, rules)
    may_have_happened = isinstance(error, AnswerLost) and tried.step in SENT_ONCE
    if now - tried.patient_from > GIVE_UP_SECONDS and not may_have_happened:
        code = error.code if isinstance(error, AccountTrouble) else "heygen_unreachable"
        return Refused(code, error.message)
    match error:
        case Declined():
            return Refused(error.code, error.message)
        case AccountTrouble():
            return AgainAt(now + rules.pause_seconds, error.code, paused=error.code)
        case RateLimited():
            return _no_place(error, tried, now, rules)
        case AnswerLost():
            return Unknown(at=now + READ_BACK_SECONDS / rules.tempo, reason=error.code)
        case Unreachable() | ServerTrouble() | NotReady():
            wait = wait_after(tried.attempts, first=FIRST_SECONDS, longest=LONGEST_SECONDS)
            return AgainAt(now + max(error.retry_after or 0.0, wait), error.code)
        case NotFound() if tried.kind in ("submit", "message") and tried.step == "send":
            return Refused("session_lost", error.message)
        case NotFound() if tried.kind == "stop":
            return Done()
        case Conflict() | BadRequest() if tried.step == "send" and not tried.evidence.get("conflicts"):
            # HeyGen may refuse words while it works; look again, and send once more when it listens.
            return Next("look", {"conflicts": 1})
        case Conflict() if tried.kind == "stop":
            return Done()
        case Conflict() if tried.step == "send":
            return AgainAt(now + rules.poll_seconds, error.code)
        case _:
            return Refused(error.code, error.message)


def _no_place(error: RateLimited, tried: Effect, now: float, rules: Rules) -> Outcome:
    """What begins a job rests longer each time, and its lane too: HeyGen may take fewer jobs than we think."""
    wait = error.retry_after or REST_SECONDS
    if (tried.kind, tried.step) not in BEGINS:
        return AgainAt(now + wait, error.code)
    longer = wait_after(tried.attempts, first=CEILING_SECONDS, longest=LONGEST_SECONDS) / rules.tempo
    return AgainAt(now + max(wait, longer), error.code, rests_lane=True)


def _still_in_doubt(error: HeyGenError, tried: Effect, now: float, rules: Rules) -> Outcome:
    """The reading failed, whatever with: the call may have happened. After many of them the person is asked."""
    unread = int(tried.evidence.get("unread", 0)) + 1
    seen, ask = {"unread": unread}, unread >= UNREAD_LIMIT
    if isinstance(error, AccountTrouble):
        return Unknown(at=now + rules.pause_seconds, reason=error.code, evidence=seen, ask=ask, paused=error.code)
    wait = max(error.retry_after or 0.0, UNREAD_SECONDS / rules.tempo)
    return Unknown(at=now + wait, reason=error.code, evidence=seen, ask=ask)
