"""May this call be tried again by the client itself, and when? Pure; follows the policy of HeyGen's own command line.

A rest that HeyGen asks for is never slept here: it goes up, and the caller's due time honours it in full.
"""

from collections.abc import Callable

from bot.heygen.errors import HeyGenError, ServerTrouble, Unreachable

RETRIES = 2
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0
JITTER = 0.25


def again(error: HeyGenError, attempt: int, *, repeatable: bool, random: Callable[[], float]) -> float | None:
    """Seconds to wait before the same call is made again; None hands the error to the caller.

    `attempt` counts from 1. `repeatable`: a read, or a write under an idempotency key.
    """
    if not repeatable or attempt > RETRIES or not isinstance(error, ServerTrouble | Unreachable):
        return None
    if error.retry_after is not None:
        return None
    wait: float = min(FIRST_SECONDS * 2 ** (attempt - 1), LONGEST_SECONDS)
    return wait * (1 - JITTER + 2 * JITTER * random())
