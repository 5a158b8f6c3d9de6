"""What must be stored or known is waited for, however long the database is in trouble: a full disk loses no answer.

At the end of the program it is not: what is left unsaid is found out by whoever comes next.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage.database import DatabaseFault

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
GOODBYE_SECONDS = 3.0
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


async def stored_at_the_end(store: Callable[[], Awaitable[object]], *, what: str) -> None:
    """Calls `store` once. A database that refuses or says nothing does not keep the program from ending."""
    try:
        async with asyncio.timeout(GOODBYE_SECONDS):
            await store()
    except (DatabaseFault, TimeoutError) as error:
        why = error.orig if isinstance(error, DatabaseFault) else "no answer"
        logger.warning("%s: %s", what, why, extra={"action": "claims"})
