"""Five hundred jobs in one workspace, Slack's limits on, everything as much faster as the tests' tempo says."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.config import load_settings
from bot.playground.local_slack.records import BOT_USER, Channel
from bot.playground.local_slack.server import LocalSlack
from tests.journeys.once import ONE_VIDEO, said
from tests.journeys.world import ADMIN, ANA, BEN, TEMPO, World, doubles, in_process, settings_for, shown
from tests.ports import free_port

JOBS, AT_ONCE, CHANNELS = 500, 250, 10
PEOPLE = (ANA, BEN, ADMIN)
REFUSED = 20  # of some five thousand calls: at this pace a few hundredths of a second too early are too early
THINKING_SECONDS, GENERATING_SECONDS, POLL_SECONDS = 120.0, 300.0, 60.0


def widened(slack: LocalSlack) -> list[str]:
    """Channels that the app and everybody is in."""
    ids = [f"C0STORM{number}" for number in range(CHANNELS)]
    for channel_id in ids:
        slack.world.channels[channel_id] = Channel(channel_id, channel_id.lower(), "public", {*PEOPLE, BOT_USER})
    return ids


async def all_is_said(made: World) -> None:
    """Waits until every job has said all it has to say, and every card shows it."""
    whole = {what: count * JOBS for what, count in ONE_VIDEO.items()}
    await made.until(lambda world: said(world.slack) == whole, timeout=400)
    await made.until(lambda world: len(done_at(world.slack)) == JOBS, timeout=120)


def done_at(slack: LocalSlack) -> dict[str, float]:
    """When each card first said that its video is done and where it is."""
    first: dict[str, float] = {}
    for call in edits(slack):
        if "*Done*" in shown(call.arguments):
            first.setdefault(call.arguments["ts"], call.at)
    return first


def edits(slack: LocalSlack) -> list[Any]:
    """Edits of cards that Slack took, in order."""
    return [call for call in slack.calls("chat.update") if call.ok]


def passed_by(slack: LocalSlack, card_ts: str, since: float) -> int:
    """How often any one other card was edited while this one did not yet say that its result is there."""
    until = done_at(slack)[card_ts]
    others = Counter(call.arguments["ts"] for call in edits(slack) if since < call.at < until)
    return max((count for ts, count in others.items() if ts != card_ts), default=0)


def results_at(slack: LocalSlack, channels: list[str]) -> dict[str, float]:
    """When each card's thread got its result, by the card."""
    at: dict[str, float] = {}
    for channel_id in channels:
        for message in slack.world.channels[channel_id].messages.values():
            key = message.metadata["event_payload"]["effect"] if message.from_app and message.metadata else ""
            if key.startswith("result:"):
                at[message.thread_ts or ""] = float(message.ts)
    return at


def refused(slack: LocalSlack) -> list[Any]:
    """Calls that Slack answered with 429."""
    return [call.method for call in slack.calls() if call.error == "ratelimited"]


@pytest.mark.slow
@pytest.mark.timeout(560)
async def test_five_hundred_jobs_lose_nothing_and_start_no_storm(tmp_path: Path) -> None:
    """Each says what one alone would say; Slack refuses next to nothing; no card waits while others have two turns.

    Turns are counted, not seconds: twenty times as fast as Slack, those would tell more of the machine. One edit of
    another card may have been under way, and one that had been wished for before goes first.
    """
    port = free_port()
    async with doubles(tmp_path, port, http=False, webhooks=True, media=False) as (slack, heygen):
        channels = widened(slack)
        slack.set(rate_factor=TEMPO)
        heygen.set(
            speed=TEMPO, concurrency=AT_ONCE, thinking_seconds=THINKING_SECONDS, generating_seconds=GENERATING_SECONDS
        )
        environment = settings_for(
            tmp_path, slack, heygen, port, http=False, webhooks=True,
            HEYGEN_POLL_SECONDS=str(POLL_SECONDS / TEMPO), HEYGEN_CONCURRENCY=str(AT_ONCE),
        )  # fmt: skip
        made = World(slack, heygen, load_settings(None, environment))
        async with in_process(made, tempo=TEMPO):
            for number in range(JOBS):
                await made.video(f"Film {number}", by=PEOPLE[number % 3], channel=channels[number % CHANNELS])
            await all_is_said(made)
        passed = [passed_by(slack, ts, at) for ts, at in results_at(slack, channels).items()]
        assert JOBS == len(passed)
        assert max(passed) <= 2
        assert len(refused(slack)) <= REFUSED
