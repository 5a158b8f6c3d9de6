"""A post whose answer was lost, looked for among Slack's messages page by page."""

import time
from dataclasses import replace

from slack_sdk.errors import SlackApiError

from bot.jobs.outcomes import AgainAt, Done, Outcome, Unknown
from bot.playground.local_slack.server import LocalSlack
from handlers.read_back import ReadBack, metadata
from handlers.trouble import outcome_of
from storage.records import Effect, EffectState
from tests.doubles.local_slack_apps import BEN, GENERAL, client_of
from tests.slack.nouns import an_effect

FEW, MANY = 15, 100


def in_doubt() -> Effect:
    """A card that was posted a moment ago, or was not."""
    now = time.time()
    return an_effect(
        "card", "post", channel_id=GENERAL, state=EffectState.UNKNOWN, attempted_at=now,
        created_at=now, patient_from=now,
    )  # fmt: skip


async def read(slack: LocalSlack, tried: Effect) -> tuple[Effect, Outcome]:
    """One reading, and the effect as it is then."""
    reading = ReadBack(client_of(slack), clock=time.time, tempo=1.0)
    try:
        outcome = await reading.find(tried, channel_id=GENERAL, root_ts=None)
    except SlackApiError as error:
        outcome = reading.blind(tried, outcome_of(error, tried, time.time()))
    return replace(tried, evidence={**tried.evidence, **outcome.evidence}), outcome


async def chatter(slack: LocalSlack, count: int) -> None:
    for number in range(count):
        slack.post(BEN, GENERAL, f"Word {number}")


async def test_a_reading_that_is_cut_off_goes_on_where_it_was() -> None:
    """An app that gets fifteen messages a minute used to begin anew after each refusal, and never came to the post."""
    async with LocalSlack() as slack:
        slack.set(messages_at_once=FEW)
        tried = in_doubt()
        posted = await client_of(slack).chat_postMessage(channel=GENERAL, text="Card", metadata=metadata(tried, None))
        await chatter(slack, 3 * FEW)
        for _ in range(3):
            tried, outcome = await read(slack, tried)
            assert isinstance(outcome, Unknown)
            slack.next("conversations.history", "429", retry_after=60)
            tried, outcome = await read(slack, tried)
            assert isinstance(outcome, Unknown)
            assert outcome.rests_lane
        tried, outcome = await read(slack, tried)
        assert outcome == Done({"ts": posted["ts"]})


async def test_what_was_not_read_to_its_end_proves_nothing() -> None:
    """After fifty pages the post used to count as missing, and was sent again though it was on the next one."""
    async with LocalSlack() as slack:
        slack.set(messages_at_once=1)
        tried = in_doubt()
        posted = await client_of(slack).chat_postMessage(channel=GENERAL, text="Card", metadata=metadata(tried, None))
        await chatter(slack, MANY)
        outcome: Outcome = Unknown(at=0.0, reason="lost")
        while isinstance(outcome, Unknown):
            tried, outcome = await read(slack, tried)
        assert outcome == Done({"ts": posted["ts"]})


async def test_two_full_readings_without_it_prove_that_it_is_not_there() -> None:
    """Each from the first page to the last."""
    async with LocalSlack() as slack:
        slack.set(messages_at_once=FEW)
        tried = in_doubt()
        await chatter(slack, FEW + 1)
        outcomes = []
        for _ in range(4):
            tried, outcome = await read(slack, tried)
            outcomes.append(type(outcome))
        assert outcomes == [Unknown, Unknown, Unknown, AgainAt]
        assert [None, True] * 2 == [
            True if call.arguments.get("cursor") else None for call in slack.calls("conversations.history")
        ]
