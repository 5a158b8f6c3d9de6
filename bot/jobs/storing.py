"""What has been found out is stored, however long the database is in trouble: a full disk must not lose an answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage.database import DatabaseFault

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0

T = TypeVar("T")


async def stored(store: Callable[[], Awaitable[T]]) -> T:
    """Calls `store` until the database takes it. A shutdown ends the wait; the next start reads the truth back."""
    while True:
        try:
            return await store()
        except DatabaseFault as fault:
            logger.error("The database did not take it, again in a second: %s", fault.orig, extra={"action": "storing"})
            await asyncio.sleep(AGAIN_SECONDS)
