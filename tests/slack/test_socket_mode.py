"""Connections to Slack over real WebSockets: each is replaced when it ends, with patience, and gaps are told of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from bot.playground.local_slack.server import LocalSlack
from handlers.socket_line import OVERDUE_SECONDS, Line, NoHello, open_line
from handlers.socket_mode import (
    APART_SECONDS,
    FIRST_WAIT_SECONDS,
    LONGEST_WAIT_SECONDS,
    STEADY_SECONDS,
    SocketMode,
)
from tests.doubles.local_slack_apps import ANA, GENERAL, bolt_app

PING_SECONDS = 0.4
LIFETIME_SECONDS = 3600  # what the local Slack announces


class Stage:
    """A local Slack, an app that notes what it hears, and connections under a clock of the test's."""

    def __init__(self, slack: LocalSlack, session: aiohttp.ClientSession) -> None:
        self.slack = slack
        self.session = session
        self.now = 1_000_000.0
        self.heard: list[str] = []
        self.gaps = 0
        self.held = asyncio.Event()
        self.held.set()
        self.app = bolt_app(slack)
        self.app.event("message")(self._hear)
        self.socket = self.connections(1)

    async def _hear(self, event: dict[str, Any]) -> None:
        self.heard.append(event["text"])
        await self.held.wait()

    def connections(self, count: int) -> SocketMode:
        self.socket = SocketMode(
            self.open, connections=count, clock=lambda: self.now, tempo=1.0, gap=self._gap
        )  # fmt: skip
        return self.socket

    def _gap(self) -> None:
        self.gaps += 1

    async def open(self) -> Line:
        return await open_line(
            self.app, self.slack.app_token, self.session, clock=lambda: self.now, ping_seconds=PING_SECONDS
        )

    async def rounds(self) -> None:
        """What the loops do when they are due or woken."""
        for loop in self.socket.loops:
            await loop.round()

    async def until(self, fits: Callable[[], bool]) -> None:
        """Waits, while the loops go round."""
        async with asyncio.timeout(10):
            while not fits():
                await self.rounds()
                await asyncio.sleep(0.02)

    @property
    def asked(self) -> int:
        """How many addresses Slack was asked for."""
        return len(self.slack.calls("apps.connections.open"))

    def say(self, text: str) -> None:
        self.slack.post(ANA, GENERAL, text)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        made = Stage(slack, session)
        yield made
        await made.socket.close()


async def test_what_is_said_is_heard_and_acknowledged(stage: Stage) -> None:
    """One connection is opened at the start, by one address."""
    await stage.socket.connect()
    stage.say("Hello")
    await stage.slack.idle()
    assert stage.heard == ["Hello"]
    assert stage.slack.deliveries("events_api")[0].trace == ["acked"]
    assert stage.asked == 1
    assert stage.gaps == 0


async def test_what_failed_is_not_acknowledged(stage: Stage) -> None:
    """So Slack sends it again."""
    failing = [RuntimeError("not today")]

    async def fail_once(event: dict[str, Any]) -> None:
        if failing:
            raise failing.pop()

    stage.slack.set(ack_seconds=0.2)
    stage.app.event("reaction_added")(fail_once)
    ts = stage.slack.post(ANA, GENERAL, "Hello")
    await stage.socket.connect()
    stage.slack.react(ANA, GENERAL, ts, "tada")
    await stage.slack.idle()
    assert stage.slack.deliveries("events_api")[-1].trace == ["timeout", "acked"]


async def test_a_rejected_address_is_not_tried_again(stage: Stage) -> None:
    """Slack's own client used to repeat it for ever: each attempt asks for a new one."""
    await stage.socket.connect()
    stage.slack.next("socket", "status", status=403, times=3)
    await stage.slack.disconnect()
    await stage.until(lambda: not stage.socket.is_connected())
    for attempts in (1, 2, 3):
        stage.now += LONGEST_WAIT_SECONDS
        await stage.rounds()
        assert stage.asked == 1 + attempts
        assert not stage.socket.is_connected()
    stage.now += LONGEST_WAIT_SECONDS
    await stage.rounds()
    assert stage.socket.is_connected()


async def test_attempts_come_further_and_further_apart(stage: Stage) -> None:
    """A Slack that is down is not hammered."""
    stage.slack.next("apps.connections.open", "error", times=1000)
    waits = []
    for _ in range(9):
        await stage.rounds()
        before, began_at = stage.asked, stage.now
        while stage.asked == before:
            stage.now += 0.5
            await stage.rounds()
        waits.append(stage.now - began_at)
    assert waits == [FIRST_WAIT_SECONDS, 2, 4, 8, 16, 32, *[LONGEST_WAIT_SECONDS] * 3]


async def test_who_was_steady_is_replaced_at_once(stage: Stage) -> None:
    """And who came and went is not, again and again."""
    await stage.socket.connect()
    stage.now += STEADY_SECONDS
    await stage.slack.disconnect()
    await stage.until(lambda: stage.asked == 2)
    assert stage.socket.is_connected()
    await stage.slack.disconnect()
    await stage.until(lambda: not stage.socket.is_connected())
    await stage.rounds()
    assert stage.asked == 2


