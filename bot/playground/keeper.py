"""Keeps the program running between the doubles: starts it again however it ends, and as the page orders."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from enum import StrEnum
from typing import Any

from bot.playground.child import Child
from bot.playground.news import News

Json = dict[str, Any]
Say = Callable[[str], None]


class CannotPlay(Exception):
    """The playground cannot begin or go on. The message is one sentence with the cure."""


class Mode(StrEnum):
    """How Slack reaches the program."""

    SOCKET = "socket"
    HTTP = "http"


class State(StrEnum):
    STARTING = "starting"  # until it says that it is ready
    RUNNING = "running"
    ENDED = "ended"  # killed, stopped, or about to be started again


class Keeper:
    """Owns the program's process. `begin` it once, then `keep` it until all is to end, then `close`.

    `make_app` gives the process for a mode, `deliver` tells Slack of that mode, `ready` waits for a started process.
    """

    def __init__(
        self,
        *,
        mode: Mode,
        make_app: Callable[[Mode], Child],
        deliver: Callable[[Mode], Awaitable[None]],
        ready: Callable[[Child], Awaitable[None]],
        say: Say,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.news = News()
        self._make_app, self._deliver, self._ready, self._say = make_app, deliver, ready, say
        self._clock = clock
        self._mode = self._delivered = mode
        self._app = make_app(mode)
        self._state, self._since, self._starts = State.ENDED, clock(), 0
        self._is_wanted = True
        self._was_killed = False
        self._wish = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return None if self._state is State.ENDED else self._app.id

    def as_json(self) -> Json:
        return {
            "pid": self.pid,
            "state": self._state,
            "mode": self._mode,
            "since": self._since,
            "restarts": max(0, self._starts - 1),
        }

    def crash(self) -> None:
        """Kill it in the middle of whatever it does."""
        self._was_killed = True
        self._app.kill()

    def restart(self) -> None:
        """Let it end in order, then start it; when it is down, start it."""
        self._want(running=True)

    def stop(self) -> None:
        """Let it end in order, and leave it down."""
        if self._is_wanted:
            self._want(running=False)

    def start(self) -> None:
        """Start it when it is down."""
        if not self._is_wanted:
            self._want(running=True)

    def switch(self, mode: Mode) -> None:
        """Deploy it the other way: end it in order, let Slack deliver that way, start it."""
        if mode is not self._mode:
            self._mode = mode
            self._want(running=True)

    async def begin(self) -> None:
        """Start it and wait until it is ready. Raises CannotPlay when it does not come up by itself."""
        if self._delivered is not self._mode:
            self._app = self._make_app(self._mode)
            await self._deliver(self._mode)
            self._delivered = self._mode
        self._was_killed = False
        await self._app.start()
        self._starts += 1
        self._became(State.STARTING)
        try:
            await self._ready(self._app)
        except CannotPlay:
            if not self._was_killed:
                raise
        else:
            self._became(State.RUNNING)

    async def keep(self) -> None:
        """Start it again each time it ends, until cancelled."""
        while True:
            await self._until_something()
            await self.settle()

    async def settle(self) -> None:
        """One turn: end it where that is wished for; once it has ended, start it again, unless it is to stay down."""
        if self._wish.is_set():
            self._wish.clear()
            await self._app.stop()
        how = await self._app.end()
        if self._state is not State.ENDED:
            self._became(State.ENDED)
        if not self._is_wanted:
            self._say(f"The program {how}; it stays down until it is started on the page.")
            return
        self._say(f"The program {how}; it is started again and goes on.")
        await self.begin()
        if self._state is State.RUNNING:
            self._say(f"The program runs again, as process {self.pid}.")

    async def close(self) -> None:
        await self._app.stop()

    def kill(self) -> None:
        self._app.kill()

    async def _until_something(self) -> None:
        """Returns when it has ended by itself, or when something is wished for."""
        if self._is_wanted:
            await first_of(self._app.end(), self._wish.wait())
        else:
            await self._wish.wait()

    def _want(self, *, running: bool) -> None:
        self._is_wanted = running
        self._wish.set()
        self.news.tell("state", self.as_json())

    def _became(self, state: State) -> None:
        self._state, self._since = state, self._clock()
        self.news.tell("state", self.as_json())


async def first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    """Wait for whichever is first, end the others, and raise what it raised."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
