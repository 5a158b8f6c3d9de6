"""HeyGen's 429 is about the whole account: whoever meets one, all calls rest until it is over."""

import logging
import time
from collections.abc import Awaitable, Callable

from bot.heygen.errors import RateLimited

logger = logging.getLogger(__name__)

REST_LANE = "heygen"
REST_SECONDS = 10.0  # where HeyGen does not say for how long

Tell = Callable[[float], Awaitable[None]]


async def _nobody(seconds: float) -> None:
    """For a client that is alone."""


class Rest:
    """Until when HeyGen wants no call; `tell` hears how many seconds each rest takes. A later 429 shortens none."""

    def __init__(self, tell: Tell = _nobody, *, steady: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._steady = steady
        self._until = 0.0

    def check(self) -> None:
        """Raises RateLimited while HeyGen wants no call: it would be refused, and nothing is sent."""
        left = self._until - self._steady()
        if left > 0:
            raise RateLimited("rate_limit_exceeded", "HeyGen has asked for a rest", retry_after=left)

    async def begin(self, error: RateLimited) -> None:
        """HeyGen has answered with this."""
        seconds = error.retry_after or REST_SECONDS
        logger.warning("HeyGen asks for a rest of %.0f s.", seconds, extra={"action": "rest"})
        self._until = max(self._until, self._steady() + seconds)
        await self._tell(seconds)
