"""Socket Mode: some connections to Slack at a time, each replaced when it ends, so that one delivers meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.jobs.loop import Loop
from bot.jobs.patience import wait_after
from handlers.socket_line import Line, NoHello
from handlers.trouble import word_of

logger = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
APART_SECONDS = 60.0  # opened one after the other, so that Slack does not refresh them together
STEADY_SECONDS = 30.0  # one that lasted so long is replaced at once
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
NEVER = float("-inf")

Open = Callable[[], Awaitable[Line]]


class Connection:
    """A place for one line, which is refilled. `back` hears of each later line since when there had been none."""

    def __init__(
        self, open_line: Open, *, name: str, first_at: float, clock: Callable[[], float], tempo: float,
        back: Callable[["Connection", float], None],
    ) -> None:  # fmt: skip
        self._open_line = open_line
        self._clock = clock
        self._tempo = tempo
        self._back = back
        self._line: Line | None = None
        self._next_at = first_at
        self._failures = 0
        self._silent_from: float | None = None
        self._is_closed = False
        self.loop = Loop(name, run_once=self.run_once, clock=clock, longest_seconds=CHECK_SECONDS)

    @property
    def is_live(self) -> bool:
        """Whether Slack can reach us by it now."""
        return self._line is not None and self._line.is_live

    def was_live(self, at: float) -> bool:
        """Whether it has been live since before then, without a break."""
        return self._line is not None and self._line.is_live and self._line.opened_at < at

    async def open(self) -> None:
        """Opens its line. Raises SlackApiError, aiohttp's errors or TimeoutError."""
        line = await self._open_line()
        if self._is_closed:
            await line.close()
            return
        self._line = line
        line.reading.add_done_callback(lambda _: self.loop.wake())
        if self._silent_from is not None:
            self._back(self, self._silent_from)

    async def close(self) -> None:
        """Ends it for good."""
        self._is_closed = True
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def run_once(self) -> float:
        """Replaces a line that has ended, after a while if that goes on; returns when to look again."""
        now = self._clock()
        if self._line is not None and not self._line.is_live:
            self._clear(self._line, now)
        if self._line is None and not self._is_closed and now >= self._next_at:
            await self._try_to_open()
        return now + CHECK_SECONDS if self._line is not None else max(self._next_at, now)

    def _clear(self, line: Line, now: float) -> None:
        """Ends it beside the next one's beginning. Without a goodbye nobody knows since when nothing came."""
        self._line = None
        self._silent_from = NEVER if line.goodbye_at is None else line.goodbye_at
        if now - line.opened_at >= STEADY_SECONDS / self._tempo:
            self._failures, self._next_at = 0, now
        else:
            self._wait()
        self.loop.start(line.close(), name="end of a slack connection")

    async def _try_to_open(self) -> None:
        try:
            await self.open()
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            logger.warning("Slack gives no connection: %s", _why(error), extra={"action": "socket_refused"})
            self._wait()

    def _wait(self) -> None:
        self._failures += 1
        wait = wait_after(self._failures, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS)
        self._next_at = self._clock() + wait / self._tempo


def _why(error: Exception) -> str:
    """No more than a word: the address holds a ticket."""
    match error:
        case SlackApiError():
            return word_of(error)
        case NoHello():
            return str(error)
        case _:
            return type(error).__name__


class SocketMode:
    """All connections of this replica. Slack gives each delivery to one of them."""

    def __init__(
        self, open_line: Open, *, connections: int, clock: Callable[[], float], tempo: float, gap: Callable[[], None]
    ) -> None:
        self._gap = gap
        self._connections = [
            Connection(
                open_line, name=f"slack connection {number + 1}", first_at=clock() + number * APART_SECONDS / tempo,
                clock=clock, tempo=tempo, back=self._back,
            )
            for number in range(connections)
        ]  # fmt: skip

    @property
    def loops(self) -> list[Loop]:
        """What replaces the connections."""
        return [connection.loop for connection in self._connections]

    def is_connected(self) -> bool:
        """Whether Slack can reach us now."""
        return any(connection.is_live for connection in self._connections)

    async def connect(self) -> None:
        """Opens the first one; the others follow. Raises SlackApiError, aiohttp's errors or TimeoutError."""
        await self._connections[0].open()

    async def close(self) -> None:
        """Takes no more deliveries. Slack repeats what was not acknowledged to whoever connects next."""
        await asyncio.gather(*(connection.close() for connection in self._connections))

    def _back(self, which: Connection, silent_from: float) -> None:
        """Tells of a gap, unless another connection was there all the while."""
        others = (other for other in self._connections if other is not which)
        if not any(other.was_live(silent_from) for other in others):
            logger.info("For a moment Slack could not reach us.", extra={"action": "socket_gap"})
            self._gap()
