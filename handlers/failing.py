"""When a listener fails: Slack repeats events, but not commands and clicks, so those are told at once."""

import logging
from typing import Any

from slack_bolt.response import BoltResponse

logger = logging.getLogger(__name__)

SORRY = "Sorry, that did not work and nothing was started. Please try again in a minute."


async def answer_failure(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """500 for events, so that Slack sends them again; words for everything a person waits on."""
    logger.error("A listener failed.", exc_info=error, extra={"action": "listener_fault"})
    if body.get("type") == "event_callback":
        return BoltResponse(status=500, body="")
    if body.get("command"):
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": SORRY})
    if body.get("type") == "view_submission":
        first = next((block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"), None)
        if first is not None:
            return BoltResponse(status=200, body={"response_action": "errors", "errors": {first: SORRY}})
    return BoltResponse(status=500, body="")
