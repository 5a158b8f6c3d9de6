"""Replicas tell each other that there may be work, over PostgreSQL's LISTEN and NOTIFY.

No work depends on it: every loop comes by itself after some seconds. The connection also holds a lock that says that
this instance is alive: PostgreSQL gives it back when the process dies or its machine is gone, not when it is slow.
"""

import logging
from collections.abc import Callable
from typing import Any

from storage.database import parsed
from storage.database.postgres import connect, troubles
from storage.database.terms import ALIVE

logger = logging.getLogger(__name__)

CHANNEL = "heygen_slack"
AGAIN_SECONDS = 2.0
CHECK_SECONDS = 30.0


class Notices:
    """One connection that listens. `heard` is called when another replica has told something."""

    def __init__(self, address: str, *, instance: str, heard: Callable[[], None], clock: Callable[[], float]) -> None:
        self._address = parsed(address).render_as_string(hide_password=False)
        self._instance = instance
        self._heard = heard
        self._clock = clock
        self._connection: Any = None
        self._untold = False

    def tell(self) -> None:
        """There may be work for the others; told at the next `run_once`."""
        self._untold = True

    async def run_once(self) -> float:
        """Listens, and tells what there is to tell; returns when to look after the connection again."""
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connect(self._address)
                await self._connection.execute("SELECT pg_advisory_lock($1, hashtext($2))", ALIVE, self._instance)
                await self._connection.add_listener(CHANNEL, self._on_notice)
                self._heard()  # what was told meanwhile was missed
            else:
                await self._connection.execute("SELECT 1")  # an idle one may be dead without a word
            if self._untold:
                self._untold = False
                await self._connection.execute(f"SELECT pg_notify('{CHANNEL}', $1)", self._instance)
        except troubles() as error:
            logger.warning("Notices are not heard: %s", type(error).__name__, extra={"action": "notices"})
            await self.close()
            return self._clock() + AGAIN_SECONDS
        return self._clock() + CHECK_SECONDS

    def _on_notice(self, _connection: object, _pid: int, _channel: str, instance: str) -> None:
        if instance != self._instance:
            self._heard()

    async def close(self) -> None:
        """Listens no more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
