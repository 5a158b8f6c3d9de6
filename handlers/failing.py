"""When a listener fails: Slack repeats events, but not commands and clicks, so those are told at once.

It may have failed before its row was committed or after, so the words claim neither.
"""

import asyncio
import logging
from typing import Any

import aiohttp
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from handlers.refusals import slack_trouble
from handlers.trouble import scope_of, word_of

logger = logging.getLogger(__name__)

SORRY = "Sorry, something went wrong, and I do not know how far I got. If nothing shows up within a minute, try again."
RESPOND_SECONDS = 2.0


async def answer_failure(error: Exception, body: dict[str, Any], respond: AsyncRespond) -> BoltResponse:
    """500 for events, so that Slack sends them again; words for everything a person waits on."""
    logger.error("A listener failed.", exc_info=error, extra={"action": "listener_fault"})
    if body.get("type") == "event_callback":
        return BoltResponse(status=500, body="")
    words = _words(error)
    if body.get("command"):
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": words})
    if body.get("type") == "view_submission":
        first = next((block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"), None)
        if first is not None:
            return BoltResponse(status=200, body={"response_action": "errors", "errors": {first: words}})
    if body.get("type") == "block_actions" and await _responded(respond, words):
        return BoltResponse(status=200, body="")
    return BoltResponse(status=500, body="")


def _words(error: Exception) -> str:
    """What Slack refused can be mended by somebody, who is named; plain text, as a form shows it."""
    if isinstance(error, SlackApiError):
        return f"Sorry, something went wrong. {slack_trouble(word_of(error), scope_of(error))}"
    return SORRY


async def _responded(respond: AsyncRespond, words: str) -> bool:
    """Whether the one who clicked has been told; otherwise Slack's own sign beside the button must do."""
    if not respond.response_url:
        return False
    try:
        async with asyncio.timeout(RESPOND_SECONDS):
            answer = await respond(text=words, response_type="ephemeral", replace_original=False)
    except (TimeoutError, aiohttp.ClientError) as error:
        logger.warning("A click's failure was not told: %s", type(error).__name__, extra={"action": "untold"})
        return False
    return bool(answer.status_code == 200)