async def test_a_connection_that_went_dead_is_replaced(stage: Stage) -> None:
    """It looks open, but answers no ping; the old one is gone, the new one delivers, and the gap is told of."""
    await stage.socket.connect()
    stage.now += STEADY_SECONDS
    stage.slack.set(ack_seconds=0.2)
    stage.slack.freeze()
    assert stage.socket.is_connected()
    await stage.until(lambda: stage.asked == 2)
    await stage.slack.wait_for(lambda slack: slack.connections == 1)
    stage.say("Hello")
    await stage.slack.idle()
    assert stage.heard == ["Hello"]
    assert stage.gaps == 1


async def test_a_connection_that_outlives_its_time_is_replaced(stage: Stage) -> None:
    """Slack said how long it would last; one that goes on far beyond that has been forgotten there."""
    await stage.socket.connect()
    stage.now += LIFETIME_SECONDS + OVERDUE_SECONDS - 1
    await stage.rounds()
    assert stage.asked == 1
    stage.now += 1
    assert not stage.socket.is_connected()
    await stage.rounds()
    assert stage.asked == 2
    await stage.slack.wait_for(lambda slack: slack.connections == 1)
    assert stage.gaps == 1


async def test_a_warning_is_no_goodbye(stage: Stage) -> None:
    """It goes on delivering until Slack ends it."""
    await stage.socket.connect()
    await stage.slack.disconnect("warning")
    stage.say("Hello")
    await stage.slack.idle()
    await stage.rounds()
    assert stage.heard == ["Hello"]
    assert (stage.asked, stage.gaps) == (1, 0)


async def test_a_refreshed_connection_leaves_a_gap(stage: Stage) -> None:
    """With one alone there is a moment in which nothing arrives."""
    await stage.socket.connect()
    stage.now += STEADY_SECONDS
    await stage.slack.disconnect("refresh_requested")
    await stage.until(lambda: stage.asked == 2)
    assert stage.gaps == 1


async def two(stage: Stage) -> None:
    """Two connections, both steady."""
    socket = stage.connections(2)
    await socket.connect()
    await stage.rounds()
    assert stage.asked == 1
    stage.now += APART_SECONDS
    await stage.rounds()
    assert stage.asked == 2
    await stage.slack.wait_for(lambda slack: slack.connections == 2)
    stage.now += STEADY_SECONDS


async def test_with_two_the_other_delivers_while_one_is_refreshed(stage: Stage) -> None:
    """They are opened some time apart; there is no gap, and nothing is delivered late."""
    await two(stage)
    await stage.slack.disconnect(count=1)
    for number in range(4):
        stage.say(f"Word {number}")
    await stage.slack.idle()
    await stage.until(lambda: stage.asked == 3)
    assert stage.gaps == 0
    assert sorted(stage.heard) == [f"Word {number}" for number in range(4)]
    assert all(entry.trace == ["acked"] for entry in stage.slack.deliveries("events_api"))


async def test_when_both_were_down_there_is_a_gap(stage: Stage) -> None:
    """However soon one of them is back: the second one to come back was not covered by it."""
    await two(stage)
    await stage.slack.disconnect("refresh_requested")
    await stage.until(lambda: stage.asked == 4)
    assert stage.gaps == 2


async def test_a_dead_one_leaves_a_gap_although_the_other_lives(stage: Stage) -> None:
    """What Slack gave to the dead one may be lost."""
    await two(stage)
    stage.slack.freeze()
    await stage.until(lambda: stage.asked == 4)
    assert stage.gaps == 2


async def test_too_many_connections_are_not_forced(stage: Stage) -> None:
    """The eleventh is refused with Slack's word, and asked for again with patience."""
    others = [await stage.open() for _ in range(10)]
    with pytest.raises(NoHello, match="too_many_websockets"):
        await stage.socket.connect()
    await stage.rounds()
    await stage.rounds()
    assert stage.asked == 12
    for line in others:
        await line.close()
    stage.now += FIRST_WAIT_SECONDS
    await stage.rounds()
    assert stage.socket.is_connected()


async def test_what_is_being_answered_at_the_end_is_acknowledged(stage: Stage) -> None:
    """Closing waits for it, and takes nothing new."""
    await stage.socket.connect()
    stage.held.clear()
    stage.say("Hello")
    await stage.until(lambda: stage.heard == ["Hello"])
    closing = asyncio.create_task(stage.socket.close())
    await stage.until(lambda: not stage.socket.is_connected())
    stage.held.set()
    await closing
    await stage.slack.idle()
    assert stage.slack.deliveries("events_api")[0].trace == ["acked"]
    await stage.slack.wait_for(lambda slack: slack.connections == 0)


async def test_what_ended_for_good_is_not_opened_again(stage: Stage) -> None:
    """Not by its loop, and not by an attempt that was under way."""
    stage.slack.set(latency=0.2)
    opening = asyncio.create_task(stage.rounds())
    await asyncio.sleep(0)
    await stage.socket.close()
    await opening
    stage.now += LONGEST_WAIT_SECONDS
    await stage.rounds()
    assert not stage.socket.is_connected()
    assert stage.asked == 1
    await stage.slack.wait_for(lambda slack: slack.connections == 0)
