"""What must be stored or known is waited for, however long the database is in trouble: a full disk loses no answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage.database import DatabaseFault

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
COMPLAIN_SECONDS = 60.0

T = TypeVar("T")


async def stored(store: Callable[[], Awaitable[T]]) -> T:
    """Calls `store` until the database does it. A shutdown ends the wait; the next start reads the truth back."""
    while True:
        try:
            return await store()
        except DatabaseFault as fault:
            logger.error(
                "The database did not do it, again in a second: %s; docs/operate/trouble.md says what to do.",
                fault.orig,
                extra={"action": "storing", "once_in_seconds": COMPLAIN_SECONDS},
            )  # fmt: skip
            await asyncio.sleep(AGAIN_SECONDS)
