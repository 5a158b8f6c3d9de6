"""Who somebody is, as a local Slack tells it under a clock of the test's, and what counts while it does not tell."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack.server import LocalSlack
from handlers.people import CACHE_SECONDS, CACHED_PEOPLE, REMEMBERED_SECONDS, People
from tests.doubles.local_slack_apps import ANA, BEN, client_of

LATER = CACHE_SECONDS + 1


class Stage:
    """A local Slack, and who asks it."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack
        self.now = 1_000_000.0
        self.people = self.asking(client_of(slack))

    def asking(self, client: AsyncWebClient) -> People:
        return People(client, workspace_id="T0LOCAL", admins=[], clock=lambda: self.now)

    @property
    def asked(self) -> int:
        return len(self.slack.calls("users.info"))


class SmallSlack(AsyncWebClient):
    """Tells of people, when the test lets it, until it has trouble."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: Exception | None = None
        self.asked: list[str] = []
        self.is_asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.may_answer.set()

    async def users_info(self, **options: Any) -> Any:
        self.asked.append(options["user"])
        self.is_asked.set()
        await self.may_answer.wait()
        if self.trouble is not None:
            raise self.trouble
        return {"user": {"id": options["user"], "name": "ana"}}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with LocalSlack() as slack:
        yield Stage(slack)


async def test_who_somebody_is_is_asked_once_in_ten_minutes(stage: Stage) -> None:
    """What changed by then is seen."""
    for _ in range(2):
        await stage.people.person(ANA)
    assert stage.asked == 1
    stage.now += LATER
    await stage.people.person(ANA)
    assert stage.asked == 2


async def test_who_ask_at_once_share_one_call(stage: Stage) -> None:
    """One mention comes as two events, and each of them made a call of its own."""
    first, *others = await asyncio.gather(*(stage.people.person(ANA) for _ in range(5)))
    assert stage.asked == 1
    assert [first] * 4 == others
    await asyncio.gather(stage.people.person(ANA), stage.people.person(BEN))
    assert stage.asked == 2


async def test_who_gives_up_takes_the_answer_from_nobody_else(stage: Stage) -> None:
    """The first to ask may be cancelled while others wait for the same call."""
    slack = SmallSlack()
    slack.may_answer.clear()
    asking = stage.asking(slack)
    hasty, patient = (asyncio.create_task(asking.person(ANA)) for _ in range(2))
    await slack.is_asked.wait()
    hasty.cancel()
    slack.may_answer.set()
    assert (await patient).id == ANA
    assert slack.asked == [ANA]


async def test_a_call_that_failed_is_shared_and_then_over(stage: Stage) -> None:
    """All who waited for it are refused, and the next one asks anew."""
    stage.slack.next("users.info", "429")
    refused = await asyncio.gather(*(stage.people.person(ANA) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(one, SlackApiError) for one in refused)
    assert stage.asked == 1
    assert (await stage.people.person(ANA)).may_ask


@pytest.mark.parametrize(
    "trouble", [{"do": "429"}, {"do": "status", "status": 503}, {"do": "error", "error": "fatal_error"}],
    ids=["rate limit", "no answer of its own", "fault"],
)  # fmt: skip
async def test_whom_slack_told_of_within_a_day_is_known_while_it_does_not_tell(
    stage: Stage, trouble: dict[str, Any]
) -> None:
    """In a rush people who had made videos all morning were told to type it again; asked anew as soon as it works."""
    ana = await stage.people.person(ANA)
    stage.now += LATER
    stage.slack.next("users.info", **trouble)
    assert ana == await stage.people.person(ANA)
    await stage.people.person(ANA)
    assert stage.asked == 3, "what was known of old does not count as told now"


@pytest.mark.parametrize("trouble", [TimeoutError(), aiohttp.ClientConnectionError()], ids=["timeout", "no connection"])
async def test_a_slack_that_is_silent_or_not_there_is_trouble_that_passes(stage: Stage, trouble: Exception) -> None:
    """Who is known may go on; of whom nothing is known stays refused."""
    slack = SmallSlack()
    asking = stage.asking(slack)
    ana = await asking.person(ANA)
    stage.now += LATER
    slack.trouble = trouble
    assert ana == await asking.person(ANA)
    assert {ANA: "ana"} == await asking.names([ANA, BEN])
    with pytest.raises(type(trouble)):
        await asking.person(BEN)


async def test_nobody_is_known_for_longer_than_a_day(stage: Stage) -> None:
    """Who has become a guest since then is not let in for ever."""
    await stage.people.person(ANA)
    stage.now += REMEMBERED_SECONDS
    stage.slack.next("users.info", "429")
    with pytest.raises(SlackApiError):
        await stage.people.person(ANA)


async def test_a_refusal_that_somebody_must_mend_is_told_at_once(stage: Stage) -> None:
    """A token that Slack takes no more does not come back by waiting."""
    await stage.people.person(ANA)
    stage.now += LATER
    stage.slack.next("users.info", "error", error="invalid_auth")
    with pytest.raises(SlackApiError):
        await stage.people.person(ANA)


async def test_whom_slack_told_of_last_is_remembered_longest(stage: Stage) -> None:
    """So many people at most; who was asked about anew used to keep their old place, and be forgotten first."""
    slack = SmallSlack()
    asking = stage.asking(slack)
    everybody = [f"U{number}" for number in range(CACHED_PEOPLE)]
    for user_id in everybody:
        await asking.person(user_id)
    stage.now += LATER
    for user_id in (everybody[1], "UNEW", "UNEWER"):
        await asking.person(user_id)
    slack.trouble = TimeoutError()
    for user_id in (everybody[0], everybody[2]):
        with pytest.raises(TimeoutError):
            await asking.person(user_id)
    for user_id in (everybody[1], everybody[3]):
        assert user_id == (await asking.person(user_id)).id
