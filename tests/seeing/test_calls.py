"""How the two clients say what came of each call: the same words for both sides, and no word of what was sent."""

from collections.abc import Callable

import aiohttp
import httpx
import pytest
from slack_sdk.errors import SlackApiError

from bot.heygen.client import HeyGenClient
from bot.heygen.errors import HeyGenError
from bot.playground.local_slack.server import LocalSlack
from handlers.client import SlackClient
from tests.journeys.world import GENERAL

Told = list[tuple[str, str]]
NOWHERE = "http://127.0.0.1:9/"  # the discard port, where nobody listens


def asking(answer: Callable[[httpx.Request], httpx.Response], told: Told) -> HeyGenClient:
    async def at_once(_seconds: float) -> None:
        pass

    return HeyGenClient(
        httpx.AsyncClient(transport=httpx.MockTransport(answer)), api_key="key", base_url="https://heygen.test",
        random=lambda: 0.5, sleep=at_once, timed=lambda call, outcome, _seconds: told.append((call, outcome)),
    )  # fmt: skip


def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    return answer


async def test_a_call_to_heygen_is_named_by_its_template() -> None:
    """The ids in the path are not in the name."""
    told: Told = []
    session = {"data": {"session_id": "sess_123", "status": "thinking"}}

    await asking(lambda _request: httpx.Response(200, json=session), told).session("sess_123")

    assert told == [("GET /v3/video-agents/{}", "ok")]


@pytest.mark.parametrize(
    ("answer", "outcomes"),
    [
        (lambda _: httpx.Response(404, json={"error": {"code": "not_found"}}), ["refused"]),
        (lambda _: httpx.Response(429, headers={"Retry-After": "7"}), ["rate_limited"]),
        (lambda _: httpx.Response(402, json={"error": {"code": "insufficient_credit"}}), ["refused"]),
        (lambda _: httpx.Response(503), ["fault", "fault", "fault"]),
        (raising(httpx.ConnectError("no route")), ["unreachable", "unreachable", "unreachable"]),
    ],
)
async def test_what_comes_of_a_question_to_heygen(
    answer: Callable[[httpx.Request], httpx.Response], outcomes: list[str]
) -> None:
    """Each attempt counts, those that the client makes by itself included."""
    told: Told = []

    with pytest.raises(HeyGenError):
        await asking(answer, told).session("sess_123")

    assert [outcome for _, outcome in told] == outcomes


async def test_a_create_without_an_answer_is_lost() -> None:
    """What may have happened is told from what was refused."""
    told: Told = []

    with pytest.raises(HeyGenError):
        await asking(raising(httpx.ReadTimeout("late")), told).create_session("A film")

    assert told == [("POST /v3/video-agents", "lost")]


async def test_what_comes_of_a_call_to_slack() -> None:
    """Slack's answers, its faults and its silences."""
    told: Told = []
    async with LocalSlack(request_url=None, signing_secret="secret") as slack, aiohttp.ClientSession() as session:
        client = SlackClient(
            token="xoxb-local", base_url=slack.api_url, session=session,
            timed=lambda method, outcome, _seconds: told.append((method, outcome)),
        )  # fmt: skip
        await client.chat_postMessage(channel=GENERAL, text="words")
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel="C0NOWHERE", text="words")
        for deed in ("429", "status", "disconnect_after_commit"):
            slack.next("chat.postMessage", deed)
            with pytest.raises((SlackApiError, aiohttp.ClientError)):
                await client.chat_postMessage(channel=GENERAL, text="words")
        client.base_url = NOWHERE
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel=GENERAL, text="words")

    assert {method for method, _ in told} == {"chat.postMessage"}
    assert [outcome for _, outcome in told] == ["ok", "refused", "rate_limited", "fault", "lost", "unreachable"]
