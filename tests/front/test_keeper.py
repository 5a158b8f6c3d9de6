"""The program is kept running, and ended, crashed and switched as ordered; a small web server stands in for it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.playground.child import Child
from bot.playground.keeper import CannotPlay, Keeper, Mode, first_of

SECONDS = 20.0
ENDLESS = ["http.server", "0", "--bind", "127.0.0.1"]


class Kept:
    """A keeper and what it did."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.said: list[str] = []
        self.modes: list[Mode] = []
        self.never_ready = False
        self.keeper = Keeper(
            mode=Mode.SOCKET, make_app=self._make, deliver=self._deliver, ready=self._ready, say=self.said.append
        )

    def _make(self, mode: Mode) -> Child:
        self.modes.append(mode)
        return Child("The program", ENDLESS, {}, log=Path(os.devnull))

    async def _deliver(self, mode: Mode) -> None:
        assert self.keeper.pid is None, "Slack is switched while no program runs"
        self.told.append(mode)

    async def _ready(self, app: Child) -> None:
        if self.never_ready:
            await app.end()
            raise CannotPlay("it ended before it was ready")

    async def until(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The program's state, once it is as wanted."""
        with self.keeper.news.watching() as lines:
            async with asyncio.timeout(SECONDS):
                while not wanted(self.keeper.as_json()):
                    await lines.get()
        return self.keeper.as_json()


@asynccontextmanager
async def kept() -> AsyncIterator[Kept]:
    """One that has begun and is kept, until the end."""
    one = Kept()
    await one.keeper.begin()
    keeping = asyncio.create_task(one.keeper.keep())
    try:
        yield one
        assert not keeping.done()
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await one.keeper.close()


def runs_anew(count: int) -> Callable[[dict[str, Any]], bool]:
    return lambda now: (now["state"], now["restarts"]) == ("running", count)


async def test_it_is_started_again_however_it_ends() -> None:
    """After a crash another process runs in the same mode, and both are said."""
    async with kept() as one:
        before = one.keeper.pid
        one.keeper.crash()
        now = await one.until(runs_anew(1))

        assert now["pid"] != before
        assert one.modes == [Mode.SOCKET]
        assert one.said == [
            "The program was killed by SIGKILL; it is started again and goes on.",
            f"The program runs again, as process {now['pid']}.",
        ]


async def test_a_restart_ends_it_in_order() -> None:
    """It is asked to end, and started once it has."""
    async with kept() as one:
        one.keeper.restart()
        await one.until(runs_anew(1))

        assert "SIGKILL" not in one.said[0]
        assert one.told == []


async def test_it_stays_down_until_it_is_started() -> None:
    """Stopped it stays so, a further stop changes nothing; a start brings it up, and one more does nothing."""
    async with kept() as one:
        one.keeper.stop()
        down = await one.until(lambda now: now["state"] == "ended")
        assert down["pid"] is None
        one.keeper.stop()
        one.keeper.start()
        up = await one.until(runs_anew(1))
        one.keeper.start()
        assert one.keeper.as_json() == up


async def test_slack_is_switched_between_the_old_and_the_new_program() -> None:
    """The old one has ended when Slack is told, and the new one, with its own settings, comes after that."""
    async with kept() as one:
        one.keeper.switch(Mode.HTTP)
        now = await one.until(runs_anew(1))
        assert (now["mode"], one.told, one.modes) == ("http", [Mode.HTTP], [Mode.SOCKET, Mode.HTTP])

        one.keeper.switch(Mode.HTTP)
        assert one.keeper.as_json() == now
        one.keeper.switch(Mode.SOCKET)
        await one.until(runs_anew(2))
        assert one.told == [Mode.HTTP, Mode.SOCKET]


async def test_a_crash_while_it_starts_is_no_failure_of_ours() -> None:
    """Killed before it was ready it is started once more; one that ends by itself ends the playground."""
    async with kept() as one:
        one.never_ready = True
        one.keeper.restart()
        await one.until(lambda now: now["state"] == "starting" and now["restarts"] == 1)
        one.keeper.crash()
        await one.until(lambda now: now["state"] == "ended")
        one.never_ready = False
        await one.until(lambda now: now["state"] == "running")


async def test_one_that_does_not_come_up_by_itself_is_told() -> None:
    """The first start waits until it is ready, and says why it is not."""
    one = Kept()

    async def never(app: Child) -> None:
        raise CannotPlay("it was not ready")

    one.keeper = Keeper(mode=Mode.SOCKET, make_app=one._make, deliver=one._deliver, ready=never, say=one.said.append)
    with pytest.raises(CannotPlay, match="it was not ready"):
        await one.keeper.begin()
    await one.keeper.close()


async def test_the_first_of_several_ends_the_others() -> None:
    """What the first one raises is raised, and the others are over by then."""
    ended = asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fails() -> None:
        raise CannotPlay("now")

    with pytest.raises(CannotPlay, match="now"):
        await first_of(forever(), fails())
    assert ended.is_set()
