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

from bot.jobs.storing import COMPLAIN_SECONDS
from handlers.refusals import slack_trouble
from handlers.trouble import scope_of, word_of
from storage.database import DatabaseFault

logger = logging.getLogger(__name__)

TOO_EARLY = 425  # the status by that name
SORRY = "Sorry, something went wrong, and I do not know how far I got. If nothing shows up within a minute, try again."
STORELESS = (
    "Sorry, I cannot store anything at the moment, and what I cannot store I do not begin. Try again in a few minutes; "
    "whoever runs this app sees the reason in its log."
)
RESPOND_SECONDS = 2.0


class TooEarly(Exception):
    """A reply to a card of which we do not know yet that Slack has shown it; Slack is to send the event again."""


async def answer_failure(error: Exception, body: dict[str, Any], respond: AsyncRespond) -> BoltResponse:
    """500 for events, so that Slack sends them again; words for everything a person waits on."""
    _note(error)
    if body.get("type") == "event_callback":
        return BoltResponse(status=TOO_EARLY if isinstance(error, TooEarly) else 500, body="")
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


def _note(error: Exception) -> None:
    """A traceback only for what may be a fault of ours."""
    match error:
        case TooEarly():
            logger.info("A reply came before its card was known.", extra={"action": "too_early"})
        case SlackApiError():
            logger.warning(
                "Slack refused what a listener needs: %s", word_of(error), extra={"action": "listener_refused"}
            )
        case DatabaseFault():
            logger.error(
                "A listener could not store what came: %s; docs/operate/trouble.md says what to do.", error.orig,
                extra={"action": "listener_unstored", "once_in_seconds": COMPLAIN_SECONDS},
            )  # fmt: skip
        case _:
            logger.error("A listener failed.", exc_info=error, extra={"action": "listener_fault"})


def _words(error: Exception) -> str:
    """What Slack refused can be mended by somebody, who is named; plain text, as a form shows it."""
    match error:
        case SlackApiError():
            return f"Sorry, something went wrong. {slack_trouble(word_of(error), scope_of(error))}"
        case DatabaseFault():
            return STORELESS
        case _:
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
