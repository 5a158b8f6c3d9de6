"""Slack's Web API client, which tells how long each call took and what came of it."""

import time
from collections.abc import Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from handlers.trouble import OVERLOADED, SLACKS_FAULT, status_of, word_of

Timed = Callable[[str, str, float], None]  # Slack's method, what came of the call, and the seconds it took


class SlackClient(AsyncWebClient):
    """Repeats nothing by itself: what may be repeated is the outbox's decision."""

    def __init__(self, *, timed: Timed, **options: Any) -> None:
        super().__init__(retry_handlers=[], **options)
        self._timed = timed

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        """Every method goes through here."""
        began = time.perf_counter()
        try:
            answer = await super().api_call(api_method, **options)
        except (TimeoutError, SlackApiError, aiohttp.ClientError) as error:
            self._timed(api_method, answer_to(error), time.perf_counter() - began)
            raise
        self._timed(api_method, "ok", time.perf_counter() - began)
        return answer


def answer_to(error: Exception) -> str:
    """What came of a call that failed, in the words that calls to HeyGen are counted by as well."""
    match error:
        case SlackApiError():
            return _of_answer(word_of(error), status_of(error))
        case aiohttp.ClientConnectorError():
            return "unreachable"
        case _:
            return "lost"


def _of_answer(word: str, status: int) -> str:
    if word in OVERLOADED or status == 429:
        return "rate_limited"
    is_slacks = word in SLACKS_FAULT or status >= 500 or word.startswith("status_")
    return "fault" if is_slacks else "refused"
